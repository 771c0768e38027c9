use plywood::prelude::*;

network! { pub struct Net: [784] -> [10] { fc1: Linear(64), Relu, fc2: Linear(10) } }

fn main() -> plywood::Result<()> {
    let predictor = Predictor::new(Net::init(1), Device::best(), 8)?;
    predictor.predict(&[[0.0_f32; 783]])?; //~
    Ok(())
}
