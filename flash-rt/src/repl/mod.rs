//! The REPL: `flash-rt` or `flash -i` without a program. Two threads: this one, the main thread, owns the engine and
//! answers; another one reads entries and asks. So the prompt stands before the engine is ready, and the engine's event
//! loop goes on while the prompt waits.

mod commands;
mod complete;
mod dialogue;
pub mod engine;
mod highlight;
mod history;
mod incomplete;
mod interrupt;
mod piped;
mod screen;
mod service;
pub mod session;
mod terminal;
#[cfg(test)]
mod tests;

use dialogue::{Dialogue, Standard};
use engine::Engine;
use service::Client;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

/// How long the engine may take to notice that nobody asks any more.
const LEAVING: Duration = Duration::from_millis(200);

/// How to talk.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A file that is evaluated before anything is typed.
    pub first: Option<PathBuf>,
    /// Whether messages and values get colours.
    pub has_colours: bool,
}

/// Reads, evaluates and prints until somebody leaves. `start` makes the engine, while the prompt stands already.
pub fn run(start: impl FnOnce() -> Result<Box<dyn Engine>, String>, options: Options) -> Result<(), String> {
    let (client, server) = service::pair();
    let (served, end) = mpsc::channel::<()>();
    let reader = std::thread::Builder::new().name("reader".to_owned()).spawn(move || {
        let done = read(&client, options);
        leave(&client, &end);
        done
    });
    let reader = reader.map_err(|error| format!("cannot start a thread: {error}"))?;
    let started = start().map(|mut engine| server.serve(engine.as_mut()));
    // Without an engine, whoever asks for something notices that nobody answers.
    drop(served);
    let done = reader.join();
    started?;
    match done {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(format!("cannot read: {error}")),
        Err(_) => Err("the thread that reads has failed".to_owned()),
    }
}

/// The thread that reads.
fn read(client: &Client, options: Options) -> io::Result<()> {
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let mut dialogue = Dialogue::new(Standard, client.clone(), is_terminal, options.has_colours);
    dialogue.greet();
    if let Some(first) = options.first {
        dialogue.load(first);
    }
    if is_terminal {
        terminal::run(&mut dialogue, client, options.has_colours)
    } else {
        piped::run(&mut dialogue, &mut piped::StandardInput)
    }
}

/// Ends the process, even when a callback of the program's never comes back.
fn leave(client: &Client, end: &Receiver<()>) {
    client.end();
    if end.recv_timeout(LEAVING) == Err(mpsc::RecvTimeoutError::Timeout) {
        flash_runtime::process::exit(0);
    }
}
