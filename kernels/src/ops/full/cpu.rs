use crate::cpu::{Cpu, Real};

/// `y[i] = value`
pub fn forward<T: Real>(_: &Cpu, y: &mut [T], value: f64) {
    y.fill(T::from_f64(value));
}
