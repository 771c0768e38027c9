use plywood::prelude::*;

#[model([784] -> [10])]
pub struct Net {
    fc1: nn::Linear<64>, //~
    relu: plywood::layers::Relu, //~
    fc2: Linear<10>,
}

fn main() {
    println!("{}", Net::init(1).parameters().fc1.bias[0]);
}
