//! The smallest network, and what it expands to: `expand.expanded.rs` beside this file, as `cargo expand` would show
//! it. Both are compiled here and trained side by side.
use plywood::prelude::*;

mod declared {
    plywood::network! {
        /// The smallest network worth the name.
        pub struct Smallest: [2] -> [1] {
            hidden: Linear(3),
            Tanh,
            out: Linear(1),
        }
    }
}

mod committed {
    include!("expand.expanded.rs");
}

fn main() -> plywood::Result<()> {
    let (xs, ys) = ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[0.0], [1.0], [1.0], [0.0]]);
    let learner = || (Mse::mean(), Adam::new(0.05));

    let (loss, optimizer) = learner();
    let mut first = Trainer::new(declared::Smallest::init(4), loss, optimizer).batch(4).on(Device::best())?;
    let (loss, optimizer) = learner();
    let mut second =
        Trainer::new(committed::Smallest::init(4), loss, optimizer).batch(4).on(Device::best())?;

    println!("step  declared     committed expansion");
    for step in 1..=500 {
        let (a, b) = (first.step(&xs, &ys)?, second.step(&xs, &ys)?);
        if step % 100 == 0 {
            println!("{step:4}  {a:.9}  {b:.9}");
        }
        assert_eq!(a.to_bits(), b.to_bits(), "step {step}: the committed expansion is not the macro's");
    }
    let (first, second) = (first.finish()?, second.finish()?);
    let bits =
        |weights: &[[f32; 2]; 3]| weights.as_flattened().iter().map(|w| w.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(first.parameters().hidden.weight), bits(second.parameters().hidden.weight));
    println!("xor: {:.3?}", first.predict(&xs).concat());
    Ok(())
}
