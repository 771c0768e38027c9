use plywood::prelude::*;

network! { struct Called<const T: usize>: [3, T] -> [T] { fc1: Linear(T) } } //~

fn main() {
    println!("{}", Called::<4>::init(1));
}
