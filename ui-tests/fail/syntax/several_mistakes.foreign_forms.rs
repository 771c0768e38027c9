use plywood::prelude::*;

network! {
    pub struct Net: [784] -> [10] {
        let fc1 = Linear(64); //~
        self.fc2 = nn.Linear(64, 32), //~
        pub fc3: Linear(32), //~
        fc-4: Linear(32), //~
        fc-: Linear(32), //~
        fc5:: Linear(32), //~
        fc6: nn.ReLU(), //~
        fc7: Linear(32) -> Relu, //~
        fc8: #[frozen] Linear(32), //~
        # hidden //~
        fc9: Linear(32),
        for _ in 0..3 { fc: Linear(32), Relu }, //~
        Repeat 3 { fc: Linear(32), Relu }, //~
        sum { Linear(32) }, //~
        Relu,
        [Linear(32); 3], //~
        Relu,
        (Linear(32), Relu), //~
        if true { Relu }, //~
        match, //~
        max_bytes: 4 MB at 64, //~
        "relu", //~
        Linear(32) foo, //~
        //! inside //~
        out: Linear(10),
    }
}

fn main() -> plywood::Result<()> {
    let net = Net::init(1);
    println!("{net} {} {}", net.parameters().fc_4.weight[0][0], net.parameters().out.bias[0]);
    println!("{:?}", net.predict(&[[0.0; 784]])[0]);
    let mut trainer = Trainer::new(net, CrossEntropy, Adam::new(1e-3)).batch(8).on(Device::best())?;
    trainer.step(&[[0.0; 784]], &[3])?;
    trainer.finish()?.save("net.safetensors")
}
