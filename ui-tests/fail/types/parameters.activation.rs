use plywood::prelude::*;

network! { pub struct Net: [784] -> [10] { fc1: Linear(10), relu: Relu } }

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    println!("{:?}", net.parameters().relu); //~
    Ok(())
}
