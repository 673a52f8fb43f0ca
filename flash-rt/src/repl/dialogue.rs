//! What is said to an entry: has it evaluated, and writes results and messages. The same at a terminal and in a pipe.

use super::commands::{self, Entry};
use super::engine::{Engine, Evaluation};
use super::service::Client;
use std::path::PathBuf;
use std::time::Duration;

pub const PROMPT: &str = "> ";
pub const CONTINUATION: &str = ". ";

/// Where the dialogue is written.
pub trait Transcript {
    fn write(&mut self, text: &str);

    /// Nothing stands on the last line yet; the program may have written on it.
    fn is_at_line_start(&mut self) -> bool;
}

/// Standard output, by the buffer that the program itself uses, so that all keeps its order.
pub struct Standard;

impl Transcript for Standard {
    fn write(&mut self, text: &str) {
        flash_runtime::stdio::write_out(text.as_bytes());
        flash_runtime::stdio::flush();
    }

    fn is_at_line_start(&mut self) -> bool {
        flash_runtime::stdio::flush();
        flash_runtime::stdio::ends_line()
    }
}

/// What to do after an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Read,
    Leave,
}

pub struct Dialogue<T> {
    pub transcript: T,
    client: Client,
    /// For the messages that are our own.
    has_colours: bool,
    is_terminal: bool,
}

impl<T: Transcript> Dialogue<T> {
    pub fn new(transcript: T, client: Client, is_terminal: bool, has_colours: bool) -> Dialogue<T> {
        Dialogue { transcript, client, has_colours, is_terminal }
    }

    pub fn greet(&mut self) {
        let version = env!("CARGO_PKG_VERSION");
        self.transcript.write(&format!("Flash Runtime v{version}\nType 'exit' to quit, 'help' for commands\n\n"));
    }

    pub fn say(&mut self, text: &str) {
        self.paragraph(text);
    }

    pub fn part(&mut self) {
        self.transcript.write("Goodbye!\n");
    }

    /// Answers an entry.
    pub fn answer(&mut self, text: &str) -> Next {
        match commands::parse(text) {
            Entry::Nothing => return Next::Read,
            Entry::Exit => return Next::Leave,
            Entry::Code(code) => return self.evaluate(code, false),
            Entry::Time(code) => return self.evaluate(code, true),
            Entry::Load(path) => return self.load(path),
            Entry::Reset => {
                let done = self.client.ask(|engine| {
                    engine.reset();
                    Evaluation { results: vec!["ok".to_owned()], ..Evaluation::default() }
                });
                return self.tell(done, false);
            }
            Entry::Help => self.paragraph(&commands::help(self.is_terminal)),
            Entry::Wrong(message) => self.error(&message),
            Entry::Type(expression) => return self.query(move |engine| engine.type_of(&expression)),
            Entry::Documentation(name) => return self.query(move |engine| engine.documentation(&name)),
            Entry::Assembly(function) => return self.query(move |engine| engine.assembly(&function)),
            Entry::Ssa(function) => return self.query(move |engine| engine.ssa(&function)),
        }
        Next::Read
    }

    fn evaluate(&mut self, code: String, with_time: bool) -> Next {
        let evaluation = self.client.ask(move |engine| engine.evaluate(&code));
        self.tell(evaluation, with_time)
    }

    /// Has a file evaluated.
    pub fn load(&mut self, path: PathBuf) -> Next {
        let evaluation = self.client.ask(move |engine| engine.load(&path));
        self.tell(evaluation, false)
    }

    /// Messages, then results, then an empty line; nothing at all when there is nothing to say.
    fn tell(&mut self, evaluation: Option<Evaluation>, with_time: bool) -> Next {
        let Some(evaluation) = evaluation else { return Next::Leave };
        let mut text = ended(evaluation.messages);
        for result in &evaluation.results {
            text.push_str("=> ");
            text.push_str(result);
            text.push('\n');
        }
        if with_time {
            let Evaluation { compile_time, run_time, .. } = evaluation;
            text.push_str(&format!("compiled in {}, ran in {}\n", shown(compile_time), shown(run_time)));
        }
        if text.is_empty() && evaluation.failed {
            // The runtime has said what it was.
            text.push('\n');
            self.transcript.write(&text);
        } else {
            self.paragraph(&text);
        }
        Next::Read
    }

    /// Shows the answer to a question about what there is.
    fn query(&mut self, question: impl FnOnce(&mut dyn Engine) -> Result<String, String> + Send + 'static) -> Next {
        match self.client.ask(question) {
            None => return Next::Leave,
            Some(Ok(text)) => self.paragraph(&text),
            // One that is rendered says by itself that it is an error.
            Some(Err(message)) if message.starts_with("error") || message.starts_with('\x1b') => {
                self.paragraph(&message)
            }
            Some(Err(message)) => self.error(&message),
        }
        Next::Read
    }

    fn error(&mut self, message: &str) {
        let (begin, end) = if self.has_colours { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
        self.paragraph(&format!("{begin}error{end}: {message}"));
    }

    /// The text on lines of its own, and an empty line.
    fn paragraph(&mut self, text: &str) {
        let begin = if self.transcript.is_at_line_start() { "" } else { "\n" };
        let text = ended(text.to_owned());
        let end = if text.is_empty() { "" } else { "\n" };
        self.transcript.write(&format!("{begin}{text}{end}"));
    }
}

/// The text with a line end, if there is any.
fn ended(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn shown(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1000.0)
}
