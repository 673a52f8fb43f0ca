//! Natives of `std:net`: sockets that never block. What fails gives the error's number, negated; `std/net.fl` makes an
//! `IoError` of it. Waiting is the loop's.

use super::{byte_array, bytes, new_text, text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use socket2::{Domain, SockAddr, Socket, Type};
use std::io;
use std::mem::ManuallyDrop;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::os::fd::{FromRawFd, IntoRawFd};

/// What `read`, `write`, `accept` give when there is nothing to do now; the same number on every system.
pub const AGAIN: i64 = -11;

native! {
    /// (host or nothing for all addresses, port, backlog, share the port with others) -> descriptor. A name is
    /// looked up at once: who listens is starting.
    fn flash_net_listen(
        _ctx: *mut Context, host: *const u8, host_len: i64, port: i32, backlog: i32, reuse_port: u8,
    ) -> i64 {
        // SAFETY: a live text.
        descriptor(listen(unsafe { text(host, host_len) }, port, backlog, reuse_port & 1 == 1))
    }

    /// (path, backlog) -> descriptor
    fn flash_net_listen_unix(_ctx: *mut Context, path: *const u8, path_len: i64, backlog: i32) -> i64 {
        // SAFETY: a live text.
        descriptor(listen_unix(unsafe { text(path, path_len) }, backlog))
    }

    /// (listening descriptor) -> descriptor
    fn flash_net_accept(_ctx: *mut Context, fd: i32) -> i64 {
        accept(fd)
    }

    /// (address in numbers, port) -> descriptor of a connection that is being made: once it is writable,
    /// `flash_net_take_error` tells whether it is there.
    fn flash_net_connect(_ctx: *mut Context, host: *const u8, host_len: i64, port: i32) -> i64 {
        // SAFETY: a live text.
        descriptor(address(unsafe { text(host, host_len) }, port).and_then(|to| connect(&SockAddr::from(to))))
    }

    /// (path) -> descriptor
    fn flash_net_connect_unix(_ctx: *mut Context, path: *const u8, path_len: i64) -> i64 {
        // SAFETY: a live text.
        descriptor(SockAddr::unix(unsafe { text(path, path_len) }).and_then(|to| connect(&to)))
    }

    /// (descriptor) -> number of the error that waits there, or 0
    fn flash_net_take_error(_ctx: *mut Context, fd: i32) -> i64 {
        match borrowed(fd).take_error() {
            Ok(error) => error.map_or(0, |error| number(&error)),
            Err(error) => number(&error),
        }
    }

    /// (descriptor, array, most) -> number of bytes put at the end of the array; 0 at the end
    fn flash_net_read(ctx: *mut Context, fd: i32, array: *mut u8, most: i64) -> i64 {
        let Ok(most) = usize::try_from(most) else { return -i64::from(libc::EINVAL) };
        // SAFETY: this thread's context and a live array; what the system has written counts.
        unsafe {
            let to = byte_array::reserve(ctx, array, most);
            let read = retried(|| libc::recv(fd, to.cast(), most, 0));
            byte_array::add_len(array, usize::try_from(read).unwrap_or(0));
            read
        }
    }

    /// (descriptor, array, from, to) -> number of bytes written
    fn flash_net_write(_ctx: *mut Context, fd: i32, array: *mut u8, from: i64, to: i64) -> i64 {
        // SAFETY: a live array.
        let part = unsafe { byte_array::range(array, from, to) };
        // SAFETY: the bytes are readable.
        retried(|| unsafe { libc::send(fd, part.as_ptr().cast(), part.len(), libc::MSG_NOSIGNAL) })
    }

    /// (descriptor, array, text): writes both, as one -> number of bytes written
    fn flash_net_write_with(_ctx: *mut Context, fd: i32, array: *mut u8, data: *const u8, len: i64) -> i64 {
        // SAFETY: a live array and a live text.
        let (head, body) = unsafe { (byte_array::contents(array), bytes(data, len)) };
        write_both(fd, head, body)
    }

    /// (descriptor, array, array): writes both, as one -> number of bytes written
    fn flash_net_write_both(_ctx: *mut Context, fd: i32, first: *mut u8, second: *mut u8) -> i64 {
        // SAFETY: live arrays.
        let (head, body) = unsafe { (byte_array::contents(first), byte_array::contents(second)) };
        write_both(fd, head, body)
    }

    /// (array, text): appends the text's bytes.
    fn flash_bytes_add_text(ctx: *mut Context, array: *mut u8, data: *const u8, len: i64) {
        // SAFETY: this thread's context, a live array and a live text.
        unsafe { byte_array::extend(ctx, array, bytes(data, len)) }
    }

    /// (array) -> its bytes as text; what is no UTF-8 becomes U+FFFD
    fn flash_bytes_lossy(ctx: *mut Context, array: *mut u8) -> Str {
        // SAFETY: this thread's context and a live array.
        unsafe { new_text(ctx, &String::from_utf8_lossy(byte_array::contents(array))) }
    }

    /// (descriptor, 0 reading, 1 writing, 2 both) -> 0
    fn flash_net_shutdown(_ctx: *mut Context, fd: i32, how: i32) -> i64 {
        let how = match how {
            0 => std::net::Shutdown::Read,
            1 => std::net::Shutdown::Write,
            _ => std::net::Shutdown::Both,
        };
        done(borrowed(fd).shutdown(how))
    }

    fn flash_net_close(_ctx: *mut Context, fd: i32) {
        // SAFETY: closes a number; `std/net.fl` does so once for each.
        unsafe { libc::close(fd) };
    }

    /// (descriptor, which, value) -> 0. 1 no delay, 2 seconds until the system asks an idle peer (0: never), 3 may
    /// broadcast, 4 hops of a packet, 5 hops of a packet to a group, 6 packets to a group come back, 7 end with a
    /// reset.
    fn flash_net_set_option(_ctx: *mut Context, fd: i32, option: i32, value: i32) -> i64 {
        done(set_option(&borrowed(fd), option, value))
    }

    /// (descriptor, the other end's) -> "address port", or the path of a unix socket, or nothing
    fn flash_net_address(ctx: *mut Context, fd: i32, is_peer: u8) -> Str {
        let socket = borrowed(fd);
        let address = if is_peer & 1 == 1 { socket.peer_addr() } else { socket.local_addr() };
        let words = address.map_or_else(|_| String::new(), |address| shown(&address));
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &words) }
    }

    /// Whether a text is an address in numbers: 4, 6, or 0.
    fn flash_net_family(_ctx: *mut Context, host: *const u8, host_len: i64) -> i32 {
        // SAFETY: a live text.
        match unsafe { text(host, host_len) }.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => 4,
            Ok(IpAddr::V6(_)) => 6,
            Err(_) => 0,
        }
    }

    /// (number of an error) -> its name, as `ECONNREFUSED`
    fn flash_net_error_name(ctx: *mut Context, number: i64) -> Str {
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, error_name(number as i32)) }
    }

    /// (number of an error) -> its meaning in the system's words
    fn flash_net_error_words(ctx: *mut Context, number: i64) -> Str {
        let words = io::Error::from_raw_os_error(number as i32).to_string();
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &super::text::without_number(&words)) }
    }
}

/// A descriptor of Flash's as a socket that is not closed at the end.
pub(super) fn borrowed(fd: i32) -> ManuallyDrop<Socket> {
    // SAFETY: the descriptor stays whose it is; a number that is none makes the calls fail.
    ManuallyDrop::new(unsafe { Socket::from_raw_fd(fd.max(0)) })
}

/// The error's number.
fn number(error: &io::Error) -> i64 {
    error.raw_os_error().map_or_else(
        || match error.kind() {
            io::ErrorKind::InvalidInput => libc::EINVAL.into(),
            _ => libc::EADDRNOTAVAIL.into(),
        },
        i64::from,
    )
}

pub(super) fn done(result: io::Result<()>) -> i64 {
    result.map_or_else(|error| -number(&error), |()| 0)
}

pub(super) fn descriptor(result: io::Result<Socket>) -> i64 {
    result.map_or_else(|error| -number(&error), |socket| i64::from(socket.into_raw_fd()))
}

/// Calls the system until no signal is in between; what it gives, or its error's number, negated.
pub(super) fn retried(mut call: impl FnMut() -> isize) -> i64 {
    loop {
        let result = call();
        if result >= 0 {
            return result as i64;
        }
        match io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO) {
            libc::EINTR => {}
            libc::EAGAIN => return AGAIN,
            error => return -i64::from(error),
        }
    }
}

/// An address in numbers with its port.
pub(super) fn address(host: &str, port: i32) -> io::Result<SocketAddr> {
    let port = u16::try_from(port).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    let host: IpAddr = host.parse().map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    Ok(SocketAddr::new(host, port))
}

fn listen(host: &str, port: i32, backlog: i32, reuse_port: bool) -> io::Result<Socket> {
    let port = u16::try_from(port).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    if host.is_empty() {
        // One socket for both families, where there are both.
        let all = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port);
        return listen_at(all, backlog, reuse_port).or_else(|error| match error.raw_os_error() {
            Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL) => {
                listen_at(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port), backlog, reuse_port)
            }
            _ => Err(error),
        });
    }
    let mut last = io::Error::from_raw_os_error(libc::EADDRNOTAVAIL);
    for at in (host, port).to_socket_addrs()? {
        match listen_at(at, backlog, reuse_port) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn listen_at(at: SocketAddr, backlog: i32, reuse_port: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM.nonblocking(), None)?;
    if at.is_ipv6() {
        socket.set_only_v6(!at.ip().is_unspecified())?;
    }
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(reuse_port)?;
    socket.bind(&at.into())?;
    socket.listen(backlog)?;
    Ok(socket)
}

fn listen_unix(path: &str, backlog: i32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    socket.listen(backlog)?;
    Ok(socket)
}

fn accept(fd: i32) -> i64 {
    loop {
        // SAFETY: the address of the peer is not asked for.
        let accepted = retried(|| unsafe {
            let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
            libc::accept4(fd, std::ptr::null_mut(), std::ptr::null_mut(), flags) as isize
        });
        // One that has gone again is not the listener's error; take the next.
        if accepted != -i64::from(libc::ECONNABORTED) && accepted != -i64::from(libc::EPROTO) {
            return accepted;
        }
    }
}

fn connect(to: &SockAddr) -> io::Result<Socket> {
    let socket = Socket::new(to.domain(), Type::STREAM.nonblocking(), None)?;
    match socket.connect(to) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
        _ => Ok(socket),
    }
}

fn write_both(fd: i32, head: &[u8], body: &[u8]) -> i64 {
    let part = |bytes: &[u8]| libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let mut parts = [part(head), part(body)];
    // SAFETY: all zero is an empty message.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = parts.as_mut_ptr();
    message.msg_iovlen = parts.len();
    // SAFETY: the message names two readable stretches.
    retried(|| unsafe { libc::sendmsg(fd, &raw const message, libc::MSG_NOSIGNAL) })
}

fn set_option(socket: &Socket, option: i32, value: i32) -> io::Result<()> {
    let is_on = value != 0;
    match option {
        1 => socket.set_tcp_nodelay(is_on),
        2 if is_on => {
            let idle = std::time::Duration::from_secs(value.unsigned_abs().into());
            socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(idle))
        }
        2 => socket.set_keepalive(false),
        3 => socket.set_broadcast(is_on),
        4 if is_v6(socket) => socket.set_unicast_hops_v6(value.unsigned_abs()),
        4 => socket.set_ttl_v4(value.unsigned_abs()),
        5 if is_v6(socket) => socket.set_multicast_hops_v6(value.unsigned_abs()),
        5 => socket.set_multicast_ttl_v4(value.unsigned_abs()),
        6 if is_v6(socket) => socket.set_multicast_loop_v6(is_on),
        6 => socket.set_multicast_loop_v4(is_on),
        7 => socket.set_linger(is_on.then_some(std::time::Duration::ZERO)),
        _ => Err(io::Error::from_raw_os_error(libc::EINVAL)),
    }
}

fn is_v6(socket: &Socket) -> bool {
    socket.local_addr().is_ok_and(|address| address.is_ipv6())
}

/// "address port", an IPv4 one as such also where it came by a socket of both families; a path.
pub(super) fn shown(address: &SockAddr) -> String {
    if let Some(path) = address.as_pathname() {
        return path.to_string_lossy().into_owned();
    }
    address.as_socket().map_or_else(String::new, |at| format!("{} {}", at.ip().to_canonical(), at.port()))
}

macro_rules! error_names {
    ($($name:ident)*) => {
        /// The name of an error's number; `EIO` for one that sockets do not meet.
        pub(super) fn error_name(number: i32) -> &'static str {
            match number {
                $(libc::$name => stringify!($name),)*
                _ => "EIO",
            }
        }
    };
}

error_names! {
    EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECANCELED ECONNABORTED ECONNREFUSED ECONNRESET
    EDESTADDRREQ EEXIST EFAULT EHOSTDOWN EHOSTUNREACH EINPROGRESS EINTR EINVAL EISCONN EISDIR ELOOP EMFILE EMSGSIZE
    ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODEV ENOENT ENOMEM ENOPROTOOPT ENOSPC ENOTCONN ENOTDIR
    ENOTSOCK EOPNOTSUPP EPERM EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE EROFS ETIMEDOUT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_names() {
        assert_eq!(error_name(libc::ECONNREFUSED), "ECONNREFUSED");
        assert_eq!(error_name(-1), "EIO");
        let nobody = connect(&SockAddr::unix("/nonexistent/socket").expect("a short path"));
        assert_eq!(descriptor(nobody), -i64::from(libc::ENOENT));
    }

    #[test]
    fn addresses_are_in_numbers() {
        assert_eq!(address("127.0.0.1", 80).ok(), Some(SocketAddr::from(([127, 0, 0, 1], 80))));
        assert_eq!(descriptor(address("localhost", 80).and_then(|_| unreachable!())), -i64::from(libc::EINVAL));
        assert!(address("127.0.0.1", 70_000).is_err());
    }

    #[test]
    fn a_listener_says_where() {
        let socket = listen("127.0.0.1", 0, 8, false).expect("a port");
        let at = shown(&socket.local_addr().expect("an address"));
        assert!(at.starts_with("127.0.0.1 ") && !at.ends_with(" 0"), "{at}");
        let port: i32 = at["127.0.0.1 ".len()..].parse().expect("a number");
        assert_eq!(descriptor(listen("127.0.0.1", port, 8, false)), -i64::from(libc::EADDRINUSE));
    }
}
