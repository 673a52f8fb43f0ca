//! The REPL at a terminal: this test program starts itself at one, as the REPL with an engine that pretends.

#[path = "../../../../tests/support/pty.rs"]
mod pty;

use super::super::{Options, run};
use super::fake::Fake;
use pty::Terminal;
use std::process::Command;
use std::time::Duration;

const CHILD: &str = "FLASH_TEST_REPL_CHILD";

/// No test: what the tests start.
#[test]
fn repl_at_a_terminal() {
    if std::env::var_os(CHILD).is_some() {
        let has_colours = std::env::var_os("NO_COLOR").is_none();
        let options = Options { has_colours, ..Options::default() };
        let done = run(|| Ok(Box::new(Fake::default())), options);
        std::process::exit(i32::from(done.is_err()));
    }
}

/// A REPL with its history in a directory.
fn start_in(directory: &tempfile::TempDir, colours: bool) -> Terminal {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "repl::tests::terminal::repl_at_a_terminal", "--nocapture", "--test-threads=1"]);
    command.env(CHILD, "1").env("XDG_STATE_HOME", directory.path()).current_dir(directory.path());
    if colours {
        command.env_remove("NO_COLOR")
    } else {
        command.env("NO_COLOR", "1")
    };
    let mut terminal = Terminal::start(&mut command, 24, 80);
    terminal.sees("'help' for commands\n\n>");
    terminal
}

fn start() -> (Terminal, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    (start_in(&directory, false), directory)
}

/// What stands on the screen, from the greeting on.
fn dialogue(text: &str) -> String {
    let (_, dialogue) = text.split_once("for commands\n\n").expect("a greeting");
    dialogue.to_owned()
}

#[test]
fn the_session_of_the_design_looks_so() {
    let (mut terminal, _directory) = start();
    for (entry, result) in [
        ("let x = 42;", "=> 42\n\n>"),
        ("fn double(n: i32) -> i32 { return n * 2; }", "=> function double\n\n>"),
        ("double(x)", "=> 84\n\n>"),
    ] {
        terminal.types(&format!("{entry}\r"));
        terminal.sees(&format!("{entry}\n{result}"));
    }
    terminal.types("exit\r");
    let (status, screen) = terminal.end();
    assert!(status.success());
    assert_eq!(
        dialogue(&screen.text()),
        "> let x = 42;\n=> 42\n\n> fn double(n: i32) -> i32 { return n * 2; }\n=> function double\n\n\
         > double(x)\n=> 84\n\n> exit\nGoodbye!"
    );
}

#[test]
fn open_lines_go_on_and_can_be_given_up() {
    let (mut terminal, _directory) = start();
    terminal.types("fn f() {\r1\r}\r");
    terminal.sees("> fn f() {\n. 1\n. }\n=> 3 lines\n\n>");
    terminal.types("f(\r\r\r");
    terminal.sees("> f(\n.\n.\n=> ok\n\n>");
    terminal.types("let y = (\r");
    terminal.sees("> let y = (\n.");
    terminal.types("\x03");
    terminal.until("a new prompt", |screen| screen.before_cursor() == "> ");
    terminal.types("double(x)\r");
    terminal.sees("=> 84\n\n>");
    terminal.types("\x04");
    let (status, screen) = terminal.end();
    assert!(status.success());
    assert!(screen.text().ends_with("Goodbye!"), "{}", screen.text());
}

#[test]
fn pasted_lines_are_one_entry() {
    let (mut terminal, _directory) = start();
    terminal.types("\x1b[200~let a = 1;\n\n\nlet b = 2;\x1b[201~");
    terminal.sees("> let a = 1;\n.\n.\n. let b = 2;");
    terminal.types("\r");
    terminal.sees("=> 4 lines");
}

#[test]
fn names_are_completed() {
    let (mut terminal, _directory) = start();
    terminal.types("d\t");
    terminal.sees("bool");
    terminal.until("the common prefix", |screen| screen.before_cursor() == "> doub");
    terminal.types("l\t");
    terminal.until("the only name", |screen| screen.before_cursor() == "> double");
    terminal.types("(x)\r");
    terminal.sees("> double(x)\n=> 84\n\n>");
    terminal.types(":ty\t x\r");
    terminal.sees("> :type x\ni32\n\n>");
    terminal.types(":tyx\r");
    terminal.sees("> :tyx\nerror: there is no command `:tyx`");
}

#[test]
fn what_runs_can_be_stopped() {
    let (mut terminal, _directory) = start();
    terminal.types("spin\r");
    terminal.sees("spinning");
    terminal.types("\x03");
    terminal.sees("interrupted\n\n>");
    terminal.types("double(x)\r");
    terminal.sees("=> 84\n\n>");
}

#[test]
fn output_does_not_destroy_the_line() {
    let (mut terminal, _directory) = start();
    terminal.types("print\r");
    terminal.sees("> print\nprinted\n=> ok\n\n>");
    terminal.types("later\r");
    terminal.sees("=> Timer\n\n>");
    terminal.types("double");
    terminal.until("the lines above the prompt", |screen| screen.text().ends_with("one\ntwo\n> double"));
    terminal.types("(x)\r");
    terminal.sees("one\ntwo\n> double(x)\nthree\n=> 84\n\n>");
}

#[test]
fn entries_are_remembered() {
    let (mut terminal, directory) = start();
    terminal.types("let x = 42;\r");
    terminal.sees("=> 42\n\n>");
    terminal.types(" secret\r");
    terminal.sees("=> ok\n\n>");
    terminal.types("fn f() {\r1\r}\r");
    terminal.sees("=> 3 lines\n\n>");
    terminal.types("exit\r");
    assert!(terminal.end().0.success());
    let mut terminal = start_in(&directory, false);
    // The last one but `exit`, which has three lines.
    terminal.types("\x1b[A\x1b[A");
    terminal.sees("> fn f() {\n. 1\n. }");
    terminal.types("\x03");
    terminal.rest(Duration::from_millis(50));
    // Ctrl-R
    terminal.types("\x12let");
    terminal.sees("let x = 42;");
    terminal.types("\r");
    terminal.until("the entry that was found", |screen| screen.before_cursor() == "> let x = 42;");
    terminal.types("\r");
    terminal.sees("> let x = 42;\n=> 42\n\n>");
}

/// How often the threads of a process have waited.
fn waits(process: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).expect("the process's threads");
    let status = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
    let count = |text: String| {
        let line = text.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse::<u64>().ok()
    };
    tasks.flatten().filter_map(|task| count(status(task))).sum()
}

#[test]
fn nobody_looks_for_output_that_cannot_come() {
    let (mut terminal, _directory) = start();
    terminal.types("double(x)\r");
    terminal.sees("=> 84\n\n>");
    terminal.rest(Duration::from_millis(100));
    let before = waits(terminal.process());
    terminal.rest(Duration::from_millis(500));
    let woken = waits(terminal.process()) - before;
    assert!(woken <= 2, "{woken} times in half a second");
}

#[test]
fn colours_show_what_is_what() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut terminal = start_in(&directory, true);
    terminal.types("let x = 42;\r");
    terminal.sees("=> 42\n\n>");
    let bytes = String::from_utf8_lossy(&terminal.screen.bytes).into_owned();
    assert!(bytes.contains("\x1b[35mlet"), "{bytes:?}");
    assert!(bytes.contains("\x1b[36m42"), "{bytes:?}");
    terminal.types("a === b");
    terminal.sees("> a === b");
    let bytes = String::from_utf8_lossy(&terminal.screen.bytes).into_owned();
    assert!(bytes.contains("\x1b[4;31m==="), "{bytes:?}");
    let (mut plain, _directory) = start();
    plain.types("let x = 42;\r");
    plain.sees("=> 42\n\n>");
    let bytes = String::from_utf8_lossy(&plain.screen.bytes).into_owned();
    assert!(!bytes.contains("\x1b[35m") && !bytes.contains("\x1b[36m") && !bytes.contains("\x1b[92m"), "{bytes:?}");
}

#[test]
fn the_terminal_is_left_as_it_was() {
    for end in ["exit\r", "\x04", "leave\r"] {
        let (mut terminal, _directory) = start();
        terminal.until("a line editor", |_| true);
        assert!(!terminal.is_cooked());
        terminal.types(end);
        terminal.rest(Duration::from_millis(500));
        assert!(terminal.is_cooked(), "{end:?}");
    }
    let (mut terminal, _directory) = start();
    assert!(!terminal.is_cooked());
    // SAFETY: ends a program of ours.
    unsafe { libc::kill(terminal.process() as i32, libc::SIGTERM) };
    terminal.rest(Duration::from_millis(500));
    assert!(terminal.is_cooked());
    assert!(!terminal.end().0.success());
}
