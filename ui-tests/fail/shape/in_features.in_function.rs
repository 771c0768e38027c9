use plywood::prelude::*;

fn main() {
    #[model([784] -> [10])]
    struct Net {
        fc1: Linear<64>,
        #[with(in_features: 32)] //~
        fc2: Linear<10>,
    }

    let net = Net::init(1);
    println!("{} {:?}", net.named_parameters().count(), net.predict(&[[0.0; 784]]));
}
