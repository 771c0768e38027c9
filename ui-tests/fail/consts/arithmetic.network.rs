use plywood::prelude::*;

const NOTHING: f32 = 0.0;
const INFINITE: f64 = f64::INFINITY;
const WORD: &str = "two";
const TINY: f64 = 1e-60;

network! {
    pub struct Net: [784] -> [10] {
        fc1: Linear(64),
        fc2: Linear(10),
        fn forward(x) {
            let h = fc1(x) / NOTHING + NOTHING; //~
            let h = INFINITE - h; //~
            let h = h * WORD; //~
            let h = h / (2.0 * NOTHING); //~
            let h = h + TINY; //~
            fc2(h + ABSENT) * NOTHING //~
        }
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
