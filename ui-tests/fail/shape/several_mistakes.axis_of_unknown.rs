use plywood::prelude::*;

network! {
    pub struct Net: [4, 784] -> [10] {
        fc1: Linear(-8), //~
        Softmax(axis: 2), //~
        Flatten,
        fc2: Linear(10),
    }
}

fn main() {
    println!("{}", Net::init(1));
}
