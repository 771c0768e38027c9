use plywood::prelude::*;

const HIDDEN: usize = 16;

network! {
    pub struct Net: [784] -> [10] {
        fc1: Linear(HIDDEN - 100), //~
        Relu,
        fc2: Linear(HIDDEN - 100),
        fc3: Linear(10),
    }
}

fn main() {
    println!("{}", Net::init(1));
}
