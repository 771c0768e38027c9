use plywood::prelude::*;

network! {
    pub struct Net: [784] -> [10] {
        fc1: Linear(64),
        Pad(-1, mode: 1), //~
        LogSoftmax(dim: 0), //~
        Softmax(dim: 0), //~
        Bilinear(64, in1_features: 32, in2_features: 32, in3_features: 1), //~
        Slice(0, start: 0, length: 64, end: 64), //~
        Reshape([64], sizes: 2), //~
        Permute([0], dims: 2), //~
        PRelu(slope: 0.25), //~
        RmsNorm(bias: true), //~
        Reshape([2, 2, 2, 8]),
        Variance(0, unbiased: true), //~
        Max(0, keepdim: true), //~
        Min(0, keepdim: true), //~
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
