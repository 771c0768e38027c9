use plywood::prelude::*;

const CLASSES: usize = 12;

network! {
    pub struct Net: [784] -> [CLASSES] { //~
        fc1: Linear(64),
        fc2: Linear(10),
    }
}

fn main() {}
