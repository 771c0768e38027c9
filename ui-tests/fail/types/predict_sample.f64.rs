use plywood::prelude::*;

network! { pub struct Net: [784] -> [10] { fc1: Linear(64), Relu, fc2: Linear(10) } }

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    let x: f64 = 0.5;
    net.predict(&[[x; 784]]); //~
    Ok(())
}
