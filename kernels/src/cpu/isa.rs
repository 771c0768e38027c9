//! Which vector instructions the running machine has, and the one place that jumps into them.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use super::real::Real;
use super::simd::Simd;

/// An instruction set that the kernels are compiled for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Isa {
    /// What every machine of the target architecture has.
    Portable = 1,
    /// 256-bit vectors with fused multiply-add.
    Avx2 = 2,
    /// 512-bit vectors.
    Avx512 = 3,
}

/// 0: not looked for yet.
static CHOSEN: AtomicU8 = AtomicU8::new(0);

/// The instruction set in use.
#[inline]
pub fn isa() -> Isa {
    match CHOSEN.load(Relaxed) {
        1 => Isa::Portable,
        2 => Isa::Avx2,
        3 => Isa::Avx512,
        _ => restrict(Isa::Avx512),
    }
}

/// Uses at most `limit`, for tests and benchmarks of the others. Returns what is in use from now on, which is
/// less than `limit` on a machine that has less. Kernels that are running finish as they began.
#[cold]
pub fn restrict(limit: Isa) -> Isa {
    let isa = limit.min(detect());
    CHOSEN.store(isa as u8, Relaxed);
    isa
}

fn detect() -> Isa {
    #[cfg(target_arch = "x86_64")]
    {
        let avx2 = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("f16c");
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512cd");
        match (avx2, avx512) {
            (true, true) => return Isa::Avx512,
            (true, false) => return Isa::Avx2,
            _ => {}
        }
    }
    Isa::Portable
}

/// Compiles a function for the features that [`Isa::Avx512`] stands for.
#[cfg(target_arch = "x86_64")]
macro_rules! avx512 {
    ($($function:tt)*) => {
        #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512cd,avx2,fma,bmi1,bmi2,lzcnt,f16c")]
        $($function)*
    };
}
/// Compiles a function for the features that [`Isa::Avx2`] stands for.
#[cfg(target_arch = "x86_64")]
macro_rules! avx2 {
    ($($function:tt)*) => {
        #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,f16c")]
        $($function)*
    };
}
#[cfg(target_arch = "x86_64")]
pub(crate) use {avx2, avx512};

/// A piece of work that is compiled once per instruction set.
///
/// `run`, and everything it calls down to the scalar formula, must be `#[inline(always)]`: what is left as a
/// call is compiled without the instruction set, and each fused multiply-add in it becomes a library call.
/// That is why this is a trait and not a closure, which cannot be marked.
pub trait Work {
    /// What the work returns.
    type Out;
    /// Does it. Only called by [`go`].
    fn run<S: Simd>(self) -> Self::Out;
}

/// Runs `work` with the best instruction set of the machine.
#[inline]
pub fn go<W: Work>(work: W) -> W::Out {
    #[cfg(target_arch = "x86_64")]
    match isa() {
        // SAFETY: `isa` only reports what the machine was found to have.
        Isa::Avx512 => return unsafe { with_avx512(work) },
        // SAFETY: as above
        Isa::Avx2 => return unsafe { with_avx2(work) },
        Isa::Portable => {}
    }
    work.run::<super::simd::Portable>()
}

/// Runs `work` as its numbers are worth.
pub fn run<T: Real, W: Work>(work: W) -> W::Out {
    if T::WIDE { go(work) } else { work.run::<super::simd::Portable>() }
}

/// As [`go`], for work that is compiled many times: whether it was done. On a machine whose architecture has vectors to
/// speak of but which has not, it is not, and not compiled either.
#[inline]
pub fn go_wide<W: Work<Out = ()>>(work: W) -> bool {
    #[cfg(target_arch = "x86_64")]
    match isa() {
        // SAFETY: `isa` only reports what the machine was found to have.
        Isa::Avx512 => unsafe { with_avx512(work) },
        // SAFETY: as above
        Isa::Avx2 => unsafe { with_avx2(work) },
        Isa::Portable => return false,
    }
    #[cfg(not(target_arch = "x86_64"))]
    go(work);
    true
}

#[cfg(target_arch = "x86_64")]
avx512! {
    /// Work compiled for [`Isa::Avx512`].
    fn with_avx512<W: Work>(work: W) -> W::Out {
        work.run::<super::simd::Avx512>()
    }
}
#[cfg(target_arch = "x86_64")]
avx2! {
    /// Work compiled for [`Isa::Avx2`].
    fn with_avx2<W: Work>(work: W) -> W::Out {
        work.run::<super::simd::Avx2>()
    }
}

/// Tests that restrict the instruction set take turns.
#[cfg(test)]
pub(crate) fn each_isa(mut test: impl FnMut(Isa)) {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(|e| e.into_inner());
    for isa in [Isa::Avx512, Isa::Avx2, Isa::Portable] {
        if restrict(isa) == isa {
            test(isa);
        }
    }
    restrict(Isa::Avx512);
}
