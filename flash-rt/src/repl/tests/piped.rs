//! What is written for what is read, and who answers when.

use super::super::dialogue::{Dialogue, Transcript};
use super::super::piped::{self, Lines};
use super::super::service;
use super::fake::Fake;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[derive(Clone, Default)]
struct Page(Rc<RefCell<String>>);

impl Transcript for Page {
    fn write(&mut self, text: &str) {
        self.0.borrow_mut().push_str(text);
    }

    fn is_at_line_start(&mut self) -> bool {
        self.0.borrow().ends_with('\n')
    }
}

impl Lines for VecDeque<&str> {
    fn next_line(&mut self) -> std::io::Result<Option<String>> {
        Ok(self.pop_front().map(str::to_owned))
    }
}

/// What a session writes for these lines.
fn session(lines: &str) -> String {
    let (client, server) = service::pair();
    let lines = lines.to_owned();
    let reader = std::thread::spawn(move || {
        let page = Page::default();
        let mut dialogue = Dialogue::new(page.clone(), client.clone(), false, false);
        dialogue.greet();
        piped::run(&mut dialogue, &mut lines.lines().collect::<VecDeque<_>>()).expect("lines");
        client.end();
        page.0.take()
    });
    server.serve(&mut Fake::default());
    reader.join().expect("a transcript")
}

/// Without the words at the beginning.
fn dialogue(lines: &str) -> String {
    let text = session(lines);
    text.split_once("\n\n").expect("a greeting").1.to_owned()
}

#[test]
fn the_session_of_the_design_looks_so() {
    let lines = "let x = 42;\nfn double(n: i32) -> i32 { return n * 2; }\ndouble(x)\nimport fs from \"std:fs\";\n\
                 fs.write_file(\"test.txt\", \"Hello Runtime!\");\nexit\nnever read";
    assert_eq!(
        session(lines),
        "Flash Runtime v1.0.0\n\
         Type 'exit' to quit, 'help' for commands\n\
         \n\
         > let x = 42;\n\
         => 42\n\
         \n\
         > fn double(n: i32) -> i32 { return n * 2; }\n\
         => function double\n\
         \n\
         > double(x)\n\
         => 84\n\
         \n\
         > import fs from \"std:fs\";\n\
         => module std:fs loaded\n\
         \n\
         > fs.write_file(\"test.txt\", \"Hello Runtime!\");\n\
         => ok\n\
         \n\
         > exit\n\
         Goodbye!\n"
    );
}

#[test]
fn the_end_of_input_leaves() {
    assert_eq!(dialogue(""), "> \nGoodbye!\n");
    assert_eq!(dialogue("1"), "> 1\n=> ok\n\n> \nGoodbye!\n");
    assert_eq!(dialogue("fn f() {"), "> fn f() {\n. \n=> ok\n\nGoodbye!\n");
}

#[test]
fn open_lines_go_on() {
    assert_eq!(dialogue("fn f() {\n\n\n1\n}\nexit"), "> fn f() {\n. \n. \n. 1\n. }\n=> 5 lines\n\n> exit\nGoodbye!\n");
    assert_eq!(
        dialogue(":time f(\n1)\nexit"),
        "> :time f(\n. 1)\n=> 2 lines\ncompiled in 0.000 ms, ran in 0.000 ms\n\n> exit\nGoodbye!\n"
    );
}

#[test]
fn messages_stand_before_results() {
    assert_eq!(dialogue("wrong\nexit"), "> wrong\nerror: wrong\n\n> exit\nGoodbye!\n");
    assert_eq!(dialogue("warned\nexit"), "> warned\nwarning: hm\n=> 1\n\n> exit\nGoodbye!\n");
    assert_eq!(dialogue("\n// nothing\nexit"), "> \n> // nothing\n> exit\nGoodbye!\n");
}

#[test]
fn commands_are_answered() {
    assert_eq!(
        dialogue(":type x\n:type y\nexit"),
        "> :type x\ni32\n\n> :type y\nerror[E0200]: unknown\n\n> exit\nGoodbye!\n"
    );
    assert_eq!(dialogue(":doc f\nexit"), "> :doc f\nerror: nothing is called `f`\n\n> exit\nGoodbye!\n");
    assert_eq!(
        dialogue(":asm f\n:ssa f\nexit"),
        "> :asm f\nf:\n    ret\n\n> :ssa f\nfunction @f\n\n> exit\nGoodbye!\n"
    );
    assert_eq!(
        dialogue(":load a.fl\n:reset\n:exit"),
        "> :load a.fl\n=> function f\n=> a.fl\n\n> :reset\n=> ok\n\n> :exit\nGoodbye!\n"
    );
    assert_eq!(
        dialogue(":time slow\nexit"),
        "> :time slow\n=> 1\ncompiled in 1.500 ms, ran in 0.020 ms\n\n> exit\nGoodbye!\n"
    );
    assert!(dialogue(":tme 1\nexit").contains("error: there is no command `:tme`: did you mean `:time`?"));
    assert!(dialogue("help\nexit").contains(":load file"));
}

#[test]
fn the_loop_goes_on_while_nobody_asks() {
    let (client, server) = service::pair();
    let attended = Arc::new(AtomicUsize::new(0));
    let seen = attended.clone();
    let asker = std::thread::spawn(move || {
        for _ in 0..3 {
            let before = seen.load(Ordering::SeqCst);
            while seen.load(Ordering::SeqCst) == before {
                std::thread::yield_now();
            }
            assert!(client.is_pending());
            assert_eq!(client.ask(|engine| engine.type_of("x")), Some(Ok("i32".to_owned())));
        }
        client.end();
        client
    });
    server.serve(&mut Fake { attended, is_busy: true, ..Fake::default() });
    let client = asker.join().expect("no failure");
    // Nobody answers any more, and nobody waits for it.
    assert_eq!(client.ask(|engine| engine.type_of("x")), None);
}

#[test]
fn an_idle_engine_is_known_to_be_so() {
    let (client, server) = service::pair();
    let asker = std::thread::spawn(move || {
        assert!(!client.is_pending(), "before anything was asked for");
        assert_eq!(
            client.ask_within(Duration::from_secs(60), |engine| engine.ssa("f")),
            Some(Ok("function @f".to_owned()))
        );
        while client.is_pending() {
            std::thread::yield_now();
        }
        client.end();
    });
    server.serve(&mut Fake::default());
    asker.join().expect("no failure");
}
