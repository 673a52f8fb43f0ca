//! A server in Flash meets real clients and bad ones: `curl`, `openssl`, Node, and raw connections that are slow, cut,
//! wrong or many. After each of them it must still serve. The programs are in `tests/net/`.

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};
use support::server::{Server, WAIT, curl, rest};
use support::{directory, has, output, program, root};

#[test]
fn curl_is_served() {
    if !has("curl") {
        return;
    }
    let server = Server::start("server.fl", &[]);
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
    let server = Server::start("server.fl", &[]);
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
fn wrk_meets_no_error() {
    if !has("wrk") {
        return;
    }
    let server = Server::start("server.fl", &[]);
    let shown = output(Path::new("/"), "wrk", &["-t1", "-c50", "-d1s", &server.url("/")]);
    let shown = String::from_utf8_lossy(&shown.stdout);
    let count = shown.split(" requests in ").next().and_then(|text| text.rsplit(' ').next()?.parse::<u64>().ok());
    assert!(count.is_some_and(|count| count > 500), "{shown}");
    assert!(!shown.contains("Socket errors") && !shown.contains("Non-2xx"), "{shown}");
    server.serves();
}

#[test]
fn requests_of_one_connection_are_answered_in_order() {
    let server = Server::start("server.fl", &[]);
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let all = get("/slow") + &get("/") + &get("/slow") + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let shown = server.ask(&all);
    let bodies: Vec<&str> =
        shown.split("\r\n\r\n").skip(1).map(|part| part.split("HTTP").next().unwrap_or("")).collect();
    assert_eq!(bodies, ["slow", "root", "slow", "root"]);
    // Many at once, and the client reads only when all are written.
    let many = get("/").repeat(5000) + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_eq!(server.ask(&many).matches("\r\n\r\nroot").count(), 5001);
}

#[test]
fn handlers_that_throw_are_reported() {
    let server = Server::start("server.fl", &[]);
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
    let server = Server::start("server.fl", &[]);
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
    let mut server = Server::start("server.fl", &[]);
    let mut stream = server.connect();
    stream.write_all(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
    stream.read_exact(&mut [0; 1000]).expect("a beginning");
    thread::sleep(Duration::from_millis(3500));
    assert!(rest(&mut stream).len() < 20_000_000);
    // One that reads for a while, and then does not.
    let mut stream = server.connect();
    stream.write_all(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
    stream.read_exact(&mut vec![0; 8_000_000]).expect("a part");
    thread::sleep(Duration::from_millis(4500));
    let more = rest(&mut stream).len();
    assert!(more < 12_000_000, "{more}");
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
    let server = Server::start("server.fl", &[]);
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
    let mut server = Server::start("server.fl", &[]);
    server.serves();
    let before = descriptors(&server);
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
    let end = Instant::now() + WAIT;
    while descriptors(&server) > before {
        assert!(Instant::now() < end, "descriptors stay open: {} instead of {before}", descriptors(&server));
        thread::sleep(Duration::from_millis(50));
    }
}

/// How many descriptors the server has.
fn descriptors(server: &Server) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", server.child.id())).expect("a process").count()
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

/// Lets this process, and those that it starts, have so many descriptors. Whether it may.
fn may_open(count: u64) -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a place for the limits of this process.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    let may = limit.rlim_max >= count;
    if may && limit.rlim_cur < count {
        limit.rlim_cur = count;
        // SAFETY: limits that the system has given, the lower one not above the upper one.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    }
    assert!(may || std::env::var_os("CI").is_none(), "the system allows {} descriptors, not {count}", limit.rlim_max);
    if !may {
        println!("skipped: the system allows {} descriptors, {count} are needed", limit.rlim_max);
    }
    may
}

#[test]
fn ten_thousand_idle_connections_are_cheap() {
    const COUNT: usize = 10_000;
    if !may_open(COUNT as u64 + 500) {
        return;
    }
    let server = Server::start("idle.fl", &[]);
    let memory = || server.body("/memory").trim().parse::<f64>().expect("a number of bytes");
    server.serves();
    let before = memory();
    let mut held = Vec::new();
    while held.len() < COUNT {
        let mut some: Vec<TcpStream> = (0..500).map(|_| server.connect()).collect();
        for stream in &mut some {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
        }
        for stream in &mut some {
            let mut answer = [0; 200];
            let count = stream.read(&mut answer).expect("an answer");
            assert!(answer[..count].ends_with(b"root"), "{answer:?}");
        }
        held.append(&mut some);
    }
    assert_eq!(server.body("/count"), format!("{}", COUNT + 1));
    let each = (memory() - before) / COUNT as f64;
    println!("{each} bytes a connection");
    assert!(each < 2000.0, "{each} bytes a connection");
    // They are all served once more, and their end is seen.
    for stream in &mut held {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
    }
    for stream in &mut held {
        assert!(stream.read(&mut [0; 200]).expect("an answer") > 4);
    }
    drop(held);
    let end = Instant::now() + WAIT;
    while server.body("/count") != "1" {
        assert!(Instant::now() < end, "connections that are gone stay: {}", server.body("/count"));
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn closing_waits_for_what_is_under_way() {
    let mut server = Server::start("server.fl", &[]);
    let mut idle = server.connect();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
    thread::sleep(Duration::from_millis(100));
    let answer = server.get("/close");
    assert!(answer.len() > 20_000_000, "{}", answer.len());
    assert_eq!(server.line(), "closed\n");
    assert!(rest(&mut idle).ends_with("root"));
    assert!(server.child.wait().expect("the program's end").success());
}

#[test]
fn clients_may_run_out_of_descriptors() {
    let server = Server::start("server.fl", &[]);
    let file = root().join("tests/net/exhausted.fl").display().to_string();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 40; exec \"$0\" -w \"$1\" \"$2\" \"$1\""]);
    let shown = support::run(command.arg(program("flash-rt")).arg(file).arg(server.port.to_string()), "");
    let expected = "connect EMFILE connect to true\nread EMFILE read\nread EMFILE read\nlisten EMFILE listen at\n\
        udp EMFILE bind to\nexec EMFILE run\ntrue true\ntrue\n";
    assert_eq!(String::from_utf8_lossy(&shown.stdout), expected, "{shown:?}");
    server.serves();
}
