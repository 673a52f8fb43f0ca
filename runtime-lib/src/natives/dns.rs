//! The native of `std:dns`: the addresses behind a name, looked up by the system on another thread.

use super::text;
use crate::native;
use crate::pool::{self, Outcome};
use flash_abi::context::Context;
use std::ffi::CString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

native! {
    /// (name) -> job, which gives addresses in numbers with spaces between them
    fn flash_dns_start(ctx: *mut Context, host: *const u8, host_len: i64) -> i64 {
        // SAFETY: a live text.
        let host = unsafe { text(host, host_len) }.to_owned();
        pool::start(ctx, move || look_up(&host))
    }
}

fn look_up(host: &str) -> Outcome {
    let Ok(name) = CString::new(host) else { return failed(libc::EAI_NONAME) };
    // SAFETY: all zero asks for everything.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_socktype = libc::SOCK_STREAM;
    hints.ai_flags = libc::AI_ADDRCONFIG;
    let mut first = std::ptr::null_mut();
    // SAFETY: a text that ends with a zero, hints, and a place for the answer.
    let error = unsafe { libc::getaddrinfo(name.as_ptr(), std::ptr::null(), &raw const hints, &raw mut first) };
    if error != 0 {
        return failed(error);
    }
    let mut addresses: Vec<String> = Vec::new();
    let mut next = first;
    while !next.is_null() {
        // SAFETY: entries of the system's list live until it is freed, below.
        let entry = unsafe { &*next };
        // SAFETY: an entry's address is of the family that it says.
        let address = unsafe { address(entry) };
        addresses.extend(address.map(|address| address.to_string()).filter(|text| !addresses.contains(text)));
        next = entry.ai_next;
    }
    // SAFETY: what `getaddrinfo` gave, once.
    unsafe { libc::freeaddrinfo(first) };
    if addresses.is_empty() { failed(libc::EAI_NONAME) } else { Outcome::Text(addresses.join(" ")) }
}

/// # Safety
/// The entry's address is of the family that it says.
unsafe fn address(entry: &libc::addrinfo) -> Option<IpAddr> {
    // SAFETY: promised by the caller.
    unsafe {
        match entry.ai_family {
            libc::AF_INET => {
                let address = entry.ai_addr.cast::<libc::sockaddr_in>().read_unaligned();
                Some(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)).into())
            }
            libc::AF_INET6 => {
                let address = entry.ai_addr.cast::<libc::sockaddr_in6>().read_unaligned();
                Some(Ipv6Addr::from(address.sin6_addr.s6_addr).into())
            }
            _ => None,
        }
    }
}

/// Codes are Node's.
fn failed(error: i32) -> Outcome {
    let (code, reason) = match error {
        libc::EAI_NONAME | libc::EAI_NODATA => ("ENOTFOUND", "there is no such host"),
        libc::EAI_AGAIN => ("EAI_AGAIN", "the name servers do not answer"),
        libc::EAI_MEMORY => ("ENOMEM", "out of memory"),
        _ => ("EAI_FAIL", "the name servers have failed"),
    };
    Outcome::Failed { code, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_addresses_are_told() {
        let Outcome::Failed { code, .. } = look_up("a\0b") else { panic!("an address") };
        assert_eq!(code, "ENOTFOUND");
    }

    #[test]
    fn numbers_are_addresses() {
        let Outcome::Text(addresses) = look_up("127.0.0.1") else { panic!("no address") };
        assert_eq!(addresses, "127.0.0.1");
    }
}
