#!/bin/sh
# Fetches the programs that only the tests need, where it may (Debian or Ubuntu, as root or by
# password-less sudo), and says how where it may not. Tests whose program is missing fail in CI
# (CI=true) and say that they were skipped elsewhere.
set -eu

# Where Debian has nginx, which users other than root do not look for programs.
PATH="$PATH:/usr/sbin"
missing=""
need() { # program, Debian package
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need cc gcc
need nasm nasm
need gdb gdb
need llvm-dwarfdump llvm
need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64
need aarch64-linux-gnu-gcc "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
need qemu-aarch64 qemu-user
need curl curl
need openssl openssl
need node nodejs
need wrk wrk
need nginx nginx-light
# Not everywhere to be had, and not for every machine: alone, after the others.
browser=""
command -v chromium >/dev/null 2>&1 || browser="chromium"
[ -n "$missing$browser" ] || exit 0

if command -v apt-get >/dev/null 2>&1; then
    as_root=""
    if [ "$(id -u)" != 0 ]; then
        if sudo -n true 2>/dev/null; then as_root="sudo -n"; else
            echo "Some tests need programs that are not here. Install them with:" >&2
            echo "    sudo apt-get install$missing $browser" >&2
            exit 0
        fi
    fi
    $as_root apt-get update -qq
    install="env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"
    # shellcheck disable=SC2086
    [ -z "$missing" ] || $as_root $install $missing >/dev/null
    # shellcheck disable=SC2086
    [ -z "$browser" ] || $as_root $install $browser >/dev/null ||
        echo "chromium cannot be installed: nothing will use the page of examples/notes" >&2
else
    echo "Some tests need programs that are not here; install what your system calls:$missing $browser" >&2
fi
