use plywood::prelude::*;

network! {
    pub struct Quoted: (words: u32 [4]) -> [3] {
        bag: EmbeddingBag(100, embedding_dim: 3, mode: "Sum"), //~
    }
}
network! {
    pub struct Other: (words: u32 [4]) -> [3] {
        bag: EmbeddingBag(100, embedding_dim: 3, mode: average), //~
    }
}
#[model((words: u32 [4]) -> [3])]
pub struct Number {
    #[with(embedding_dim: 3, mode: 1)] //~
    bag: EmbeddingBag<100>,
}

fn main() -> plywood::Result<()> {
    println!("{} {}", Quoted::init(1), Quoted::init(1).parameters().bag.weight[0][0]);
    println!("{:?}", Other::init(1).predict(&[[7_u32; 4]])?[0]);
    println!("{:?}", Number::init(1).predict(&[[7_u32; 4]])?[0]);
    Ok(())
}
