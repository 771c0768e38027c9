//! Kernels are safe functions: whatever lengths and sizes they are told, also such whose product wraps, each either
//! returns with every number written that it is there to write, or panics with a message that says what does not fit.
//!
//! Sizes are drawn at random, and lengths mostly such that they seem to fit. Writes beside an output are found by its
//! margins. Under Miri, which finds all that is undefined, fewer are drawn.

use plywood::ops::{self, Cpu, Fused, Gradients, Matrix, Operand, Random, Rules, Run, Stored};
use plywood_tests::outputs::{Outputs, indices};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

plywood_kernels::rule! {
    Mixed(a, b) = a + b
}
plywood_kernels::update! {
    One(g; w) = [w - g];
    Three(g; w, m, v) = [w - g, m + g, v + g]
}

/// The longest slice.
const MOST: usize = 1 << 12;

/// Random lengths and sizes.
struct Draw {
    stream: ops::Stream,
    drawn: u64,
}

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.drawn += 1;
        self.stream.words(self.drawn)[0] as usize % n
    }
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
    fn size(&mut self) -> usize {
        const HALF: usize = 1 << (usize::BITS / 2);
        match self.below(12) {
            0 => self.pick(&[HALF - 1, HALF, HALF + 1, usize::MAX, usize::MAX / 2 + 1, usize::MAX / 4 + 1]),
            1 => self.pick(&[16, 17, 64, 65]),
            _ => self.below(6),
        }
    }
    /// Now and then such that their product wraps to a small number.
    fn sizes<const N: usize>(&mut self) -> [usize; N] {
        let mut sizes = [0; N].map(|_| self.size());
        if N > 1 && self.one_in(4) {
            let at = self.below(N);
            let others =
                (0..N).filter(|i| *i != at).fold(1, |product: usize, i| product.wrapping_mul(sizes[i]));
            if others != 0 {
                let odd = others >> others.trailing_zeros();
                // Newton's iteration: each turn doubles the bits that are right
                let inverse =
                    (0..6).fold(odd, |x: usize, _| x.wrapping_mul(2usize.wrapping_sub(odd.wrapping_mul(x))));
                sizes[at] = inverse.wrapping_mul(self.below(8));
            }
        }
        sizes
    }
    /// As many numbers as there seem to be in these sizes, or nearly, or not at all.
    fn len(&mut self, sizes: &[usize]) -> usize {
        let len = sizes.iter().fold(1, |product: usize, size| product.wrapping_mul(*size));
        match self.below(16) {
            0 => self.below(9),
            1 => (len.saturating_add(1)).min(MOST),
            2 => 0,
            _ if len <= MOST => len,
            _ => self.below(9),
        }
    }
    fn ones(&mut self, sizes: &[usize]) -> Vec<f32> {
        vec![1.0; self.len(sizes)]
    }
    fn part(&mut self, end: usize) -> Range<usize> {
        let start = self.below(end + 1);
        let end = self.below(end + 2);
        start..end
    }
}

/// A call with what is drawn; whether all that was made is to be written.
type Try = fn(&Cpu, &mut Draw, &mut Outputs) -> bool;

fn operand<'a>(draw: &mut Draw, of: &'a [f32]) -> Operand<'a, f32> {
    match draw.below(7) {
        0 => Operand::Sums,
        1 => Operand::Full(of),
        2 => Operand::Row(of),
        3 => Operand::Column(of),
        4 => Operand::Scalar(of),
        5 => Operand::InPlace,
        _ => Operand::Uniform(Random::new(1, 1).stream(0)),
    }
}
/// Gives an output that an operand reads numbers to read: it then says nothing about what was written.
fn filled<'y>(y: &'y mut [f32], operands: &[Operand<'_, f32>]) -> (&'y mut [f32], bool) {
    let is_read = operands.iter().any(|operand| matches!(operand, Operand::InPlace));
    if is_read {
        y.fill(1.0);
    }
    (y, is_read)
}
fn factor<'a>(draw: &mut Draw, numbers: &'a [f32], [rows, columns]: [usize; 2]) -> Matrix<'a, f32> {
    if draw.one_in(2) { ops::matrix(numbers, columns) } else { ops::matrix(numbers, rows).t() }
}
fn axes(draw: &mut Draw) -> Range<usize> {
    let some = [(0, 1), (1, 2), (2, 3), (0, 2), (1, 3), (0, 3), (1, 1), (2, 1), (3, 4), (0, usize::MAX)];
    let (start, end) = draw.pick(&some);
    start..end
}

/// A kernel of one value over axes.
fn reduction(
    draw: &mut Draw,
    out: &mut Outputs,
    f: impl FnOnce(&mut [f32], &[f32], &[usize], Range<usize>),
) -> bool {
    let (shape, axes) = (draw.sizes::<3>(), axes(draw));
    let rest: Vec<usize> = (0..3).filter(|axis| !axes.contains(axis)).map(|axis| shape[axis]).collect();
    let (x, len) = (draw.ones(&shape), draw.len(&rest));
    f(out.one(len), &x, &shape, axes);
    true
}
/// The gradient of a kernel of one value over axes.
fn slopes(
    draw: &mut Draw,
    out: &mut Outputs,
    f: impl FnOnce(&mut [f32], &[f32], &[f32], &[usize], Range<usize>),
) -> bool {
    let (shape, axes) = (draw.sizes::<3>(), axes(draw));
    let rest: Vec<usize> = (0..3).filter(|axis| !axes.contains(axis)).map(|axis| shape[axis]).collect();
    let (x, dy, len) = (draw.ones(&shape), draw.ones(&rest), draw.len(&shape));
    f(out.one(len), &x, &dy, &shape, axes);
    true
}
/// A kernel by rows, of a value, maybe its gradient and some parameters.
fn by_rows(
    draw: &mut Draw,
    out: &mut Outputs,
    f: impl FnOnce(&mut [f32], &[f32], &[f32], [&[f32]; 2], usize),
) -> bool {
    let [rows, columns] = draw.sizes();
    let (x, dy) = (draw.ones(&[rows, columns]), draw.ones(&[rows, columns]));
    let (weight, bias) = (draw.ones(&[columns]), draw.ones(&[columns]));
    let len = draw.len(&[rows, columns]);
    f(out.one(len), &x, &dy, [&weight, &bias], columns);
    true
}
/// A kernel that sums by columns, in memory that it is handed; with `input`, one that has a number for each input too.
fn by_columns(
    draw: &mut Draw,
    out: &mut Outputs,
    input: bool,
    f: impl FnOnce([&mut [f32]; 2], [&[f32]; 3], usize, &mut [f32]),
) -> bool {
    let [rows, columns] = draw.sizes();
    let (x, dy, weight) = (draw.ones(&[rows, columns]), draw.ones(&[rows, columns]), draw.ones(&[columns]));
    let (len, wide) = (draw.len(&[rows, columns]), draw.len(&[columns]));
    let mut workspace = draw.ones(&[32, columns.saturating_add(15)]);
    f(out.make([if input { len } else { 0 }, wide]), [&x, &dy, &weight], columns, &mut workspace);
    true
}
/// A gradient of each kind for a destination.
fn gradient(cpu: &Cpu, draw: &mut Draw, to: &mut dyn Gradients<f32>, at: Range<usize>) {
    match draw.below(3) {
        0 => {
            let values = draw.ones(&[at.len()]);
            to.store(cpu, at, &values);
        }
        1 => {
            let (len, inner) = (draw.size(), if draw.one_in(2) { at.len() } else { draw.size() });
            let x = draw.ones(&[at.len(), len]);
            to.sum(cpu, at, &x, len, inner, 0.5);
        }
        _ => {
            let [mut m, k, mut n] = draw.sizes();
            if draw.one_in(2) {
                (m, n) = draw.pick(&[(at.len(), 1), (1, at.len()), (at.len() / 2, 2)]);
            }
            let (a, b) = (draw.ones(&[m, k]), draw.ones(&[k, n]));
            let (a, b) = (factor(draw, &a, [m, k]), factor(draw, &b, [k, n]));
            to.product(cpu, at, a, b);
        }
    }
}
fn state_lens(draw: &mut Draw) -> [usize; 3] {
    let len = draw.below(20);
    [0; 3].map(|_| if draw.one_in(5) { draw.below(20) } else { len })
}

/// By the names that users know them by.
const TRIES: &[(&str, Try)] = &[
    ("amax", |cpu, draw, out| reduction(draw, out, |y, x, shape, axes| ops::amax(cpu, y, x, shape, axes))),
    ("amin", |cpu, draw, out| reduction(draw, out, |y, x, shape, axes| ops::amin(cpu, y, x, shape, axes))),
    ("argmax", |cpu, draw, out| {
        reduction(draw, out, |y, x, shape, axes| {
            indices(y, |at| ops::argmax(cpu, at, x, shape, axes));
        })
    }),
    ("max_with_indices", |cpu, draw, out| {
        reduction(draw, out, |y, x, shape, axes| {
            let mut positions = vec![0.0; y.len()];
            indices(&mut positions, |at| ops::max_with_indices(cpu, y, at, x, shape, axes));
        })
    }),
    ("amax_backward", |cpu, draw, out| {
        slopes(draw, out, |dx, x, dy, shape, axes| ops::amax_backward(cpu, dx, x, dy, shape, axes))
    }),
    ("amin_backward", |cpu, draw, out| {
        slopes(draw, out, |dx, x, dy, shape, axes| ops::amin_backward(cpu, dx, x, dy, shape, axes))
    }),
    ("max_with_indices_backward", |cpu, draw, out| {
        let [outer, len, inner] = draw.sizes();
        let (dy, count) = (draw.ones(&[outer, inner]), draw.len(&[outer, inner]));
        let at: Vec<u32> = (0..count).map(|_| draw.below(8) as u32).collect();
        let len_dx = draw.len(&[outer, len, inner]);
        ops::max_with_indices_backward(cpu, out.one(len_dx), &at, &dy, len, inner);
        true
    }),
    ("variance", |cpu, draw, out| {
        reduction(draw, out, |y, x, shape, axes| ops::variance(cpu, y, x, shape, axes, 1.0))
    }),
    ("variance_backward", |cpu, draw, out| {
        let (shape, axes) = (draw.sizes::<3>(), axes(draw));
        let rest: Vec<usize> = (0..3).filter(|axis| !axes.contains(axis)).map(|axis| shape[axis]).collect();
        let (x, dy, len) = (draw.ones(&shape), draw.ones(&rest), draw.len(&shape));
        ops::variance_backward(cpu, out.one(len), &x, &dy, &shape, axes, 1.0);
        true
    }),
    ("softmax", |cpu, draw, out| by_rows(draw, out, |y, x, _, _, columns| ops::softmax(cpu, y, x, columns))),
    ("log_softmax", |cpu, draw, out| {
        by_rows(draw, out, |y, x, _, _, columns| ops::log_softmax(cpu, y, x, columns))
    }),
    ("softmax_backward", |cpu, draw, out| {
        by_rows(draw, out, |dx, y, dy, _, columns| ops::softmax_backward(cpu, dx, y, dy, columns))
    }),
    ("log_softmax_backward", |cpu, draw, out| {
        by_rows(draw, out, |dx, y, dy, _, columns| ops::log_softmax_backward(cpu, dx, y, dy, columns))
    }),
    ("layer_norm", |cpu, draw, out| {
        by_rows(draw, out, |y, x, _, [weight, bias], columns| {
            ops::layer_norm(cpu, y, x, weight, bias, columns, 1e-5)
        })
    }),
    ("layer_norm_backward", |cpu, draw, out| {
        by_rows(draw, out, |dx, x, dy, [weight, _], columns| {
            ops::layer_norm_backward(cpu, dx, x, dy, weight, columns, 1e-5)
        })
    }),
    ("layer_norm_weight_backward", |cpu, draw, out| {
        by_columns(draw, out, false, |[_, d], [x, dy, _], columns, workspace| {
            ops::layer_norm_weight_backward(cpu, d, x, dy, columns, 1e-5, workspace)
        })
    }),
    ("layer_norm_both_backward", |cpu, draw, out| {
        by_columns(draw, out, true, |[dx, d], [x, dy, weight], columns, workspace| {
            ops::layer_norm_both_backward(cpu, dx, d, x, dy, weight, columns, 1e-5, workspace)
        })
    }),
    ("rms_norm", |cpu, draw, out| {
        by_rows(draw, out, |y, x, _, [weight, _], columns| ops::rms_norm(cpu, y, x, weight, columns, 1e-5))
    }),
    ("rms_norm_backward", |cpu, draw, out| {
        by_rows(draw, out, |dx, x, dy, [weight, _], columns| {
            ops::rms_norm_backward(cpu, dx, x, dy, weight, columns, 1e-5)
        })
    }),
    ("rms_norm_weight_backward", |cpu, draw, out| {
        by_columns(draw, out, false, |[_, d], [x, dy, _], columns, workspace| {
            ops::rms_norm_weight_backward(cpu, d, x, dy, columns, 1e-5, workspace)
        })
    }),
    ("rms_norm_both_backward", |cpu, draw, out| {
        by_columns(draw, out, true, |[dx, d], [x, dy, weight], columns, workspace| {
            ops::rms_norm_both_backward(cpu, dx, d, x, dy, weight, columns, 1e-5, workspace)
        })
    }),
    ("softmax_cross_entropy", |cpu, draw, out| {
        let [rows, columns] = draw.sizes();
        let (logits, len) = (draw.ones(&[rows, columns]), draw.len(&[rows, columns]));
        let targets: Vec<u32> =
            (0..draw.len(&[rows])).map(|_| draw.below(columns.clamp(1, 9)) as u32).collect();
        ops::softmax_cross_entropy(cpu, out.one(len), &logits, &targets, 1.0);
        true
    }),
    ("sum", |cpu, draw, out| {
        let [outer, len, inner] = draw.sizes();
        let (x, count) = (draw.ones(&[outer, len, inner]), draw.len(&[outer, inner]));
        ops::sum(cpu, out.one(count), &x, len, inner, 0.5);
        true
    }),
    ("column_sums", |cpu, draw, out| {
        let [rows, columns] = draw.sizes();
        let x = draw.ones(&[rows, columns]);
        ops::column_sums(cpu, out.one(draw.len(&[columns])), &x, rows);
        true
    }),
    ("sum_of_squares", |cpu, draw, _| {
        let [rows, columns] = draw.sizes();
        let x = draw.ones(&[rows, columns]);
        assert_eq!(ops::sum_of_squares(cpu, &x), x.len() as f64);
        true
    }),
    ("transpose", |cpu, draw, out| {
        let shape: [usize; 3] = draw.sizes();
        let axes = draw.pick(&[[0, 1, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [1, 1, 0], [0, 1, 3]]);
        let (x, len) = (draw.ones(&shape), draw.len(&shape));
        let rank = if draw.one_in(8) { draw.below(4) } else { 3 };
        ops::transpose(cpu, out.one(len), &x, &shape, &axes[..rank]);
        true
    }),
    ("broadcast", |cpu, draw, out| {
        let to: [usize; 3] = draw.sizes();
        let mut from = to;
        from.iter_mut().for_each(|size| *size = if draw.one_in(3) { 1 } else { *size });
        let first = draw.below(4);
        let (x, len) = (draw.ones(&from[first..]), draw.len(&to));
        ops::broadcast(cpu, out.one(len), &x, &from[first..], &to, 0.5);
        true
    }),
    ("slice", |cpu, draw, out| {
        let (shape, axis, [start, length]) = (draw.sizes::<3>(), draw.below(4), [0; 2].map(|_| draw.size()));
        let mut to = shape;
        to[axis.min(2)] = length;
        let (x, len) = (draw.ones(&shape), draw.len(&to));
        ops::slice(cpu, out.one(len), &x, &shape, axis, start);
        true
    }),
    ("pad", |cpu, draw, out| {
        let (shape, axis, [before, total]) = (draw.sizes::<3>(), draw.below(4), [0; 2].map(|_| draw.size()));
        let mut to = shape;
        to[axis.min(2)] = total;
        let (x, len) = (draw.ones(&shape), draw.len(&to));
        ops::pad(cpu, out.one(len), &x, &shape, axis, before, 0.0);
        true
    }),
    ("concat", |cpu, draw, out| {
        let (shape, axis, more) = (draw.sizes::<3>(), draw.below(4), draw.size());
        let mut second = shape;
        second[axis.min(2)] = more;
        let parts = [draw.ones(&shape), draw.ones(&second)];
        let parts: Vec<&[f32]> = parts[..draw.below(3)].iter().map(Vec::as_slice).collect();
        let all: usize = parts.iter().map(|part| part.len()).sum();
        let len = draw.len(&[all]);
        ops::concat(cpu, out.one(len), &parts, &shape, axis);
        true
    }),
    ("map", |cpu, draw, out| {
        let [rows, columns] = draw.sizes();
        let sizes = [[rows, columns], [columns, 1], [rows, 1], [1, 1]];
        let [a, b] = [0; 2].map(|_| {
            let sizes = draw.pick(&sizes);
            draw.ones(&sizes)
        });
        let (inputs, len) = ([operand(draw, &a), operand(draw, &b)], draw.len(&[rows, columns]));
        let (y, is_read) = filled(out.one(len), &inputs);
        ops::map(cpu, y, columns, inputs, &Mixed);
        !is_read
    }),
    ("product", |cpu, draw, out| {
        let [m, k, n] = draw.sizes();
        let (a, b, len) = (draw.ones(&[m, k]), draw.ones(&[k, n]), draw.len(&[m, n]));
        let (a, b) = (factor(draw, &a, [m, k]), factor(draw, &b, [k, n]));
        ops::product(cpu, out.one(len), a, b);
        true
    }),
    ("matmul", |cpu, draw, out| {
        let [m, k, n] = draw.sizes();
        let (a, b, len) = (draw.ones(&[m, k]), draw.ones(&[k, n]), draw.len(&[m, n]));
        let (a, b) = (factor(draw, &a, [m, k]), factor(draw, &b, [k, n]));
        let sizes = draw.pick(&[[m, n], [n, 1], [m, 1], [1, 1]]);
        let x = draw.ones(&sizes);
        let x = operand(draw, &x);
        let (y, is_read) = filled(out.one(len), &[x]);
        ops::matmul(cpu, y, a, b, [Operand::Sums, x], &Mixed);
        !is_read
    }),
    ("batch_matmul", |cpu, draw, out| {
        let [count, m, k, n] = draw.sizes();
        let (ta, tb) = (draw.one_in(2), draw.one_in(2));
        let a_shape = if ta { [count, k, m] } else { [count, m, k] };
        let b_shape = if tb { [count, n, k] } else { [count, k, n] };
        let (a, b, len) = (draw.ones(&a_shape), draw.ones(&b_shape), draw.len(&[count, m, n]));
        let first = draw.pick(&[0, 0, 0, 1, 2]);
        ops::batch_matmul(cpu, out.one(len), &a, &b, &a_shape[first..], &b_shape[first..], ta, tb);
        true
    }),
    ("update", |cpu, draw, out| {
        let lens = state_lens(draw);
        let gradient = draw.ones(&[lens[0]]);
        if draw.one_in(4) {
            ops::update(cpu, &mut [out.one(lens[0])], &gradient, 0.5, &One);
        } else {
            let mut states = out.make(lens);
            states.iter_mut().for_each(|state| state.fill(1.0));
            let count = if draw.one_in(8) { draw.below(3) } else { 3 };
            ops::update(cpu, &mut states[..count], &gradient, 0.5, &Three);
        }
        false
    }),
    ("Fused", |cpu, draw, out| {
        let lens = state_lens(draw);
        let at = draw.part(lens[1]);
        let (first, run) = (Rules::new(&One, None), draw.below(20));
        let rules = Rules::new(&Three, Some(&first));
        let runs = [
            Run { end: run, rule: draw.below(3), columns: 0 },
            Run { end: lens[1], rule: draw.below(2), columns: 0 },
        ];
        let first = draw.below(3);
        let mut to = match draw.one_in(2) {
            true => Fused::by_runs(out.make(lens), &rules, &runs[first..]),
            false => Fused::new(out.make(lens), &Three),
        };
        gradient(cpu, draw, &mut to, at);
        false
    }),
    ("Stored", |cpu, draw, out| {
        let len = draw.below(20);
        let at = draw.part(len);
        let whole = at == (0..len);
        let mut to = Stored { parameters: &[], gradient: out.one(len), accumulate: false };
        gradient(cpu, draw, &mut to, at);
        whole
    }),
];

/// What a panic of a kernel is not: Rust's own words for what the kernel did not look at.
const UNFORESEEN: &[&str] = &["attempt to ", "capacity overflow", "called `", "chunk size", "unreachable"];

#[test]
fn any_lengths_and_sizes() {
    let (seeds, cpus) = if cfg!(miri) { (20, [1, 2]) } else { (20_000, [1, 3]) };
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let mut wrong = vec![];
    for threads in cpus {
        let cpu = Cpu::new(threads);
        for (k, (name, run)) in TRIES.iter().enumerate() {
            let (mut returned, mut refused) = (0, 0);
            for seed in 0..seeds {
                let mut draw = Draw { stream: Random::new(seed, 0).stream(k as u32), drawn: 0 };
                let mut out = Outputs::default();
                let result = catch_unwind(AssertUnwindSafe(|| run(&cpu, &mut draw, &mut out)));
                let mut complain =
                    |what: &str| wrong.push(format!("{name}, seed {seed}, {threads} threads: {what}"));
                if !out.margins_are_whole() {
                    complain("wrote beside an output");
                }
                match result {
                    Ok(whole) => {
                        returned += 1;
                        if whole && !out.are_written() {
                            complain("left numbers unwritten");
                        }
                    }
                    Err(thrown) => {
                        refused += 1;
                        let said = thrown.downcast_ref::<String>().map(String::as_str);
                        let said = said.or(thrown.downcast_ref::<&str>().copied()).unwrap_or("nothing");
                        if said == "nothing" || UNFORESEEN.iter().any(|words| said.starts_with(words)) {
                            complain(said);
                        }
                    }
                }
            }
            if returned == 0 || refused == 0 && *name != "sum_of_squares" {
                wrong.push(format!("{name}: {returned} returned and {refused} refused"));
            }
        }
    }
    set_hook(hook);
    wrong.truncate(40);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `plywood::ops` shows is tried here, all of it.
#[test]
fn every_kernel_is_tried() {
    let shown = include_str!("../runtime/src/ops.rs");
    let code: String = shown.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut names = vec![];
    for item in code.split(';').filter_map(|item| Some(item.split_once("pub use plywood_kernels::")?.1)) {
        let list = item.split_once('{').map_or(item, |(_, list)| list.trim_end_matches('}'));
        let last = |name: &str| name.rsplit([' ', ':']).next().unwrap_or(name).to_owned();
        names.extend(list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(last));
    }
    assert!(names.len() > 30, "{names:?}");
    // no functions that are given lengths, or part of another try
    let parts = ["math", "rule", "matrix", "layer_norm_workspace"];
    let is_function = |name: &str| name.starts_with(char::is_lowercase) && !parts.contains(&name);
    let is_tried = |name: &str| TRIES.iter().any(|(tried, _)| *tried == name);
    let missing: Vec<&String> = names.iter().filter(|name| is_function(name) && !is_tried(name)).collect();
    assert!(missing.is_empty(), "not tried: {missing:?}");
}
