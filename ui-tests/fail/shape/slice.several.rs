use plywood::prelude::*;

network! {
    pub struct Long: [4, 16] -> [10] {
        Slice(1, start: 1, length: 16), //~
        Flatten,
        fc: Linear(10),
    }
}
network! {
    pub struct Late: [4, 16] -> [10] {
        Slice(0, start: 5, length: 1), //~
        Flatten,
        fc: Linear(10),
    }
}

fn main() {
    println!("{}", Long::init(1));
    println!("{}", Late::init(1));
}
