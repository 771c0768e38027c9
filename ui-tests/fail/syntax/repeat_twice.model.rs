use plywood::prelude::*;

#[model([784] -> [10])]
pub struct Net {
    #[repeat(2)]
    #[repeat(3)] //~
    blocks: (Linear<784>, Tanh),
    out: Linear<10>,
}

fn main() {
    println!("{}", Net::init(1).parameters().blocks[0].layer_0.bias[0]);
}
