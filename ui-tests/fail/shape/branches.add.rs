use plywood::prelude::*;

network! {
    pub struct Net: [8] -> [3] {
        add {
            { fc1: Linear(16), Relu },
            short: { Linear(12) }, //~
        },
        out: Linear(3),
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net}");
    println!("{}", net.parameters().fc1.weight[0][0]);
    println!("{:?}", net.predict(&[[0.0; 8]])[0]);
}
