use plywood::prelude::*;

network! { struct Parentheses: (784) -> [10] { Linear(10) } } //~
network! { struct Braces: {28, 28} -> [10] { Flatten, Linear(10) } } //~
network! { struct Output: [784] -> (10) { Linear(10) } } //~
network! { struct Array: [f32; 784] -> [10] { Linear(10) } } //~
network! { struct Image: [[f32; 28]; 28] -> [10] { Flatten, Linear(10) } } //~
network! { struct Arrows: [784] -> [128] -> [10] { Linear(128), Linear(10) } } //~
network! { #![allow(dead_code)] struct Inside: [784] -> [10] { Linear(10) } } //~

fn main() {
    println!("{} {} {}", Parentheses::init(1), Braces::init(1), Output::init(1));
    println!("{} {} {}", Array::init(1), Image::init(1), Arrows::init(1));
    println!("{}", Inside::init(1));
}
