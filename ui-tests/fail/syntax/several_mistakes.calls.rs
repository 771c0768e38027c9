use plywood::prelude::*;

network! {
    pub struct Net: [784] -> [10] {
        3 * Linear(64), //~
        fc1: Linear(64).relu(), //~
        fc2: Linear(64)?, //~
        layers!(), //~
        hidden: layers![64, 64], //~
        Linear(64) * 3, //~
        fc3: Linear("out_features": 10), //~
        /// nothing comes after //~
    }
}

fn main() {
    println!("{}", Net::init(1));
}
