//! Natives of TLS, by rustls: sessions that turn plain bytes into those on the wire and back. Reading and writing the
//! socket is `std/stream.fl`'s. A session is a number; there are only those of this thread.

use super::{byte_array, bytes, new_text, text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig,
    ServerConnection,
};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::{Arc, OnceLock};

/// Roots that programs name themselves, of which so many are kept.
const KEPT_CONFIGS: usize = 64;
/// Plain bytes that are taken out of a session at a time.
const PIECE: usize = 16 * 1024;

/// Why there is no session, or why one has ended: a code as Node's, and words.
#[derive(Clone, Debug)]
struct Problem {
    code: &'static str,
    words: String,
}

#[derive(Default)]
struct State {
    sessions: Vec<Option<Connection>>,
    servers: Vec<Arc<ServerConfig>>,
    clients: HashMap<String, Arc<ClientConfig>>,
    problem: Option<Problem>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::default());
}

native! {
    /// (name of the server, certificates of further roots in PEM, or nothing) -> session, or -1
    fn flash_tls_client(
        _ctx: *mut Context, host: *const u8, host_len: i64, roots: *const u8, roots_len: i64,
    ) -> i64 {
        // SAFETY: live texts.
        let (host, roots) = unsafe { (text(host, host_len), text(roots, roots_len)) };
        STATE.with_borrow_mut(|state| {
            let session = state.client_config(roots).and_then(|config| client(config, host));
            state.enter(session)
        })
    }

    /// (certificates in PEM, key in PEM) -> what sessions of a server are made of, or -1
    fn flash_tls_server(
        _ctx: *mut Context, certificates: *const u8, certificates_len: i64, key: *const u8, key_len: i64,
    ) -> i64 {
        // SAFETY: live texts.
        let (certificates, key) = unsafe { (text(certificates, certificates_len), text(key, key_len)) };
        STATE.with_borrow_mut(|state| match server_config(certificates, key) {
            Ok(config) => {
                state.servers.push(Arc::new(config));
                state.servers.len() as i64 - 1
            }
            Err(problem) => state.fail(problem),
        })
    }

    /// (what `flash_tls_server` gave) -> session, or -1
    fn flash_tls_accept(_ctx: *mut Context, server: i64) -> i64 {
        STATE.with_borrow_mut(|state| {
            let config = usize::try_from(server).ok().and_then(|index| state.servers.get(index)).cloned();
            let session = config.ok_or_else(|| problem("EINVAL", "there is no such server")).and_then(|config| {
                ServerConnection::new(config).map(Connection::from).map_err(|error| problem_of(&error))
            });
            state.enter(session)
        })
    }

    /// (session, what came from the wire, from, output) -> number of plain bytes put at the output's end; -1 if this
    /// is no TLS, -2 less that number if the other end has said that nothing more will come
    fn flash_tls_feed(ctx: *mut Context, session: i64, input: *mut u8, from: i64, output: *mut u8) -> i64 {
        let Some(mut connection) = take(session) else { return -1 };
        // SAFETY: live arrays, which are two.
        let input = unsafe { byte_array::range(input, from, i64::MAX) };
        let mut plain = Vec::new();
        let result = feed(&mut connection, input, &mut plain);
        put(session, connection);
        // SAFETY: this thread's context and a live array; the vector is freed by nobody if there is no memory.
        unsafe { byte_array::extend(ctx, output, &plain) };
        match result {
            Ok(true) => -2 - plain.len() as i64,
            Ok(false) => plain.len() as i64,
            Err(problem) => STATE.with_borrow_mut(|state| state.fail(problem)),
        }
    }

    /// (session, text): plain bytes to be sent
    fn flash_tls_push(_ctx: *mut Context, session: i64, data: *const u8, len: i64) {
        // SAFETY: a live text.
        push(session, unsafe { bytes(data, len) });
    }

    /// (session, array, from): plain bytes to be sent
    fn flash_tls_push_bytes(_ctx: *mut Context, session: i64, array: *mut u8, from: i64) {
        // SAFETY: a live array.
        push(session, unsafe { byte_array::range(array, from, i64::MAX) });
    }

    /// (session, output) -> number of bytes for the wire put at the output's end
    fn flash_tls_pull(ctx: *mut Context, session: i64, output: *mut u8) -> i64 {
        let Some(mut connection) = take(session) else { return 0 };
        let mut wire = Vec::new();
        while connection.wants_write() {
            // Writing to a vector does not fail.
            if connection.write_tls(&mut wire).is_err() {
                break;
            }
        }
        put(session, connection);
        // SAFETY: this thread's context and a live array.
        unsafe { byte_array::extend(ctx, output, &wire) };
        wire.len() as i64
    }

    /// Whether a session is still being made.
    fn flash_tls_is_handshaking(_ctx: *mut Context, session: i64) -> u8 {
        with(session, |connection| u8::from(connection.is_handshaking())).unwrap_or(0)
    }

    /// (session): tells the other end that nothing more will come.
    fn flash_tls_end(_ctx: *mut Context, session: i64) {
        with(session, |connection| connection.send_close_notify());
    }

    /// (session): forgets it.
    fn flash_tls_free(_ctx: *mut Context, session: i64) {
        drop(take(session));
    }

    /// A code for the last problem.
    fn flash_tls_problem_code(ctx: *mut Context) -> Str {
        let code = STATE.with_borrow(|state| state.problem.as_ref().map_or("EPROTO", |problem| problem.code));
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, code) }
    }

    /// Words for the last problem.
    fn flash_tls_problem_words(ctx: *mut Context) -> Str {
        let words = STATE.with_borrow(|state| state.problem.as_ref().map_or(String::new(), |p| p.words.clone()));
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &words) }
    }
}

impl State {
    fn enter(&mut self, session: Result<Connection, Problem>) -> i64 {
        let mut session = match session {
            Ok(session) => session,
            Err(problem) => return self.fail(problem),
        };
        // What is written waits in the stream, which knows how much there is.
        session.set_buffer_limit(None);
        if let Some(free) = self.sessions.iter().position(Option::is_none) {
            self.sessions[free] = Some(session);
            return free as i64;
        }
        self.sessions.push(Some(session));
        self.sessions.len() as i64 - 1
    }

    fn fail(&mut self, problem: Problem) -> i64 {
        self.problem = Some(problem);
        -1
    }

    /// The configuration with the system's roots, or with those that are given.
    fn client_config(&mut self, roots: &str) -> Result<Arc<ClientConfig>, Problem> {
        if let Some(config) = self.clients.get(roots) {
            return Ok(config.clone());
        }
        let store = if roots.is_empty() { system_roots()? } else { named_roots(roots)? };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| problem_of(&error))?
            .with_root_certificates(store)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        if self.clients.len() >= KEPT_CONFIGS {
            self.clients.clear();
        }
        self.clients.insert(roots.to_owned(), config.clone());
        Ok(config)
    }
}

/// The session, which is nobody's until it is put back.
fn take(session: i64) -> Option<Connection> {
    let index = usize::try_from(session).ok()?;
    STATE.with_borrow_mut(|state| state.sessions.get_mut(index)?.take())
}

fn put(session: i64, connection: Connection) {
    STATE.with_borrow_mut(|state| {
        if let Some(place) = usize::try_from(session).ok().and_then(|index| state.sessions.get_mut(index)) {
            *place = Some(connection);
        }
    });
}

fn with<R>(session: i64, f: impl FnOnce(&mut Connection) -> R) -> Option<R> {
    let index = usize::try_from(session).ok()?;
    STATE.with_borrow_mut(|state| state.sessions.get_mut(index)?.as_mut().map(f))
}

fn push(session: i64, plain: &[u8]) {
    // Without a limit, a session takes everything.
    with(session, |connection| connection.writer().write_all(plain));
}

/// Whether the other end has said that nothing more will come.
fn feed(connection: &mut Connection, mut input: &[u8], plain: &mut Vec<u8>) -> Result<bool, Problem> {
    loop {
        while !input.is_empty() {
            match connection.read_tls(&mut input) {
                Ok(count) if count > 0 => {}
                // Its buffer is full: what is in there is dealt with first.
                _ => break,
            }
        }
        let state = connection.process_new_packets().map_err(|error| problem_of(&error))?;
        let mut left = state.plaintext_bytes_to_read();
        while left > 0 {
            let at = plain.len();
            plain.resize(at + left.min(PIECE), 0);
            let count = connection.reader().read(plain.get_mut(at..).unwrap_or(&mut [])).unwrap_or(0);
            plain.truncate(at + count);
            if count == 0 {
                break;
            }
            left -= count;
        }
        if input.is_empty() || state.peer_has_closed() {
            return Ok(state.peer_has_closed());
        }
    }
}

fn client(config: Arc<ClientConfig>, host: &str) -> Result<Connection, Problem> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| problem("ERR_TLS_CERT_ALTNAME_INVALID", "no certificate can be for such a name"))?;
    ClientConnection::new(config, name).map(Connection::from).map_err(|error| problem_of(&error))
}

/// The system's roots, read once.
fn system_roots() -> Result<RootCertStore, Problem> {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    let store = ROOTS.get_or_init(|| {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        store
    });
    if store.is_empty() {
        return Err(problem("ENOENT", "the system has no certificates of roots"));
    }
    Ok(store.clone())
}

fn named_roots(pem: &str) -> Result<RootCertStore, Problem> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem)? {
        store.add(certificate).map_err(|error| problem_of(&error))?;
    }
    Ok(store)
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(problem("EINVAL", "this is no certificate in PEM form")),
    }
}

fn server_config(pem: &str, key: &str) -> Result<ServerConfig, Problem> {
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|_| problem("EINVAL", "this is no private key in PEM form"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| problem_of(&error))?
        .with_no_client_auth()
        .with_single_cert(certificates(pem)?, key)
        .map_err(|error| problem_of(&error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn problem(code: &'static str, words: &str) -> Problem {
    Problem { code, words: words.to_owned() }
}

/// The codes are Node's, where it has one.
fn problem_of(error: &rustls::Error) -> Problem {
    let (code, words) = match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                ("CERT_HAS_EXPIRED", "the certificate has expired")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                ("CERT_NOT_YET_VALID", "the certificate is not valid yet")
            }
            CertificateError::UnknownIssuer => {
                ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "the certificate's issuer is unknown")
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                ("ERR_TLS_CERT_ALTNAME_INVALID", "the certificate is for another name")
            }
            CertificateError::Revoked => ("CERT_REVOKED", "the certificate was revoked"),
            _ => return Problem { code: "ERR_TLS_CERT_INVALID", words: error.to_string() },
        },
        rustls::Error::AlertReceived(AlertDescription::UnknownCA) => {
            ("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "the other end does not know the certificate's issuer")
        }
        _ => return Problem { code: "EPROTO", words: error.to_string() },
    };
    problem(code, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_pem_is_told() {
        assert_eq!(server_config("x", "y").expect_err("no key").code, "EINVAL");
        assert_eq!(named_roots("").expect_err("no certificate").code, "EINVAL");
    }

    #[test]
    fn sessions_without_a_number_are_nothing() {
        assert!(take(-1).is_none() && take(7).is_none());
        push(3, b"x");
    }

    #[test]
    fn a_client_says_hello() {
        let config = State::default().client_config("").or_else(|_| {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
            builder
                .map(|b| Arc::new(b.with_root_certificates(RootCertStore::empty()).with_no_client_auth()))
                .map_err(|error| problem_of(&error))
        });
        let mut connection = config.and_then(|config| client(config, "localhost")).expect("a session");
        let mut wire = Vec::new();
        assert!(connection.wants_write());
        connection.write_tls(&mut wire).expect("a vector");
        assert_eq!(wire.first(), Some(&22));
        let result = feed(&mut connection, b"HTTP/1.1 400 Bad Request\r\n\r\n", &mut Vec::new());
        assert_eq!(result.expect_err("no TLS").code, "EPROTO");
    }
}
