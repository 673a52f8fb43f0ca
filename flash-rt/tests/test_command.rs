//! `flash-rt test`: what is found and run, what is said of failures, exit statuses.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a source file");
    }
    directory
}

/// Runs `flash-rt test`: exit status, standard output and error.
fn run(at: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("flash-rt"));
    command
        .current_dir(at.path())
        .env("NO_COLOR", "1")
        .env("FLASH_STACK_MB", "2")
        .arg("test")
        .arg("-O0")
        .args(arguments);
    let output = command.output().expect("output");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("an exit status"), text(&output.stdout), text(&output.stderr))
}

/// The JSON objects of the tests, and the summary.
fn run_json(at: &TempDir, arguments: &[&str]) -> (Vec<Value>, Value) {
    let (_, stdout, stderr) = run(at, &[&["--json"], arguments].concat());
    let mut lines: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}\n{stderr}")))
        .collect();
    let summary = lines.pop().expect("a summary");
    assert_eq!(summary["type"], "summary");
    (lines, summary)
}

fn only(text: &str, arguments: &[&str]) -> Value {
    let at = directory(&[("only.fl", text)]);
    let (tests, _) = run_json(&at, arguments);
    assert_eq!(tests.len(), 1, "{tests:?}");
    tests.into_iter().next().expect("one test")
}

fn field<'a>(test: &'a Value, name: &str) -> &'a str {
    test[name].as_str().unwrap_or_else(|| panic!("no {name} in {test}"))
}

#[test]
fn passing_tests_give_status_0() {
    let at = directory(&[("a.fl", "fn one() -> i32 { 1 }\ntest \"one\" { assert(one() == 1); }\ntest \"two\" {}\n")]);
    let (status, stdout, stderr) = run(&at, &[]);
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert!(stdout.starts_with("a.fl\n  ok  one\n  ok  two\n\n2 passed in "), "{stdout}");
    assert_eq!(stderr, "");
}

#[test]
fn both_commands_have_tests() {
    let at = directory(&[("a.fl", "test \"one\" {}\n")]);
    let flash = assert_cmd::cargo::cargo_bin("flash-rt").with_file_name("flash");
    Command::new(flash).current_dir(at.path()).args(["test", "a.fl"]).assert().success();
}

#[test]
fn a_failing_test_gives_status_1_and_shows_both_sides() {
    let at = directory(&[(
        "a.fl",
        "fn add(a: i32, b: i32) -> i32 { a - b }\ntest \"adds\" {\n    println(\"noise\");\n    assert(add(1, 2) == 3, \"a sum\");\n}\ntest \"fine\" { println(\"silent\"); }\n",
    )]);
    let (status, stdout, _) = run(&at, &[]);
    assert_eq!(status, 1);
    for part in [
        "  FAILED  adds",
        "  ok  fine\n",
        "FAILED a.fl:2: adds\n",
        "assertion failed: add(1, 2) == 3\nmessage: a sum\n  left: -1\n right: 3\n",
        "--> a.fl:4:5\n",
        "4 |     assert(add(1, 2) == 3, \"a sum\");",
        "at test \"adds\" (a.fl:4:5)",
        "output:\n  noise\n",
        "1 passed, 1 failed in ",
    ] {
        assert!(stdout.contains(part), "no {part:?} in\n{stdout}");
    }
    assert!(!stdout.contains("silent"), "{stdout}");
}

#[test]
fn long_texts_are_shown_as_their_difference() {
    let at = directory(&[("a.fl", "test \"t\" { assert(\"one\\ntwo\\nthree\" == \"one\\n2\\nthree\"); }\n")]);
    let (_, stdout, _) = run(&at, &[]);
    assert!(stdout.contains("    \"one\n  - two\n  + 2\n    three\"\n"), "{stdout}");
}

#[test]
fn long_collections_are_shown_as_their_difference() {
    let at = directory(&[(
        "a.fl",
        "test \"t\" { let xs = [100001, 100002, 100003, 100004, 100005, 100006, 100007];\n let ys = xs.map(fn(x) => if x == 100004 { 0 } else { x });\n assert(xs == ys); }\n",
    )]);
    let (_, stdout, _) = run(&at, &[]);
    assert!(stdout.contains("  -   100004,\n  +   0,\n"), "{stdout}");
}

#[test]
fn tests_do_not_take_each_other_along() {
    let text = "import process from \"std:process\";
let mut count = 0;
extern \"C\" { fn abort(); }
fn endless(n: i32) -> i32 { return endless(n + 1) * endless(n + 2); }
test \"exit\" { process.exit(0); }
// SAFETY: it ends the process, which is what is wanted.
test \"crash\" { unsafe { abort(); } }
test \"overflow\" { println(endless(0)); }
test \"loop\" { loop { count += 1; } }
test \"panic\" { panic(\"on purpose\"); }
test \"fine\" { count += 1; assert(count == 1); }
test \"fresh\" { count += 1; assert(count == 1); }
";
    let at = directory(&[("a.fl", text)]);
    let (tests, summary) = run_json(&at, &["--timeout", "2"]);
    let status: Vec<&str> = tests.iter().map(|test| field(test, "status")).collect();
    assert_eq!(status, ["failed", "failed", "failed", "timed out", "failed", "passed", "passed"], "{tests:#?}");
    assert!(field(&tests[0], "message").contains("ended its process with `exit(0)`"));
    assert!(field(&tests[0], "trace").contains("a.fl:5:"));
    assert!(field(&tests[1], "message").contains("signal 6"));
    assert!(field(&tests[2], "message").contains("stack overflow"));
    assert!(field(&tests[3], "message").contains("longer than 2 s"));
    assert_eq!(field(&tests[4], "message"), "on purpose");
    assert_eq!((summary["passed"].as_i64(), summary["failed"].as_i64()), (Some(2), Some(5)));
}

#[test]
fn json_has_everything_about_a_failure() {
    let test = only("test \"t\" { println(\"out\"); console.error(\"err\"); assert([1] == [2]); }\n", &[]);
    assert_eq!((field(&test, "type"), field(&test, "file"), field(&test, "name")), ("test", "only.fl", "t"));
    assert_eq!((test["line"].as_i64(), test["column"].as_i64()), (Some(1), Some(6)));
    assert_eq!((field(&test, "left"), field(&test, "right")), ("[1]", "[2]"));
    assert_eq!(field(&test, "message"), "assertion failed: [1] == [2]");
    assert_eq!(field(&test, "output"), "out\nerr\n");
    assert!(field(&test, "trace").contains("only.fl:1:"));
    assert!(test["duration_ms"].is_number());
}

#[test]
fn errors_that_are_caught_fail_nothing() {
    let text = "struct Own { n: i32 }
impl Error for Own { fn message(self) -> str { return \"own \" + self.n; } }
test \"caught\" { try { assert(1 == 2); } catch e { println(e.message()); } }
test \"uncaught\" { throw Own { n: 3 }; }
test \"rethrown\" { try { assert(1 == 2, \"why\"); } finally { println(\"cleaned\"); } }
test \"deferred\" { defer println(\"deferred\"); let xs = [1]; xs[1] = 2; }
";
    let at = directory(&[("a.fl", text)]);
    let (tests, _) = run_json(&at, &[]);
    let status: Vec<&str> = tests.iter().map(|test| field(test, "status")).collect();
    assert_eq!(status, ["passed", "failed", "failed", "failed"], "{tests:#?}");
    assert!(field(&tests[1], "message").contains("own 3"), "{tests:#?}");
    assert_eq!((field(&tests[2], "left"), field(&tests[2], "right")), ("1", "2"));
    assert_eq!(field(&tests[2], "output"), "cleaned\n");
    assert!(field(&tests[2], "trace").contains("a.fl:5:"), "{tests:#?}");
    assert_eq!(field(&tests[3], "output"), "deferred\n");
}

#[test]
fn the_top_level_runs_before_and_main_does_not() {
    let text = "let table = [1, 2];\nprintln(\"top\");\ntest \"t\" { println(table); assert(false); }\nfn main() { println(\"main\"); }\n";
    assert_eq!(field(&only(text, &[]), "output"), "top\n[1, 2]\n");
}

#[test]
fn a_top_level_that_fails_fails_the_tests() {
    let test = only("let xs: [i32] = [];\nprintln(xs[0]);\ntest \"t\" {}\n", &[]);
    assert_eq!(field(&test, "status"), "failed");
    assert!(field(&test, "message").contains("out of bounds"));
}

#[test]
fn tests_of_imported_modules_run_once() {
    let at = directory(&[
        ("a.fl", "import { f } from \"./lib/b.fl\";\ntest \"a\" { assert(f() == 1); }\n"),
        ("lib/b.fl", "export fn f() -> i32 { 1 }\ntest \"b\" { assert(f() == 1); }\n"),
    ]);
    let (tests, _) = run_json(&at, &[]);
    let names: Vec<_> = tests.iter().map(|t| (field(t, "file"), field(t, "name"))).collect();
    assert_eq!(names, [("a.fl", "a"), ("lib/b.fl", "b")]);
    let (tests, _) = run_json(&at, &["a.fl", "./a.fl", "."]);
    assert_eq!(tests.len(), 2, "each module once: {tests:?}");
}

#[test]
fn directories_are_searched_but_not_all_of_them() {
    let module = "test \"t\" {}\n";
    let at = directory(&[
        ("b.fl", module),
        ("a/deep/c.fl", module),
        ("target/made.fl", module),
        (".hidden/h.fl", module),
        ("plain.fl", "println(\"no tests\");\n"),
        ("notes.txt", module),
    ]);
    let (status, stdout, _) = run(&at, &["--list"]);
    assert_eq!((status, stdout.as_str()), (0, "a/deep/c.fl: t\nb.fl: t\n"));
    let (_, stdout, _) = run(&at, &["--list", "a"]);
    assert_eq!(stdout, "a/deep/c.fl: t\n");
}

#[test]
fn a_filter_chooses_by_file_and_name() {
    let at = directory(&[("a.fl", "test \"one\" {}\ntest \"two\" {}\n"), ("b.fl", "test \"one\" {}\n")]);
    let names = |filter| run(&at, &["--list", "--filter", filter]).1;
    assert_eq!(names("one"), "a.fl: one\nb.fl: one\n");
    assert_eq!(names("a.fl"), "a.fl: one\na.fl: two\n");
    assert_eq!(names("a.fl: two"), "a.fl: two\n");
    let (status, stdout, _) = run(&at, &["--filter", "three"]);
    assert_eq!((status, stdout.as_str()), (0, "no tests\n"));
    let (tests, _) = run_json(&at, &["--filter", "two"]);
    assert_eq!(tests.len(), 1, "the second test keeps its number: {tests:?}");
}

#[test]
fn ignored_tests_wait_until_they_are_asked_for() {
    let text = "#[ignore(\"needs a network\")]\ntest \"t\" { assert(false); }\n";
    let test = only(text, &[]);
    assert_eq!((field(&test, "status"), field(&test, "reason")), ("ignored", "needs a network"));
    assert_eq!(field(&only(text, &["--include-ignored"]), "status"), "failed");
    let at = directory(&[("a.fl", text)]);
    let (status, stdout, _) = run(&at, &[]);
    assert_eq!(status, 0);
    assert!(stdout.contains("  ignored  t: needs a network\n") && stdout.contains("0 passed, 1 ignored"), "{stdout}");
}

#[test]
fn tests_for_another_system_are_not_there() {
    let at = directory(&[("a.fl", "#[cfg(os = \"windows\")]\ntest \"w\" { assert(false); }\ntest \"t\" {}\n")]);
    let (tests, _) = run_json(&at, &[]);
    let names: Vec<_> = tests.iter().map(|t| (field(t, "name"), field(t, "status"))).collect();
    assert_eq!(names, [("t", "passed")]);
}

#[test]
fn a_module_that_does_not_compile_fails_alone() {
    let at = directory(&[("a.fl", "test \"t\" { let x: i32 = \"\"; }\n"), ("b.fl", "test \"t\" {}\n")]);
    let (status, stdout, stderr) = run(&at, &[]);
    assert_eq!(status, 1);
    assert!(stdout.contains("a.fl\n  FAILED  the module does not compile\nb.fl\n  ok  t\n"), "{stdout}");
    assert!(stdout.contains("1 passed, 1 module does not compile in "), "{stdout}");
    assert!(stderr.contains("a.fl:1:25"), "{stderr}");
    let (modules, summary) = run_json(&at, &[]);
    assert_eq!((field(&modules[0], "type"), field(&modules[0], "status")), ("module", "failed"));
    assert_eq!(summary["broken_modules"], 1);
}

#[test]
fn two_tests_of_one_name_are_a_mistake() {
    let at = directory(&[("a.fl", "test \"t\" {}\ntest \"t\" {}\n")]);
    let (status, _, stderr) = run(&at, &[]);
    assert_eq!(status, 1);
    assert!(stderr.contains("E0205") && stderr.contains("two tests are called `t`"), "{stderr}");
}

#[test]
fn uncaptured_output_goes_straight_out() {
    let at = directory(&[("a.fl", "test \"t\" { println(\"seen\"); console.error(\"too\"); }\n")]);
    let (status, stdout, stderr) = run(&at, &["--nocapture"]);
    assert_eq!((status, stderr.as_str()), (0, "too\n"));
    assert!(stdout.contains("seen\n"), "{stdout}");
}

#[test]
fn standard_input_is_empty() {
    let test = only("test \"t\" { assert(console.readline() == null); }\n", &[]);
    assert_eq!(field(&test, "status"), "passed");
}

#[test]
fn wrong_usage_gives_status_2() {
    let at = directory(&[]);
    assert_eq!(run(&at, &["missing.fl"]).0, 2);
    assert_eq!(run(&at, &["--timeout", "soon"]).0, 2);
    assert_eq!(run(&at, &["--nonsense"]).0, 2);
    assert_eq!(run(&at, &[]), (0, "no tests\n".to_owned(), String::new()));
}

#[test]
fn colours_are_there_when_asked_for() {
    let at = directory(&[("a.fl", "test \"t\" {}\n")]);
    let (_, stdout, _) = run(&at, &["--color", "always"]);
    assert!(stdout.contains("\u{1b}[32mok\u{1b}[0m"), "{stdout:?}");
    assert!(!run(&at, &[]).1.contains('\u{1b}'));
}

#[test]
fn linked_libraries_are_loaded() {
    let at = directory(&[("own.c", "int seven(void) { return 7; }\n")]);
    let library = at.path().join("libown.so");
    let compiled = std::process::Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(at.path().join("own.c"))
        .status()
        .expect("a C compiler");
    assert!(compiled.success());
    let link = |path: &str| {
        format!(
            "#[link(\"{path}\")]\nextern \"C\" {{ fn seven() -> i32; }}\ntest \"linked\" {{ assert(unsafe {{ seven() }} == 7); }}\n"
        )
    };
    fs::write(at.path().join("linked.fl"), link(&library.to_string_lossy())).expect("a source file");
    let (status, stdout, stderr) = run(&at, &[]);
    assert_eq!(status, 0, "{stdout}{stderr}");
    fs::write(at.path().join("linked.fl"), link("surely_not_there")).expect("a source file");
    let (status, stdout, stderr) = run(&at, &[]);
    assert_eq!(status, 1, "{stdout}{stderr}");
    assert!(stdout.contains("cannot find the C library `surely_not_there`"), "{stdout}{stderr}");
}
