use plywood::prelude::*;

network! {
    pub struct Net: [8] -> [3] {
        layer1: { Basic(8), Basic(8), Basic(8) },
        layer2: { Basic(4), Basic(4) },
        out: Linear(3),
    }
    block Basic(width) {
        residual { Linear(width), Relu }, //~
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net}");
    println!("{}", net.parameters().out.bias[0]);
    println!("{:?}", net.predict(&[[0.0; 8]])[0]);
}
