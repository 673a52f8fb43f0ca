//! Natives of `std:net` for datagrams.

use super::net::{address, borrowed, descriptor, done, retried, shown};
use super::{byte_array, new_text, text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use socket2::{Domain, SockAddr, SockAddrStorage, Socket, Type};
use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// No datagram is longer.
const LONGEST: usize = 65_536;

thread_local! {
    /// Where the last datagram came from.
    static SENDER: RefCell<Option<SockAddr>> = const { RefCell::new(None) };
}

native! {
    /// (address in numbers, port, share the port with others) -> descriptor
    fn flash_udp_bind(_ctx: *mut Context, host: *const u8, host_len: i64, port: i32, reuse: u8) -> i64 {
        // SAFETY: a live text.
        let at = address(unsafe { text(host, host_len) }, port);
        descriptor(at.and_then(|at| bind(at, reuse & 1 == 1)))
    }

    /// (descriptor, address in numbers, port, array) -> number of bytes sent
    fn flash_udp_send(_ctx: *mut Context, fd: i32, host: *const u8, host_len: i64, port: i32, array: *mut u8) -> i64 {
        // SAFETY: a live text and a live array.
        let (host, datagram) = unsafe { (text(host, host_len), byte_array::contents(array)) };
        let to = match address(host, port) {
            Ok(to) => SockAddr::from(to),
            Err(_) => return -i64::from(libc::EINVAL),
        };
        // SAFETY: the bytes and the address are readable.
        retried(|| unsafe {
            let (data, flags) = (datagram.as_ptr().cast(), libc::MSG_NOSIGNAL);
            libc::sendto(fd, data, datagram.len(), flags, to.as_ptr().cast(), to.len())
        })
    }

    /// (descriptor, array) -> number of bytes put at the end of the array: one datagram. `flash_udp_sender` tells who
    /// sent it.
    fn flash_udp_receive(ctx: *mut Context, fd: i32, array: *mut u8) -> i64 {
        let mut datagram = [0_u8; LONGEST];
        let mut storage = SockAddrStorage::zeroed();
        let mut len = storage.size_of();
        // SAFETY: the system writes no more than it is told that there is room for.
        let received = retried(|| unsafe {
            let (from, len) = (storage.view_as::<libc::sockaddr>(), &raw mut len);
            libc::recvfrom(fd, datagram.as_mut_ptr().cast(), LONGEST, 0, from, len)
        });
        let Some(contents) = usize::try_from(received).ok().and_then(|count| datagram.get(..count)) else {
            return received;
        };
        // SAFETY: the system has written an address of this length.
        SENDER.set(Some(unsafe { SockAddr::new(storage, len) }));
        // SAFETY: this thread's context and a live array.
        unsafe { byte_array::extend(ctx, array, contents) };
        received
    }

    /// "address port" of who sent the last datagram that this thread received
    fn flash_udp_sender(ctx: *mut Context) -> Str {
        let words = SENDER.with_borrow(|sender| sender.as_ref().map_or_else(String::new, shown));
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &words) }
    }

    /// (descriptor, address of a group in numbers, join or leave) -> 0
    fn flash_udp_membership(_ctx: *mut Context, fd: i32, group: *const u8, group_len: i64, join: u8) -> i64 {
        // SAFETY: a live text.
        done(change_membership(&borrowed(fd), unsafe { text(group, group_len) }, join & 1 == 1))
    }
}

fn bind(at: SocketAddr, reuse: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM.nonblocking(), None)?;
    if at.is_ipv6() {
        socket.set_only_v6(!at.ip().is_unspecified())?;
    }
    socket.set_reuse_address(reuse)?;
    socket.set_reuse_port(reuse)?;
    socket.bind(&at.into())?;
    Ok(socket)
}

fn change_membership(socket: &Socket, group: &str, join: bool) -> io::Result<()> {
    let any = &Ipv4Addr::UNSPECIFIED;
    match (group.parse::<IpAddr>(), join) {
        (Ok(IpAddr::V4(group)), true) => socket.join_multicast_v4(&group, any),
        (Ok(IpAddr::V4(group)), false) => socket.leave_multicast_v4(&group, any),
        (Ok(IpAddr::V6(group)), true) => socket.join_multicast_v6(&group, 0),
        (Ok(IpAddr::V6(group)), false) => socket.leave_multicast_v6(&group, 0),
        (Err(_), _) => Err(io::Error::from_raw_os_error(libc::EINVAL)),
    }
}
