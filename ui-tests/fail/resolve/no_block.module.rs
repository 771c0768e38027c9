use plywood::prelude::*;

#[model]
mod net {
    #[model([8] -> [3])]
    pub struct Net {
        body: Body<6>, //~
        out: Linear<3>,
    }
    pub struct Body<const WIDTH: usize> {
        fc: [f32; WIDTH],
    }
}

fn main() {
    let net = net::Net::init(1);
    println!("{net}");
    println!("{:?}", net.predict(&[[0.0; 8]])[0]);
}
