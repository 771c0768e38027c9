use plywood::prelude::*;

network! {
    pub struct Net: [784] -> [10] {
        Self: Linear(64), //~
        crate: Linear(10), //~
    }
}

fn main() {
    println!("{}", Net::init(1));
}
