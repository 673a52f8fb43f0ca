//! What tests of whole programs share: this build's programs, work directories, and tools that must succeed.

#![allow(dead_code, unused_imports, reason = "every test binary uses a part")]

mod directives;
pub mod roads;
pub mod server;

pub use directives::{Expected, expected, problems, run};

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

/// The workspace's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace's root")
}

/// A program of this build: `make test` builds the workspace before the tests run.
pub fn program(name: &str) -> PathBuf {
    let exe = env::current_exe().expect("the test's own path");
    let path = exe.parent().and_then(Path::parent).expect("target/<profile>").join(name);
    assert!(path.exists(), "{} is not built: run `cargo build --workspace` first", path.display());
    path
}

/// Whether a tool is installed. On CI it must be.
pub fn has(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok();
    assert!(found || env::var_os("CI").is_none(), "{tool} is missing: run `make tools`");
    if !found {
        println!("{tool} is not installed: what needs it is skipped");
    }
    found
}

/// A directory with these files.
pub fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        fs::write(directory.path().join(name), text).expect("a source file");
    }
    directory
}

/// Runs a command in a directory; it must succeed and leave nothing on stderr. Its output.
pub fn quiet(directory: &Path, program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> String {
    let output = output(directory, program.as_ref(), args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stderr.is_empty(),
        "{:?} {args:?}: {}\n{stderr}",
        program.as_ref(),
        output.status
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a command in a directory, whatever becomes of it.
pub fn output(directory: &Path, program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Output {
    let mut command = Command::new(program.as_ref());
    command.current_dir(directory).args(args);
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// A tool that must work: its error output on failure.
pub fn tool(command: &mut Command) -> Result<(), String> {
    let output = run(command, "");
    let noise = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() && noise.is_empty() { Ok(()) } else { Err(format!("{command:?}\n{noise}")) }
}

/// Copies a directory of sources, without what was built in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory to copy") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_file() {
            fs::copy(&path, &target).expect("a copied file");
        } else if !path.ends_with("build") {
            copy(&path, &target);
        }
    }
}
