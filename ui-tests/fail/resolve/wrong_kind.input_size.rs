use plywood::prelude::*;

network! {
    pub struct Net: [784.5] -> [10] { //~
        fc1: Linear(10),
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net} {}", net.parameters().fc1.bias[0]);
}
