use plywood::prelude::*;

network! { pub struct Net: [4] -> [1] { fc: Linear(1) } }

fn main() -> plywood::Result<()> {
    let trainer = Trainer::new(Net::init(1), Mse, Adam::new(1e-3)).on(Device::best())?; //~
    println!("{trainer:?}");
    Ok(())
}
