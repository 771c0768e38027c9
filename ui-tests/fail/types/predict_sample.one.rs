use plywood::prelude::*;

network! { pub struct Net: [784] -> [10] { fc1: Linear(64), Relu, fc2: Linear(10) } }

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    net.predict(&[0.0; 784]); //~
    Ok(())
}
