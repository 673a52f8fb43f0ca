//! Servers that tests start, drive and end: programs that print `port N` as their first line.

use super::{output, program, root};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// No test waits longer for what should come.
pub const WAIT: Duration = Duration::from_secs(20);

/// A program that listens. It is killed at the end.
pub struct Server {
    pub child: Child,
    pub port: u16,
    stdout: BufReader<ChildStdout>,
    stderr: Receiver<String>,
}

impl Server {
    /// A program of `tests/net`.
    pub fn start(name: &str, arguments: &[String]) -> Server {
        let path = root().join("tests/net").join(name);
        Server::run(Command::new(program("flash-rt")).arg("-w").arg(path).args(arguments))
    }

    /// A program that says `port N` when it listens.
    pub fn run(command: &mut Command) -> Server {
        let mut server = Server::spawn(command);
        let line = server.line();
        let port = line.trim().strip_prefix("port ").and_then(|port| port.parse().ok());
        let Some(port) = port else { panic!("no port: {line:?} {:?}", server.stderr.iter().collect::<Vec<_>>()) };
        server.port = port;
        server
    }

    /// A program that listens at a port that it was given.
    pub fn listening(command: &mut Command, port: u16) -> Server {
        let mut server = Server::spawn(command);
        server.port = port;
        await_port(port);
        server
    }

    fn spawn(command: &mut Command) -> Server {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut errors = BufReader::new(child.stderr.take().expect("piped"));
        let (sender, stderr) = channel();
        thread::spawn(move || {
            let mut line = String::new();
            while errors.read_line(&mut line).is_ok_and(|count| count > 0) {
                if sender.send(std::mem::take(&mut line)).is_err() {
                    return;
                }
            }
        });
        Server { child, port: 0, stdout, stderr }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream.set_read_timeout(Some(WAIT)).expect("a time-out");
        stream
    }

    /// What comes until the server closes; a reset is told.
    pub fn ask(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).expect("a request that is sent");
        rest(&mut stream)
    }

    pub fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
    }

    pub fn body(&self, path: &str) -> String {
        self.get(path).split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).expect("a body")
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn serves(&self) {
        assert_eq!(self.body("/"), "root");
    }

    /// Waits for a line on standard error that contains a text.
    pub fn says(&self, text: &str) {
        let end = Instant::now() + WAIT;
        let mut all = String::new();
        while let Ok(line) = self.stderr.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.contains(text) {
                return;
            }
            all += &line;
        }
        panic!("it does not say `{text}`, but: {all}");
    }

    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port at which nobody listens now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Waits until somebody listens at a port.
pub fn await_port(port: u16) {
    let end = Instant::now() + WAIT;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < end, "nobody listens at {port}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What comes until the end; an error is told.
pub fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let end = match stream.read_to_end(&mut bytes) {
        Ok(_) => String::new(),
        Err(error) => format!("<{:?}>", error.kind()),
    };
    String::from_utf8_lossy(&bytes).into_owned() + &end
}

/// What curl shows, with its complaints.
pub fn curl(arguments: &[&str]) -> String {
    let command = output(Path::new("/"), "curl", &[&["-sS", "--max-time", "20"], arguments].concat());
    String::from_utf8_lossy(&command.stdout).into_owned() + &String::from_utf8_lossy(&command.stderr)
}
