use plywood::prelude::*;

network! {
    pub struct Net: [8] -> (next: [3], value: [1]) {
        head: Linear(3),
        v: Linear(1),
        fn forward(x) {
            let h = x.tanh();
            (next: head(h), vaule: v(h)) //~
        }
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net}");
    println!("{}", net.parameters().head.bias[0]);
    println!("{:?}", net.predict(&[[0.0; 8]]).next[0]);
}
