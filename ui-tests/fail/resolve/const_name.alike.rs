use plywood::prelude::*;

network! { struct Cases<const n: usize, const N: usize>: [n] -> [N] { fc1: Linear(8), fc2: Linear(N) } } //~
network! { struct Twice<const N: usize, const N: usize>: [N] -> [3] { fc1: Linear(8), fc2: Linear(3) } } //~

fn main() {
    println!("{} {}", Cases::<3, 4>::init(1), Twice::<3, 4>::init(1));
}
