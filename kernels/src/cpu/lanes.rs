//! Rows of numbers, read and written in blocks of sixteen lanes, and sums and extremes over one.
//!
//! The end of a row is padded, so that a row of ten is still one vector. Sums run in lanes that are folded in a
//! fixed order, by additions that are rounded one by one: their bits are the same for every instruction set.

use super::processor::Cpu;
use super::real::Real;
use super::simd::{LANES, Simd, blocks_are_vectors};

/// A block of lanes. Loops over whole blocks, or with one block for the end inside, become vectors; a choice between
/// lanes inside a loop does not.
pub type Lanes<T> = [T; LANES];

/// Numbers per item of work at least.
const ITEM: usize = 4 * 1024;

/// Calls `f(first, count)` for parts of `rows` rows of `columns` numbers, on all threads.
pub fn each_rows(cpu: &Cpu, rows: usize, columns: usize, f: impl Fn(usize, usize) + Sync) {
    let per_item = (ITEM / columns.max(1)).max(1);
    cpu.each(rows.div_ceil(per_item), |_, item| {
        let first = item * per_item;
        f(first, per_item.min(rows - first));
    });
}

/// Declares functions that are inlined into the loops of every instruction set. For `f64`, which has but one, they are
/// called: its loops are those of gradient checks, and inlined they were the largest part of what there is to compile.
macro_rules! inlined {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident<$T:ident: Real $(, $S:ident: Simd)? $(; const $flag:ident: bool)?>(
            $($argument:ident: $type:ty),* $(,)?
        ) $(-> $out:ty)? $body:block
    )*) => {$(
        $(#[$attribute])*
        #[inline(always)]
        $visibility fn $name<$T: Real $(, $S: $crate::cpu::simd::Simd)? $(, const $flag: bool)?>(
            $($argument: $type),*
        ) $(-> $out)? {
            #[inline(always)]
            fn here<$T: Real $(, $S: $crate::cpu::simd::Simd)? $(, const $flag: bool)?>(
                $($argument: $type),*
            ) $(-> $out)? $body
            #[inline(never)]
            fn apart<$T: Real $(, $S: $crate::cpu::simd::Simd)? $(, const $flag: bool)?>(
                $($argument: $type),*
            ) $(-> $out)? {
                here::<$T $(, $S)? $(, $flag)?>($($argument),*)
            }
            if $T::WIDE {
                here::<$T $(, $S)? $(, $flag)?>($($argument),*)
            } else {
                apart::<$T $(, $S)? $(, $flag)?>($($argument),*)
            }
        }
    )*};
}
pub(crate) use inlined;

inlined! {
    /// The block of `x` from `at` on, with `padding` beyond the end.
    pub fn block<T: Real, S: Simd>(x: &[T], at: usize, padding: T) -> Lanes<T> {
        if let Some((whole, _)) = x[at..].split_first_chunk() {
            return *whole;
        }
        let count = x.len() - at;
        // SAFETY: that many are left, fewer than a block
        let mut lanes: Lanes<T> = unsafe { S::load_part(x[at..].as_ptr(), count) };
        for l in 0..LANES {
            lanes[l] = if l < count { lanes[l] } else { padding };
        }
        lanes
    }
}

inlined! {
    /// Writes a block that may reach beyond the end of `y`.
    pub fn put<T: Real, S: Simd>(y: &mut [T], at: usize, lanes: Lanes<T>) {
        match y[at..].split_first_chunk_mut() {
            Some((whole, _)) => *whole = lanes,
            // SAFETY: that many are left, fewer than a block
            None => unsafe { S::store_part(y[at..].as_mut_ptr(), y.len() - at, lanes) },
        }
    }
}

/// The block of `x` from `at` on: `WHOLE`, or with `padding` beyond the end. For loops by [`blocks!`], whose whole blocks
/// need no choice. In `f64` there is but one function for both, and so but one copy of what calls it.
#[inline(always)]
pub fn load<T: Real, S: Simd, const WHOLE: bool>(x: &[T], at: usize, padding: T) -> Lanes<T> {
    if WHOLE && T::WIDE {
        *x[at..].first_chunk().expect("a whole block")
    } else {
        block::<T, S>(x, at, padding)
    }
}

/// Writes a block: `WHOLE`, or one that reaches beyond the end of `y`.
#[inline(always)]
pub fn store<T: Real, S: Simd, const WHOLE: bool>(y: &mut [T], at: usize, lanes: Lanes<T>) {
    if WHOLE && T::WIDE {
        *y[at..].first_chunk_mut().expect("a whole block") = lanes;
    } else {
        put::<T, S>(y, at, lanes);
    }
}

/// Runs a body for every block of a row of `T`, compiled once for whole blocks and once for what is left; in `f64` once for
/// all of them.
macro_rules! blocks {
    (($at:ident, $whole:ident) in $count:expr, of $T:ty => $body:block) => {{
        let mut $at = 0;
        while <$T>::WIDE && $at + $crate::cpu::simd::LANES <= $count {
            $crate::cpu::simd::blocks_are_vectors();
            const $whole: bool = true;
            $body
            $at += $crate::cpu::simd::LANES;
        }
        while $at < $count {
            const $whole: bool = false;
            $body
            if <$T>::WIDE {
                break;
            }
            $at += $crate::cpu::simd::LANES;
        }
    }};
}
pub(crate) use blocks;

/// What is summed over a row, a block at a time.
pub trait Terms<T> {
    /// Numbers in the row.
    fn count(&self) -> usize;
    /// The terms from `at` on: a whole block, or with 0 beyond the end. Must be `#[inline(always)]`.
    fn terms<S: Simd, const WHOLE: bool>(&self, at: usize) -> Lanes<T>;
}

inlined! {
    /// The sum of all terms, in four chains a lane: one would wait for its own additions.
    pub fn total<T: Real, S: Simd>(terms: &impl Terms<T>) -> T {
        let (mut a, mut b) = ([T::ZERO; LANES], [T::ZERO; LANES]);
        let (mut c, mut d) = ([T::ZERO; LANES], [T::ZERO; LANES]);
        let mut at = 0;
        let count = terms.count();
        while at + 4 * LANES <= count {
            blocks_are_vectors();
            add(&mut a, terms.terms::<S, true>(at));
            add(&mut b, terms.terms::<S, true>(at + LANES));
            add(&mut c, terms.terms::<S, true>(at + 2 * LANES));
            add(&mut d, terms.terms::<S, true>(at + 3 * LANES));
            at += 4 * LANES;
        }
        while at < count {
            add(&mut a, terms.terms::<S, false>(at));
            at += LANES;
        }
        add(&mut c, d);
        add(&mut a, b);
        add(&mut a, c);
        fold(a)
    }
}

#[inline(always)]
fn add<T: Real>(sums: &mut Lanes<T>, terms: Lanes<T>) {
    for l in 0..LANES {
        sums[l] = sums[l] + terms[l];
    }
}

inlined! {
    /// The sum of all lanes, halves added to halves.
    pub fn fold<T: Real>(lanes: Lanes<T>) -> T {
        let mut lanes = lanes;
        let mut width = LANES / 2;
        while width > 0 {
            for l in 0..width {
                lanes[l] = lanes[l] + lanes[l + width];
            }
            width /= 2;
        }
        lanes[0]
    }
}

/// `x`
pub struct Plain<'a, T>(pub &'a [T]);
impl<T: Real> Terms<T> for Plain<'_, T> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.0.len()
    }
    #[inline(always)]
    fn terms<S: Simd, const WHOLE: bool>(&self, at: usize) -> Lanes<T> {
        load::<T, S, WHOLE>(self.0, at, T::ZERO)
    }
}

/// `a b`
pub struct Products<'a, T>(pub &'a [T], pub &'a [T]);
impl<T: Real> Terms<T> for Products<'_, T> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.0.len()
    }
    #[inline(always)]
    fn terms<S: Simd, const WHOLE: bool>(&self, at: usize) -> Lanes<T> {
        let (mut a, b) = (load::<T, S, WHOLE>(self.0, at, T::ZERO), load::<T, S, WHOLE>(self.1, at, T::ZERO));
        for l in 0..LANES {
            a[l] = a[l] * b[l];
        }
        a
    }
}

/// `(x - mean)²`
pub struct Squares<'a, T>(pub &'a [T], pub T);
impl<T: Real> Terms<T> for Squares<'_, T> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.0.len()
    }
    #[inline(always)]
    fn terms<S: Simd, const WHOLE: bool>(&self, at: usize) -> Lanes<T> {
        let mut x = load::<T, S, WHOLE>(self.0, at, self.1);
        for l in 0..LANES {
            let c = x[l] - self.1;
            x[l] = c * c;
        }
        x
    }
}

/// The mean of a row, and the sum of squares about it.
#[inline(always)]
pub fn moments<T: Real, S: Simd>(x: &[T]) -> (T, T) {
    let mean = total::<T, S>(&Plain(x)) / T::from_f64(x.len() as f64);
    (mean, total::<T, S>(&Squares(x, mean)))
}

/// Of two numbers the larger, or with `SMALLEST` the smaller; what is not a number before all others.
#[inline(always)]
#[allow(clippy::eq_op, reason = "only what is not a number is unequal to itself")]
pub fn better<T: Real, const SMALLEST: bool>(new: T, old: T) -> bool {
    let beyond = if SMALLEST { new < old } else { new > old };
    beyond || new != new && old == old
}

inlined! {
    /// The extreme of a row that is not empty; NaN where one is NaN.
    #[allow(clippy::eq_op, reason = "only what is not a number is unequal to itself")]
    pub fn extreme<T: Real; const SMALLEST: bool>(x: &[T]) -> T {
        let (whole, rest) = x.as_chunks::<LANES>();
        // two simple choices a lane are vectors, where one of both conditions is not
        let (mut best, mut odd) = ([x[0]; LANES], [T::ZERO; LANES]);
        for x in whole {
            for l in 0..LANES {
                let beyond = if SMALLEST { x[l] < best[l] } else { x[l] > best[l] };
                best[l] = if beyond { x[l] } else { best[l] };
            }
            for l in 0..LANES {
                odd[l] = if x[l] == x[l] { odd[l] } else { x[l] };
            }
        }
        for (l, x) in rest.iter().enumerate() {
            best[l] = if better::<T, SMALLEST>(*x, best[l]) { *x } else { best[l] };
        }
        let mut width = LANES / 2;
        while width > 0 {
            for l in 0..width {
                best[l] = if better::<T, SMALLEST>(best[l + width], best[l]) { best[l + width] } else { best[l] };
            }
            width /= 2;
        }
        // 0, or NaN
        best[0] + fold(odd)
    }
}
