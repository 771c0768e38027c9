use plywood::prelude::*;

network! {
    pub struct Net: [784] -> [10] {
        fc1: Linear(64, Relu), //~
        fc2: Linear(64, "tanh"), //~
        fc3: Linear(64, false), //~
        fc4: Linear(64, bias), //~
        fc5: Linear(units: 64), //~
        fc6: Linear(64, activation: "relu"), //~
        fc7: Linear(64, use_bias: false), //~
        fc8: Linear(64, weight_init: he_normal), //~
        fc9: Linear(64, weight_init: "glorot_uniform"), //~
        fc10: Linear(64, trainable: false), //~
        fc11: Linear(64, input_shape: [784]), //~
        Dropout(rate: 0.5), //~
        norm1: LayerNorm(64), //~
        norm2: LayerNorm(eps: -1e-5), //~
        Reshape(8, 8), //~
        Permute(1, 0), //~
        Sum(0, keepdim: true), //~
        Embedding(9, 4), //~
        Activation("relu"), //~
        Input(784), //~
        MSELoss(), //~
        Linear(Relu), //~
        out: Linear(10),
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
