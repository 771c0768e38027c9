use plywood::prelude::*;

#[model([784] -> [10])]
pub struct Net {
    fc1: Linear<64>,
    cube: Reshape<{ [2, 4, 8] }>,
    mean: Mean<1, -2>, //~
    flat: Flatten,
    fc2: Linear<10>,
}

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    println!("{net} {}", net.parameters().fc1.weight[0][0]);
    println!("{:?}", net.predict(&[[0.0; 784]])[0]);
    let mut trainer = Trainer::new(net, CrossEntropy, Adam::new(1e-3)).batch(8).on(Device::best())?;
    trainer.step(&[[0.0; 784]], &[3])?;
    trainer.finish()?.save("net.safetensors")
}
