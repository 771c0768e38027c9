use plywood::prelude::*;

network! { struct Input: [32, 784] -> [10] { fc1: Linear(128), Relu, fc2: Linear(10) } } //~
network! { struct Both: [32, 784] -> [32, 10] { Flatten, fc1: Linear(128), fc2: Linear(10) } } //~
network! { struct Images: [64, 1, 28, 28] -> [64, 10] { fc1: Linear(128), fc2: Linear(10) } } //~

fn main() {
    println!("{} {} {}", Input::init(1), Both::init(1), Images::init(1));
}
