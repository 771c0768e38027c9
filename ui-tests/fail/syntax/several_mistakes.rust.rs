use plywood::prelude::*;

network! {
    pub struct Net: [8] -> [3] {
        fc: Linear(8),
        out: Linear(3),
        fn forward(x) {
            let mut h = fc(x); //~
            h += x; //~
            for _ in 0..3 { h = h.relu(); } //~
            out(h)
        }
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net}");
    println!("{}", net.parameters().out.bias[0]);
    println!("{:?}", net.predict(&[[0.0; 8]])[0]);
}
