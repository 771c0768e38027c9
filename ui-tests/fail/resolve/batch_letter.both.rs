use plywood::prelude::*;

network! { struct Both: [N, 4] -> [N, 3] { fc1: Linear(8), Relu, fc2: Linear(3) } } //~

#[model([B, 5, 4] -> [B, 5, 3])] //~
struct Model {
    fc1: Linear<8>,
    act: Relu,
    fc2: Linear<3>,
}

fn main() {
    println!("{} {}", Both::init(1), Model::init(1));
    println!("{:?}", Both::init(1).predict(&[[0.0; 4]]));
}
