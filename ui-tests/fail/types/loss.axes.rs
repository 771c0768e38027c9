use plywood::prelude::*;

network! { pub struct Net: [28, 28] -> [28, 10] { fc1: Linear(10) } }

fn main() -> plywood::Result<()> {
    let _ = Trainer::new(Net::init(1), Nll::mean(), Adam::new(1e-3)); //~
    Ok(())
}
