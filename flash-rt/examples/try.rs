//! Runs a program through every stage without the commands around: `try FILE [-O0] [args]`.

use flashc::driver::load::{FileReader, load};
use flashc::resolve::{Target, resolve};
use flashc::ssa::build::{BuildOptions, build};
use flashc::typecheck::{Options, check};
use std::path::Path;

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let path = args.first().map_or("main.fl", String::as_str);
    let (graph, mut diagnostics) = load(Path::new(path), &FileReader)?;
    let (resolved, more) = resolve(&graph, &Target::default());
    diagnostics.extend(more);
    let (program, more) = check(&graph, &resolved, &Options::default());
    diagnostics.extend(more);
    eprint!("{}", flashc::diagnostics::render::human(&diagnostics, &graph.sources, false));
    if diagnostics.iter().any(|d| d.is_error()) {
        std::process::exit(1);
    }
    let mut module = build(program, &graph.sources, BuildOptions::default());
    let level = if args.iter().any(|a| a == "-O0") { flashc::opt::Level::None } else { flashc::opt::Level::Full };
    flashc::opt::optimize(&mut module, level);
    let options = flashc::lower::LowerOptions::new(target_lexicon::Triple::host());
    let machine = match flashc::lower::lower(&module, &graph.sources, &options) {
        Ok(machine) => machine,
        Err(error) => {
            eprintln!("{error:?}");
            std::process::exit(2)
        }
    };
    let object = flashc::emit::object::write(&machine, &flashc::emit::object::ObjectOptions { debug: None, file: "" });
    match flash_rt::run(&object, args.into_iter().skip(1).collect()) {
        Ok(code) => std::process::exit(code),
        Err(error) => {
            eprintln!("{error:?}");
            std::process::exit(2)
        }
    }
}
