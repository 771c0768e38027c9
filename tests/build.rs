//! How many random networks `graphs.rs` compiles, and how many declarations `declarations.rs`: 24 of each, or as many as
//! `PLYWOOD_GRAPHS` and `PLYWOOD_DECLARATIONS` say.
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = env::var("OUT_DIR").expect("Cargo says where");
    for (word, name) in [("graphs", "PLYWOOD_GRAPHS"), ("declarations", "PLYWOOD_DECLARATIONS")] {
        println!("cargo::rerun-if-env-changed={name}");
        let count: u64 = env::var(name).ok().and_then(|count| count.parse().ok()).unwrap_or(24);
        let text = format!("plywood_macros::{word}!(0 {count});\n");
        fs::write(Path::new(&folder).join(format!("{word}.rs")), text).expect("the folder is there");
    }
}
