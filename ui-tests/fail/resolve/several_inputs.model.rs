use plywood::prelude::*;

#[model((image: [784], mask: [784]) -> [10])] //~
pub struct Net {
    fc1: Linear<10>,
}

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    println!("{net} {}", net.parameters().fc1.weight[0][0]);
    let ys = net.predict(NetInput { image: &[[0.0; 784]], mask: &[[0.0; 784]] })?;
    println!("{:?}", ys[0]);
    net.save("net.safetensors")
}
