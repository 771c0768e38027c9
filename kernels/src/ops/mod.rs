//! Operations, a module each: its rules, which compilers read, and its kernels, which programs call.
pub mod amax;
pub mod batch_matmul;
pub mod full;
pub mod gather;
pub mod layer_norm;
pub mod slice;
pub mod softmax;
pub mod softmax_cross_entropy;
pub mod transpose;
pub mod variance;

// Those that need no kernels of their own.
#[cfg(feature = "compiler")]
pub mod broadcast;
#[cfg(feature = "compiler")]
pub mod elementwise;
#[cfg(feature = "compiler")]
pub mod matmul;
#[cfg(feature = "compiler")]
pub mod reduction;
#[cfg(feature = "compiler")]
pub mod reshape;
#[cfg(feature = "compiler")]
pub mod sum;
#[cfg(feature = "compiler")]
pub mod uniform;

#[cfg(feature = "compiler")]
mod registry;
#[cfg(feature = "compiler")]
pub use registry::*;
