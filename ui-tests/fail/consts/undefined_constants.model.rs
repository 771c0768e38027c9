use plywood::prelude::*;

#[model([784] -> [10])]
pub struct Net {
    fc1: Linear<HIDDEN>, //~
    fc2: Linear<{ 2 * HIDDEN + 1 }>,
    #[repeat(TIMES)] //~
    blocks: (Linear<HIDDEN>, Linear<{ 2 * HIDDEN + 1 }>),
    fc3: Linear<10>,
}

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    println!("{net} {}", net.parameters().fc1.weight[0][0]);
    println!("{:?}", net.predict(&[[0.0; 784]])[0]);
    let mut trainer = Trainer::new(net, CrossEntropy, Adam::new(1e-3)).batch(8).on(Device::best())?;
    trainer.step(&[[0.0; 784]], &[3])?;
    trainer.finish()?.save("net.safetensors")
}
