use plywood::prelude::*;

network! {
    pub struct Net<const H: usize>: [784] -> [10], max_bytes: 64 KB at 64 { //~
        fc1: Linear(H),
        Relu,
        fc2: Linear(10),
    }
}

fn main() {
    println!("{}", Net::<512>::init(1));
}
