use plywood::prelude::*;

network! { pub struct Net: [784] -> [10] { fc1: Linear(10) } }

fn main() {
    let net = Net::init(1);
    let _ = Trainer::new(Net::init(1), Adam::new(1e-3), CrossEntropy).batch(8); //~ //~
    let _ = Trainer::new(&net, CrossEntropy, Adam::new(1e-3)).batch(8); //~
}
