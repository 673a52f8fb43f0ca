//! The examples do what `examples/README.md` says.

mod support;

use std::fs;
use std::path::Path;
use std::time::SystemTime;
use support::{copy, directory, has, output, program, quiet, root};

fn example(name: &str) -> String {
    root().join("examples").join(name).display().to_string()
}

#[test]
fn wordcount_counts_words() {
    let at = directory(&[("text.txt", "The cat, the dog;\nthe END of the cat.\n")]);
    let shown = quiet(at.path(), program("flash"), &["run", &example("wordcount/main.fl"), "text.txt"]);
    let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0].join(" "), "9 words, 5 different");
    assert_eq!(lines[1..3], [["4", "the"], ["2", "cat"]]);
    assert_eq!(lines.len(), 6, "{shown}");
}

/// Examples that have tests beside what they test.
#[test]
fn the_examples_own_tests_pass() {
    let shown = quiet(&root(), program("flash"), &["test", "examples"]);
    assert!(shown.contains("examples/wordcount/words.fl\n  ok  "), "{shown}");
    assert!(!shown.contains("FAILED"), "{shown}");
}

#[test]
fn mandelbrot_draws_a_picture() {
    let at = directory(&[]);
    quiet(at.path(), program("flash"), &["run", &example("mandelbrot.fl"), "60", "picture.ppm"]);
    let text = fs::read_to_string(at.path().join("picture.ppm")).expect("a picture");
    let mut words = text.split_ascii_whitespace();
    assert_eq!([words.next(), words.next(), words.next(), words.next()], ["P3", "60", "40", "255"].map(Some));
    let colours: Vec<u64> = words.map(|word| word.parse().expect("a number")).collect();
    assert_eq!(colours.len(), 60 * 40 * 3);
    assert!(colours.iter().all(|&colour| colour <= 255));
    // FNV-1a over the numbers.
    let sum = colours.iter().fold(0xcbf2_9ce4_8422_2325, |sum: u64, &c| (sum ^ c).wrapping_mul(0x100_0000_01b3));
    assert_eq!(sum, MANDELBROT, "{sum:#x}");
}

/// Of the picture 60 points wide, recorded from this compiler's own output: it shows changes, not that the first
/// picture was right.
const MANDELBROT: u64 = 0xa795_7155_1792_d071;

/// The example's output for a file that stands beside it.
fn shown(example_and_arguments: &[&str]) -> String {
    let at = directory(&[]);
    let mut arguments = vec!["run".to_owned(), example(example_and_arguments[0])];
    arguments.extend(example_and_arguments[1..].iter().map(|argument| match argument.contains('/') {
        true => example(argument),
        false => (*argument).to_owned(),
    }));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    quiet(at.path(), program("flash"), &arguments)
}

fn beside(name: &str) -> String {
    fs::read_to_string(example(name)).expect("a file of the examples")
}

#[test]
fn markdown_becomes_html() {
    assert_eq!(shown(&["markdown/main.fl", "markdown/sample.md"]), beside("markdown/sample.html"));
}

#[test]
fn json_is_printed_and_queried() {
    assert_eq!(shown(&["json/main.fl", "json/sample.json"]), beside("json/sample.txt"));
    let names = shown(&["json/main.fl", "json/sample.json", ".planets[moons > 10].name", "--raw"]);
    assert_eq!(names, "Jupiter\nSaturn\n");
}

#[test]
fn the_spreadsheet_computes() {
    assert_eq!(shown(&["spreadsheet/main.fl", "spreadsheet/budget.sheet"]), beside("spreadsheet/budget.txt"));
    let changed = shown(&["spreadsheet/main.fl", "spreadsheet/budget.sheet", "E10=5"]);
    assert!(changed.contains("| #SYNTAX! | #NAME?  |            5 |         6"), "{changed}");
}

#[test]
fn lisp_runs_its_tour_up_to_the_mistake() {
    let at = directory(&[]);
    let ran = output(at.path(), program("flash"), &["run", &example("lisp/main.fl"), &example("lisp/tour.lisp")]);
    let (stdout, stderr) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert_eq!(ran.status.code(), Some(1));
    assert!(stdout.starts_with("Squares: (1 4 9 16 25 36 49 64 81 100)\n20! = 2432902008176640000\n"), "{stdout}");
    assert!(stderr.contains("tour.lisp:24:9: not enough money: 120\n"), "{stderr}");
}

#[test]
fn files_are_counted_and_reported() {
    let at = directory(&[]);
    fs::create_dir_all(at.path().join("in/deep")).expect("a directory");
    for (name, text) in [("in/a.txt", "one two\nthree\n"), ("in/deep/b.txt", ""), ("in/c.txt", "x")] {
        fs::write(at.path().join(name), text).expect("a file");
    }
    let main = example("files/main.fl");
    let shown = quiet(at.path(), program("flash"), &["run", &main, "in", "report.json", "2"]);
    assert_eq!(shown, "3 files, 2 lines, 4 words, 0 failed\n");
    let report = fs::read_to_string(at.path().join("report.json")).expect("a report");
    assert!(report.contains("\"total\": {\n    \"lines\": 2,\n    \"words\": 4,\n    \"bytes\": 15\n  }"), "{report}");
    let places = ["in/a.txt", "in/c.txt", "in/deep/b.txt"].map(|path| report.find(path).expect("a row"));
    assert!(places.is_sorted(), "{report}");

    let ran = output(at.path(), program("flash"), &["run", &main, "none", "report.json"]);
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "cannot list none: No such file or directory\n");
}

#[test]
fn a_schedule_is_kept() {
    let at = directory(&[("wrong", "a: every 1s: x\nb: sometimes: y\n")]);
    let main = example("scheduler/main.fl");
    let ran = output(at.path(), program("flash"), &["run", &main, &example("scheduler/sample.schedule"), "1s"]);
    let shown = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{shown}{}", String::from_utf8_lossy(&ran.stderr));
    for part in [
        "ms  once: ok: started by the scheduler\n",
        "ms  beat: ok: alive\n",
        "ms  stubborn: failed with 3\n",
        "ms  stubborn (again, 2): failed with 3\n",
        "ms  slow: took too long\n",
        "once: 1 runs, 0 failed, 0 left out\n",
        "stubborn: 1 runs, 1 failed, 0 left out\n",
    ] {
        assert!(shown.contains(part), "`{part}` is missing in\n{shown}");
    }
    // How often exactly depends on how busy the machine is.
    assert!(!shown.contains("beat: 0 runs") && !shown.contains("slow: 0 runs"), "{shown}");

    let ran = output(at.path(), program("flash"), &["run", &main, "wrong"]);
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "wrong:2: [\"sometimes\"] is no option\n");
}

/// The `test` blocks of the examples.
#[test]
fn examples_pass_their_own_tests() {
    let at = directory(&[]);
    for name in ["spreadsheet/main.fl", "lisp/main.fl", "json/main.fl", "files/main.fl", "scheduler/main.fl"] {
        let ran = output(at.path(), program("flash"), &["test", &example(name)]);
        assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stdout));
    }
}

/// The lines of a run of `make`, without those of make itself.
fn make(at: &Path, goal: &str) -> String {
    let flashc = format!("FLASHC={}", program("flashc").display());
    quiet(at, "make", &["--no-print-directory", &flashc, goal])
}

/// Makes a file look changed.
fn touch(path: &Path) {
    let file = fs::File::options().append(true).open(path).expect("a file to touch");
    file.set_modified(SystemTime::now()).expect("a new time");
}

#[test]
fn make_builds_and_rebuilds_what_changed() {
    if !has("make") || !has("nasm") {
        return;
    }
    let at = directory(&[]);
    copy(&root().join("examples/make"), at.path());
    let first = make(at.path(), "run");
    assert!(first.contains("Hello, make!\n") && first.contains("Hello, nasm!\n"), "{first}");

    let second = make(at.path(), "run");
    assert!(!second.contains("compile") && !second.contains("link"), "nothing changed, yet make did\n{second}");

    // Only the dependency files know of this module.
    touch(&at.path().join("greeting.fl"));
    let third = make(at.path(), "all");
    for part in ["-o build/hello.o", "-o build/hello.asm", "-o build/hello\n", "-o build/hello-by-nasm\n"] {
        assert!(third.contains(part), "`{part}` is missing in\n{third}");
    }
}

#[test]
fn c_and_flash_call_each_other() {
    if !has("make") || !has("cc") {
        return;
    }
    let at = directory(&[]);
    copy(&root().join("examples/c-interop"), at.path());
    let shown = make(at.path(), "run");
    for part in
        ["square: 4\ntriangle: 6\ntriangular(100): 5050\n", "number: true\n", "memset wrote 42\nstrtol reads 255\n"]
    {
        assert!(shown.contains(part), "`{part}` is missing in\n{shown}");
    }
}
