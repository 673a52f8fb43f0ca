//! The cache of compiled programs: what is taken from it, what is not, and that nothing in it can do harm.

use assert_cmd::Command;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct Place {
    directory: TempDir,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Place {
        let place = Place { directory: tempfile::tempdir().expect("a temporary directory") };
        files.iter().for_each(|(name, text)| place.write(name, text));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    fn command(&self) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("flash-rt"));
        command.current_dir(self.directory.path()).env("NO_COLOR", "1").env("FLASH_CACHE_DIR", self.path("cache"));
        command
    }

    /// Runs `flash-rt --compile-and-run ARGS`: whether it was compiled, and what the program wrote.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let output = self.command().arg("--compile-and-run").args(arguments).output().expect("output");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("Execution time")).collect();
        match lines.split_first() {
            Some((first, rest)) if first.starts_with("Compiling") => (true, rest.join("\n")),
            _ => (false, lines.join("\n")),
        }
    }

    fn entries(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("cache")).expect("a directory");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }

    fn only_entry(&self) -> PathBuf {
        let [entry] = <[PathBuf; 1]>::try_from(self.entries()).expect("one entry");
        entry
    }
}

fn compiled(text: &str) -> (bool, String) {
    (true, text.to_owned())
}

fn kept(text: &str) -> (bool, String) {
    (false, text.to_owned())
}

const MAIN: (&str, &str) = ("main.fl", "import { name } from \"./name.fl\";\nprintln(name());\n");

#[test]
fn a_program_is_compiled_once_until_a_source_changes() {
    let place = Place::new(&[MAIN, ("name.fl", "export fn name() -> str { return \"one\"; }")]);
    assert_eq!(place.run(&["main.fl"]), compiled("one"));
    assert_eq!(place.run(&["main.fl"]), kept("one"));
    place.write("name.fl", "export fn name() -> str { return \"two\"; }");
    assert_eq!(place.run(&["main.fl"]), compiled("two"));
    assert_eq!(place.run(&["main.fl"]), kept("two"));
    assert_eq!(place.run(&["--no-cache", "main.fl"]), compiled("two"));
    assert_eq!(place.run(&["-O0", "main.fl"]), compiled("two"));
    assert_eq!(place.entries().len(), 2);
}

#[test]
fn an_import_that_goes_elsewhere_is_noticed() {
    let place = Place::new(&[MAIN, ("a.fl", "export fn name() -> str { return \"a\"; }")]);
    place.write("b.fl", "export fn name() -> str { return \"b\"; }");
    symlink("a.fl", place.path("name.fl")).expect("a link");
    assert_eq!(place.run(&["main.fl"]), compiled("a"));
    assert_eq!(place.run(&["main.fl"]), kept("a"));
    fs::remove_file(place.path("name.fl")).expect("removed");
    symlink("b.fl", place.path("name.fl")).expect("a link");
    assert_eq!(place.run(&["main.fl"]), compiled("b"));
}

#[test]
fn a_source_that_is_gone_is_noticed() {
    let place = Place::new(&[("main.fl", "import { name } from \"./name.fl\";\nprintln(name());\n")]);
    place.write("name.fl", "export fn name() -> str { return \"x\"; }");
    assert_eq!(place.run(&["main.fl"]), compiled("x"));
    assert_eq!(place.run(&["main.fl"]), kept("x"));
    fs::remove_file(place.path("name.fl")).expect("removed");
    place.command().arg("main.fl").assert().code(1).stdout("");
}

#[test]
fn texts_are_kept_too_and_arguments_are_not_part_of_them() {
    let place = Place::new(&[]);
    let text = "fn main(args: [str]) -> i32 { println(args); return 0; }";
    assert_eq!(place.run(&["-e", text, "a"]), compiled("[\"a\"]"));
    assert_eq!(place.run(&["-e", text, "b"]), kept("[\"b\"]"));
    assert_eq!(place.run(&["-e", "println(1)"]), compiled("1"));
}

#[test]
fn broken_entries_are_compiled_again_never_run() {
    let place = Place::new(&[("main.fl", "println(\"right\");")]);
    assert_eq!(place.run(&["main.fl"]), compiled("right"));
    let entry = place.only_entry();
    let bytes = fs::read(&entry).expect("an entry");
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x40;
    for wrong in [&damaged[..], &bytes[..bytes.len() - 1], b"", b"flashobj"] {
        fs::write(&entry, wrong).expect("a damaged entry");
        assert_eq!(place.run(&["main.fl"]), compiled("right"));
        assert_eq!(place.run(&["main.fl"]), kept("right"));
    }
}

#[test]
fn entries_that_others_could_have_written_are_not_run() {
    let place = Place::new(&[("main.fl", "println(\"right\");")]);
    assert_eq!(place.run(&["main.fl"]), compiled("right"));
    let entry = place.only_entry();
    let mode = fs::metadata(&entry).expect("an entry").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::set_permissions(&entry, fs::Permissions::from_mode(0o622)).expect("a mode");
    assert_eq!(place.run(&["main.fl"]), compiled("right"));
    // A link is not an entry, whatever it leads to.
    fs::rename(&entry, place.path("elsewhere")).expect("moved");
    symlink(place.path("elsewhere"), &entry).expect("a link");
    assert_eq!(place.run(&["main.fl"]), compiled("right"));
    assert_eq!(place.run(&["main.fl"]), kept("right"));
}

#[test]
fn a_directory_that_others_may_enter_is_not_used() {
    let place = Place::new(&[("main.fl", "println(1);")]);
    assert_eq!(place.run(&["main.fl"]), compiled("1"));
    let mode = |path: &Path| fs::metadata(path).expect("a directory").permissions().mode() & 0o777;
    assert_eq!(mode(&place.path("cache")), 0o700);
    fs::set_permissions(place.path("cache"), fs::Permissions::from_mode(0o755)).expect("a mode");
    assert_eq!(place.run(&["main.fl"]), compiled("1"));
    let output = place.command().args(["cache", "info"]).assert().code(1).get_output().clone();
    assert!(String::from_utf8_lossy(&output.stderr).contains("open to others"));
}

#[test]
fn without_a_place_programs_run_all_the_same() {
    let place = Place::new(&[("main.fl", "println(1);")]);
    let mut command = place.command();
    command.env_remove("FLASH_CACHE_DIR").env_remove("XDG_CACHE_HOME").env_remove("HOME");
    command.arg("main.fl").assert().success().stdout("1\n");
    place.command().env("FLASH_CACHE_DIR", "/dev/null/x").arg("main.fl").assert().success().stdout("1\n").stderr("");
}

#[test]
fn warnings_are_told_every_time_to_who_asks_for_them() {
    let place = Place::new(&[("main.fl", "fn f() { let unused = 1; }\nf();\n")]);
    assert_eq!(place.run(&["main.fl"]), compiled(""));
    assert_eq!(place.run(&["main.fl"]), kept(""));
    place.command().args(["-D", "warnings", "main.fl"]).assert().code(1);
}

#[test]
fn the_cache_says_what_it_holds_and_is_emptied() {
    let place = Place::new(&[("main.fl", "println(1);"), ("other.fl", "println(2);")]);
    place.run(&["main.fl"]);
    place.run(&["other.fl"]);
    place.write("cache/notes.txt", "not the cache's");
    let output = place.command().args(["cache", "info"]).assert().success().get_output().clone();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("programs:  2\n") && text.contains("/cache\n"), "{text}");
    place.command().args(["cache", "clear"]).assert().success().stdout("removed 2 programs\n");
    assert_eq!(place.only_entry(), place.path("cache/notes.txt"));
    assert_eq!(place.run(&["main.fl"]), compiled("1"));
}

#[test]
fn many_processes_at_once_do_not_disturb_each_other() {
    let place = Place::new(&[("main.fl", "println(\"right\");")]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5).for_each(|_| assert_eq!(place.run(&["main.fl"]).1, "right")));
        }
    });
    assert_eq!(place.run(&["main.fl"]), kept("right"));
    place.only_entry();
}
