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
    fn networks_work() -> timber::Result<()> {
        works::<Absolute>()?;
        works::<Relative<4>>()?;
        works::<Attributed>()?;
        assert_eq!(Absolute::init(1).parameters().blocks[1].fc.bias.len(), 5);
        Ok(())
    }
}
