use plywood::prelude::*;

network! {
    pub struct Net: [4294967296, 4294967296, 4294967296, 4294967296] -> [4294967296, 4294967296] { //~ //~
        fc1: Linear(10),
    }
}

fn main() {
    println!("{}", Net::init(1));
}
