//! Our client and servers of others, nginx and Node, and our server behind nginx. The programs are in `tests/net/`.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use support::server::{Server, curl, free_port};
use support::{directory, has, program, root, run};

/// What a client in Flash shows, with its complaints.
fn client(name: &str, arguments: &[&str]) -> String {
    let source = root().join("tests/net").join(name);
    let run = run(Command::new(program("flash-rt")).arg("-w").arg(source).args(arguments), "");
    String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr)
}

#[test]
fn node_is_asked() {
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
    let shown = client("client.fl", &[&server.url("")]);
    assert_eq!(shown, "200 0 100001\n200 300000 100001\n200 0 100001 /new\n100 requests\n");
}

/// nginx, which stands where only root looks for programs.
fn nginx_program() -> &'static str {
    let debian = "/usr/sbin/nginx";
    if Path::new(debian).exists() { debian } else { "nginx" }
}

/// One process of nginx with what stands in a server's block. `connections.log` has, for each request, the number of its
/// connection and the method and path.
fn nginx(at: &Path, block: &str) -> Server {
    let port = free_port();
    let settings = format!(
        "daemon off; master_process off; pid nginx.pid; error_log error.log;
        events {{ worker_connections 512; }}
        http {{
            log_format connections '$connection $request_method $uri $status';
            access_log connections.log connections;
            client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
            scgi_temp_path scgi; types {{ text/html html shtml; }} keepalive_timeout 1s; client_max_body_size 100k;
            {}
        }}",
        block.replace("LISTEN", &format!("listen 127.0.0.1:{port}; root {}/www;", at.display()))
    );
    fs::write(at.join("nginx.conf"), settings).expect("settings");
    let prefix = format!("{}/", at.display());
    Server::listening(Command::new(nginx_program()).args(["-p", &prefix, "-c", "nginx.conf", "-e", "error.log"]), port)
}

/// Files below `www`.
fn site() -> tempfile::TempDir {
    let at = directory(&[]);
    let www = at.path().join("www");
    for name in ["directory", "dav"] {
        fs::create_dir_all(www.join(name)).expect("a directory");
    }
    let large = "0123456789abcdef".repeat(125_000);
    let files = [
        ("small.txt", "small"),
        ("large.bin", &large),
        ("empty.txt", ""),
        ("page.shtml", "a <!--#include virtual=\"/small.txt\" --> page"),
        ("directory/index.html", "a directory"),
    ];
    for (name, text) in files {
        fs::write(www.join(name), text).expect("a file");
    }
    at
}

#[test]
fn nginx_is_asked() {
    if !has(nginx_program()) {
        return;
    }
    let at = site();
    let server = nginx(
        at.path(),
        "server { LISTEN ssi on; location /mute { return 444; } location /dav/ { dav_methods PUT; } }",
    );
    let shown = client("nginx_client.fl", &[server.url("").trim_end_matches('/')]);
    let expected = "file 200 5 5\nlarge 200 2000000 2000000\nempty 200 0 0\nhead 200 0 2000000\n";
    let rest = shown.strip_prefix(expected).unwrap_or_else(|| panic!("{shown}"));
    let lines: Vec<&str> = rest.lines().collect();
    // The sizes of nginx's own pages are its own.
    assert!(lines[0].starts_with("missing 404 "), "{shown}");
    assert_eq!(lines[1], "chunked 200 12 chunked");
    assert!(lines[2].starts_with("refused method 405 "), "{shown}");
    assert_eq!(lines[3..5], ["moved 200 /directory/ a directory", "nothing said ECONNRESET request from"]);
    assert!(lines[5].starts_with("too large 413 "), "{shown}");
    assert!(lines[6].starts_with("put 201 "), "{shown}");
    let rest = ["put is there 200 50000 50000", "before 200 5 5", "stale 200 5 5", "fresh 200 5 5", "many 100000000"];
    assert_eq!(lines[7..], rest);
    // A connection is used again until nginx closes it.
    let log = fs::read_to_string(at.path().join("connections.log")).expect("a log");
    let connection = |index: usize| log.lines().nth(index).and_then(|line| line.split(' ').next()).expect("a line");
    let first = connection(0);
    assert!((1..8).all(|index| connection(index) == first), "{log}");
    let small: Vec<&str> = log.lines().filter(|line| line.ends_with("GET /small.txt 200")).collect();
    let mut others = small[1..].to_vec();
    others.dedup();
    assert_eq!((small.len(), others.len()), (4, 3), "{log}");
}

#[test]
fn our_server_stands_behind_nginx() {
    if !has(nginx_program()) || !has("curl") {
        return;
    }
    let flash = Server::start("server.fl", &[]);
    let at = site();
    let server = nginx(
        at.path(),
        &format!(
            "upstream flash {{ server 127.0.0.1:{}; keepalive 4; }}
            server {{
                LISTEN client_max_body_size 0;
                location / {{ proxy_pass http://flash/; proxy_http_version 1.1; proxy_set_header Connection ''; }}
                location /streamed/ {{
                    proxy_pass http://flash/; proxy_http_version 1.1; proxy_set_header Connection '';
                    proxy_request_buffering off; proxy_buffering off;
                }}
                location /old/ {{ proxy_pass http://flash/; }}
            }}",
            flash.port
        ),
    );
    let file = at.path().join("www/large.bin").display().to_string();
    let body = format!("@{file}");
    for prefix in ["/", "/streamed/", "/old/"] {
        let url = |path: &str| server.url(prefix) + path;
        for _ in 0..5 {
            assert_eq!(curl(&[&url(""), &url("slow"), &url("")]), "rootslowroot");
        }
        let echo = curl(&["--data-binary", "0123456789", &url("echo")]);
        assert_eq!(echo, "0123456789");
        assert_eq!(curl(&["-o", "/dev/null", "-w", "%{http_code}", "--data-binary", &body, &url("echo")]), "200");
        let chunked = curl(&["-H", "Transfer-Encoding: chunked", "--data-binary", &body, &url("echo")]);
        assert_eq!(chunked.len(), 2_000_000, "{prefix}");
        assert_eq!(curl(&[&url("stream")]).len(), 20_000_000, "{prefix}");
        assert_eq!(curl(&["-o", "/dev/null", "-w", "%{http_code}", &url("throw")]), "500");
        assert_eq!(curl(&["-o", "/dev/null", "-w", "%{http_code}", &url("none")]), "404");
        // What was cut is not handed on as complete.
        assert!(curl(&[&url("throw-late")]).contains("curl: ("), "{prefix}");
    }
    flash.serves();
}
