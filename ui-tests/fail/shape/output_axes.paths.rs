use plywood::prelude::*;

mod a {
    pub const H: usize = 5;
}
mod b {
    pub const H: usize = 7;
}

network! {
    pub struct Net: [784] -> [7, a::H] { //~
        Linear(b::H),
        fc1: Linear(a::H),
        fc2: Linear(b::H),
    }
}

fn main() {
    println!("{}", Net::init(1));
}
