//! TLS with others: our client and servers of OpenSSL with good and bad certificates, our server and clients of OpenSSL
//! and curl. Certificates are made by `openssl ca`, with a root of their own. The programs are in `tests/net/`.

mod support;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::server::{Server, await_port, curl, free_port};
use support::{directory, has, output, program, root, run};

/// Certificates and keys: `NAME.pem` and `NAME.key`.
struct Authority {
    at: tempfile::TempDir,
}

const NOW: [&str; 2] = ["20200101000000Z", "20990101000000Z"];
const SETTINGS: &str = "
[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = policy
unique_subject = no
[policy]
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[req]
distinguished_name = name
[name]
";

impl Authority {
    fn new() -> Authority {
        let it = Authority { at: directory(&[("ca.cnf", SETTINGS), ("index.txt", "")]) };
        it.sign("root", "root", "root", NOW);
        it
    }

    fn openssl(&self, line: &str) {
        let made = output(self.at.path(), "openssl", &line.split(' ').collect::<Vec<_>>());
        assert!(made.status.success(), "{line}: {made:?}");
    }

    /// A certificate for these names (`DNS:localhost`), by an issuer, for some time.
    fn issue(&self, name: &str, names: &str, issuer: &str, [from, to]: [&str; 2]) {
        let section = format!("\n[{name}]\nbasicConstraints = CA:FALSE\nsubjectAltName = {names}\n");
        let settings = self.at.path().join("ca.cnf");
        fs::write(&settings, fs::read_to_string(&settings).expect("settings") + &section).expect("settings");
        self.sign(name, issuer, name, [from, to]);
    }

    fn sign(&self, name: &str, issuer: &str, section: &str, [from, to]: [&str; 2]) {
        self.openssl(&format!(
            "req -new -config ca.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
        ));
        let by = if name == issuer { "-selfsign".to_owned() } else { format!("-cert {issuer}.pem") };
        self.openssl(&format!(
            "ca -batch -notext -config ca.cnf {by} -keyfile {issuer}.key -in {name}.csr -out {name}.pem -startdate {from} -enddate {to} -extensions {section}"
        ));
    }

    fn file(&self, name: &str) -> String {
        self.at.path().join(name).display().to_string()
    }

    /// OpenSSL's server with a certificate. It has one page.
    fn server(&self, name: &str, more: &[&str]) -> Server {
        let (certificate, key) = (self.file(&format!("{name}.pem")), self.file(&format!("{name}.key")));
        let port = free_port();
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", &format!("127.0.0.1:{port}"), "-cert", &certificate, "-key", &key]);
        fs::write(self.at.path().join("page.html"), "secret").expect("a page");
        Server::listening(command.current_dir(self.at.path()).arg("-WWW").args(more), port)
    }

    /// What our client tells of a server, by the name `localhost`.
    fn ask(&self, server: &Server, roots: Option<&str>, system: &str) -> String {
        ask("localhost", server.port, roots.map(|name| self.file(name)), &self.file(system))
    }
}

fn ask(host: &str, port: u16, roots: Option<String>, system: &str) -> String {
    let mut command = Command::new(program("flash-rt"));
    command.arg("-w").arg(root().join("tests/net/ask.fl")).args([host, &port.to_string()]).args(roots);
    let run = run(command.env("SSL_CERT_FILE", system).env_remove("SSL_CERT_DIR"), "");
    String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr)
}

fn refusal(code: &str) -> String {
    format!("http {code} connect to localhost:PORT\nsocket {code} connect to localhost:PORT\n")
}

#[test]
fn bad_certificates_are_refused() {
    if !has("openssl") {
        return;
    }
    let made = Authority::new();
    made.sign("stranger", "stranger", "root", NOW);
    made.issue("good", "DNS:localhost,IP:127.0.0.1", "root", NOW);
    made.issue("expired", "DNS:localhost", "root", ["20200101000000Z", "20200201000000Z"]);
    made.issue("future", "DNS:localhost", "root", ["20980101000000Z", "20990101000000Z"]);
    made.issue("other", "DNS:example.org,IP:127.0.0.2", "root", NOW);
    made.issue("self", "DNS:localhost", "self", NOW);
    made.issue("foreign", "DNS:localhost", "stranger", NOW);
    for (name, code) in [
        ("expired", "CERT_HAS_EXPIRED"),
        ("future", "CERT_NOT_YET_VALID"),
        ("other", "ERR_TLS_CERT_ALTNAME_INVALID"),
        ("self", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
        ("foreign", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    ] {
        let server = made.server(name, &[]);
        assert_eq!(made.ask(&server, Some("root.pem"), "root.pem"), refusal(code), "{name}");
        // The same as roots of the system.
        assert_eq!(made.ask(&server, None, "root.pem"), refusal(code), "{name}");
    }
    let accepted = "http 200 true\nsocket true\n";
    for version in ["-tls1_2", "-tls1_3"] {
        let server = made.server("good", &[version]);
        assert_eq!(made.ask(&server, Some("root.pem"), "stranger.pem"), accepted);
        assert_eq!(made.ask(&server, None, "root.pem"), accepted);
        assert_eq!(ask("127.0.0.1", server.port, Some(made.file("root.pem")), ""), accepted);
        let unknown = refusal("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
        assert_eq!(made.ask(&server, None, "stranger.pem"), unknown);
        assert_eq!(made.ask(&server, Some("stranger.pem"), "root.pem"), unknown);
    }
    // With the roots that this machine has, which are others'.
    let server = made.server("good", &[]);
    let system = Path::new("/etc/ssl/certs/ca-certificates.crt");
    if system.exists() {
        let shown = ask("localhost", server.port, None, &system.display().to_string());
        assert_eq!(shown, refusal("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
    }
}

fn tls_server(made: &Authority, certificate: &str, key: &str) -> Server {
    Server::start("tls_server.fl", &[made.file(certificate), made.file(key)])
}

/// What OpenSSL's client shows, which asks for `/`.
fn s_client(port: u16, more: &[&str]) -> (bool, String) {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &format!("127.0.0.1:{port}"), "-servername", "localhost"]);
    let run = run(command.args(["-verify_return_error", "-ign_eof"]).args(more), "GET / HTTP/1.0\r\n\r\n");
    (run.status.success(), String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr))
}

#[test]
fn openssl_and_curl_are_served() {
    if !has("openssl") || !has("curl") {
        return;
    }
    let made = Authority::new();
    made.issue("good", "DNS:localhost,IP:127.0.0.1", "root", NOW);
    let server = tls_server(&made, "good.pem", "good.key");
    let roots = made.file("root.pem");
    for (option, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let (is_well, shown) = s_client(server.port, &["-CAfile", &roots, "-verify_hostname", "localhost", option]);
        let is_verified = shown.contains("Verify return code: 0 (ok)") && shown.contains(version);
        assert!(is_well && is_verified && shown.contains("\r\n\r\nsecret"), "{option}: {shown}");
    }
    // What nobody should speak any more, and clients that do not trust it.
    assert!(!s_client(server.port, &["-CAfile", &roots, "-tls1_1"]).1.contains("\r\n\r\nsecret"));
    assert!(!s_client(server.port, &["-CAfile", &made.file("good.pem"), "-verify_hostname", "example.org"]).0);
    let url = format!("https://localhost:{}", server.port);
    assert!(curl(&[&url]).contains("SSL certificate problem"));
    assert_eq!(curl(&["--cacert", &roots, &url, &url]), "secretsecret");
    let large = directory(&[("body", &"x".repeat(3_000_000))]);
    let body = format!("@{}", large.path().join("body").display());
    assert_eq!(curl(&["--cacert", &roots, "--data-binary", &body, &format!("{url}/echo")]).len(), 3_000_000);
    // Our client with what is large, over one connection.
    let source = root().join("tests/net/tls_client.fl");
    let run = run(Command::new(program("flash-rt")).arg("-w").arg(source).arg(&roots).arg(server.port.to_string()), "");
    assert_eq!(String::from_utf8_lossy(&run.stdout), "200 secret 300000\n", "{run:?}");
    assert_eq!(curl(&["--cacert", &roots, &url]), "secret");
}

#[test]
fn what_is_no_tls_ends_and_harms_nobody() {
    if !has("openssl") || !has("curl") {
        return;
    }
    let made = Authority::new();
    made.issue("good", "DNS:localhost", "root", NOW);
    let server = tls_server(&made, "good.pem", "good.key");
    let start = Instant::now();
    assert!(!server.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").contains("secret"));
    // Silence before and in the middle of the handshake.
    assert_eq!(server.ask(""), "");
    assert_eq!(server.ask("\x16\x03\x01\x02\x00\x01"), "");
    // A record that is longer than any may be.
    assert!(!server.ask(&("\x17\x03\x03\x7f\x7f".to_owned() + &"x".repeat(40000))).contains("secret"));
    // A peer that is gone in the middle of the handshake.
    drop(server.connect().write_all(b"\x16\x03\x01"));
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    let url = format!("https://localhost:{}", server.port);
    assert_eq!(curl(&["--cacert", &made.file("root.pem"), &url]), "secret");
}

#[test]
fn keys_that_do_not_fit_are_told() {
    if !has("openssl") {
        return;
    }
    let made = Authority::new();
    made.issue("good", "DNS:localhost", "root", NOW);
    let start = |certificate: &str, key: &str| {
        let source = root().join("tests/net/tls_server.fl");
        let mut command = Command::new(program("flash-rt"));
        let run = run(command.arg("-w").arg(source).args([made.file(certificate), made.file(key)]), "");
        assert!(!run.status.success(), "{certificate} {key}");
        String::from_utf8_lossy(&run.stderr).into_owned()
    };
    assert!(start("good.pem", "root.key").contains("IoError: cannot use the certificate: "));
    assert!(start("good.key", "good.key").contains("this is no certificate in PEM form"));
    assert!(start("good.pem", "good.pem").contains("this is no private key in PEM form"));
}

/// An answer that goes up to the end of its connection is complete only if TLS has said that it ends.
#[test]
fn answers_that_are_cut_are_not_taken_for_complete() {
    if !has("openssl") {
        return;
    }
    let made = Authority::new();
    made.issue("good", "DNS:localhost", "root", NOW);
    let port = free_port();
    let mut command = Command::new("openssl");
    command.args(["s_server", "-quiet", "-accept", &format!("127.0.0.1:{port}")]);
    command.args(["-cert", &made.file("good.pem"), "-key", &made.file("good.key")]);
    let mut server =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a server");
    let (mut input, mut shown) = (server.stdin.take().expect("piped"), server.stdout.take().expect("piped"));
    await_port(port);
    let client = std::thread::spawn(move || ask("localhost", port, Some(made.file("root.pem")), ""));
    // When the question is there, a part of the answer, and the process is gone.
    let mut question = [0; 16];
    shown.read_exact(&mut question).expect("a question");
    input.write_all(b"HTTP/1.0 200 OK\r\n\r\nsecret").expect("a part of an answer");
    input.flush().expect("a part of an answer");
    std::thread::sleep(Duration::from_millis(500));
    server.kill().expect("a process");
    server.wait().expect("a process");
    let told = client.join().expect("a client");
    assert!(told.starts_with("http ECONNRESET request from localhost:PORT\n"), "{told}");
}

#[test]
fn a_slow_handshake_is_given_up() {
    if !has("openssl") {
        return;
    }
    // It accepts and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let start = Instant::now();
    let told = ask("localhost", port, None, "/etc/ssl/certs/ca-certificates.crt");
    assert_eq!(told, refusal("ETIMEDOUT").replacen("connect to", "request from", 1));
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}
