use plywood::prelude::*;

network! {
    pub struct Net<const H: usize>: [784] -> [10] {
        fc1: Linear(H),
        Relu,
        fc2: Linear(10, in_features: 128), //~
    }
}

fn main() {
    println!("{}", Net::<128>::init(1));
    println!("{}", Net::<120>::init(1));
}
