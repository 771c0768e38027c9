use plywood::prelude::*;

#[model([784] -> [10])]
pub struct Net {
    type: Linear<64>, //~ //~
    fc2: Linear<10>,
}

fn main() {
    println!("{}", Net::init(1));
}
