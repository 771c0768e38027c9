use plywood::prelude::*;

#[model([784] -> [10])]
pub struct Net<const H: usize> {
    fc1: Linear<H>,
    relu: Relu,
    #[with(in_features: 128)] //~
    fc2: Linear<10>,
}

fn main() {
    println!("{}", Net::<120>::init(1));
}
