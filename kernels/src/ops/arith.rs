//! Arithmetic between two values.
use crate::family::Binary;

/// `a + b`
pub static ADD: Binary = Binary { name: "add", backward: "add_backward", doc: "`a + b`", f: |a, b| a + b };
/// `a b`
pub static MUL: Binary = Binary { name: "mul", backward: "mul_backward", doc: "`a b`", f: |a, b| a * b };
