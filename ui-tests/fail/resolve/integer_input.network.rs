use plywood::prelude::*;

network! {
    pub struct Net: (tokens: u32 [64]) -> [10] {
        fc1: Linear(10), //~
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net} {}", net.parameters().fc1.weight[0][0]);
    println!("{:?}", net.predict(&[[7_u32; 64]]).map(|ys| ys[0]));
}
