use plywood::prelude::*;

network! {
    pub struct Pads: [4, 16] -> [10] {
        Pad(2), //~
        Flatten,
        fc: Linear(10),
    }
}
network! {
    pub struct Logs: [4, 16] -> [10] {
        LogSoftmax(2), //~
        Flatten,
        fc: Linear(10),
    }
}
network! {
    pub struct Softs: [4, 16] -> [10] {
        Softmax(-3), //~
        Flatten,
        fc: Linear(10),
    }
}
network! {
    pub struct Cuts: [4, 16] -> [10] {
        Slice(2, start: 0, length: 1), //~
        Flatten,
        fc: Linear(10),
    }
}
network! {
    pub struct Turns: [4, 16] -> [10] {
        Permute([0, 2]), //~
        Flatten,
        fc: Linear(10),
    }
}
network! {
    pub struct Largest: [4, 16] -> [10] {
        Max(2), //~
        Flatten,
        fc: Linear(10),
    }
}
network! {
    pub struct Smallest: [4, 16] -> [10] {
        Min([0, -3]), //~
        Flatten,
        fc: Linear(10),
    }
}
network! {
    pub struct Varies: [4, 16] -> [10] {
        Variance(2), //~
        Flatten,
        fc: Linear(10),
    }
}
network! {
    pub struct Layers: [4, 16] -> [10] {
        LayerNorm(normalized_shape: [2, 4, 16]), //~
        Flatten,
        fc: Linear(10),
    }
}

fn main() {
    println!("{}", Pads::init(1));
    println!("{}", Logs::init(1));
    println!("{}", Softs::init(1));
    println!("{}", Cuts::init(1));
    println!("{}", Turns::init(1));
    println!("{}", Largest::init(1));
    println!("{}", Smallest::init(1));
    println!("{}", Varies::init(1));
    println!("{}", Layers::init(1));
}
