use plywood::prelude::*;

network! { pub struct Net: [784] -> [10] { fc1: Linear(64), Relu, fc2: Linear(10) } }

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    net.parameters().fc1.weight[0][0] = 1.0; //~
    Ok(())
}
