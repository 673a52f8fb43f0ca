//! Differential testing: random programs must do the same on every road: unoptimised and optimised in the runner, always; as an
//! executable, through NASM, and with a collection at every allocation, for a part of them. Functions that can be
//! evaluated at compile time also compare that with their run.
//!
//! Runs for `FLASH_DIFFER_SECONDS` (60) from seed `FLASH_SEED` (1) on. A program that fails is made smaller and
//! printed; `FLASH_SEED=n FLASH_DIFFER_SECONDS=0` tries that one again.

mod generate;
mod shrink;
mod support;

use flashc::opt::Level;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::roads;

/// A program that runs longer does not end, or nearly so.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// What a run of a program shows.
#[derive(Debug, PartialEq)]
struct Outcome {
    status: String,
    stdout: String,
    stderr: String,
}

/// What is wrong with a program. While it is made smaller its kind must stay.
#[derive(Debug)]
struct Failure {
    kind: String,
    words: String,
}

/// Runs to the end, or gives `None` when it takes too long.
fn outcome(command: &mut Command, work: &Path) -> Option<Outcome> {
    let (out, err) = (work.join("stdout"), work.join("stderr"));
    let file = |path: &Path| File::create(path).expect("a file in the temporary directory");
    command.stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err));
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let started = Instant::now();
    let status = loop {
        match child.try_wait().expect("a child process") {
            Some(status) => break status,
            None if started.elapsed() > TIME_LIMIT => {
                child.kill().expect("a child to end");
                child.wait().expect("its end");
                return None;
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let text = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let status =
        status.code().map_or_else(|| format!("signal {:?}", status.signal()), |code| format!("exit code {code}"));
    Some(Outcome { status, stdout: text(&out), stderr: text(&err) })
}

/// Roads beyond the two that every program goes.
#[derive(Clone, Copy)]
struct More {
    nasm: bool,
    executable: bool,
    stress: bool,
}

fn different(road: &str, reference: &Outcome, other: &Outcome) -> Failure {
    let (mut kind, mut words) = (format!("{road} differs in"), String::new());
    let parts = [
        ("status", &reference.status, &other.status),
        ("stdout", &reference.stdout, &other.stdout),
        ("stderr", &reference.stderr, &other.stderr),
    ];
    for (name, a, b) in parts {
        if a != b {
            kind += &format!(" {name}");
            let first =
                a.lines().zip(b.lines()).position(|(a, b)| a != b).unwrap_or(a.lines().count().min(b.lines().count()));
            let line = |text: &str| text.lines().nth(first).unwrap_or("(nothing)").to_owned();
            words += &format!("{name}, line {}: `{}` unoptimised, `{}` by {road}\n", first + 1, line(a), line(b));
        }
    }
    Failure { kind, words }
}

/// Compiles and runs a program by its roads.
fn examine(text: &str, more: More) -> Result<(), Failure> {
    let work = tempfile::tempdir().expect("a temporary directory");
    let at = |name: &str| work.path().join(name);
    let source = at("program.fl");
    fs::write(&source, text).expect("a file in the temporary directory");
    let failed = |stage: &str, words: String| {
        let is_panic = words.starts_with("the compiler panics");
        // Without what names the program's own things.
        let words = words.find("error[").map_or(words.clone(), |at| words[at..].to_owned());
        let first = words.lines().next().unwrap_or_default().split(": ").take(4).collect::<Vec<_>>().join(": ");
        let kind = if is_panic || stage == "check" { format!("{stage}: {first}") } else { format!("{stage} fails") };
        Failure { kind, words }
    };
    let program = roads::check(&source).map_err(|words| failed("check", words))?;
    let build = |level: Level, name: &str| {
        let code = program.compile(level)?;
        program.write_object(&code, &at(name))?;
        Ok(code)
    };
    build(Level::None, "unoptimised.o").map_err(|words| failed("-O0", words))?;
    let code = build(Level::Full, "optimised.o").map_err(|words| failed("-O2", words))?;
    let Some(reference) = outcome(&mut roads::runner(&at("unoptimised.o")), work.path()) else {
        return Ok(());
    };
    let is_broken = reference.status != "exit code 0" && reference.status != "exit code 1";
    if is_broken || reference.stdout.contains("CONSTANT DIFFERS") {
        let kind = if is_broken { "-O0 crashes" } else { "a constant differs" };
        let line = reference.stdout.lines().find(|line| line.contains("CONSTANT")).unwrap_or_default();
        return Err(Failure {
            kind: kind.into(),
            words: format!("{}\n{line}\n{}", reference.status, reference.stderr),
        });
    }
    let compare = |road: &str, command: &mut Command, may_be_slow: bool| match outcome(command, work.path()) {
        Some(other) if other == reference => Ok(()),
        Some(other) => Err(different(road, &reference, &other)),
        None if may_be_slow => Ok(()),
        None => Err(Failure { kind: format!("{road} does not end"), words: String::new() }),
    };
    compare("-O2", &mut roads::runner(&at("optimised.o")), false)?;
    if more.stress {
        compare("stress", roads::runner(&at("optimised.o")).env("FLASH_GC", "stress,verify"), true)?;
    }
    if more.nasm {
        program.assemble(&code, &at("nasm.o")).map_err(|words| failed("nasm", words))?;
        compare("nasm", &mut roads::runner(&at("nasm.o")), false)?;
    }
    if more.executable {
        roads::link(&at("optimised.o"), &at("executable")).map_err(|words| failed("link", words))?;
        compare("executable", &mut Command::new(at("executable")), false)?;
    }
    Ok(())
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

/// The smaller program, and what is wrong with it.
fn shrunk(text: String, failure: Failure, more: More, limit: Duration) -> (String, Failure) {
    let started = Instant::now();
    let mut last = failure;
    let text = shrink::shrink(text, &mut |text| {
        if started.elapsed() > limit {
            return false;
        }
        match examine(text, more) {
            Err(failure) if failure.kind == last.kind => {
                last = failure;
                true
            }
            _ => false,
        }
    });
    (text, last)
}

#[test]
fn random_programs_behave_alike_on_every_road() {
    let (first, seconds) = (number("FLASH_SEED", 1), number("FLASH_DIFFER_SECONDS", 60));
    let has_nasm = Command::new("nasm").arg("-v").output().is_ok();
    let started = Instant::now();
    let (next, is_failed) = (AtomicU64::new(first), AtomicBool::new(false));
    // By kind, the first of each: one bug fails many programs.
    let failures: Mutex<BTreeMap<String, (u64, String, Failure, More)>> = Mutex::new(BTreeMap::new());
    let goes_on = number("FLASH_DIFFER_ALL", 0) == 1;
    let worker = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let is_over =
                started.elapsed() > Duration::from_secs(seconds) || is_failed.load(Ordering::Relaxed) && !goes_on;
            if seed > first && is_over {
                return;
            }
            let text = generate::program(seed);
            let more = More { nasm: has_nasm && seed % 4 == 1, executable: seed % 8 == 3, stress: seed % 4 == 2 };
            if let Err(failure) = examine(&text, more) {
                is_failed.store(true, Ordering::Relaxed);
                println!("seed {seed}: {}: {}", failure.kind, failure.words.lines().next().unwrap_or_default());
                let mut failures = failures.lock().expect("no panic while locked");
                failures.entry(failure.kind.clone()).or_insert((seed, text, failure, more));
            }
        }
    };
    let threads = number("FLASH_DIFFER_THREADS", std::thread::available_parallelism().map_or(2, |n| n.get() as u64));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(worker);
        }
    });
    println!("{} programs from seed {first} on", next.load(Ordering::Relaxed) - first);
    let failures = failures.into_inner().expect("no panic while locked");
    let count = failures.len();
    for (seed, text, failure, more) in failures.into_values() {
        let limit = Duration::from_secs(number("FLASH_SHRINK_SECONDS", 60));
        let (text, failure) = shrunk(text, failure, more, limit);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("differs-{seed}.fl"));
        fs::write(&path, &text).expect("a file below target");
        println!("\n=== seed {seed}: {}\n{}\n{text}\n({})", failure.kind, failure.words, path.display());
    }
    assert!(count == 0, "{count} kinds of failures");
}
