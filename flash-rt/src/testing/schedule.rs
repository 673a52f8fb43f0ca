//! Hands out the work: several threads compile modules and run tests; results are presented in the order of the
//! modules and of the tests in them, as soon as it is their turn.

use super::Suite;
use super::present::{Presenter, Verdict};
use super::process;
use flashc::driver::{CompileOptions, Failure, compile_to_object};
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// What to run, and how.
pub struct Plan<'a> {
    pub suites: &'a [Suite],
    pub options: CompileOptions,
    pub jobs: usize,
    pub timeout: Option<Duration>,
    pub capture: bool,
    pub include_ignored: bool,
}

/// A module's results so far.
enum Progress {
    /// Not compiled yet.
    Waiting,
    Broken(Box<Failure>),
    /// One for each test.
    Tests(Vec<Option<Verdict>>),
}

enum Work {
    Compile(usize),
    /// Suite and index in its tests.
    Test(usize, usize),
}

struct State {
    next_suite: usize,
    /// Tests whose module is compiled.
    ready: VecDeque<(usize, usize)>,
    /// Work that is being done, which may make more.
    busy: usize,
    progress: Vec<Progress>,
    /// By suite: the C libraries that it links.
    libraries: Vec<Vec<String>>,
    /// What stopped everything.
    error: Option<io::Error>,
}

struct Shared<'a> {
    plan: &'a Plan<'a>,
    directory: TempDir,
    state: Mutex<State>,
    changed: Condvar,
}

/// Runs everything. An error is the system's, not a test's.
pub fn run(plan: &Plan<'_>, presenter: &mut Presenter) -> io::Result<()> {
    let progress = plan.suites.iter().map(|_| Progress::Waiting).collect();
    let libraries = vec![Vec::new(); plan.suites.len()];
    let state = State { next_suite: 0, ready: VecDeque::new(), busy: 0, progress, libraries, error: None };
    let directory = tempfile::Builder::new().prefix("flash-test-").tempdir()?;
    let shared = Shared { plan, directory, state: Mutex::new(state), changed: Condvar::new() };
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs {
            scope.spawn(|| shared.work());
        }
        shared.present(presenter)
    })
}

impl Shared<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn object(&self, suite: usize) -> PathBuf {
        self.directory.path().join(format!("{suite}.o"))
    }

    fn work(&self) {
        while let Some(work) = self.take() {
            let result = match work {
                Work::Compile(suite) => self.compile(suite),
                Work::Test(suite, index) => self.test(suite, index),
            };
            let mut state = self.lock();
            state.busy -= 1;
            if let Err(error) = result {
                state.error.get_or_insert(error);
            }
            self.changed.notify_all();
        }
    }

    /// The next piece of work; waits while other threads may still make some. Tests that can run come first.
    fn take(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if state.error.is_some() {
                return None;
            }
            let work = if let Some((suite, test)) = state.ready.pop_front() {
                Some(Work::Test(suite, test))
            } else if state.next_suite < self.plan.suites.len() {
                state.next_suite += 1;
                Some(Work::Compile(state.next_suite - 1))
            } else {
                None
            };
            if work.is_some() {
                state.busy += 1;
                return work;
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn compile(&self, index: usize) -> io::Result<()> {
        let Some(suite) = self.plan.suites.get(index) else { return Ok(()) };
        let is_skipped = |ignored: bool| ignored && !self.plan.include_ignored;
        let mut verdicts: Vec<Option<Verdict>> = suite
            .tests
            .iter()
            .map(|(_, test)| is_skipped(test.ignored.is_some()).then_some(Verdict::Ignored))
            .collect();
        let mut progress = None;
        let mut libraries = Vec::new();
        // A module of which nothing runs need not be compiled.
        if verdicts.iter().any(Option::is_none) {
            match compile_to_object(&suite.path, &self.plan.options) {
                Ok(object) => {
                    std::fs::write(self.object(index), &object.bytes)?;
                    libraries = object.libraries;
                }
                Err(failure) => {
                    verdicts.clear();
                    progress = Some(Progress::Broken(Box::new(failure)));
                }
            }
        }
        let mut state = self.lock();
        if let Some(slot) = state.libraries.get_mut(index) {
            *slot = libraries;
        }
        state.ready.extend((0..verdicts.len()).filter(|&test| verdicts[test].is_none()).map(|test| (index, test)));
        if let Some(slot) = state.progress.get_mut(index) {
            *slot = progress.unwrap_or(Progress::Tests(verdicts));
        }
        Ok(())
    }

    fn test(&self, suite: usize, index: usize) -> io::Result<()> {
        let Some((number, _)) = self.plan.suites.get(suite).and_then(|s| s.tests.get(index)) else { return Ok(()) };
        let libraries = self.lock().libraries.get(suite).cloned().unwrap_or_default();
        let run = process::run(&self.object(suite), *number, &libraries, self.plan.capture, self.plan.timeout)?;
        let mut state = self.lock();
        if let Some(Progress::Tests(verdicts)) = state.progress.get_mut(suite)
            && let Some(slot) = verdicts.get_mut(index)
        {
            *slot = Some(Verdict::Ran(run));
        }
        Ok(())
    }

    /// Presents results in order, while they come in.
    fn present(&self, presenter: &mut Presenter) -> io::Result<()> {
        for (index, suite) in self.plan.suites.iter().enumerate() {
            if let Some(failure) = self.wait(|state| match state.progress.get_mut(index) {
                Some(Progress::Waiting) => None,
                Some(broken @ Progress::Broken(_)) => match std::mem::replace(broken, Progress::Tests(Vec::new())) {
                    Progress::Broken(failure) => Some(Some(failure)),
                    _ => Some(None),
                },
                _ => Some(None),
            })? {
                presenter.broken(suite, &failure);
                continue;
            }
            presenter.suite(suite);
            for (number, (_, test)) in suite.tests.iter().enumerate() {
                let verdict = self.wait(|state| match state.progress.get_mut(index) {
                    Some(Progress::Tests(verdicts)) => verdicts.get_mut(number).and_then(Option::take),
                    _ => None,
                })?;
                presenter.test(suite, test, verdict, self.plan.timeout);
            }
        }
        Ok(())
    }

    /// Waits until something is there to be had.
    fn wait<T>(&self, mut get: impl FnMut(&mut State) -> Option<T>) -> io::Result<T> {
        let mut state = self.lock();
        loop {
            if let Some(found) = get(&mut state) {
                return Ok(found);
            }
            if let Some(error) = state.error.take() {
                // The others must see it too.
                state.error = Some(io::Error::from(error.kind()));
                return Err(error);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
