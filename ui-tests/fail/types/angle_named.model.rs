use plywood::prelude::*;

#[model([784] -> [10])]
pub struct Net {
    // rustc has a form of its own for it, which is not finished
    fc1: Linear<16, bias = false>, //~ //~
    fc2: Linear<10>,
}

fn main() {
    println!("{}", Net::init(1));
}
