//! The examples that serve do what `examples/README.md` says: files, notes, a chat, a proxy, datagrams.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Command;
use support::server::Server;
use support::{directory, has, output, program, quiet, root};

fn start(name: &str, arguments: &[&str]) -> Server {
    let path = root().join("examples").join(name);
    Server::run(Command::new(program("flash")).arg("run").arg(path).args(arguments))
}

/// The whole answer.
fn ask(server: &Server, method: &str, path: &str, more: &str, body: &str) -> String {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    server.ask(&format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{length}{more}\r\n{body}"))
}

#[track_caller]
fn assert_answer(answer: &str, status: &str, end: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.ends_with(end), "{answer}");
}

#[test]
fn files_are_served() {
    let at = directory(&[("a b.txt", "0123456789"), ("page.html", "<p>hello"), ("secret.txt", "no")]);
    fs::create_dir(at.path().join("www")).expect("a directory");
    for name in ["a b.txt", "page.html"] {
        fs::rename(at.path().join(name), at.path().join("www").join(name)).expect("a file");
    }
    let www = at.path().join("www").display().to_string();
    let server = start("static-server/main.fl", &[&www, "0"]);
    assert_answer(&server.get("/page.html"), "200", "<p>hello");
    assert!(server.get("/page.html").contains("Content-Type: text/html; charset=utf-8\r\n"));
    assert_answer(&server.get("/a%20b.txt"), "200", "0123456789");
    assert_answer(&ask(&server, "GET", "/a%20b.txt", "Range: bytes=2-4\r\n", ""), "206", "\r\n\r\n234");
    assert_answer(&ask(&server, "GET", "/a%20b.txt", "Range: bytes=20-\r\n", ""), "416", "\r\n\r\n");
    assert_answer(&ask(&server, "HEAD", "/a%20b.txt", "", ""), "200", "\r\n\r\n");
    assert!(server.get("/").contains("<a href=\"a b.txt\">a b.txt</a>"));
    let answer = server.get("/page.html");
    let tag = answer.split("ETag: ").nth(1).and_then(|rest| rest.lines().next()).expect("a tag");
    assert_answer(&ask(&server, "GET", "/page.html", &format!("If-None-Match: {tag}\r\n"), ""), "304", "\r\n\r\n");
    assert_answer(&server.get("/none"), "404", "not found");
    for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/x/../../secret.txt"] {
        assert_answer(&server.get(path), "403", "forbidden");
    }
}

#[test]
fn notes_are_kept_and_passed_on() {
    let notes = start("notes/main.fl", &["0"]);
    let proxy = start("proxy/main.fl", &["0", &format!("http://127.0.0.1:{}", notes.port)]);
    assert!(notes.get("/").contains("<title>Notes</title>"));
    for server in [&notes, &proxy] {
        assert_answer(
            &ask(server, "POST", "/api/notes", "", "{\"text\": \" milk \"}"),
            "201",
            "\"text\":\"milk\",\"done\":false}",
        );
        assert_answer(&ask(server, "POST", "/api/notes", "", "{\"text\": 1}"), "400", "column 10)\"}");
        assert_answer(&ask(server, "POST", "/api/notes", "", "{\"text\": \"\"}"), "422", "the text is empty\"}");
        assert_answer(&ask(server, "PATCH", "/api/notes/1", "", "{\"done\": true}"), "200", "\"done\":true}");
        assert_answer(&server.get("/api/notes/9"), "404", "there is no such note\"}");
    }
    assert!(proxy.get("/api/notes").ends_with("{\"id\":2,\"text\":\"milk\",\"done\":false}]"));
    assert_answer(&ask(&proxy, "DELETE", "/api/notes/1", "", ""), "204", "\r\n\r\n");
    assert_answer(&ask(&notes, "DELETE", "/api/notes/1", "", ""), "404", "no such note\"}");
    drop(notes);
    assert_answer(&proxy.get("/"), "502", "Connection refused");
}

#[test]
fn the_page_of_notes_is_used_in_a_browser() {
    if !has("chromium") || !has("node") {
        return;
    }
    let notes = start("notes/main.fl", &["0"]);
    let script = root().join("examples/notes/browser.mjs").display().to_string();
    let run = output(root().as_path(), "node", &[&script, &notes.url("/")]);
    let shown = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && shown.ends_with("the page works\n"), "{run:?}");
    // What was done there stands in the server.
    assert_answer(&notes.get("/api/notes"), "200", "[{\"id\":1,\"text\":\"milk\",\"done\":true}]");
}

#[test]
fn guests_of_the_chat_hear_each_other() {
    let server = start("chat/main.fl", &["0"]);
    let enter = || BufReader::new(server.connect());
    let hear = |guest: &mut BufReader<TcpStream>| {
        let mut line = String::new();
        guest.read_line(&mut line).expect("a line");
        line
    };
    let mut ann = enter();
    assert_eq!(hear(&mut ann), "What is your name?\n");
    ann.get_mut().write_all(b"Ann\n").expect("a line");
    assert!(hear(&mut ann).starts_with("Hello Ann. Here are: Ann."));
    let mut bob = enter();
    assert_eq!(hear(&mut bob), "What is your name?\n");
    bob.get_mut().write_all(b"Ann\nBo").expect("a line");
    assert!(hear(&mut bob).starts_with("Somebody has this name"));
    bob.get_mut().write_all(b"b\nhello\n/who\n").expect("lines");
    assert!(hear(&mut bob).starts_with("Hello Bob. Here are: Ann, Bob."));
    assert_eq!(hear(&mut bob), "Ann, Bob\n");
    assert_eq!(hear(&mut ann), "* Bob has come\n");
    assert_eq!(hear(&mut ann), "Bob: hello\n");
    drop(bob);
    assert_eq!(hear(&mut ann), "* Bob has left\n");
    ann.get_mut().write_all(b"/quit\n").expect("a line");
    assert_eq!(hear(&mut ann), "Bye.\n");
    assert_eq!(hear(&mut ann), "");
}

#[test]
fn datagrams_come_back() {
    let at = directory(&[]);
    let example = root().join("examples/ping.fl").display().to_string();
    let shown = quiet(at.path(), program("flash"), &["run", &example]);
    assert!(shown.contains("ping 5 from 127.0.0.1: ") && shown.contains("5 sent, 0 lost\n"), "{shown}");
}
