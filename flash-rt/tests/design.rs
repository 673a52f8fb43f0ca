//! Programs of the language's design that need a network or do not end: they run exactly as they stand there.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SERVER: &str = r#"import http from "std:http";
let server = http.create_server();
server.on("request", fn(req, res) {
    res.send("Hello from Flash!");
});
server.listen(3000);
"#;

const PROMISES: &str = r#"import fs from "std:fs";
import http from "std:http";
let promise = fs.read_file_async("large_file.txt");
promise.then(fn(content) {
    console.log("File read successfully");
}).catch(fn(error) {
    console.error("Failed to read file");
});
async fn process_data() {
    let content = await fs.read_file_async("data.txt");
    let response = await http.post("api/upload", content);
    return response.json();
}
"#;

/// A directory of its own, which is removed in the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("flash-design-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        Directory(path)
    }

    fn run(&self, program: &str) -> Child {
        fs::write(self.0.join("program.fl"), program).expect("a source file");
        Command::new(env!("CARGO_BIN_EXE_flash-rt"))
            .arg("program.fl")
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the runner")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn get(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn the_server_says_hello() {
    if TcpListener::bind("127.0.0.1:3000").is_err() {
        eprintln!("skipped: something else listens on port 3000");
        return;
    }
    let directory = Directory::new("server");
    let mut server = directory.run(SERVER);
    let started = Instant::now();
    let answer = loop {
        match get("127.0.0.1:3000") {
            Ok(answer) => break answer,
            Err(error) if started.elapsed() > Duration::from_secs(60) => break format!("{error}"),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    server.kill().expect("a child to end");
    let output = server.wait_with_output().expect("its end");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("Hello from Flash!"), "{answer}\n{output:?}");
}

#[test]
fn promises_are_caught_and_results_inferred() {
    let directory = Directory::new("promises");
    let output = directory.run(PROMISES).wait_with_output().expect("its end");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "Failed to read file\n");
    fs::write(directory.0.join("large_file.txt"), "large").expect("a file");
    let output = directory.run(PROMISES).wait_with_output().expect("its end");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "File read successfully\n", "{output:?}");
}
