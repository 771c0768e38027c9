use plywood::prelude::*;

network! {
    pub struct Net: [784] -> [10] {
        fc1: Linear(64),
        Pad, //~
        Pad(before: 1), //~
        Embedding(64), //~
        bag: EmbeddingBag, //~
        Permute, //~
        Max, //~
        Min, //~
        Variance(correction: 0), //~
        fc2: Linear(10),
    }
}

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    println!("{net} {}", net.parameters().fc1.weight[0][0]);
    println!("{:?}", net.predict(&[[0.0; 784]])[0]);
    let mut trainer = Trainer::new(net, CrossEntropy, Adam::new(1e-3)).batch(8).on(Device::best())?;
    trainer.step(&[[0.0; 784]], &[3])?;
    trainer.finish()?.save("net.safetensors")
}
