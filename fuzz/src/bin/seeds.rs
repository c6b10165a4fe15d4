//! Writes the targets' seeds: `seeds DIR` makes a folder for each target.

// Defines what instrumented code calls, also in this program, which is no target.
use libfuzzer_sys as _;

use std::fs;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let Some(root) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: seeds DIR");
        std::process::exit(2);
    };
    for target in ember_fuzz::TARGETS {
        let folder = root.join(target.name);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in (target.seeds)() {
            fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}
