use plywood::prelude::*;

network! { pub struct Net: [784] -> [10] { fc1: Linear(64), Relu, fc2: Linear(10) } }

fn main() -> plywood::Result<()> {
    let mut trainer = Trainer::new(Net::init(1), Mse::mean(), Adam::new(1e-3)).on(Device::best())?;
    trainer.step(&[[0.0; 784]], &[[0.0; 9]])?; //~
    Ok(())
}
