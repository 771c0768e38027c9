use plywood::prelude::*;

network! {
    pub struct Net: [784] -> [10] {
        fc1: Linear(hidden_size: 64), //~
        fc2: Linear(n_units: 64), //~
        fc3: Linear(64, weight_init: normal(0.0, 0.02)), //~
        fc4: Linear(64, weight_init: normal(stddev: 0.02)), //~
        fc6: Linear(64, weight_init: normal(std, 0.02)), //~
        fc7: Linear(64, bias - false), //~
        fc8: Linear(64, weight_init: kaiming_normal(nonlinearity: "relu")), //~
        Hardtanh(-2, 2), //~
        norm: LayerNorm([64], 1e-3), //~
        GlobalAveragePooling2D, //~
        fc5: Linear(10),
    }
}

#[model([784] -> [10])]
pub struct Held {
    fc1: Option<Linear<64>>, //~
    fc2: Box<Linear<10>>, //~
    #[repeat(0)] //~
    blocks: Linear<10>,
}

fn main() {
    println!("{} {}", Net::init(1), Held::init(1));
}
