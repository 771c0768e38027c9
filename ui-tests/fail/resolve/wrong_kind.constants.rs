use plywood::prelude::*;

const P: f32 = 0.1;
const BIAS: bool = false;
const AXIS: i64 = -1;

network! {
    pub struct Net: [784] -> [10] {
        Dropout(P), //~
        fc1: Linear(64, bias: BIAS), //~
        Softmax(axis: AXIS), //~
        LayerNorm([64], eps: 2.0 * P), //~
        fc2: Linear(10, weight_init: normal(std: P)), //~
    }
}

fn main() {
    println!("{} {P} {BIAS} {AXIS}", Net::init(1));
}
