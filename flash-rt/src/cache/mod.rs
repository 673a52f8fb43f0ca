//! The cache of compiled programs: an object for each way that a program was compiled, so that the next start need
//! not compile. Whatever is wrong with it costs a compilation and nothing else.
//!
//! An entry's name is a digest of what was asked for (compiler build, options, directory, entry module), its contents
//! list every file that the compiler asked for on the way, with its digest: it is used only when all of them are what
//! they were. `directory` is where entries lie, `entry` what they look like, `inputs` what the compiler read.

mod directory;
mod entry;
mod inputs;

pub use directory::{Directory, Usage};
pub use entry::Entry;
pub use inputs::Recorder;

use flashc::driver::CompileOptions;
use sha2::{Digest, Sha256};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// SHA-256.
pub type Hash = [u8; 32];

/// What an entry is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(Hash);

impl Key {
    /// Of the program whose entry module is `path`, or whose text is `text` under that name, in this directory.
    pub fn new(path: &Path, text: Option<&str>, options: &CompileOptions) -> Key {
        // What follows says what of them the object depends on; a new option must be thought about.
        let CompileOptions {
            target,
            level,
            cpu,
            debug,
            overflow_checks,
            threads: _,
            time_passes: _,
            tests,
            const_steps,
            printable: _,
        } = options;
        let settings =
            format!("{target} {level:?} {cpu:?} {debug} {overflow_checks} {tests} {const_steps:?} {}", processor(cpu));
        let directory = std::env::current_dir().unwrap_or_default();
        let mut hasher = Sha256::new();
        let parts = [env!("FLASH_BUILD").as_bytes(), settings.as_bytes(), directory.as_os_str().as_bytes()];
        for part in parts.into_iter().chain([path.as_os_str().as_bytes()]) {
            add(&mut hasher, part);
        }
        if let Some(text) = text {
            add(&mut hasher, text.as_bytes());
        }
        Key(hasher.finalize().into())
    }
}

/// A part, in such a way that no two lists of parts give the same bytes.
fn add(hasher: &mut Sha256, part: &[u8]) {
    hasher.update((part.len() as u64).to_le_bytes());
    hasher.update(part);
}

/// Two machines may share a home: what `native` meant is part of the key.
fn processor(cpu: &flashc::lower::Cpu) -> String {
    match cpu {
        flashc::lower::Cpu::Native => std::fs::read_to_string("/proc/cpuinfo")
            .ok()
            .and_then(|text| {
                text.lines().find(|l| l.starts_with("flags") || l.starts_with("Features")).map(str::to_owned)
            })
            .unwrap_or_default(),
        _ => String::new(),
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The digest of some bytes.
pub fn digest(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}
