//! Expansions are plain Rust: those that are committed beside their declarations compile and train to the same bits.
use plywood::prelude::*;

mod stack {
    pub mod declared {
        include!("expand/stack.rs");
    }
    pub mod committed {
        include!("expand/stack.expanded.rs");
    }
}
mod axes {
    pub mod declared {
        include!("expand/axes.rs");
    }
    pub mod committed {
        include!("expand/axes.expanded.rs");
    }
}
mod repeat {
    pub mod declared {
        include!("expand/repeat.rs");
    }
    pub mod committed {
        include!("expand/repeat.expanded.rs");
    }
}
mod const_size {
    pub mod declared {
        include!("expand/const_size.rs");
    }
    pub mod committed {
        use super::declared::HIDDEN;
        include!("expand/const_size.expanded.rs");
    }
}
mod const_parameter {
    pub mod declared {
        include!("expand/const_parameter.rs");
    }
    pub mod committed {
        include!("expand/const_parameter.expanded.rs");
    }
}

mod blocks {
    pub mod declared {
        include!("expand/blocks.rs");
    }
    pub mod committed {
        include!("expand/blocks.expanded.rs");
    }
}
mod forward {
    pub mod declared {
        include!("expand/forward.rs");
    }
    pub mod committed {
        include!("expand/forward.expanded.rs");
    }
}

type Input = [[f32; 3]; 2];
type Output = [f32; 2];

/// The bits of everything there is to see: losses of ten steps, parameters after them, predictions.
fn trained<M: Model<Input = Input, Output = Output>>(text: &str) -> Vec<u32> {
    let model = M::init(5);
    assert_eq!(model.to_string(), text);
    let xs: Vec<Input> =
        (0..9).map(|i| [[0.1, -0.4, 0.3], [0.7, 0.2, -0.9]].map(|row| row.map(|x| x * i as f32))).collect();
    let ys: Vec<Output> = (0..9).map(|i| [i as f32 / 9.0, 1.0 - i as f32 / 5.0]).collect();
    let mut bits = vec![];
    // with the optimizer in the backward pass, and with gradients that are kept
    for accumulate in [1, 2] {
        let builder =
            Trainer::new(model.clone(), Mse::mean(), Adam::new(0.01)).batch(9).seed(3).threads(1).quiet();
        let mut trainer = builder.accumulate(accumulate).on(Device::Cpu).expect("a trainer of nine samples");
        bits.extend((0..10).map(|_| trainer.step(&xs, &ys).expect("a finite loss").to_bits()));
        let model = trainer.finish().expect("the model");
        bits.extend(model.named_parameters().flat_map(|p| p.values.to_vec()).map(f32::to_bits));
        bits.extend(model.predict(&xs).expect("nine samples").concat().iter().map(|y| y.to_bits()));
    }
    assert_ne!(bits[0], bits[9], "it learns");
    bits
}

fn same<A, B>()
where
    A: Model<Input = Input, Output = Output>,
    B: Model<Input = Input, Output = Output>,
{
    let text = A::init(5).to_string();
    assert_eq!(trained::<A>(&text), trained::<B>(&text));
}

#[test]
fn a_stack_trains_to_the_same_bits() {
    same::<stack::declared::Net, stack::committed::Net>();
}

#[test]
fn layers_along_axes_train_to_the_same_bits() {
    same::<axes::declared::Net, axes::committed::Net>();
}

#[test]
fn a_repeat_trains_to_the_same_bits() {
    same::<repeat::declared::Net, repeat::committed::Net>();
}

#[test]
fn blocks_and_branches_train_to_the_same_bits() {
    same::<blocks::declared::Net, blocks::committed::Net>();
}

/// What a network of several inputs and outputs comes to: losses of ten steps, parameters, outputs, gradients of inputs.
macro_rules! pairs {
    ($module:ident) => {{
        use forward::$module::{Net, NetInput, NetLoss, NetOutput};
        let model = Net::init(5);
        let xs: Vec<[f32; 3]> = (0..9).map(|i| [0.1, -0.4, 0.3].map(|x| x * i as f32)).collect();
        let words: Vec<[u32; 2]> = (0..9).map(|i| [i % 7, (3 * i) % 7]).collect();
        let inputs = NetInput { left: &xs[..], right: &xs[1..], word: &words[..] };
        let inputs = NetInput { left: &inputs.left[..8], right: inputs.right, word: &inputs.word[..8] };
        let targets = NetOutput { distance: &[[0.5]; 8][..], both: &[[0.1; 4]; 8][..] };
        let loss = NetLoss { distance: Mse::mean(), both: Weighted(0.5, Mse::mean()) };
        let trainer = Trainer::new(model, loss, Adam::new(0.01)).batch(8).seed(3).quiet();
        let mut trainer = trainer.on(Device::Cpu).expect("a trainer of eight samples");
        let mut bits = vec![];
        bits.extend((0..10).map(|_| trainer.step(inputs, targets).expect("a finite loss").to_bits()));
        assert_ne!(bits[0], bits[9], "it learns");
        let model = trainer.finish().expect("the model");
        bits.extend(model.named_parameters().flat_map(|p| p.values.to_vec()).map(f32::to_bits));
        let ys = model.predict(inputs).expect("eight samples");
        bits.extend(ys.distance.concat().iter().chain(&ys.both.concat()).map(|y| y.to_bits()));
        let gradients = model.input_gradients(inputs, &loss, targets).expect("eight samples");
        bits.extend(gradients.concat().iter().map(|d| d.to_bits()));
        (model.to_string(), bits)
    }};
}

#[test]
fn several_inputs_and_outputs_train_to_the_same_bits() {
    let declared = pairs!(declared);
    let committed = pairs!(committed);
    assert_eq!(declared, committed);
}

#[test]
fn a_constant_size_trains_to_the_same_bits() {
    same::<const_size::declared::Net, const_size::committed::Net>();
}

#[test]
fn a_const_parameter_trains_to_the_same_bits() {
    same::<const_parameter::declared::Net<7>, const_parameter::committed::Net<7>>();
    same::<const_parameter::declared::Net<1>, const_parameter::committed::Net<1>>();
}
