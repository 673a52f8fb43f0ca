//! Checks a program and shows its diagnostics, for work on the checker: `check FILE [--ssa]`.

use flashc::driver::load::{FileReader, load};
use flashc::resolve::{Target, resolve};
use flashc::ssa::build::{BuildOptions, build};
use flashc::typecheck::{Options, check};
use std::path::Path;
use std::time::Instant;

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let path = args.first().map_or("main.fl", String::as_str);
    let start = Instant::now();
    let (graph, mut diagnostics) = load(Path::new(path), &FileReader)?;
    let loaded = start.elapsed();
    let (resolved, more) = resolve(&graph, &Target::default());
    diagnostics.extend(more);
    let options = Options { all_of_std: args.iter().any(|a| a == "--std") };
    let (program, more) = check(&graph, &resolved, &options);
    diagnostics.extend(more);
    let checked = start.elapsed();
    print!("{}", flashc::diagnostics::render::human(&diagnostics, &graph.sources, false));
    if args.iter().any(|a| a == "--time") {
        println!("load {loaded:?}, check {:?}, {} functions", checked - loaded, program.functions.len());
    }
    if diagnostics.iter().any(|d| d.is_error()) {
        std::process::exit(1);
    }
    if args.iter().any(|a| a == "--tir") {
        println!("{}", flashc::tir::dump(&program));
    }
    let module = build(program, &graph.sources, BuildOptions::default());
    if let Err(error) = flashc::ssa::verify::verify(&module) {
        println!("VERIFY: {error}");
    }
    if args.iter().any(|a| a == "--ssa") {
        println!("{}", flashc::ssa::text::print(&module));
    }
    Ok(())
}
