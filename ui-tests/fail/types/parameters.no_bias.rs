use plywood::prelude::*;

network! { pub struct Net: [784] -> [10] { fc1: Linear(10, bias: false) } }

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    let bias: &[f32; 10] = net.parameters().fc1.bias; //~
    println!("{bias:?}");
    Ok(())
}
