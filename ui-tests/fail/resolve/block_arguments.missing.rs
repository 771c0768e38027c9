use plywood::prelude::*;

network! {
    pub struct Net: [8] -> [3] {
        wide: Wide(16), //~
        out: Linear(3),
    }
    block Wide(width, rate) {
        fc: Linear(width),
        Dropout(rate),
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net}");
    println!("{}", net.parameters().out.bias[0]);
    println!("{:?}", net.predict(&[[0.0; 8]])[0]);
}
