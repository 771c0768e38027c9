use plywood::prelude::*;

network! {
    pub Net: [784] -> [10] { //~
        fc1: Linear(64),
    }
}

fn main() {}
