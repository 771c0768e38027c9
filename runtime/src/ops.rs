//! The kernels that generated code calls, for a loop or a layer of one's own.
//!
//! Plain functions over slices: a matrix product with a formula on its sums, an elementwise formula, a sum, and whatever
//! else the book of operations knows. They run on a [`Cpu`], a team of threads, and give the same bits whatever their
//! number. Numbers lie in row-major order; where a slice does not say its sizes, they are given. A length that does not
//! fit is a panic that says which.
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
//!
//! What goes over axes is told them by their range, and the sizes of all:
//!
//! ```
//! use plywood::ops::{Cpu, amax, argmax, concat, softmax};
//!
//! let cpu = Cpu::new(1);
//! let x = [1.0f32, 3.0, 2.0, 6.0, 5.0, 4.0];
//! let (mut largest, mut at, mut both) = ([0.0; 2], [0; 2], [0.0; 8]);
//! amax(&cpu, &mut largest, &x, &[2, 3], 1..2);
//! argmax(&cpu, &mut at, &x, &[2, 3], 1..2);
//! assert_eq!((largest, at), ([3.0, 6.0], [1, 0]));
//! concat(&cpu, &mut both, &[&x[..], &largest[..]], &[2, 3], 1);
//! assert_eq!(both, [1.0, 3.0, 2.0, 3.0, 6.0, 5.0, 4.0, 6.0]);
//! let mut y = [0.0; 6];
//! softmax(&cpu, &mut y, &x, 3);
//! assert!((y[..3].iter().sum::<f32>() - 1.0).abs() < 1e-6);
//! ```

#[doc(inline)]
pub use plywood_kernels::cpu::math;
pub use plywood_kernels::cpu::{
    Cpu, Fused, Gradients, Identity, Map, Matrix, Operand, Random, Rules, Run, Stored, Stream, Update,
    WithInputs, broadcast, column_sums, map, matmul, matrix, product, softmax, softmax_cross_entropy, sum,
    sum_of_squares, transpose, update,
};
pub use plywood_kernels::ops::amax::{
    amin_backward, amin_forward as amin, argmax, backward as amax_backward, forward as amax,
    max_with_indices, max_with_indices_backward,
};
pub use plywood_kernels::ops::batch_matmul::forward as batch_matmul;
pub use plywood_kernels::ops::layer_norm::{
    backward as layer_norm_backward, both_backward as layer_norm_both_backward, forward as layer_norm,
    rms_backward as rms_norm_backward, rms_both_backward as rms_norm_both_backward, rms_forward as rms_norm,
    rms_weight_backward as rms_norm_weight_backward, weight_backward as layer_norm_weight_backward,
    workspace as layer_norm_workspace,
};
pub use plywood_kernels::ops::slice::{concat, forward as slice, pad};
pub use plywood_kernels::ops::softmax::{
    backward as softmax_backward, log_backward as log_softmax_backward, log_forward as log_softmax,
};
pub use plywood_kernels::ops::variance::{backward as variance_backward, forward as variance};
#[doc(inline)]
pub use plywood_kernels::user_rule as rule;
