use plywood::prelude::*;

#[model([784] -> [10])]
pub enum Net { //~
    Small,
}

fn main() {
    let _ = Net::Small;
}
