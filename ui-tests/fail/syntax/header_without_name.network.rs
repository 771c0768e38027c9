use plywood::prelude::*;

network! {
    pub struct: [784] -> [10] { //~
        fc1: Linear(64),
    }
}

fn main() {}
