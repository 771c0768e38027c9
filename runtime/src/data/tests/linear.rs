//! Columns that are each named by itself take time in proportion to how many there are, by how long this thread ran.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::data::{Encoder, Missing, Table, Unknown};

/// How many times more columns the larger table has.
const MORE: usize = 8;

/// For how long this thread has run, where the system says so: on Linux, up to when the thread last gave way.
fn running() -> Duration {
    std::thread::yield_now();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse().ok());
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    nanoseconds.map_or_else(|| BEGAN.elapsed(), Duration::from_nanos)
}

/// A table of so many columns, each of them named again and again by an encoder.
fn case(width: usize) -> (Table, Encoder) {
    let names: Vec<String> = (0..width).map(|i| format!("column {i}")).collect();
    let table = Table::new(names.clone(), [vec!["1"; width], vec!["x"; width]]).expect("a table");
    let mut encoder = Encoder::new().inputs(&names[1..]).targets(names[0].as_str());
    for name in &names[1..] {
        encoder = encoder.one_hot(name).unknown(name, Unknown::Zeros).missing(name, Missing::MostFrequent);
    }
    (table, encoder.classes(names[0].as_str()))
}

fn takes((table, encoder): &(Table, Encoder)) -> Duration {
    let before = running();
    encoder.fit(table).expect("an encoding");
    running().saturating_sub(before)
}

#[test]
fn columns_named_one_by_one_are_found_in_linear_time() {
    let cases = [500, 500 * MORE].map(case);
    let mut best = cases.each_ref().map(takes);
    // the shortest of several counts; twice the factor is far from its square
    for _ in 0..5 {
        if best[1] < best[0] * (2 * MORE as u32) {
            return;
        }
        best.iter_mut().zip(&cases).for_each(|(best, case)| *best = takes(case).min(*best));
    }
    panic!("{MORE} times as many columns take {:?} instead of {:?}", best[1], best[0]);
}
