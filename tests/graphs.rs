//! Random networks and some made by hand, built below the language and compiled like declared ones: what their code computes
//! is what the interpreter of their graphs does, with the same bits on any number of threads.
use plywood_tests::case::{Case, Given, Made};
use plywood_tests::model::placed;

include!(concat!(env!("OUT_DIR"), "/graphs.rs"));

#[test]
fn the_code_of_random_networks_computes_what_their_graphs_say() {
    let mut failed = vec![];
    for case in CASES {
        for n in [1, 3, 17] {
            if let Err(wrong) = case.check(n) {
                failed.push((case.training.len(), case.name, n, wrong));
                break;
            }
        }
    }
    failed.sort();
    if let Some((_, name, n, wrong)) = failed.first() {
        let case = CASES.iter().find(|case| case.name == *name).expect("it failed");
        let graph = case.training.join("\n");
        panic!(
            "{} of {} fail, the smallest is `{name}` with {n} samples: {wrong}\n{graph}",
            failed.len(),
            CASES.len()
        );
    }
    let parts: usize = CASES.iter().map(|case| placed(case.entries).len()).sum();
    assert!(parts > CASES.len(), "the networks were small");
}
