use plywood::prelude::*;

network! {
    pub struct One: [8] -> [5] {
        pair: Bilinear(5), //~
    }
}
network! {
    pub struct Two: (left: [8], right: [2, 8]) -> [5] {
        pair: Bilinear(5),
        fn forward(left, right) {
            pair(left, right) //~
        }
    }
}
network! {
    pub struct Three: (left: [8], right: [8]) -> [5] {
        pair: Bilinear(5),
        fn forward(left, right) {
            pair(left, right, left) //~
        }
    }
}
network! {
    pub struct Apart: (left: [8], right: [6]) -> [1] {
        fn forward(left, right) {
            cosine_similarity(left, right).reshape([1]) //~
        }
    }
}

network! {
    pub struct Indices: (left: [8], right: u32 [8]) -> [1] {
        fn forward(left, right) {
            pairwise_distance(left, right).reshape([1]) //~
        }
    }
}

fn main() {
    println!("{} {} {} {} {}", One::init(1), Two::init(1), Three::init(1), Apart::init(1), Indices::init(1));
}
