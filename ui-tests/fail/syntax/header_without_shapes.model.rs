use plywood::prelude::*;

#[model] //~
pub struct Net {
    fc1: Linear<64>,
    fc2: Linear<10>,
}

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    println!("{net} {}", net.parameters().fc1.weight[0][0]);
    println!("{:?}", net.predict(&[[0.0; 784]])[0]);
    net.save("net.safetensors")
}
