use plywood::prelude::*;

const HIDDEN: usize = 120;
const CLASSES: usize = 12;

network! {
    pub struct Net: [784] -> [CLASSES] { //~
        fc1: Linear(HIDDEN),
        fc2: Linear(10, in_features: 128), //~
    }
}

fn main() {}
