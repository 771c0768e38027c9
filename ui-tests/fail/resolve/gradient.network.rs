use plywood::prelude::*;

network! {
    pub struct Net: (#[gradient] words: u32 [6]) -> [3] { //~
        Embedding(50, embedding_dim: 8),
        Flatten,
        out: Linear(3),
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net}");
    println!("{}", net.parameters().out.bias[0]);
    println!("{:?}", net.predict(&[[7_u32; 6]]).map(|ys| ys[0]));
}
