//! An engine that only pretends: it knows some entries by heart.

use super::super::engine::{Attended, Candidate, Engine, Evaluation};
use flash_runtime::stdio;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[derive(Default)]
pub struct Fake {
    /// How often the loop has turned.
    pub attended: Arc<AtomicUsize>,
    /// Whether there is a loop.
    pub is_busy: bool,
    /// Somebody wants the evaluation to stop.
    pub interrupted: Arc<AtomicBool>,
    /// Text that the loop prints at times.
    pub printing: Option<(Instant, &'static str)>,
}

fn answer(results: &[&str]) -> Evaluation {
    Evaluation { results: results.iter().map(|text| (*text).to_owned()).collect(), ..Evaluation::default() }
}

impl Engine for Fake {
    fn evaluate(&mut self, source: &str) -> Evaluation {
        match source {
            "let x = 42;" => answer(&["42"]),
            "double(x)" => answer(&["84"]),
            "import fs from \"std:fs\";" => answer(&["module std:fs loaded"]),
            "// nothing" => answer(&[]),
            "wrong" => Evaluation { messages: "error: wrong\n".to_owned(), failed: true, ..Evaluation::default() },
            "warned" => Evaluation { messages: "warning: hm".to_owned(), ..answer(&["1"]) },
            "print" => {
                stdio::write_out(b"printed");
                answer(&["ok"])
            }
            "later" => {
                self.is_busy = true;
                self.printing = Some((Instant::now() + Duration::from_millis(300), "one\ntwo\nthree"));
                answer(&["Timer"])
            }
            "spin" => {
                stdio::write_out(b"spinning\n");
                while !self.interrupted.swap(false, Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Evaluation { messages: "interrupted".to_owned(), failed: true, ..Evaluation::default() }
            }
            "leave" => flash_runtime::process::exit(3),
            "slow" => Evaluation {
                compile_time: Duration::from_micros(1500),
                run_time: Duration::from_micros(20),
                ..answer(&["1"])
            },
            _ if source.starts_with("fn double") => answer(&["function double"]),
            _ if source.lines().count() > 1 => answer(&[&format!("{} lines", source.lines().count())]),
            _ => answer(&["ok"]),
        }
    }

    fn load(&mut self, path: &Path) -> Evaluation {
        answer(&["function f", &path.display().to_string()])
    }

    fn reset(&mut self) {}

    fn type_of(&mut self, expression: &str) -> Result<String, String> {
        if expression == "x" { Ok("i32".to_owned()) } else { Err("error[E0200]: unknown".to_owned()) }
    }

    fn documentation(&mut self, name: &str) -> Result<String, String> {
        Err(format!("nothing is called `{name}`"))
    }

    fn assembly(&mut self, function: &str) -> Result<String, String> {
        Ok(format!("{function}:\n    ret"))
    }

    fn ssa(&mut self, function: &str) -> Result<String, String> {
        Ok(format!("function @{function}"))
    }

    fn candidates(&mut self, text: &str) -> Vec<Candidate> {
        let all =
            [("double", "fn(i32) -> i32"), ("doubt", "bool"), ("fs", "module std:fs"), ("read_file", "fn(str) -> str")];
        let word = &text[super::super::complete::word_start(text)..];
        let found = all.into_iter().filter(|(name, _)| name.starts_with(word));
        found.map(|(name, what)| Candidate { text: name.to_owned(), description: what.to_owned() }).collect()
    }

    fn attend(&mut self, wakes: &dyn Fn() -> bool) -> Attended {
        if !self.is_busy {
            return Attended::Idle;
        }
        while !wakes() {
            self.attended.fetch_add(1, Ordering::SeqCst);
            if let Some((_, text)) = self.printing.take_if(|(time, _)| *time <= Instant::now()) {
                stdio::write_out(text.as_bytes());
                stdio::flush();
            }
            std::thread::sleep(Duration::from_micros(50));
        }
        Attended::Woken
    }

    fn waker(&self) -> Box<dyn Fn() + Send + Sync> {
        Box::new(|| {})
    }

    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync> {
        let interrupted = self.interrupted.clone();
        Box::new(move || interrupted.store(true, Ordering::SeqCst))
    }
}
