use plywood::prelude::*;

#[model([784] -> [10])]
#[derive(Default, serde::Serialize)] //~ //~
pub struct Net {
    #[with("bias")] //~
    fc1: Linear<64>,
    #[with(false)] //~
    fc2: Linear<64>,
    blocks: Vec<Linear<64>>, //~
    array: [Linear<64>; 3], //~
    marker: PhantomData<()>, //~
    repeat: Repeat<3>, //~
    out: Linear<10>,
}

fn main() {
    let net = Net::init(1);
    println!("{net} {}", net.parameters().fc1.weight[0][0]);
}
