use plywood::prelude::*;

#[model([784] -> [10])]
pub struct Net {
    fc1: Linear<-8>, //~
    prelu: PRelu<-1>, //~
    #[repeat(2)]
    block: (Linear<-8>, Linear<784>), //~
    fc2: Linear<10>,
}

fn main() {
    let net = Net::init(1);
    println!("{:?}", net.predict(&[[0.0; 784]]));
}
