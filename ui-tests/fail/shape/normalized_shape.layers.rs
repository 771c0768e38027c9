use plywood::prelude::*;

network! {
    pub struct Rms: [4, 16] -> [10] {
        RmsNorm(normalized_shape: [15]), //~
        Flatten,
        fc: Linear(10),
    }
}
network! {
    pub struct Whole: [4, 16] -> [10] {
        RmsNorm(normalized_shape: [16, 4]), //~
        Flatten,
        fc: Linear(10),
    }
}

fn main() {
    println!("{}", Rms::init(1));
    println!("{}", Whole::init(1));
}
