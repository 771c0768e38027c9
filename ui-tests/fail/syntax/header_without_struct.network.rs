use plywood::prelude::*;

network! {
    pub Net: [784] -> [10] { //~
        fc1: Linear(10),
    }
}

fn main() {}
