#![deny(unused_must_use)]
use plywood::prelude::*;

network! { pub struct Net: [784] -> [10] { fc1: Linear(64), Relu, fc2: Linear(10) } }

fn main() {
    Net::init(1).predict(&[[0.5; 784]]); //~
}
