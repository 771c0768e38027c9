use plywood::prelude::*;

network! {
    pub struct Net: (left: [8], right: [8]) -> [3] {
        out: Linear(3),
        fn forward(right, left) { //~
            out(left - right)
        }
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net}");
    println!("{}", net.parameters().out.bias[0]);
    println!("{:?}", net.predict(NetInput { left: &[[0.0; 8]], right: &[[1.0; 8]] }).map(|ys| ys[0]));
}
