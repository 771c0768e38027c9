use plywood::prelude::*;

network! {
    pub struct Net: [784] -> [10] {
        fc1: Linear(64),
        Pad(0.5), //~
        Pad(0, before: -1), //~
        Pad(0, value: zero), //~
        LogSoftmax(0.5), //~
        Bilinear(64, in1_features: 0.5, in2_features: 32), //~
        PRelu(init: zero), //~
        RmsNorm(normalized_shape: 64), //~
        Variance([0, 0.5]), //~
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
