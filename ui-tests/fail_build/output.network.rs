use plywood::prelude::*;

network! {
    pub struct Net<const OUT: usize>: [784] -> [OUT] { //~
        fc1: Linear(64),
        fc2: Linear(10),
    }
}

fn main() {
    println!("{}", Net::<12>::init(1));
}
