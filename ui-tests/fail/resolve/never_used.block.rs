use plywood::prelude::*;

network! {
    pub struct Net: [8] -> [3] {
        out: Linear(3),
    }
    block Wide(width) { //~
        fc: Linear(width),
        Relu,
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net}");
    println!("{}", net.parameters().out.weight[0][0]);
    println!("{:?}", net.predict(&[[0.0; 8]])[0]);
}
