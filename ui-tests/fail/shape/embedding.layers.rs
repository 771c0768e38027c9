use plywood::prelude::*;

network! {
    pub struct Real: [4] -> [4, 3] {
        table: Embedding(100, embedding_dim: 3), //~
    }
}
network! {
    pub struct Padding: (words: u32 [4]) -> [4, 3] {
        table: Embedding(100, embedding_dim: 3, padding_index: 100), //~
    }
}

fn main() {
    println!("{} {}", Real::init(1), Padding::init(1));
}
