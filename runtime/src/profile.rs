//! A word to those whose build leaves the kernels unoptimised.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// What to add to a program's manifest.
pub(crate) const ADVICE: &str = "\
plywood: this build runs its kernels unoptimised, about a hundred times slower; add to Cargo.toml
  [profile.dev.package]
  plywood.opt-level = 3
  plywood-kernels.opt-level = 3";

/// Says so on the standard error stream, once.
pub(crate) fn advise() {
    static SAID: AtomicBool = AtomicBool::new(false);
    once(plywood_kernels::cpu::OPTIMISED, &SAID, &mut io::stderr());
}

/// Says it to `to` unless it was said or there is no reason. A stream that is closed is no reason to stop.
fn once(optimised: bool, said: &AtomicBool, to: &mut dyn Write) {
    if !optimised && !said.swap(true, Ordering::Relaxed) {
        let _ = writeln!(to, "{ADVICE}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_slow_is_told_once_wherever_the_stream_goes() {
        let (said, mut to) = (AtomicBool::new(false), vec![]);
        once(true, &said, &mut to);
        assert!(to.is_empty());
        once(false, &said, &mut to);
        once(false, &said, &mut to);
        assert_eq!(String::from_utf8(to).unwrap(), format!("{ADVICE}\n"));
    }
}
