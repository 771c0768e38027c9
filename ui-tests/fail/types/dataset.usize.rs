use plywood::prelude::*;

network! { pub struct Net: [784] -> [10] { fc1: Linear(64), Relu, fc2: Linear(10) } }

fn main() -> plywood::Result<()> {
    let data: Dataset<[f32; 784], usize> = Dataset::new(vec![], vec![])?;
    let mut trainer = Trainer::new(Net::init(1), CrossEntropy, Adam::new(1e-3)).on(Device::best())?;
    trainer.epoch(&data)?; //~
    Ok(())
}
