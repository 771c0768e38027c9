use plywood::prelude::*;

network! {
    pub struct More: [4, 16] -> [10] {
        Reshape([8, 9]), //~
        Flatten,
        fc: Linear(10),
    }
}
network! {
    pub struct Fewer: [4, 16] -> [10] {
        Reshape([63]), //~
        Flatten,
        fc: Linear(10),
    }
}

fn main() {
    println!("{}", More::init(1));
    println!("{}", Fewer::init(1));
}
