use plywood::prelude::*;

network! {
    pub struct Net: [8] -> [3] {
        fc: Linear(16), //~
        out: Linear(3),
        fn forward(x) {
            out(x)
        }
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net}");
    println!("{}", net.parameters().out.weight[0][0]);
    println!("{:?}", net.predict(&[[0.0; 8]])[0]);
}
