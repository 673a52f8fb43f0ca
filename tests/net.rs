//! A server in Flash meets real clients and bad ones: `curl`, `openssl`, Node, and raw connections that are slow, cut,
//! wrong or many. After each of them it must still serve. The programs are in `tests/net/`.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use support::{directory, has, output, program, root};

const WAIT: Duration = Duration::from_secs(20);

/// A program that listens. It is killed at the end.
struct Server {
    child: Child,
    port: u16,
    stdout: BufReader<ChildStdout>,
    stderr: Receiver<String>,
}

impl Server {
    fn start(name: &str) -> Server {
        Server::run(Command::new(program("flash-rt")).arg("-w").arg(root().join("tests/net").join(name)))
    }

    fn run(command: &mut Command) -> Server {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
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
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let port = line.trim().strip_prefix("port ").and_then(|port| port.parse().ok());
        let Some(port) = port else { panic!("no port: {line:?} {:?}", stderr.try_iter().collect::<Vec<_>>()) };
        Server { child, port, stdout, stderr }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream.set_read_timeout(Some(WAIT)).expect("a time-out");
        stream
    }

    /// What comes until the server closes; a reset is told.
    fn ask(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).expect("a request that is sent");
        rest(&mut stream)
    }

    fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
    }

    fn body(&self, path: &str) -> String {
        self.get(path).split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).expect("a body")
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn serves(&self) {
        assert_eq!(self.body("/"), "root");
    }

    /// Waits for a line on standard error that contains a text.
    fn says(&self, text: &str) {
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

    fn line(&mut self) -> String {
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

fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let end = match stream.read_to_end(&mut bytes) {
        Ok(_) => String::new(),
        Err(error) => format!("<{:?}>", error.kind()),
    };
    String::from_utf8_lossy(&bytes).into_owned() + &end
}

fn curl(arguments: &[&str]) -> String {
    let command = output(Path::new("/"), "curl", &[&["-sS", "--max-time", "20"], arguments].concat());
    String::from_utf8_lossy(&command.stdout).into_owned() + &String::from_utf8_lossy(&command.stderr)
}

#[test]
fn curl_is_served() {
    if !has("curl") {
        return;
    }
    let server = Server::start("server.fl");
    let at = directory(&[("body.txt", &"0123456789abcdef".repeat(100_000))]);
    let file = at.path().join("body.txt").display().to_string();
    assert_eq!(curl(&[&server.url("/")]), "root");
    assert_eq!(curl(&["--http1.0", &server.url("/")]), "root");
    assert!(curl(&["-I", &server.url("/")]).contains("Content-Length: 4\r\n"));
    let body = format!("@{file}");
    // Curl asks first whether it may send so much (`Expect`).
    let echo = curl(&["--data-binary", &body, &server.url("/echo")]);
    assert!(echo.len() == 1_600_000 && echo.starts_with("0123456789abcdef0123"), "{}", echo.len());
    let chunked = curl(&["-H", "Transfer-Encoding: chunked", "--data-binary", &body, &server.url("/echo")]);
    assert_eq!(chunked.len(), 1_600_000);
    assert_eq!(curl(&["--data-binary", &body, &server.url("/ignore")]), "ignored");
    assert_eq!(curl(&[&server.url("/"), &server.url("/slow"), &server.url("/")]), "rootslowroot");
    assert_eq!(curl(&["-w", "%{http_code}", &server.url("/nothing")]), "not found404");
    assert_eq!(curl(&[&server.url("/stream")]).len(), 20_000_000);
}

#[test]
fn node_keeps_its_connections() {
    if !has("node") {
        return;
    }
    let server = Server::start("server.fl");
    let script = "const http = require('http'), agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
        let left = 400, sum = 0;
        for (let i = 0; i < 400; i++) {
            const body = 'x'.repeat(i * 50);
            const req = http.request({ port: process.argv[1], host: '127.0.0.1', path: '/echo', method: 'POST', agent }, (res) => {
                res.on('data', (d) => { sum += d.length; });
                res.on('end', () => { if (--left == 0) { console.log(sum); agent.destroy(); } });
            });
            req.end(body);
        }";
    let shown = output(Path::new("/"), "node", &["-e", script, &server.port.to_string()]);
    let expected = (0..400).map(|i| i * 50).sum::<u64>();
    assert_eq!(String::from_utf8_lossy(&shown.stdout).trim(), expected.to_string(), "{shown:?}");
    server.serves();
}

#[test]
fn requests_of_one_connection_are_answered_in_order() {
    let server = Server::start("server.fl");
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let all = get("/slow") + &get("/") + &get("/slow") + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let shown = server.ask(&all);
    let bodies: Vec<&str> = shown.split("\r\n\r\n").skip(1).map(|part| part.split("HTTP").next().unwrap_or("")).collect();
    assert_eq!(bodies, ["slow", "root", "slow", "root"]);
    // Many at once, and the client reads only when all are written.
    let many = get("/").repeat(5000) + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_eq!(server.ask(&many).matches("\r\n\r\nroot").count(), 5001);
}

#[test]
fn handlers_that_throw_are_reported() {
    let server = Server::start("server.fl");
    assert!(server.get("/throw").starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
    server.says("GET /throw: Error: no luck");
    server.says("server.fl:");
    // What was sent already cannot be taken back: the client must not take it for complete.
    assert!(server.get("/throw-late").ends_with("<ConnectionReset>"));
    server.says("no luck, late");
    assert!(server.get("/reject").starts_with("HTTP/1.1 500 "));
    server.says("GET /reject: Error: rejected");
    assert!(server.get("/short").ends_with("<ConnectionReset>"));
    server.says("shorter than its Content-Length");
    server.serves();
}

#[test]
fn slow_clients_are_told() {
    let server = Server::start("server.fl");
    let late = |request: &str| {
        let start = Instant::now();
        let answer = server.ask(request);
        assert!(start.elapsed() < Duration::from_secs(10), "{request}");
        answer
    };
    assert!(late("GET / HT").starts_with("HTTP/1.1 408 "));
    assert!(late("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab").starts_with("HTTP/1.1 408 "));
    // Nothing at all, and nothing more.
    assert_eq!(late(""), "");
    assert!(late("GET / HTTP/1.1\r\nHost: a\r\n\r\n").ends_with("root"));
    // A byte now and then does not help.
    let mut stream = server.connect();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) && stream.write_all(b"G").is_ok() {
        thread::sleep(Duration::from_millis(50));
    }
    assert!(start.elapsed() < Duration::from_secs(5), "it goes on listening");
    server.serves();
}

#[test]
fn a_client_that_does_not_read_is_given_up() {
    let mut server = Server::start("server.fl");
    let mut stream = server.connect();
    stream.write_all(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
    thread::sleep(Duration::from_millis(3500));
    assert!(rest(&mut stream).len() < 20_000_000);
    // One that reads slowly gets all of it, and the server does not hurry.
    let mut stream = server.connect();
    stream.write_all(b"GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").expect("a request");
    let (mut buffer, mut count) = (vec![0; 500_000], 0);
    loop {
        match stream.read(&mut buffer).expect("more of the body") {
            0 => break,
            more => count += more,
        }
        thread::sleep(Duration::from_millis(5));
    }
    assert!(count > 20_000_000, "{count}");
    assert_eq!(server.line(), "waited\n");
    server.serves();
}

#[test]
fn half_closed_connections_get_their_answers() {
    let server = Server::start("server.fl");
    let mut stream = server.connect();
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
    stream.shutdown(Shutdown::Write).expect("half a connection");
    assert!(rest(&mut stream).ends_with("slow"));
    let mut stream = server.connect();
    stream.write_all(b"GET /sl").expect("half a request");
    stream.shutdown(Shutdown::Write).expect("half a connection");
    assert_eq!(rest(&mut stream), "");
    server.serves();
}

#[test]
fn peers_may_be_gone_at_any_moment() {
    let mut server = Server::start("server.fl");
    let request = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n".to_owned() + &"x".repeat(200);
    for cut in (0..request.len()).step_by(7) {
        let mut stream = server.connect();
        stream.write_all(&request.as_bytes()[..cut]).expect("a part of a request");
        if cut % 2 == 0 {
            reset(&stream);
        }
    }
    for _ in 0..20 {
        let mut stream = server.connect();
        stream.write_all(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
        stream.read_exact(&mut [0; 1000]).expect("a beginning");
        reset(&stream);
    }
    let mut stream = server.connect();
    stream.write_all(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
    thread::sleep(Duration::from_millis(100));
    drop(stream);
    assert_eq!(server.line(), "gone\n");
    server.serves();
}

/// Makes the end of a connection a reset.
fn reset(stream: &TcpStream) {
    use std::os::fd::AsRawFd;
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    // SAFETY: an option of a socket that is open.
    let result = unsafe {
        let size = size_of::<libc::linger>() as libc::socklen_t;
        libc::setsockopt(stream.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, (&raw const linger).cast(), size)
    };
    assert_eq!(result, 0);
}

#[test]
fn descriptors_may_run_out() {
    let source = root().join("tests/net/server.fl").display().to_string();
    let runner = program("flash-rt").display().to_string();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 40; exec \"$0\" -w \"$1\"", &runner, &source]);
    let server = Server::run(&mut command);
    let held: Vec<TcpStream> = (0..60).map(|_| server.connect()).collect();
    server.says("cannot accept more connections now (EMFILE");
    drop(held);
    server.serves();
}

#[test]
fn thousands_of_idle_connections_are_cheap() {
    let server = Server::start("server.fl");
    let memory = || server.body("/memory").trim().parse::<f64>().expect("a number of bytes");
    server.serves();
    let before = memory();
    let start = Instant::now();
    let mut held = Vec::new();
    for _ in 0..400 {
        let mut stream = server.connect();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
        stream.read_exact(&mut [0; 100]).expect("an answer");
        held.push(stream);
        if start.elapsed() > Duration::from_millis(1200) {
            break;
        }
    }
    let each = (memory() - before) / held.len() as f64;
    println!("{} connections, {each} bytes each", held.len());
    assert!(each < 30_000.0, "{each} bytes a connection");
    server.serves();
}

#[test]
fn closing_waits_for_what_is_under_way() {
    let mut server = Server::start("server.fl");
    let mut idle = server.connect();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
    thread::sleep(Duration::from_millis(100));
    let answer = server.get("/close");
    assert!(answer.len() > 20_000_000, "{}", answer.len());
    assert_eq!(server.line(), "closed\n");
    assert!(rest(&mut idle).ends_with("root"));
    assert!(server.child.wait().expect("the program's end").success());
}

/// A certificate for `localhost` and its key, in these files.
fn certificate(at: &Path, name: &str, subject: &str) {
    let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
    let made = output(at, "openssl", &[
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", &key, "-out", &certificate, "-subj",
        &format!("/CN=flash test {name}"), "-addext", &format!("subjectAltName={subject}"), "-addext", "basicConstraints=critical,CA:FALSE",
    ]);
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn tls_is_spoken_and_certificates_are_verified() {
    if !has("openssl") || !has("curl") {
        return;
    }
    let at = directory(&[]);
    certificate(at.path(), "good", "DNS:localhost,IP:127.0.0.1");
    certificate(at.path(), "other", "DNS:example.org");
    let file = |name: &str| at.path().join(name).display().to_string();
    let start = |name: &str| {
        let source = root().join("tests/net/tls_server.fl");
        Server::run(Command::new(program("flash-rt")).arg("-w").arg(source).arg(file(&format!("{name}.pem"))).arg(file(&format!("{name}.key"))))
    };
    let (good, other) = (start("good"), start("other"));
    let url = format!("https://localhost:{}/", good.port);
    assert_eq!(curl(&["--cacert", &file("good.pem"), &url]), "secret");
    assert!(curl(&[&url]).contains("SSL certificate problem"));
    // Plain text where TLS is expected.
    assert!(!good.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").contains("secret"));
    let client = |ca: &str, port: u16| {
        let source = root().join("tests/net/tls_client.fl");
        let run = Command::new(program("flash-rt")).arg("-w").arg(source).arg(file(ca)).arg(port.to_string()).output();
        let run = run.expect("the client");
        String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr)
    };
    assert_eq!(client("good.pem", good.port), "200 secret 300000\n");
    assert_eq!(client("other.pem", good.port), "UNABLE_TO_VERIFY_LEAF_SIGNATURE\n");
    assert_eq!(client("other.pem", other.port), "ERR_TLS_CERT_ALTNAME_INVALID\n");
    assert_eq!(curl(&["--cacert", &file("good.pem"), &url]), "secret");
}

#[test]
fn our_client_asks_other_servers() {
    if !has("node") {
        return;
    }
    let script = "const http = require('http');
        const server = http.createServer((req, res) => {
            if (req.url == '/old') { res.writeHead(302, { Location: '/new' }); res.end('moved'); return; }
            let size = 0;
            req.on('data', (d) => { size += d.length; });
            req.on('end', () => { res.writeHead(200, { 'X-Count': String(size) }); res.write('a'); res.end('b'.repeat(100000)); });
        });
        server.listen(0, '127.0.0.1', () => console.log('port', server.address().port));";
    let server = Server::run(Command::new("node").args(["-e", script]));
    let source = root().join("tests/net/client.fl");
    let run = Command::new(program("flash-rt")).arg("-w").arg(source).arg(server.url("")).output().expect("the client");
    let shown = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert_eq!(shown, "200 0 100001\n200 300000 100001\n200 0 100001 /new\n100 requests\n");
}
