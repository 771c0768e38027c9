use plywood::prelude::*;

network! {
    pub struct Net: [2, 5] -> [2, 5] { //~
        Flatten,
        fc1: Linear(10),
    }
}

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    println!("{net} {}", net.parameters().fc1.weight[0][0]);
    println!("{:?}", net.predict(&[[[0.0; 5]; 2]])[0][1][4]);
    Trainer::new(net, Mse::mean(), Sgd::new(0.1)).on(Device::best())?.finish()?.save("net.safetensors")
}
