//! A word to those whose build leaves the kernels unoptimised.

use std::io::IsTerminal;
use std::sync::Once;

/// What to add to a program's manifest.
pub(crate) const ADVICE: &str = "\
plywood: this build runs its kernels unoptimised, about a hundred times slower; add to Cargo.toml
  [profile.dev.package]
  plywood.opt-level = 3
  plywood-kernels.opt-level = 3";

/// Says so, once, to somebody who sits at a terminal.
pub(crate) fn advise() {
    static SAID: Once = Once::new();
    if !plywood_kernels::cpu::OPTIMISED && std::io::stderr().is_terminal() {
        SAID.call_once(|| eprintln!("{ADVICE}"));
    }
}
