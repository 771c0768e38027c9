//! Where gradients go: generated backward code hands every parameter's gradient to a [`Gradients`], in the form
//! in which it arises, and does not know whether it is kept or used up at once.

use std::fmt;
use std::ops::Range;

use super::kernel::kernel;
use super::processor::Cpu;
use super::product;
use super::product::Matrix;
use super::real::Real;
use super::reduce;
use super::sparse::{self, TableRows};
use super::states::{self, Blocks, Updatable};
use super::update::Update;

/// A destination of gradients. `at` is a range of the parameter block.
pub trait Gradients<T> {
    /// The parameter block.
    fn parameters(&self) -> &[T];
    /// The gradient at `at` is `a * b`. For a linear layer's weight `[out][in]`, from `dy` and `x`:
    /// `matrix(dy, out).t()` times `matrix(x, in)`.
    fn product(&mut self, cpu: &Cpu, at: Range<usize>, a: Matrix<'_, T>, b: Matrix<'_, T>);
    /// The gradient at `at` is `scale` times the sum over the middle axis of `x[outer][len][inner]`. Sums of
    /// columns, as a bias has it: `inner` as long as `at`.
    fn sum(&mut self, cpu: &Cpu, at: Range<usize>, x: &[T], len: usize, inner: usize, scale: f64);
    /// The gradient at `at` is the sum of the rows of `x`, as many numbers each as `at` is long.
    fn column_sums(&mut self, cpu: &Cpu, at: Range<usize>, x: &[T], rows: usize) {
        let columns = at.len();
        self.sum(cpu, at, x, rows, columns, 1.0);
    }
    /// The gradient at `at` is `values`.
    fn store(&mut self, cpu: &Cpu, at: Range<usize>, values: &[T]);
    /// The gradient at `at` is `rows`, those of a table.
    fn rows(&mut self, cpu: &Cpu, at: Range<usize>, rows: TableRows<'_, T>);
    /// Whether the gradients of inputs are computed as well, where a network has any: they stay in its memory.
    fn takes_inputs(&self) -> bool {
        false
    }
    /// Whether the gradients of parameters are of any interest, where those of inputs are computed.
    fn takes_parameters(&self) -> bool {
        true
    }
}

/// Lets the gradients of inputs be computed beside those of parameters, which go to another destination; or alone.
pub struct WithInputs<'a, T> {
    parameters: &'a [T],
    to: Option<&'a mut dyn Gradients<T>>,
}

impl<'a, T> WithInputs<'a, T> {
    /// Beside those of parameters, which go to `to`.
    pub fn beside(parameters: &'a [T], to: &'a mut dyn Gradients<T>) -> Self {
        WithInputs { parameters, to: Some(to) }
    }
    /// Alone: those of parameters go nowhere.
    pub fn alone(parameters: &'a [T]) -> Self {
        WithInputs { parameters, to: None }
    }
}

impl<T: Real> Gradients<T> for WithInputs<'_, T> {
    fn parameters(&self) -> &[T] {
        self.parameters
    }
    fn product(&mut self, cpu: &Cpu, at: Range<usize>, a: Matrix<'_, T>, b: Matrix<'_, T>) {
        if let Some(to) = &mut self.to {
            to.product(cpu, at, a, b);
        }
    }
    fn sum(&mut self, cpu: &Cpu, at: Range<usize>, x: &[T], len: usize, inner: usize, scale: f64) {
        if let Some(to) = &mut self.to {
            to.sum(cpu, at, x, len, inner, scale);
        }
    }
    fn store(&mut self, cpu: &Cpu, at: Range<usize>, values: &[T]) {
        if let Some(to) = &mut self.to {
            to.store(cpu, at, values);
        }
    }
    fn rows(&mut self, cpu: &Cpu, at: Range<usize>, rows: TableRows<'_, T>) {
        if let Some(to) = &mut self.to {
            to.rows(cpu, at, rows);
        }
    }
    fn takes_inputs(&self) -> bool {
        true
    }
    fn takes_parameters(&self) -> bool {
        self.to.is_some()
    }
}

impl<T> fmt::Debug for WithInputs<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithInputs").field("alone", &self.to.is_none()).finish_non_exhaustive()
    }
}

crate::update! {
    /// Replaces what was there.
    Keep(g; _old) = [g];
    /// Adds to what was there.
    Accumulate(g; sum) = [sum + g]
}

kernel! {
    /// The rule by which [`Stored`] stores.
    fn store_rule<T>(accumulate: bool) -> &'static dyn Update<T> = keep_or_accumulate;
}
fn keep_or_accumulate<T: Real>(accumulate: bool) -> &'static dyn Update<T> {
    if accumulate { &Accumulate } else { &Keep }
}

/// Keeps gradients in a block of their own, for what needs all of them before the first is used: accumulation
/// over batches, clipping by the common norm, a parameter with several contributions.
pub struct Stored<'a, T> {
    /// The parameter block.
    pub parameters: &'a [T],
    /// The gradient block, as long as those that learn, which come first.
    pub gradient: &'a mut [T],
    /// Whether to add to what is in the gradient block, or to replace it.
    pub accumulate: bool,
}

impl<T: Real> Stored<'_, T> {
    fn place(&mut self, at: Range<usize>) -> Updatable<'_, T> {
        Updatable::new([&mut self.gradient[at]], store_rule(self.accumulate))
    }
}

impl<T: Real> Gradients<T> for Stored<'_, T> {
    fn parameters(&self) -> &[T] {
        self.parameters
    }
    fn product(&mut self, cpu: &Cpu, at: Range<usize>, a: Matrix<'_, T>, b: Matrix<'_, T>) {
        product::update(cpu, &mut self.place(at), a, b);
    }
    fn sum(&mut self, cpu: &Cpu, at: Range<usize>, x: &[T], len: usize, inner: usize, scale: f64) {
        reduce::sum_update(cpu, &mut self.place(at), x, len, inner, scale);
    }
    fn store(&mut self, cpu: &Cpu, at: Range<usize>, values: &[T]) {
        states::values(cpu, &mut self.place(at), values);
    }
    fn rows(&mut self, cpu: &Cpu, at: Range<usize>, rows: TableRows<'_, T>) {
        if !self.accumulate {
            sparse::clear(cpu, &mut self.gradient[at.clone()]);
        }
        let mut place = Updatable::new([&mut self.gradient[at]], store_rule(true));
        sparse::table_rows(cpu, &mut place, rows);
    }
}

/// Adds up what several runs or calls of a block contribute to the gradients of its parameters, to be handed on once.
pub struct Collected<'a, T> {
    /// The parameter block.
    parameters: &'a [T],
    /// The gradients of the parameters from `start` on.
    gradient: &'a mut [T],
    start: usize,
}

impl<'a, T> Collected<'a, T> {
    /// Adds the gradients of the parameters from `start` on to `gradient`, as many as there is room for.
    pub fn new(parameters: &'a [T], gradient: &'a mut [T], start: usize) -> Self {
        Collected { parameters, gradient, start }
    }
}

impl<T: Real> Collected<'_, T> {
    fn place(&mut self, at: Range<usize>) -> Updatable<'_, T> {
        let at = at.start - self.start..at.end - self.start;
        Updatable::new([&mut self.gradient[at]], store_rule(true))
    }
}

impl<T: Real> Gradients<T> for Collected<'_, T> {
    fn parameters(&self) -> &[T] {
        self.parameters
    }
    fn product(&mut self, cpu: &Cpu, at: Range<usize>, a: Matrix<'_, T>, b: Matrix<'_, T>) {
        product::update(cpu, &mut self.place(at), a, b);
    }
    fn sum(&mut self, cpu: &Cpu, at: Range<usize>, x: &[T], len: usize, inner: usize, scale: f64) {
        reduce::sum_update(cpu, &mut self.place(at), x, len, inner, scale);
    }
    fn store(&mut self, cpu: &Cpu, at: Range<usize>, values: &[T]) {
        states::values(cpu, &mut self.place(at), values);
    }
    fn rows(&mut self, cpu: &Cpu, at: Range<usize>, rows: TableRows<'_, T>) {
        sparse::table_rows(cpu, &mut self.place(at), rows);
    }
}

impl<T> fmt::Debug for Collected<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collected").field("start", &self.start).finish_non_exhaustive()
    }
}

/// `y += x`
pub fn accumulate<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T]) {
    states::values(cpu, &mut Updatable::new([y], store_rule(true)), x);
}

/// Neighbouring parameters that follow the same rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Where they end in the parameter block; they begin where the run before them ends.
    pub end: usize,
    /// The rule's index.
    pub rule: usize,
    /// Numbers per row of a table whose rows without a gradient stay as they are, and so do their states; 0 of any other
    /// parameter.
    pub columns: usize,
}

/// One rule or several, each on the stack of what made it: a rule exists only while what it is handed to runs, so that one
/// more is asked for within the one before it.
pub struct Rules<'a, T> {
    rule: &'a dyn Update<T>,
    index: usize,
    before: Option<&'a Rules<'a, T>>,
}

impl<'a, T> Rules<'a, T> {
    /// `rule`, after those `before` it.
    pub fn new(rule: &'a dyn Update<T>, before: Option<&'a Rules<'a, T>>) -> Self {
        Rules { rule, index: before.map_or(0, |before| before.index + 1), before }
    }

    /// As many states as the rule with most of them has.
    pub fn states(&self) -> usize {
        self.iter().map(|rules| rules.rule.states()).max().unwrap_or_default()
    }

    /// From the last to the first.
    fn iter(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |rules| rules.before)
    }

    /// Rule `index`, counted from 0.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn get(&self, index: usize) -> &'a dyn Update<T> {
        self.iter().find(|rules| rules.index == index).expect("a rule of that index").rule
    }
}

impl<T> fmt::Debug for Rules<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("len", &(self.index + 1)).finish_non_exhaustive()
    }
}

/// Uses gradients up at once: the optimizer's rule runs where the gradient arises, in the epilogue of the
/// product, and the gradient is never stored. The gradient that generated code needs of a parameter's layer is
/// therefore computed before the parameter's own.
pub struct Fused<'a, T> {
    all: Blocks<'a, T>,
    /// Of all, where there are no `rules`.
    rule: &'a dyn Update<T>,
    rules: Option<&'a Rules<'a, T>>,
    /// In order; none where there is one rule for all.
    runs: &'a [Run],
}

impl<'a, T> Fused<'a, T> {
    /// States in the order of the rule, the parameter block first, which may be longer than the others: its end is
    /// frozen. Takes any iterator, so that neither arrays nor vectors of blocks need an allocation:
    /// `Fused::new([&mut w[..], &mut m[..], &mut v[..]], &rule)`,
    /// `Fused::new(blocks.iter_mut().map(|block| &mut block[..]), &rule)`.
    ///
    /// # Panics
    /// If `states` are not as many as the rule has, those after the first differ in length, or the first is shorter.
    pub fn new(states: impl IntoIterator<Item = &'a mut [T]>, rule: &'a dyn Update<T>) -> Self {
        let all = Blocks::new(states);
        all.check(rule);
        Fused { all, rule, rules: None, runs: &[] }
    }

    /// As [`new`](Fused::new), with a rule for each run of parameters, or the only one for all where there are no runs. There
    /// are as many states as the rule with most of them has; a rule uses the first of them.
    ///
    /// # Panics
    /// If the states are fewer than that, those after the first differ in length, or the first is shorter; if the runs
    /// do not end, in ascending order, where the states after the first do; if there are several rules and no runs.
    pub fn by_runs(
        states: impl IntoIterator<Item = &'a mut [T]>,
        rules: &'a Rules<'a, T>,
        runs: &'a [Run],
    ) -> Self {
        let Some(last) = runs.last() else {
            assert!(rules.before.is_none(), "several rules and no runs");
            return Fused::new(states, rules.rule);
        };
        let all = Blocks::new(states);
        assert!(rules.states() <= all.count, "number of an optimizer's states");
        assert!(runs.is_sorted_by_key(|run| run.end), "runs out of order");
        assert!(all.are_of_length(1, last.end), "where the last run ends");
        assert!(last.end <= all.states[0].len(), "runs of more than there is");
        Fused { all, rule: rules.rule, rules: Some(rules), runs }
    }

    fn run(&self, at: &Range<usize>) -> Run {
        let next = self.runs.partition_point(|run| run.end <= at.start);
        self.runs[next.min(self.runs.len() - 1)]
    }

    /// Numbers per row, where rows without a gradient stay as they are.
    fn columns(&self, at: &Range<usize>) -> usize {
        if self.runs.is_empty() { 0 } else { self.run(at).columns }
    }

    /// What is updated by the gradient at `at`: part of one run, as it is part of one parameter.
    #[inline(always)]
    fn part(&mut self, at: Range<usize>) -> Updatable<'_, T> {
        let rule = match self.rules {
            None => self.rule,
            Some(rules) => {
                let run = self.run(&at);
                assert!(at.end <= run.end, "a gradient of parameters with different rules");
                rules.get(run.rule)
            }
        };
        self.all.part(at, rule)
    }
}

impl<T: Real> Gradients<T> for Fused<'_, T> {
    fn parameters(&self) -> &[T] {
        self.all.states[0]
    }
    fn product(&mut self, cpu: &Cpu, at: Range<usize>, a: Matrix<'_, T>, b: Matrix<'_, T>) {
        product::update(cpu, &mut self.part(at), a, b);
    }
    fn sum(&mut self, cpu: &Cpu, at: Range<usize>, x: &[T], len: usize, inner: usize, scale: f64) {
        reduce::sum_update(cpu, &mut self.part(at), x, len, inner, scale);
    }
    fn store(&mut self, cpu: &Cpu, at: Range<usize>, values: &[T]) {
        match self.columns(&at) {
            0 => states::values(cpu, &mut self.part(at), values),
            columns => sparse::stored_rows(cpu, &mut self.part(at), values, columns),
        }
    }
    fn rows(&mut self, cpu: &Cpu, at: Range<usize>, rows: TableRows<'_, T>) {
        sparse::table_rows(cpu, &mut self.part(at), rows);
    }
}

impl<T> fmt::Debug for Stored<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("accumulate", &self.accumulate).finish_non_exhaustive()
    }
}
impl<T> fmt::Debug for Fused<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fused").field("states", &self.all.count).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::update! {
        Descend { rate: f64 } (g; w) = [w - rate * g];
        Keeping { rate: f64 } (g; w, last) = { let _ = last; [w - rate * g, g] }
    }

    #[test]
    fn sums_and_values_as_gradients() {
        // a sum of one number is taken as it lies
        for len in [37, 1] {
            sums_and_values(len, 90);
        }
    }

    fn sums_and_values(len: usize, inner: usize) {
        let cpu = Cpu::new(2);
        let stream = crate::cpu::Random::new(1, 0).stream(0);
        let x: Vec<f64> = (0..(len * inner) as u64).map(|i| stream.uniform(i) as f64).collect();
        let mut sums = vec![0.0; inner];
        crate::cpu::sum(&cpu, &mut sums, &x, len, inner, 0.5);
        let before: Vec<f64> = (0..inner + 7).map(|i| i as f64).collect();

        let mut w = before.clone();
        let rule = Descend { rate: 2.0 };
        let mut fused = Fused::new([&mut w[..]], &rule);
        fused.sum(&cpu, 7..7 + inner, &x, len, inner, 0.5);
        fused.store(&cpu, 0..7, &sums[..7]);
        let grads = [&sums[..7], &sums[..]].concat();
        let want: Vec<f64> = before.iter().zip(&grads).map(|(w, g)| w - 2.0 * g).collect();
        assert_eq!(w, want);

        let mut gradient = vec![3.0; inner + 7];
        let mut stored = Stored { parameters: &before, gradient: &mut gradient, accumulate: false };
        stored.sum(&cpu, 7..7 + inner, &x, len, inner, 0.5);
        stored.store(&cpu, 0..7, &sums[..7]);
        stored.accumulate = true;
        stored.store(&cpu, 0..7, &sums[..7]);
        assert_eq!(stored.parameters(), before);
        let twice: Vec<f64> = sums[..7].iter().map(|g| 2.0 * g).collect();
        assert_eq!(gradient, [&twice[..], &sums[..]].concat());
    }

    #[test]
    fn each_run_follows_its_rule() {
        let cpu = Cpu::new(1);
        let (mut w, mut last) = ([0.0f32; 6], [9.0; 6]);
        let (one, two) = (Descend { rate: 1.0 }, Keeping { rate: 2.0 });
        let first = Rules::new(&one, None);
        let rules = Rules::new(&two, Some(&first));
        let runs = [
            Run { end: 2, rule: 1, columns: 0 },
            Run { end: 4, rule: 0, columns: 0 },
            Run { end: 6, rule: 1, columns: 0 },
        ];
        let mut fused = Fused::by_runs([&mut w[..], &mut last[..]], &rules, &runs);
        for at in [4..5, 0..2, 2..3, 3..4, 5..6] {
            let gradient = vec![1.0; at.len()];
            fused.store(&cpu, at, &gradient);
        }
        assert_eq!(w, [-2.0, -2.0, -1.0, -1.0, -2.0, -2.0]);
        assert_eq!(last, [1.0, 1.0, 9.0, 9.0, 1.0, 1.0]);
    }

    #[test]
    #[should_panic(expected = "a gradient of parameters with different rules")]
    fn a_gradient_is_of_one_run() {
        let (mut w, rule) = ([0.0f32; 4], Descend { rate: 1.0 });
        let first = Rules::new(&rule, None);
        let rules = Rules::new(&rule, Some(&first));
        let runs = [Run { end: 2, rule: 0, columns: 0 }, Run { end: 4, rule: 1, columns: 0 }];
        Fused::by_runs([&mut w[..]], &rules, &runs).store(&Cpu::new(1), 1..3, &[1.0, 1.0]);
    }

    #[test]
    #[should_panic(expected = "where the last run ends")]
    fn runs_are_of_all_that_learns() {
        let (mut w, mut last, rule) = ([0.0f32; 6], [0.0; 4], Keeping { rate: 1.0 });
        let rules = Rules::new(&rule, None);
        let _ = Fused::by_runs([&mut w[..], &mut last[..]], &rules, &[Run { end: 3, rule: 0, columns: 0 }]);
    }

    fn panics(f: impl FnOnce()) -> bool {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err()
    }

    /// A state without numbers is none that is missing: it has another length than a gradient with numbers.
    #[test]
    fn states_are_as_long_as_the_gradient() {
        let (cpu, rule) = (Cpu::new(1), Keeping { rate: 1.0 });
        for first in [0, 3, 4] {
            for second in [0, 3, 4] {
                for gradient in [0, 3, 4] {
                    let (mut w, mut last, g) =
                        (vec![0.0f32; first], vec![0.0f32; second], vec![1.0f32; gradient]);
                    let what = format!("states of {first} and {second}, gradient of {gradient}");
                    let refused = panics(|| states::update(&cpu, &mut [&mut w, &mut last], &g, 1.0, &rule));
                    assert_eq!(refused, first != gradient || second != gradient, "{what}");

                    let mut fused = |store: &dyn Fn(&mut Fused<'_, f32>)| {
                        panics(|| store(&mut Fused::new([&mut w[..], &mut last[..]], &rule)))
                    };
                    // the end of the first may be frozen
                    let refused = first < second || gradient > second;
                    assert_eq!(fused(&|to| to.store(&cpu, 0..gradient, &g)), refused, "{what}");
                    assert_eq!(
                        fused(&|to| to.sum(&cpu, 0..gradient, &g, 1, gradient, 1.0)),
                        refused,
                        "{what}"
                    );
                    let outer = |to: &mut Fused<'_, f32>| {
                        to.product(
                            &cpu,
                            0..gradient,
                            crate::cpu::matrix(&g, 1),
                            crate::cpu::matrix(&[1.0], 1),
                        );
                    };
                    assert_eq!(fused(&outer), refused, "{what}");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "several rules and no runs")]
    fn several_rules_need_runs() {
        let (mut w, rule) = ([0.0f32; 4], Descend { rate: 1.0 });
        let first = Rules::new(&rule, None);
        let _ = Fused::by_runs([&mut w[..]], &Rules::new(&rule, Some(&first)), &[]);
    }
}
