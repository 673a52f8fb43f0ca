//! The way from the thread that reads to the main thread, which owns the engine: jobs in a queue, each with an answer.
//! While no job waits, the main thread attends to the engine's event loop.

use super::engine::{Attended, Engine};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

type Job = Box<dyn FnOnce(&mut dyn Engine) + Send>;

enum Request {
    Job(Job),
    /// Nobody will ask any more.
    End,
}

type Signal = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Shared {
    /// Requests that have not been taken yet.
    waiting: AtomicUsize,
    /// Something may happen by itself: the engine's loop has not said that it is idle.
    is_pending: AtomicBool,
    wake: OnceLock<Signal>,
    interrupt: OnceLock<Signal>,
}

/// The side that asks.
#[derive(Clone)]
pub struct Client {
    requests: Sender<Request>,
    shared: Arc<Shared>,
}

/// The side that answers.
pub struct Server {
    requests: Receiver<Request>,
    shared: Arc<Shared>,
}

pub fn pair() -> (Client, Server) {
    let (sender, receiver) = mpsc::channel();
    let shared = Arc::new(Shared::default());
    (Client { requests: sender, shared: shared.clone() }, Server { requests: receiver, shared })
}

impl Client {
    /// Has a job done and waits for its answer; none when there is no engine (any more).
    pub fn ask<T: Send + 'static>(&self, job: impl FnOnce(&mut dyn Engine) -> T + Send + 'static) -> Option<T> {
        self.start(job).recv().ok()
    }

    /// As `ask`, but for nothing that is worth waiting for long.
    pub fn ask_within<T: Send + 'static>(
        &self,
        time: Duration,
        job: impl FnOnce(&mut dyn Engine) -> T + Send + 'static,
    ) -> Option<T> {
        self.start(job).recv_timeout(time).ok()
    }

    fn start<T: Send + 'static>(&self, job: impl FnOnce(&mut dyn Engine) -> T + Send + 'static) -> Receiver<T> {
        let (sender, receiver) = mpsc::channel();
        self.send(Request::Job(Box::new(move |engine| {
            // Whoever asked may have given up.
            let _ = sender.send(job(engine));
        })));
        receiver
    }

    /// Nobody will ask any more.
    pub fn end(&self) {
        self.send(Request::End);
    }

    fn send(&self, request: Request) {
        self.shared.waiting.fetch_add(1, Ordering::SeqCst);
        // When nobody listens, the answer's channel is closed, which whoever waits for it notices.
        if self.requests.send(request).is_ok()
            && let Some(wake) = self.shared.wake.get()
        {
            wake();
        }
    }

    /// Stops the evaluation that runs.
    pub fn interrupt(&self) {
        if let Some(interrupt) = self.shared.interrupt.get() {
            interrupt();
        }
    }

    /// Whether something may be printed without being asked for.
    pub fn is_pending(&self) -> bool {
        self.shared.is_pending.load(Ordering::SeqCst)
    }
}

impl Server {
    /// Answers until nobody asks any more.
    pub fn serve(self, engine: &mut dyn Engine) {
        let Server { requests, shared } = self;
        let _ = shared.wake.set(engine.waker());
        let _ = shared.interrupt.set(engine.interrupter());
        loop {
            let request = match requests.try_recv() {
                Ok(request) => request,
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) => {
                    shared.is_pending.store(true, Ordering::SeqCst);
                    let wakes = || shared.waiting.load(Ordering::SeqCst) > 0;
                    if engine.attend(&wakes) == Attended::Woken {
                        continue;
                    }
                    shared.is_pending.store(false, Ordering::SeqCst);
                    match requests.recv() {
                        Ok(request) => request,
                        Err(_) => return,
                    }
                }
            };
            shared.waiting.fetch_sub(1, Ordering::SeqCst);
            shared.is_pending.store(true, Ordering::SeqCst);
            match request {
                Request::Job(job) => job(engine),
                Request::End => return,
            }
        }
    }
}
