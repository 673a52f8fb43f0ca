use flash_rt::repl::{engine::Engine, session::Session};
use std::io::BufRead;
fn main() {
    let t = std::time::Instant::now();
    let mut s = Session::start(Default::default(), flashc::driver::Color::Never).unwrap_or_else(|e| panic!("{e}"));
    eprintln!("started {:?}", t.elapsed());
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        println!("> {line}");
        if let Some(rest) = line.strip_prefix(":asm ") { println!("{}", s.assembly(rest).unwrap_or_else(|e| e)); continue; }
        if let Some(rest) = line.strip_prefix(":ssa ") { println!("{}", s.ssa(rest).unwrap_or_else(|e| e)); continue; }
        if let Some(rest) = line.strip_prefix(":type ") { println!("{}", s.type_of(rest).unwrap_or_else(|e| e)); continue; }
        if let Some(rest) = line.strip_prefix(":doc ") { println!("{}", s.documentation(rest).unwrap_or_else(|e| e)); continue; }
        if let Some(rest) = line.strip_prefix(":c ") { for c in s.candidates(rest).into_iter().take(12) { println!("{:20} {}", c.text, c.description); } continue; }
        if line == ":attend" { println!("{:?}", s.attend(&|| false)); continue; }
        let e = s.evaluate(&line);
        print!("{}", e.messages);
        for r in &e.results { println!("=> {r}"); }
        println!("   [{:?} {:?}]", e.compile_time, e.run_time);
    }
}
