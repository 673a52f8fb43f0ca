//! Executables: the system's `cc` links our objects with the runtime library, which is found beside
//! the program that runs (`target/debug`, `target/release`), in `../lib/flash` of it when installed, or
//! where `FLASH_RUNTIME_LIB` says. `FLASH_CC` names another C compiler.

use super::output::temporary_beside;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const LIBRARY: &str = "libflash_runtime.a";

/// Links objects and C libraries (names, or paths with a `/`) to an executable. The error is for people.
pub fn link(objects: &[PathBuf], libraries: &[String], output: &Path) -> Result<(), String> {
    let library = runtime_library()?;
    for object in objects {
        if !object.is_file() {
            return Err(format!("cannot link `{}`: there is no such file", object.display()));
        }
    }
    let cc = env::var_os("FLASH_CC").unwrap_or_else(|| OsString::from("cc"));
    let temporary = temporary_beside(output);
    let run = |of_system: &[&str]| {
        Command::new(&cc)
            .args(objects)
            .arg(&library)
            .args(libraries.iter().map(|name| if name.contains('/') { name.clone() } else { format!("-l{name}") }))
            .arg("-o")
            .arg(&temporary)
            .args(["-Wl,--gc-sections", "-Wl,-z,noexecstack", "-Wl,-z,relro,-z,now"])
            .args(of_system)
            .args(["-lpthread", "-ldl"])
            .output()
    };
    // To find and map a library takes a quarter of the start of a small program, so what is used of libgcc and libm is
    // put in where they are installed for that, and where no C library of the program's may need the shared ones.
    let built_in = ["-static-libgcc", "-Wl,-Bstatic", "-lm", "-Wl,-Bdynamic"];
    let result = match libraries.is_empty().then(|| run(&built_in)) {
        Some(Ok(done)) if done.status.success() => Ok(done),
        _ => run(&["-lm"]),
    };
    let finished = match result {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(format!(
            "cannot link: there is no C compiler `{}`; install one (Debian: apt-get install gcc) or set FLASH_CC",
            cc.to_string_lossy()
        )),
        Err(error) => Err(format!("cannot start `{}`: {error}", cc.to_string_lossy())),
        Ok(done) if !done.status.success() => {
            let noise = String::from_utf8_lossy(&done.stderr);
            Err(format!(
                "`{}` could not link (it ended with {}):\n{}",
                cc.to_string_lossy(),
                done.status,
                noise.trim_end()
            ))
        }
        Ok(_) => {
            fs::rename(&temporary, output).map_err(|error| format!("cannot write `{}`: {error}", output.display()))
        }
    };
    if finished.is_err() {
        // Nothing to add to the first failure.
        let _ = fs::remove_file(&temporary);
    }
    finished
}

fn runtime_library() -> Result<PathBuf, String> {
    if let Some(path) = env::var_os("FLASH_RUNTIME_LIB") {
        let path = PathBuf::from(path);
        if path.is_file() {
            return Ok(path);
        }
        return Err(format!("FLASH_RUNTIME_LIB names `{}`, which is no file", path.display()));
    }
    let exe = env::current_exe().and_then(fs::canonicalize).map_err(|e| format!("cannot find this program: {e}"))?;
    let directory = exe.parent().unwrap_or(Path::new("."));
    let beside = directory.join(LIBRARY);
    // Tests of cargo run from `target/PROFILE/deps`.
    let above = directory.join("..").join(LIBRARY);
    let installed = directory.join("../lib/flash").join(LIBRARY);
    for candidate in [&beside, &installed, &above] {
        if candidate.is_file() {
            return Ok(candidate.clone());
        }
    }
    Err(format!(
        "cannot find the runtime library: neither `{}` nor `{}` is there; build it with `cargo build --workspace` or \
         set FLASH_RUNTIME_LIB",
        beside.display(),
        installed.display()
    ))
}
