//! The kernels that generated code calls, for a loop or a layer of one's own.
//!
//! Plain functions over slices: a matrix product with a formula on its sums, an elementwise formula, a sum. They run on
//! a [`Cpu`], a team of threads, and give the same bits whatever their number.
//!
//! ```
//! use plywood::ops::{Cpu, Operand, map, matmul, matrix, rule};
//!
//! rule! {
//!     /// `max(x + b, 0)`
//!     BiasRelu(x, b) = max(x + b, 0.0)
//! }
//!
//! let cpu = Cpu::new(1);
//! let (x, w, b) = ([1.0f32, 2.0], [3.0, 4.0, -5.0, -6.0], [0.5, 0.5]);
//! let mut y = [0.0; 2];
//! matmul(&cpu, &mut y, matrix(&x, 2), matrix(&w, 2).t(), [Operand::Sums, Operand::Row(&b)], &BiasRelu);
//! assert_eq!(y, [11.5, 0.0]);
//! ```

pub use plywood_kernels::cpu::{
    Cpu, Fused, Gradients, Identity, Map, Matrix, Operand, Random, Run, Stored, Stream, Update, broadcast,
    map, matmul, matrix, softmax, softmax_cross_entropy, sum, sum_of_squares, transpose, update,
};
pub use plywood_kernels::rule;
