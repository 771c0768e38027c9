//! The kernels of the CPU: what generated code and the optimizers call.
//!
//! Plain functions over slices, generic over [`Real`]. Each states its formula; sizes come from the slices and
//! are asserted once per call. What they work in belongs to a [`Cpu`]: they allocate only where a thread's memory has
//! to grow, which `Cpu::reserve` makes happen before.
//!
//! * **Formulas are types.** A scalar formula is a struct that [`rule!`](crate::rule) declares, because only so
//!   can its code be forced into the loops of every instruction set; [`Map`] is the formula, [`Rows`] its loops.
//! * **Nothing heavy is generic.** A kernel meets a formula behind `&dyn Rows`, a block of rows at a time, and
//!   each public function only forwards to kernels that are compiled in this crate (`kernel.rs`). A crate that
//!   calls them may be built without optimisation and still run at full speed.
//! * **Bits do not depend on** the number of threads, nor on the instruction set among those with fused
//!   multiply-add: work is split by sizes alone, and every sum has one order.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

#[doc(hidden)]
pub mod chunk;
mod gradients;
pub mod isa;
pub(crate) mod kernel;
pub(crate) mod lanes;
mod layout;
mod map;
pub mod math;
pub(crate) mod processor;
pub(crate) mod product;
pub mod random;
pub mod real;
mod reduce;
mod rule;
mod scratch;
pub(crate) mod simd;
pub(crate) mod sizes;
mod sparse;
mod states;
mod team;
mod turn;
mod update;

pub use crate::ops::softmax::cpu::forward as softmax;
pub use crate::ops::softmax_cross_entropy::cpu::{
    Compared, Comparison, channel_cross_entropy, softmax_cross_entropy, weighted_cross_entropy,
};
pub use crate::random::{Random, Stream};
pub use gradients::{Collected, Fused, Gradients, Rules, Run, Stored, WithInputs, accumulate};
pub use layout::{MAX_RANK, broadcast, transpose};
pub use map::{Operand, map};
pub use processor::Cpu;
#[doc(hidden)]
pub use product::packed::Packed;
pub use product::{Matrix, matmul, matrix, product};
pub use real::Real;
pub use reduce::{column_sums, elementwise_loss, sum, sum_of_squares};
pub use rule::{Block, Identity, MAX_INPUTS, Map, Rows};
#[doc(hidden)]
pub use rule::{Formula, run as run_rule};
pub use sparse::{TableRows, update_rows};
pub use states::update;
pub use update::{MAX_STATES, Step, Update, UpdateBlock};
#[doc(hidden)]
pub use update::{StepFormula, run as run_update};

pub(crate) use kernel::kernel;
pub(crate) use scratch::Shared;

/// Numbers that a kernel asks its member's memory for at most, if none of its operands has more than `numbers`.
fn room<T: Real>(numbers: usize) -> usize {
    product::room::<T>(numbers).max(map::ROOM).max(reduce::ROOM)
}

/// Whether the kernels were compiled with optimisation: without, they are about a hundred times slower.
pub const OPTIMISED: bool = cfg!(optimised);

impl Cpu {
    /// Room for kernels whose operands have at most so many numbers: they ask for no more memory after this. How many bytes
    /// the system refused, where it has no such room.
    #[doc(hidden)]
    pub fn reserve<T: Real>(&mut self, numbers: usize) -> Result<(), usize> {
        self.reserve_bytes(room::<T>(numbers) * size_of::<T>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_between_threads() {
        fn sendable<T: Send + Sync>(_: &T) {}
        let cpu = Cpu::new(2);
        sendable(&cpu);
        std::thread::scope(|scope| {
            for seed in 0..4 {
                let cpu = &cpu;
                scope.spawn(move || {
                    let (a, b) = (vec![seed as f32; 300 * 50], vec![1.0; 50 * 70]);
                    for _ in 0..50 {
                        let mut y = vec![0.0; 300 * 70];
                        crate::rule!(Same(x) = x);
                        matmul(cpu, &mut y, matrix(&a, 50), matrix(&b, 70), [Operand::Sums], &Same);
                        assert!(y.iter().all(|y| *y == 50.0 * seed as f32));
                    }
                });
            }
        });
    }
}
