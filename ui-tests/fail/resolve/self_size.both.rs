use plywood::prelude::*;

network! {
    pub struct Net: [784] -> [10] {
        fc1: Linear(Self::WIDTH), //~
        fc2: Linear(Self), //~
        fc3: Linear(10),
    }
}
impl Net {
    const WIDTH: usize = 64;
}

#[model([784] -> [10])]
pub struct Other<const H: usize> {
    fc1: Linear<{ Self::WIDTH }>, //~
    fc2: Linear<10>,
}

fn main() {
    println!("{} {}", Net::init(1), Net::WIDTH);
    println!("{}", Other::<3>::init(1).predict(&[[0.0; 784]])[0][0]);
}
