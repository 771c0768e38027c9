use plywood::prelude::*;

network! {
    struct Net: [4] -> [3] {
        fc1: Linear(8_i32), //~
        fc2: Linear(8.0), //~
        fc3: Linear(2.5), //~
        Reshape([2, -1]), //~
        Flatten,
        fc4: Linear(3),
    }
}

fn main() {
    println!("{}", Net::init(1));
}
