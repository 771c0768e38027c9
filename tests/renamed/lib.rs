//! Plywood under another name: `crate:` says where it is.
use timber::prelude::*;

network! {
    /// Found by a path from the root.
    pub struct Absolute: [3] -> [2], crate: ::timber {
        fc1: Linear(5), Gelu, Dropout(0.2), blocks: repeat 2 { fc: Linear(5), Tanh }, fc2: Linear(2),
    }
}

mod forest {
    pub use timber as tree;
}
network! {
    /// Found by a path from here, beside another option.
    pub struct Relative<const H: usize>: [3] -> [2], max_bytes: 1 MB at 64, crate: forest::tree {
        fc1: Linear(H), Relu, fc2: Linear(2),
    }
}

/// As an attribute.
#[model([3] -> [2], crate: ::timber)]
pub struct Attributed {
    fc1: Linear<4>,
    tanh: Tanh,
    fc2: Linear<2>,
}

network! {
    /// With several ports, whose structs are found by the path too.
    pub struct Joined: (words: u32 [2], #[gradient] left: [3], right: [3]) -> (next: [2], value: [1]), crate: forest::tree {
        table: Embedding(5, embedding_dim: 3), body: Body(4), again: Body(4), next: Linear(2), value: Linear(1),

        fn forward(words, left, right) {
            let h = body(left) - body(again(right) + table(words).mean(axis: 0));
            (next: next(h), value: value(h.abs()))
        }
    }
    block Body(width) { fc1: Linear(width), Relu, residual { Linear(width), Tanh }, fc2: Linear(3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn works<M: Model<Input = [f32; 3], Output = [f32; 2]>>() -> timber::Result<()> {
        M::init(1).gradient_check(1)?;
        let mut trainer = Trainer::new(M::init(1), Mse::mean(), Adam::new(1e-2)).quiet().on(Device::Cpu)?;
        let (xs, ys) = ([[1.0, 2.0, 3.0], [0.0, -1.0, 0.5]], [[0.5, -0.5], [1.0, 0.0]]);
        let first = trainer.step(&xs, &ys)?;
        (0..200).try_for_each(|_| trainer.step(&xs, &ys).map(drop))?;
        assert!(trainer.evaluate(&Dataset::new(xs, ys)?, Mse::mean())? < 0.1 * f64::from(first));
        Ok(())
    }

    #[test]
    fn several_ports_work() -> timber::Result<()> {
        Joined::init(1).gradient_check(1)?;
        let loss = JoinedLoss { next: CrossEntropy, value: Weighted(0.5, Mse::mean()) };
        let xs =
            JoinedInput { words: &[[0, 4], [1, 1]][..], left: &[[1.0; 3]; 2][..], right: &[[0.5; 3]; 2][..] };
        let targets = JoinedOutput { next: &[0, 1][..], value: &[[0.5], [-0.5]][..] };
        assert_eq!(Joined::init(1).input_gradients(xs, &loss, targets)?.len(), 2);
        let mut trainer = Trainer::new(Joined::init(1), loss, Adam::new(1e-2)).quiet().on(Device::Cpu)?;
        let first = trainer.step(xs, targets)?;
        (0..200).try_for_each(|_| trainer.step(xs, targets).map(drop))?;
        assert!(trainer.step(xs, targets)? < 0.1 * first);
        Ok(())
    }

    #[test]
    fn networks_work() -> timber::Result<()> {
        works::<Absolute>()?;
        works::<Relative<4>>()?;
        works::<Attributed>()?;
        assert_eq!(Absolute::init(1).parameters().blocks[1].fc.bias.len(), 5);
        Ok(())
    }
}
