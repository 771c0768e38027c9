//! No kernel allocates, on any thread, once threads have started and there is room for what is worked on.
#![cfg(feature = "cpu")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use plywood_kernels::cpu::*;
use plywood_kernels::ops::{amax, batch_matmul, layer_norm, slice, softmax, softmax_cross_entropy, variance};

struct Counting;
static COUNT: AtomicUsize = AtomicUsize::new(0);
// SAFETY: all is left to the system's allocator
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Relaxed);
        // SAFETY: by the caller
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Relaxed);
        // SAFETY: by the caller
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        // SAFETY: by the caller
        unsafe { System.dealloc(p, layout) }
    }
}
#[global_allocator]
static ALLOCATOR: Counting = Counting;

plywood_kernels::rule! {
    BiasRelu(x, b) = max(x + b, 0.0);
    Drop(x, u) = select(gt(u, 0.5), x, 0.0);
    Squared(y, t) = (y - t) * (y - t);
    Slope(y, t) = 2.0 * (y - t);
    Sixteen(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p
}
plywood_kernels::update! {
    Momentum { rate: f64 } (g; w, v) = { let v = 0.9 * v + g; [w - rate * v, v] }
}

fn everything<T: Real>(cpu: &Cpu, memory: &mut [Vec<T>], targets: &[u32], squares: &mut f64) {
    let [x, w, y, d, v, column] = memory else { unreachable!() };
    let (rows, outputs, inputs) = (200, 300, 100);
    let random = Random::new(1, 2).stream(3);
    for rows in [rows, 1] {
        let y = &mut y[..rows * outputs];
        let d = &mut d[..rows * outputs];
        let (a, b) = (matrix(&x[..rows * inputs], inputs), matrix(&w[..outputs * inputs], inputs).t());
        matmul(cpu, y, a, b, [Operand::Sums, Operand::Row(&w[..outputs])], &BiasRelu);
        matmul(cpu, y, a, b, [Operand::Sums, Operand::Uniform(random)], &Drop);
        map(cpu, y, outputs, [Operand::Full(d), Operand::Column(&column[..rows])], &BiasRelu);
        softmax::forward(cpu, d, y, outputs);
        softmax_cross_entropy(cpu, d, y, &targets[..rows], 1.0);
        elementwise_loss(cpu, d, y, &x[..y.len()], 1.0, &Squared, &Slope);
        transpose(cpu, y, d, &[rows, outputs / 3, 3], &[2, 0, 1]);
        broadcast(cpu, y, &column[..rows], &[rows, 1], &[rows, outputs], 1.0);
        *squares += sum_of_squares(cpu, y);
        let rule = Momentum { rate: 0.1 };
        let mut to = Fused::new([&mut w[..], &mut v[..]], &rule);
        to.product(cpu, 0..outputs * inputs, matrix(d, outputs).t(), matrix(&x[..rows * inputs], inputs));
        to.sum(cpu, 0..outputs, d, rows, outputs, 1.0);
        to.store(cpu, 0..10, &column[..10]);
        let mut to = Stored { parameters: w, gradient: v, accumulate: true };
        to.product(cpu, 0..outputs * inputs, matrix(d, outputs).t(), matrix(&x[..rows * inputs], inputs));
        sum(cpu, &mut y[..outputs], d, rows, outputs, 1.0);
        by_rows(cpu, [&mut d[..], &mut y[..rows * outputs]], &w[..rows * outputs], v, [rows, outputs]);
        update(cpu, &mut [w, v], &x[..], 0.5, &rule);
    }
}

/// The kernels that stand in folders of the book.
fn by_rows<T: Real>(
    cpu: &Cpu,
    [y, dx]: [&mut [T]; 2],
    x: &[T],
    memory: &mut [T],
    [rows, columns]: [usize; 2],
) {
    let w = &mut memory[..layer_norm::workspace(columns)];
    let (weight, shape) = (&x[..columns], &[rows, columns]);
    softmax::backward(cpu, dx, y, x, columns);
    softmax::log_forward(cpu, y, x, columns);
    softmax::log_backward(cpu, dx, y, x, columns);
    layer_norm::forward(cpu, y, x, weight, weight, columns, 1e-5);
    layer_norm::backward(cpu, dx, x, y, weight, columns, 1e-5);
    layer_norm::weight_backward(cpu, &mut dx[..columns], x, y, columns, 1e-5, w);
    layer_norm::rms_forward(cpu, y, x, weight, columns, 1e-5);
    layer_norm::rms_backward(cpu, dx, x, y, weight, columns, 1e-5);
    layer_norm::rms_weight_backward(cpu, &mut dx[..columns], x, y, columns, 1e-5, w);
    layer_norm::both_backward(cpu, dx, &mut y[..columns], x, x, weight, columns, 1e-5, w);
    layer_norm::rms_both_backward(cpu, dx, &mut y[..columns], x, x, weight, columns, 1e-5, w);
    variance::forward(cpu, &mut y[..rows], x, shape, 1..2, 1.0);
    variance::backward(cpu, dx, x, &y[..columns], shape, 0..1, 1.0);
    amax::forward(cpu, &mut y[..columns], x, shape, 0..1);
    amax::amin_forward(cpu, &mut y[..rows], x, shape, 1..2);
    amax::backward(cpu, dx, x, &y[..columns], shape, 0..1);
    amax::amin_backward(cpu, dx, x, &y[..rows], shape, 1..2);
    let at = &mut [0; 200][..rows];
    amax::argmax(cpu, at, x, shape, 1..2);
    amax::max_with_indices(cpu, &mut y[..rows], at, x, shape, 1..2);
    amax::max_with_indices_backward(cpu, dx, at, &y[..rows], columns, 1);
    softmax_cross_entropy::forward(cpu, &mut y[..1], x, at);
    softmax_cross_entropy::backward(cpu, dx, x, at, &y[..1]);
    slice::forward(cpu, &mut y[..rows * 10], x, shape, 1, 20);
    slice::pad(cpu, dx, &y[..rows * 10], &[rows, 10], 1, 5, 0.5);
    slice::concat(cpu, dx, &[&x[..rows * 10], &x[rows * 10..]], &[rows, 10], 1);
    let (factor, sizes) = (&x[..rows * 100], [[rows, 10, 10], [rows, 10, 10]]);
    batch_matmul::forward(cpu, &mut y[..rows * 100], factor, factor, &sizes[0], &sizes[1], false, true);
}

fn counted<T: Real>(cpu: &Cpu) -> usize {
    let sizes = [60_000, 60_000, 60_000, 60_000, 60_000, 200];
    let mut memory: Vec<Vec<T>> = sizes.iter().map(|size| vec![T::from_f64(0.01); *size]).collect();
    let (targets, mut squares) = (vec![7; 200], 0.0);
    let before = COUNT.load(Relaxed);
    everything(cpu, &mut memory, &targets, &mut squares);
    COUNT.load(Relaxed) - before
}

/// How often a product allocates that has as much room as its factors say.
fn packed<T: Real>(m: usize, n: usize, k: usize) -> usize {
    let (a, b) = (vec![T::ONE; m * k], vec![T::ONE; k * n]);
    let mut y = vec![T::ONE; m * n];
    let mut count = 0;
    for turned in 0..4 {
        let a = if turned & 1 == 0 { matrix(&a, k) } else { matrix(&a, m).t() };
        let b = if turned & 2 == 0 { matrix(&b, n) } else { matrix(&b, k).t() };
        let mut cpu = Cpu::new(1);
        cpu.reserve::<T>((m * k).max(k * n)).expect("there is memory");
        let before = COUNT.load(Relaxed);
        product(&cpu, &mut y, a, b);
        matmul(&cpu, &mut y, a, b, [Operand::Uniform(Random::new(1, 2).stream(3)); 16], &Sixteen);
        count += COUNT.load(Relaxed) - before;
    }
    count
}

/// One test, because every thread's allocations count.
#[test]
fn nothing_is_allocated_after_the_start() {
    for threads in [1, 3] {
        let mut cpu = Cpu::new(threads);
        cpu.start();
        cpu.reserve::<f32>(60_000).and(cpu.reserve::<f64>(60_000)).expect("there is memory");
        assert_eq!((counted::<f32>(&cpu), counted::<f64>(&cpu)), (0, 0), "{threads} threads");
    }
    let cpu = Cpu::new(1);
    assert!(counted::<f32>(&cpu) > 0, "memory grows with what is asked for");
    let sizes = [(9, 9, 3000), (40, 1, 5000), (1, 9, 300), (300, 700, 700), (13, 129, 1024), (3, 17, 60_000)];
    for (m, n, k) in sizes {
        assert_eq!((packed::<f32>(m, n, k), packed::<f64>(m, n, k)), (0, 0), "{m} x {n}, {k} inside");
    }
}
