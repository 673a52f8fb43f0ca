//! What is typed for the REPL itself: `help`, `exit` and words behind a colon.

use super::incomplete::is_incomplete;
use flashc::diagnostics::nearest;
use std::path::PathBuf;

/// An entry, by what is to be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Nothing but spaces.
    Nothing,
    Code(String),
    Help,
    Exit,
    Type(String),
    Documentation(String),
    Assembly(String),
    Ssa(String),
    Time(String),
    Load(PathBuf),
    Reset,
    /// A command that there is not, or not so: what to say.
    Wrong(String),
}

/// A command: its name without the colon, what stands behind it, and what it does.
struct Command {
    name: &'static str,
    argument: &'static str,
    help: &'static str,
    entry: fn(String) -> Entry,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "type",
        argument: "expression",
        help: "the type of an expression, which is not evaluated",
        entry: Entry::Type,
    },
    Command {
        name: "doc",
        argument: "name",
        help: "what the documentation says: `:doc Map`, `:doc fs.read_file`",
        entry: Entry::Documentation,
    },
    Command {
        name: "time",
        argument: "code",
        help: "evaluate, and say how long compiling and running took",
        entry: Entry::Time,
    },
    Command {
        name: "asm",
        argument: "function",
        help: "the machine code of a function, as NASM text",
        entry: Entry::Assembly,
    },
    Command { name: "ssa", argument: "function", help: "the optimised SSA of a function", entry: Entry::Ssa },
    Command {
        name: "load",
        argument: "file",
        help: "evaluate a file, as if it had been typed",
        entry: |file| Entry::Load(PathBuf::from(file)),
    },
    Command { name: "reset", argument: "", help: "forget everything that was defined", entry: |_| Entry::Reset },
    Command { name: "help", argument: "", help: "say all this", entry: |_| Entry::Help },
    Command { name: "exit", argument: "", help: "leave, as Ctrl-D does", entry: |_| Entry::Exit },
];

/// The names of all commands, with their colons.
pub fn names() -> impl Iterator<Item = (String, &'static str)> {
    COMMANDS.iter().map(|command| (format!(":{}", command.name), command.help))
}

/// Whether the text is for the REPL, and so never a part of a program.
pub fn is_command(text: &str) -> bool {
    text.trim_start().starts_with(':')
}

/// Whether the entry goes on in the next line.
pub fn goes_on(text: &str) -> bool {
    match code_of(text) {
        Some((_, code)) => is_incomplete(code),
        None => !is_command(text) && is_incomplete(text),
    }
}

/// The argument of a command that takes code, and where it begins.
pub fn code_of(text: &str) -> Option<(usize, &str)> {
    let start = text.len() - text.trim_start().len();
    let rest = text.get(start..)?.strip_prefix(':')?;
    let length = rest.find(char::is_whitespace)?;
    let name = rest.get(..length)?;
    matches!(name, "type" | "time").then(|| (start + 1 + length, rest.get(length..).unwrap_or("")))
}

pub fn parse(text: &str) -> Entry {
    let text = text.trim();
    match text.trim_end_matches(';').trim_end() {
        "" if text.is_empty() => return Entry::Nothing,
        "exit" | "exit()" | "quit" => return Entry::Exit,
        "help" => return Entry::Help,
        _ => {}
    }
    let Some(command) = text.strip_prefix(':') else { return Entry::Code(text.to_owned()) };
    let (name, argument) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let argument = argument.trim();
    let name = if name == "quit" { "exit" } else { name };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        let known = nearest(name, COMMANDS.iter().map(|command| command.name));
        let near = known.map(|near| format!(": did you mean `:{near}`?")).unwrap_or_default();
        return Entry::Wrong(format!("there is no command `:{name}`{near} (`:help` lists them)"));
    };
    match (command.argument, argument) {
        ("", "") => (command.entry)(String::new()),
        ("", _) => Entry::Wrong(format!("`:{name}` takes nothing behind it")),
        (wanted, "") => Entry::Wrong(format!("`:{name}` needs something behind it: `:{name} {wanted}`")),
        (_, argument) => (command.entry)(argument.to_owned()),
    }
}

/// What `help` says.
pub fn help(is_terminal: bool) -> String {
    let mut text = String::from(
        "Type declarations, statements and expressions of Flash; the value of an expression is shown,\n\
         and `_` is the last one. What is defined again is replaced. The last `;` may be missing, and\n\
         `await` may stand everywhere.\n\n",
    );
    for command in COMMANDS {
        let usage = format!(":{} {}", command.name, command.argument);
        text.push_str(&format!("  {usage:<18} {}\n", command.help));
    }
    if is_terminal {
        text.push_str(
            "\n\
             What is open goes on in the next line; two empty lines give it up.\n\n\
             \x20 Tab                complete a name\n\
             \x20 Up, Down, Ctrl-R   earlier entries, and search in them\n\
             \x20 Alt-Enter          a new line\n\
             \x20 Ctrl-C             drop the line, or stop what runs\n\
             \x20 Ctrl-D             leave\n",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Entry, code_of, goes_on, help, is_command, parse};
    use std::path::PathBuf;

    #[test]
    fn words_for_the_repl_are_told_from_code() {
        assert_eq!(parse("  "), Entry::Nothing);
        assert_eq!(parse("exit"), Entry::Exit);
        assert_eq!(parse(" exit; "), Entry::Exit);
        assert_eq!(parse(":quit"), Entry::Exit);
        assert_eq!(parse("help"), Entry::Help);
        assert_eq!(parse(":help"), Entry::Help);
        assert_eq!(parse("exit_code"), Entry::Code("exit_code".to_owned()));
        assert_eq!(parse(" let x = 1; "), Entry::Code("let x = 1;".to_owned()));
        assert_eq!(parse(";"), Entry::Code(";".to_owned()));
        assert_eq!(parse(":type 1 + 2"), Entry::Type("1 + 2".to_owned()));
        assert_eq!(parse(":time\tf()"), Entry::Time("f()".to_owned()));
        assert_eq!(parse(":load a b.fl"), Entry::Load(PathBuf::from("a b.fl")));
        assert_eq!(parse(":reset"), Entry::Reset);
    }

    #[test]
    fn wrong_commands_say_what_is_right() {
        let Entry::Wrong(text) = parse(":tyep x") else { panic!("a command") };
        assert!(text.contains("did you mean `:type`?"), "{text}");
        let Entry::Wrong(text) = parse(":asm") else { panic!("a command") };
        assert!(text.contains("`:asm function`"), "{text}");
        let Entry::Wrong(text) = parse(":reset all") else { panic!("a command") };
        assert!(text.contains("nothing behind"), "{text}");
        let Entry::Wrong(text) = parse(":") else { panic!("a command") };
        assert!(text.contains("`:help`"), "{text}");
    }

    #[test]
    fn commands_know_their_code() {
        assert!(is_command(" :type"));
        assert!(!is_command("a ? b : c"));
        assert_eq!(code_of(":type f("), Some((5, " f(")));
        assert_eq!(code_of(":load f.fl"), None);
        assert_eq!(code_of(":type"), None);
        assert!(goes_on(":type f("));
        assert!(goes_on("f("));
        assert!(!goes_on(":load f("));
        assert!(!goes_on(":time "));
    }

    #[test]
    fn help_has_every_command() {
        for word in [":type", ":doc", ":asm", ":ssa", ":time", ":load", ":reset", ":exit"] {
            assert!(help(false).contains(word));
        }
        assert!(help(true).contains("Ctrl-R"));
    }
}
