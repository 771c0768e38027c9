use plywood::prelude::*;

network! {
    pub struct Pairs: [4, 16] -> [10] {
        Bilinear(8, in1_features: 8, in2_features: 9), //~
        Flatten,
        fc: Linear(10),
    }
}
network! {
    pub struct Lines: [4, 16] -> [10] {
        Linear(8, in_features: 4), //~
        Flatten,
        fc: Linear(10),
    }
}

fn main() {
    println!("{}", Pairs::init(1));
    println!("{}", Lines::init(1));
}
