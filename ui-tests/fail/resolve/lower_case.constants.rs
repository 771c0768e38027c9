use plywood::prelude::*;

const hidden: usize = 8;
mod config {
    pub const width: usize = 8;
}

network! { struct Constant: [4] -> [3] { fc1: Linear(hidden), fc2: Linear(3) } } //~
network! { struct Path: [4] -> [3] { fc1: Linear(config::width), fc2: Linear(3) } } //~
network! { struct Near<const H: usize>: [4] -> [3] { fc1: Linear(h), fc2: Linear(3) } } //~

fn main() {
    let units = 8;
    network! { struct Local: [4] -> [3] { fc1: Linear(units), fc2: Linear(3) } } //~
    println!("{} {} {}", Constant::init(1), Path::init(1), Near::<2>::init(units + hidden as u64));
    println!("{}", Local::init(1));
}
