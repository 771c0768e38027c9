use plywood::prelude::*;

network! {
    pub struct Net: [784] -> (class: [10], score: [1]) { //~
        fc1: Linear(10),
    }
}

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    println!("{net} {}", net.parameters().fc1.weight[0][0]);
    println!("{:?}", net.predict(&[[0.0; 784]]).class[0]);
    net.save("net.safetensors")
}
