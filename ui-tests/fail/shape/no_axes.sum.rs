use plywood::prelude::*;

network! {
    pub struct Net: [784] -> [10] {
        Max(0),
        fc: Linear(10), //~
    }
}

fn main() {
    println!("{}", Net::init(1));
}
