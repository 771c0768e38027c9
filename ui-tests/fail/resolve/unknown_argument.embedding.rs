use plywood::prelude::*;

network! {
    pub struct Elsewhere: (words: u32 [4]) -> [4, 3] {
        table: Embedding(100, embedding_dim: 3, padding_idx: 0), //~
    }
}

fn main() -> plywood::Result<()> {
    println!("{:?}", Elsewhere::init(1).predict(&[[7_u32; 4]])?[0]);
    Ok(())
}
