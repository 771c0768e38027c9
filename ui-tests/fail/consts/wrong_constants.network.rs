use plywood::prelude::*;

const SIGNED: i32 = -64;
const HUGE: usize = usize::MAX / 2;
const NONE: usize = 0;

network! {
    pub struct Net: [784] -> [10] {
        fc1: Linear(2 * SIGNED), //~
        fc2: Linear(SIGNED / 2),
        fc3: Linear(HUGE * 3), //~
        fc4: Linear(HUGE + SIGNED),
        fc5: Linear(NONE), //~
        blocks: repeat HUGE { Linear(NONE) },
        fc6: Linear(10),
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
