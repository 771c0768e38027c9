use plywood::prelude::*;

network! { struct Fat: [4] => [2] { Linear(2) } } //~
network! { struct Comma: [4], [2] { Linear(2) } } //~
network! { struct Assigned = [4] -> [2] { Linear(2) } } //~
network! { class Class: [4] -> [2] { Linear(2) } } //~
network! { struct Bare: 4 -> 2 { Linear(2) } } //~
network! { struct Spaced: [4 4] -> [2] { Flatten, Linear(2) } } //~
network! { struct Parentheses: [4] -> [2] ( Linear(2) ) } //~
network! { struct Brackets: [4] -> [2] [ Linear(2) ] } //~
network! { struct Semicolon: [4] -> [2]; } //~
network! { struct Named } //~
network! { struct Colon: } //~
network! { struct Input: [4] } //~
network! { struct Arrow: [4] -> } //~
network! { struct Output: [4] -> [2] } //~
network! { struct Option: [4] -> [2], max_bytes } //~
network! { struct Amount: [4] -> [2], max_bytes: 4 } //~
network! { struct Equals: [4] -> [2], max_bytes = 4 MB at 64 { Linear(2) } } //~
network! { struct Unit: [4] -> [2], max_bytes: 4 MiB at 64 { Linear(2) } } //~
network! { struct Word: [4] -> [2], max_bytes: 4 MB for 64 { Linear(2) } } //~
network! { struct Gap: [4] -> [2], max_bytes: , MB at 64 { Linear(2) } } //~
network! { struct Negative: [4] -> [2], max_bytes: -4 MB at 64 { Linear(2) } } //~
network! { struct Told: [4] -> [2], loss: CrossEntropy, batch_size: 32 { Linear(2) } } //~ //~
network! { #[cfg(any())] struct Taken: [4] -> [2] { Linear(2) } } //~
network! { struct Small<const n: usize>: [4] -> [2] { Linear(n), Linear(2) } } //~
network! { struct Quoted: "[4] -> [2]" { Linear(2) } } //~
network! { struct Empty [] [4] -> [2] { Linear(2) } } //~
network! { struct Between: [4] [] [2] { Linear(2) } } //~
network! { struct Misplaced: [4]<const H: usize> -> [2] { Linear(H), Linear(2) } } //~
network! { struct Typed<H: usize>: [4] -> [2] { Linear(H), Linear(2) } } //~
network! { struct Minus: [-1, 4] -> [-1, 2] { Linear(2) } } //~
network! { struct Any: [_, 4] -> [2] { Linear(2) } } //~
network! { struct Nothing: [None, 4] -> [2] { Linear(2) } } //~

fn main() {
    println!("{} {} {}", Fat::init(1), Class::init(1), Typed::<3>::init(1));
    println!("{} {}", Taken::init(1), Small::<3>::init(1));
    println!("{:?}", Minus::init(1).predict(&[[0.0; 4]]));

    // in a function too
    network! { struct Inner: [4] -> [2] { Liner(2) } } //~
    println!("{}", Inner::init(1));
}
