use plywood::prelude::*;

fn main() {
    network! {
        struct Net: [784] -> [10] {
            fc1: Liner(64), //~
            Relu,
            fc2: Linear(10),
        }
    }

    let mut net = Net::init(1);
    println!("{} {:?}", net.named_parameters().count(), net.predict(&[[0.0; 784]]));
    net.named_parameters_mut().for_each(drop);
}
