//! Sizes that are const parameters, whatever they are called.
use plywood::prelude::*;

network! {
    pub struct Net<const T: usize, const OUT: usize>: [4] -> [OUT] {
        fc1: Linear(T),
        Relu,
        blocks: repeat 2 { fc: Linear(T, in_features: T), Tanh },
        fc2: Linear(OUT),
    }
}

fn main() {
    let (small, large) = (Net::<3, 2>::init(1), Net::<30, 2>::init(1));
    assert_eq!((small.parameters().fc1.weight.len(), large.parameters().fc1.weight.len()), (3, 30));
    assert_eq!(large.predict(&[[0.5; 4]; 3]).len(), 3);
    assert!(large.gradient_check(3).is_ok());
}
