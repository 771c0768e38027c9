use plywood::prelude::*;

#[model]
mod net {
    #[model((left: [8], right: [8]) -> [3])]
    pub struct Net {
        body: Body<6>,
        out: Linear<3>,
    }
    impl Net {
        fn forward(&self, left: _, right: [f32; 8]) -> _ { //~
            let apart = self.body(left) - self.body(right);
            self.out(concat([apart, left], axis = 0))
        }
    }
    #[block]
    struct Body<const WIDTH: usize> {
        fc: Linear<WIDTH>,
        relu: Relu,
    }
}

fn main() {
    let net = net::Net::init(1);
    println!("{net}");
    println!("{}", net.parameters().body.fc.bias[0]);
    let ys = net.predict(net::NetInput { left: &[[0.0; 8]], right: &[[0.0; 8]] }).expect("one of each");
    println!("{:?}", ys[0]);
}
