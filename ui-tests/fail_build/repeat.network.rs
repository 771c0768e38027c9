use plywood::prelude::*;

network! {
    pub struct Net<const H: usize>: [784] -> [10] {
        fc1: Linear(H),
        blocks: repeat 3 { fc: Linear(64), Relu }, //~
        fc2: Linear(10),
    }
}

fn main() {
    println!("{}", Net::<32>::init(1));
}
