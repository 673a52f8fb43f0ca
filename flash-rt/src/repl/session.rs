//! The REPL's engine: a thread with the compiler, and this one, which links what it makes and runs it in one heap.

use super::engine::{Attended, Candidate, Engine, Evaluation};
use crate::loader::{Pieces, load_library};
use flash_abi::program::Program;
use flash_runtime::session::{Outcome, Session as Runtime};
use flash_runtime::stdio;
use flashc::diagnostics::render;
use flashc::driver::CompileOptions;
use flashc::driver::session::{Entry, Refusal, STACK_SIZE, Session as Compiler, needs_semicolon};
use flashc::resolve::Trees;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

/// Something for the compiler's thread to do.
type Task = Box<dyn FnOnce(&mut Compiler<'static>) + Send>;

/// The first messages of the compiler's thread.
type Started = Result<(Entry, Entry), Refusal>;

/// A session: see [`Engine`].
pub struct Session {
    options: CompileOptions,
    has_colours: bool,
    tasks: Sender<Task>,
    pieces: Pieces,
    runtime: Runtime,
    /// Runs the event loop.
    attend: *const Program,
}

impl Session {
    /// Starts the compiler and runs what every session begins with.
    pub fn start(options: CompileOptions, has_colours: bool) -> Result<Session, String> {
        let runtime = Runtime::start().ok_or("the system has no memory for a session")?;
        let (tasks, started) = start_compiler(options.clone());
        let pieces = Pieces::new().map_err(|error| error.to_string())?;
        let mut session = Session { options, has_colours, tasks, pieces, runtime, attend: std::ptr::null() };
        session.begin(&started)?;
        Ok(session)
    }

    fn begin(&mut self, started: &Receiver<Started>) -> Result<(), String> {
        let (start, attend) = match started.recv() {
            Ok(Ok(started)) => started,
            Ok(Err(refusal)) => return Err(self.words(&refusal)),
            Err(_) => return Err("the compiler has stopped".to_string()),
        };
        let start = self.link(&start)?;
        self.run(start)?;
        self.attend = self.link(&attend)?;
        Ok(())
    }

    fn link(&mut self, entry: &Entry) -> Result<*const Program, String> {
        for library in &entry.libraries {
            load_library(library)?;
        }
        let program = self.pieces.load(&entry.object, &entry.replaceable).map_err(|error| error.to_string())?;
        entry.replaced.iter().for_each(|(old, new)| self.pieces.replace(old, new));
        Ok(program)
    }

    fn run(&mut self, program: *const Program) -> Result<Outcome, String> {
        // SAFETY: the piece is loaded and stays; its variables lie behind those of the pieces before it, as the
        // compiler saw to.
        unsafe { self.runtime.run(program) }.map_err(|refused| refused.message())
    }

    /// Has the compiler's thread do something, and waits for it. None when it has stopped.
    fn ask<T: Send + 'static>(&self, work: impl FnOnce(&mut Compiler<'static>) -> T + Send + 'static) -> Option<T> {
        let (sender, receiver) = channel();
        let task: Task = Box::new(move |compiler| drop(sender.send(work(compiler))));
        self.tasks.send(task).ok()?;
        receiver.recv().ok()
    }

    fn words(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::Mistakes(diagnostics, sources) => {
                let errors: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).cloned().collect();
                render::human(&errors, sources, self.has_colours)
            }
            Refusal::Target(message) => format!("error: {message}\n"),
        }
    }

    fn enter(&mut self, path: Option<PathBuf>, source: String) -> Evaluation {
        let start = Instant::now();
        let compiled = self.ask(move |compiler| {
            let path = path.unwrap_or_else(|| PathBuf::from(compiler.next_name()));
            let text = if needs_semicolon(&source) { format!("{source}\n;") } else { source };
            compiler.enter(&path, &text)
        });
        let mut evaluation = Evaluation::default();
        let refuse = |evaluation: Evaluation, messages: String| Evaluation { messages, failed: true, ..evaluation };
        let entry = match compiled {
            Some(Ok(entry)) => entry,
            Some(Err(refusal)) => return refuse(evaluation, self.words(&refusal)),
            None => {
                return refuse(evaluation, "error: the compiler has stopped; `:reset` starts it again\n".to_string());
            }
        };
        let program = match self.link(&entry) {
            Ok(program) => program,
            Err(message) => return refuse(evaluation, format!("error: {message}\n")),
        };
        evaluation.messages = render::human(&entry.warnings, &entry.sources, self.has_colours);
        evaluation.messages.extend(entry.notes.iter().map(|note| format!("note: {note}\n")));
        evaluation.compile_time = start.elapsed();
        let start = Instant::now();
        let outcome = self.run(program);
        evaluation.run_time = start.elapsed();
        // Promises that it has settled tell whoever waits for them.
        self.runtime.ask(true);
        let rest = self.run(self.attend);
        self.runtime.ask(false);
        match (outcome, rest) {
            (Ok(Outcome::Done(value)), Ok(Outcome::Done(_))) => {
                evaluation.results = entry.declared;
                if entry.has_statements {
                    evaluation.results.push(value.unwrap_or_else(|| "ok".to_string()));
                }
            }
            (Err(message), _) | (_, Err(message)) => {
                evaluation.failed = true;
                evaluation.messages.push_str(&format!("error: {message}\n"));
            }
            (outcome, _) => {
                evaluation.failed = true;
                if outcome == Ok(Outcome::Interrupted) {
                    evaluation.messages.push_str("interrupted\n");
                }
            }
        }
        if evaluation.failed {
            self.ask(Compiler::forget_values);
        }
        evaluation
    }

    /// The answer to a question about what there is.
    fn query(
        &self,
        work: impl FnOnce(&mut Compiler<'static>) -> Result<String, Refusal> + Send + 'static,
    ) -> Result<String, String> {
        match self.ask(work) {
            Some(answer) => answer.map_err(|refusal| self.words(&refusal)),
            None => Err("error: the compiler has stopped\n".to_string()),
        }
    }
}

/// The compiler on a thread of its own; it says first how it began.
fn start_compiler(options: CompileOptions) -> (Sender<Task>, Receiver<Started>) {
    let (tasks, waiting) = channel::<Task>();
    let (tell, started) = channel();
    let work = move || {
        // They live as long as the session, which is as long as the process or until a reset.
        let trees: &'static Trees = Box::leak(Box::default());
        match Compiler::start(trees, options) {
            Ok((mut compiler, start, attend)) => {
                let _ = tell.send(Ok((start, attend)));
                drop(tell);
                waiting.iter().for_each(|task| task(&mut compiler));
            }
            Err(refusal) => drop(tell.send(Err(refusal))),
        }
    };
    // Without a thread nobody answers, which is told where somebody asks.
    let _ = std::thread::Builder::new().name("flash-compiler".to_string()).stack_size(STACK_SIZE).spawn(work);
    (tasks, started)
}

impl Engine for Session {
    fn evaluate(&mut self, source: &str) -> Evaluation {
        self.enter(None, source.to_string())
    }

    fn load(&mut self, path: &Path) -> Evaluation {
        match std::fs::read_to_string(path) {
            Ok(text) => self.enter(Some(path.to_owned()), text),
            Err(error) => {
                let messages = format!("error: cannot read `{}`: {error}\n", path.display());
                Evaluation { messages, failed: true, ..Evaluation::default() }
            }
        }
    }

    fn reset(&mut self) {
        let (tasks, started) = start_compiler(self.options.clone());
        self.tasks = tasks;
        // The new compiler gives variables the places that they have now, the event loop's too.
        self.runtime.clear();
        if let Err(message) = self.begin(&started) {
            stdio::write_error(message.as_bytes());
        }
    }

    fn type_of(&mut self, expression: &str) -> Result<String, String> {
        let expression = expression.to_string();
        self.query(move |compiler| compiler.type_of(&expression))
    }

    fn documentation(&mut self, name: &str) -> Result<String, String> {
        let name = name.to_string();
        self.query(move |compiler| compiler.documentation(&name))
    }

    fn assembly(&mut self, function: &str) -> Result<String, String> {
        let function = function.to_string();
        self.query(move |compiler| compiler.code_of(&function, false))
    }

    fn ssa(&mut self, function: &str) -> Result<String, String> {
        let function = function.to_string();
        self.query(move |compiler| compiler.code_of(&function, true))
    }

    fn candidates(&mut self, text: &str) -> Vec<Candidate> {
        let text = text.to_string();
        let found = self.ask(move |compiler| compiler.completions(&text)).unwrap_or_default();
        found.into_iter().map(|member| Candidate { text: member.name, description: member.description }).collect()
    }

    fn attend(&mut self, wakes: &dyn Fn() -> bool) -> Attended {
        loop {
            if wakes() {
                return Attended::Woken;
            }
            match self.run(self.attend) {
                // Nobody has asked: the loop has nothing left to do.
                Ok(Outcome::Done(_)) if !self.runtime.is_asked() => return Attended::Idle,
                Ok(_) => self.runtime.ask(false),
                Err(message) => {
                    stdio::write_error(format!("{message}\n").as_bytes());
                    return Attended::Idle;
                }
            }
        }
    }

    fn waker(&self) -> Box<dyn Fn() + Send + Sync> {
        match self.runtime.waker() {
            Some(wake) => Box::new(wake),
            None => Box::new(|| ()),
        }
    }

    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync> {
        Box::new(self.runtime.interrupter())
    }
}
