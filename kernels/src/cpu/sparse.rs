//! Gradients of tables of which few rows are read at a time, and updates that leave the other rows as they are.

use std::ops::Range;

use super::isa::{Work, run};
use super::kernel::kernel;
use super::processor::Cpu;
use super::real::Real;
use super::scratch::Shared;
use super::simd::Simd;
use super::sizes::rows as rows_of;
use super::states::{SharedStates, Updatable};
use super::update::Update;

/// The gradient of a table: row `i` is the sum of the rows `n` of some values with `indices[n] = i`, in their order, and 0
/// where there is none.
#[derive(Clone, Copy, Debug)]
pub struct TableRows<'a, T> {
    indices: &'a [u32],
    order: &'a [u32],
    values: &'a [T],
    columns: usize,
    padding: Option<usize>,
}

impl<'a, T> TableRows<'a, T> {
    /// Of `values` in rows of `columns` numbers, one for each index. `order` is what
    /// [`order`](crate::ops::gather::order) makes of `indices`.
    ///
    /// # Panics
    /// If lengths do not fit, or `order` is another one.
    pub fn new(indices: &'a [u32], order: &'a [u32], values: &'a [T], columns: usize) -> TableRows<'a, T> {
        assert_eq!(order.len(), indices.len(), "positions of indices");
        assert!(
            columns > 0 && rows_of(values.len(), columns) == indices.len(),
            "rows of {columns} for indices"
        );
        let rows = TableRows { indices, order, values, columns, padding: None };
        assert!(order.iter().all(|n| (*n as usize) < indices.len()), "positions that are not there");
        // what is updated at once are different rows
        let sorted = order.is_sorted_by(|a, b| {
            let at = |n: u32| (indices[n as usize], n);
            at(*a) < at(*b)
        });
        assert!(sorted, "positions that are not sorted by their indices");
        rows
    }

    /// The same, but 0 in the row `padding`.
    #[must_use]
    pub fn without(self, padding: usize) -> TableRows<'a, T> {
        TableRows { padding: Some(padding), ..self }
    }

    fn row(&self, place: usize) -> usize {
        self.indices[self.order[place] as usize] as usize
    }

    /// The places in the order that name the same row as the one at `first`.
    fn group(&self, first: usize) -> Range<usize> {
        let row = self.row(first);
        let more = self.order[first..].iter().take_while(|n| self.indices[**n as usize] as usize == row);
        first..first + more.count()
    }
}

/// Places per item of work.
const PLACES: usize = 64;
/// Numbers of a row that are summed up at once.
const PART: usize = 256;
/// Numbers of a gradient per item of work, rounded up to rows.
const ITEM: usize = 16 * 1024;

kernel! {
    /// `states[..][i] = rule(scale * gradient[i], states[..][i])` in the rows of `columns` numbers whose gradient is not 0
    /// everywhere; the others stay as they are.
    ///
    /// # Panics
    /// If there are not as many states as the rule wants, or one has another length than `gradient`, or that is no rows.
    pub fn update_rows<T>(
        cpu: &Cpu, states: &mut [&mut [T]], gradient: &[T], scale: f64, columns: usize, rule: &dyn Update<T>,
    ) = update_rows_kernel;
    /// The same of what is handed over.
    pub(super) fn stored_rows<T>(
        cpu: &Cpu, to: &mut Updatable<'_, T>, gradient: &[T], columns: usize,
    ) = stored_rows_kernel;
    /// The gradient of `to` is `rows`: those that are not 0 everywhere are updated, the others stay as they are.
    pub(super) fn table_rows<T>(cpu: &Cpu, to: &mut Updatable<'_, T>, rows: TableRows<'_, T>) = table_rows_kernel;
    /// `y = 0`
    pub(super) fn clear<T>(cpu: &Cpu, y: &mut [T]) = clear_kernel;
}

fn update_rows_kernel<T: Real>(
    cpu: &Cpu,
    states: &mut [&mut [T]],
    gradient: &[T],
    scale: f64,
    columns: usize,
    rule: &dyn Update<T>,
) {
    let mut to = Updatable::new(states.iter_mut().map(|state| &mut **state), rule);
    scaled_rows(cpu, &mut to, gradient, T::from_f64(scale), columns);
}

fn stored_rows_kernel<T: Real>(cpu: &Cpu, to: &mut Updatable<'_, T>, gradient: &[T], columns: usize) {
    scaled_rows(cpu, to, gradient, T::ONE, columns);
}

fn scaled_rows<T: Real>(cpu: &Cpu, to: &mut Updatable<'_, T>, gradient: &[T], scale: T, columns: usize) {
    assert_eq!(to.len(), gradient.len(), "lengths of a gradient and of what it updates");
    let count = rows_of(gradient.len(), columns);
    let tall = ITEM.div_ceil(columns.max(1));
    let target = Target::of(to, scale);
    cpu.each(count.div_ceil(tall), |_, item| {
        let last = count.min((item + 1) * tall);
        let has = |row: &usize| gradient[row * columns..][..columns].iter().any(|g| *g != T::ZERO);
        let mut row = item * tall;
        while let Some(first) = (row..last).find(has) {
            row = (first..last).find(|row| !has(row)).unwrap_or(last);
            let part = &gradient[first * columns..row * columns];
            // SAFETY: items are disjoint rows
            unsafe { target.update(first * columns, part) };
        }
    });
}

fn table_rows_kernel<T: Real>(cpu: &Cpu, to: &mut Updatable<'_, T>, rows: TableRows<'_, T>) {
    let (places, columns) = (rows.order.len(), rows.columns);
    let count = rows_of(to.len(), columns);
    // the last place has the largest index
    let worst = places.checked_sub(1).map_or(0, |last| rows.row(last));
    assert!(places == 0 || worst < count, "index {worst} of {count} rows");
    let target = Target::of(to, T::ONE);
    cpu.each(places.div_ceil(PLACES), |_, item| {
        let mut first = item * PLACES;
        let end = places.min(first + PLACES);
        // a row belongs to the item in which it begins
        while first < end && first > 0 && rows.row(first) == rows.row(first - 1) {
            first += 1;
        }
        while first < end {
            let group = rows.group(first);
            first = group.end;
            // SAFETY: groups are of different rows
            unsafe { update_row(&target, &rows, group) };
        }
    });
}

/// # Safety
/// As long as this runs, nobody else has the row.
unsafe fn update_row<T: Real>(target: &Target<'_, '_, T>, rows: &TableRows<'_, T>, group: Range<usize>) {
    let (row, columns) = (rows.row(group.start), rows.columns);
    if rows.padding == Some(row) {
        return;
    }
    let mut sums = [T::ZERO; PART];
    // a row is updated as a whole: of one with several parts all are looked at before
    if columns > PART {
        let is_zero =
            |start: usize| sum(rows, &group, start, &mut [T::ZERO; PART]).iter().all(|sum| *sum == T::ZERO);
        if (0..columns).step_by(PART).all(is_zero) {
            return;
        }
    }
    for start in (0..columns).step_by(PART) {
        let sums = sum(rows, &group, start, &mut sums);
        if columns > PART || sums.iter().any(|sum| *sum != T::ZERO) {
            // SAFETY: as is demanded
            unsafe { target.update(row * columns + start, sums) };
        }
    }
}

/// The part of a row's sum that begins at column `start`.
fn sum<'s, T: Real>(
    rows: &TableRows<'_, T>,
    group: &Range<usize>,
    start: usize,
    sums: &'s mut [T; PART],
) -> &'s [T] {
    let sums = &mut sums[..PART.min(rows.columns - start)];
    run::<T, _>(Sum { rows, group: group.clone(), start, sums });
    sums
}

struct Sum<'a, 'r, T> {
    rows: &'a TableRows<'r, T>,
    group: Range<usize>,
    start: usize,
    sums: &'a mut [T],
}

impl<T: Real> Work for Sum<'_, '_, T> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Sum { rows, group, start, sums } = self;
        sums.fill(T::ZERO);
        for n in &rows.order[group] {
            let values = &rows.values[*n as usize * rows.columns + start..][..sums.len()];
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = *sum + *value;
            }
        }
    }
}

/// What is updated, for several members to update disjoint parts of.
struct Target<'t, 'a, T> {
    rule: &'a dyn Update<T>,
    states: &'t SharedStates<'a, T>,
    scale: T,
}

impl<'t, 'a, T: Real> Target<'t, 'a, T> {
    fn of(to: &'t mut Updatable<'a, T>, scale: T) -> Target<'t, 'a, T> {
        Target { rule: to.rule(), states: to.shared(), scale }
    }

    /// Updates what begins at `at` by its gradient.
    ///
    /// # Safety
    /// As long as this runs, nobody else has that part of the states.
    unsafe fn update(&self, at: usize, gradient: &[T]) {
        // SAFETY: as is demanded
        unsafe { self.states.update(at, gradient, &self.scale, self.rule) };
    }
}

fn clear_kernel<T: Real>(cpu: &Cpu, y: &mut [T]) {
    let len = y.len();
    let y = Shared::new(y);
    cpu.each(len.div_ceil(ITEM), |_, item| {
        let at = item * ITEM;
        // SAFETY: items are disjoint
        unsafe { y.slice(at, ITEM.min(len - at)) }.fill(T::ZERO);
    });
}

#[cfg(test)]
mod tests {
    use super::super::states::update;
    use super::*;
    use crate::cpu::Random;
    use crate::cpu::isa::each_isa;
    use crate::ops::gather;

    crate::update! {
        Momentum { rate: f64, momentum: f64 } (g; w, m) = {
            let m = momentum * m + g;
            [w - rate * m, m]
        }
    }
    const RULE: Momentum = Momentum { rate: 0.5, momentum: 0.75 };
    /// Rows, columns, and how many indices.
    const SIZES: [[usize; 3]; 7] =
        [[1, 1, 1], [5, 3, 0], [7, 16, 20], [5, 17, 3000], [9000, 5, 700], [300, 300, 90], [2, 513, 4]];

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let stream = Random::new(seed, 0).stream(0);
        (0..count as u64).map(|i| stream.uniform(i) - 0.5).collect()
    }

    /// Few rows of many, the padding among them, one of them with a gradient of 0.
    fn case([rows, columns, count]: [usize; 3]) -> (Vec<u32>, Vec<f32>, usize) {
        let indices: Vec<u32> = numbers(count, 3).iter().map(|x| ((x + 0.5) * rows as f32) as u32).collect();
        let mut dy = numbers(count * columns, 4);
        if let Some(none) = indices.last() {
            let of_it = |n: &usize| indices[*n] == *none;
            (0..count).filter(of_it).for_each(|n| dy[n * columns..][..columns].fill(0.0));
        }
        let padding = indices.first().map_or(0, |index| *index as usize);
        (indices, dy, padding)
    }

    #[test]
    fn rows_with_a_gradient_are_updated_as_in_a_loop() {
        for size @ [rows, columns, count] in SIZES {
            let (indices, dy, padding) = case(size);
            let [w, m] = [5, 6].map(|seed| numbers(rows * columns, seed));
            for threads in [1, 3] {
                let cpu = Cpu::new(threads);
                each_isa(|_| {
                    let mut order = vec![u32::MAX; count];
                    gather::order(&cpu, &mut order, &indices);
                    for padding in [None, Some(padding)] {
                        let mut gradient = vec![0.0f32; rows * columns];
                        match padding {
                            None => gather::scatter(&cpu, &mut gradient, &indices, &dy, columns),
                            Some(p) => {
                                gather::scatter_without(&cpu, &mut gradient, &indices, &dy, columns, p);
                            }
                        }
                        let (mut want, mut moments) = (w.clone(), m.clone());
                        for row in 0..rows {
                            let at = row * columns..(row + 1) * columns;
                            if gradient[at.clone()].iter().any(|g| *g != 0.0) {
                                let mut states = [&mut want[at.clone()], &mut moments[at.clone()]];
                                update(&cpu, &mut states, &gradient[at], 1.0, &RULE);
                            }
                        }
                        let table = || match padding {
                            None => TableRows::new(&indices, &order, &dy, columns),
                            Some(p) => TableRows::new(&indices, &order, &dy, columns).without(p),
                        };
                        let [mut a, mut b] = [w.clone(), m.clone()];
                        table_rows(&cpu, &mut Updatable::new([&mut a[..], &mut b[..]], &RULE), table());
                        assert_eq!((&a, &b), (&want, &moments), "{size:?}");
                        let [mut a, mut b] = [w.clone(), m.clone()];
                        update_rows(&cpu, &mut [&mut a, &mut b], &gradient, 1.0, columns, &RULE);
                        assert_eq!((&a, &b), (&want, &moments), "{size:?}");
                    }
                });
            }
        }
    }

    #[test]
    fn an_order_is_by_indices_and_stable() {
        let mut order = [9; 6];
        gather::order(&Cpu::new(1), &mut order, &[4, 1, 4, 0, 1, 4]);
        assert_eq!(order, [3, 1, 4, 0, 2, 5]);
    }

    #[test]
    #[should_panic(expected = "not sorted by their indices")]
    fn an_order_of_others_is_refused() {
        let _ = TableRows::new(&[1, 0], &[0, 1], &[0.0f32; 4], 2);
    }

    #[test]
    #[should_panic(expected = "not sorted by their indices")]
    fn a_place_stands_once_in_an_order() {
        let _ = TableRows::new(&[1, 1], &[0, 0], &[0.0f32; 4], 2);
    }

    #[test]
    #[should_panic(expected = "positions that are not there")]
    fn a_place_is_one_of_an_index() {
        let _ = TableRows::new(&[0], &[7], &[0.0f32; 2], 2);
    }

    #[test]
    #[should_panic(expected = "index 3 of 3 rows")]
    fn an_index_has_a_row() {
        let (mut w, mut m) = ([0.0f32; 6], [0.0f32; 6]);
        let mut to = Updatable::new([&mut w[..], &mut m[..]], &RULE);
        table_rows(&Cpu::new(1), &mut to, TableRows::new(&[3], &[0], &[0.0f32; 2], 2));
    }
}
