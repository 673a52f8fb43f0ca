//! Entries from standard input that is no terminal: each line is written behind its prompt, as if it had been typed there.

use super::commands;
use super::dialogue::{CONTINUATION, Dialogue, Next, PROMPT, Transcript};
use flash_runtime::stdin;
use std::io;

/// What lines are read from.
pub trait Lines {
    /// The next line without its end; none at the end of input.
    fn next_line(&mut self) -> io::Result<Option<String>>;
}

/// Standard input, by the buffer that the program itself reads from.
pub struct StandardInput;

impl Lines for StandardInput {
    fn next_line(&mut self) -> io::Result<Option<String>> {
        // Where programs read it too: one may take the next line.
        let Some(mut line) = stdin::read_line() else { return Ok(None) };
        let end = if line.ends_with(b"\r\n") { 2 } else { usize::from(line.ends_with(b"\n")) };
        line.truncate(line.len() - end);
        Ok(Some(String::from_utf8_lossy(&line).into_owned()))
    }
}

/// Reads and answers entries until there are no more.
pub fn run<T: Transcript>(dialogue: &mut Dialogue<T>, lines: &mut dyn Lines) -> io::Result<()> {
    loop {
        let (entry, is_last) = read(dialogue, lines)?;
        if dialogue.answer(&entry) == Next::Leave || is_last {
            dialogue.part();
            return Ok(());
        }
    }
}

/// The lines of an entry, and whether input ended with them.
fn read<T: Transcript>(dialogue: &mut Dialogue<T>, lines: &mut dyn Lines) -> io::Result<(String, bool)> {
    let mut entry = String::new();
    dialogue.transcript.write(PROMPT);
    loop {
        let Some(line) = lines.next_line()? else {
            dialogue.transcript.write("\n");
            return Ok((entry, true));
        };
        dialogue.transcript.write(&format!("{line}\n"));
        entry.push_str(&line);
        if !commands::goes_on(&entry) {
            return Ok((entry, false));
        }
        entry.push('\n');
        dialogue.transcript.write(CONTINUATION);
    }
}
