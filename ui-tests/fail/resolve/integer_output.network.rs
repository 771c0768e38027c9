use plywood::prelude::*;

network! {
    pub struct Net: [64] -> u32 [10] { //~
        fc1: Linear(10),
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net} {}", net.parameters().fc1.weight[0][0]);
    println!("{:?}", net.predict(&[[0.0; 64]])[0]);
}
