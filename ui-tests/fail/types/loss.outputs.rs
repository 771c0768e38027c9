use plywood::prelude::*;

network! {
    pub struct Net: [8] -> (class: [3], value: [1]) {
        class: Linear(3), value: Linear(1),
        fn forward(x) { (class: class(x), value: value(x)) }
    }
}

fn main() -> plywood::Result<()> {
    let _ = Trainer::new(Net::init(1), CrossEntropy, Adam::new(1e-3)); //~
    let _ = Trainer::new(Net::init(1), CosineEmbedding::mean(), Adam::new(1e-3)); //~
    Ok(())
}
