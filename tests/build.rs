//! How many random networks `graphs.rs` compiles: 24, or as many as `PLYWOOD_GRAPHS` says.
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=PLYWOOD_GRAPHS");
    println!("cargo::rerun-if-changed=build.rs");
    let count: u64 = env::var("PLYWOOD_GRAPHS").ok().and_then(|count| count.parse().ok()).unwrap_or(24);
    let folder = env::var("OUT_DIR").expect("Cargo says where");
    let text = format!("plywood_macros::graphs!(0 {count});\n");
    fs::write(Path::new(&folder).join("graphs.rs"), text).expect("the folder is there");
}
