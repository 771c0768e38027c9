//! Samples of rows with numbers.
use crate::calls::Numbers;
use crate::numbers::{numbers, within};
use plywood_kernels::cpu::Random;
use plywood_kernels::op::{Sample, Tensor, Tested};
use plywood_kernels::shape::{Atom, Requirements, Shape, Size, elements, shape};
use plywood_kernels::types::{Element, Type};

/// The random numbers of rows that draw.
pub fn random() -> Random {
    Random::new(3, 1)
}

/// Numbers for every input: indices below what the sample says, real ones where it says.
pub fn inputs(op: &dyn Tested, sample: &Sample) -> Vec<Vec<f64>> {
    let input = |(k, sizes): (usize, &Vec<usize>)| {
        let count = sizes.iter().product();
        if op.operand(k) == Element::U32 {
            return (0..count).map(|i| ((7 * i + 1) % sample.below) as f64).collect();
        }
        let mut input = numbers(k as u32 + 10, count);
        if sample.ties {
            input.iter_mut().for_each(|x| *x = (4.0 * *x).floor() / 4.0);
        }
        if let Some(domain) = sample.domains.get(k) {
            within(*domain, &mut input);
        }
        input
    };
    sample.shapes.iter().enumerate().map(input).collect()
}

/// Sizes as symbols or as the batch, the same everywhere; 1 stays 1, for broadcasting sees it.
pub fn renamed(sizes: &[usize], batch: Option<usize>) -> Shape {
    let size = |n: &usize| match *n {
        1 => Size::known(1),
        n if Some(n) == batch => Size::batch(),
        n => Size::symbol(format!("S{n}")),
    };
    sizes.iter().map(size).collect()
}
/// What an atom of such sizes is.
///
/// # Panics
/// Of the batch, if nothing was called it.
pub fn value(atom: &Atom, batch: Option<usize>) -> usize {
    match atom {
        Atom::Batch => batch.expect("nothing was called the batch"),
        Atom::Symbol(symbol) => symbol.name[1..].parse().expect("symbols here are called after their value"),
    }
}

/// A row with a sample that it accepts, its inputs' numbers, and what must come out.
pub struct Case {
    /// What it is called in messages.
    pub name: String,
    /// The numbers that go in.
    pub inputs: Vec<Vec<f64>>,
    /// The types of the results, and their numbers.
    pub expected: Vec<(Element, Vec<f64>)>,
    elements: Vec<Element>,
    workspace: usize,
}

impl Case {
    /// The row's accepted sample of that number, its numbers rounded as `round` says.
    pub fn of(op: &dyn Tested, number: usize, round: impl Fn(f64) -> f64) -> Case {
        let sample = op.samples().into_iter().filter(|s| s.accepted).nth(number).expect("a sample");
        let name = format!("`{}` of {:?} with {:?}", op.name(), sample.shapes, sample.attrs);
        let inputs: Vec<Vec<f64>> =
            inputs(op, &sample).iter().map(|x| x.iter().map(|x| round(*x)).collect()).collect();
        let shapes: Vec<Shape> = sample.shapes.iter().map(|s| shape(s)).collect();
        let shapes: Vec<&Shape> = shapes.iter().collect();
        let first = op.shape(&shapes, &sample.attrs, &mut Requirements::default()).expect("it is accepted");
        let known = |size: &Size| size.as_known().expect("samples have numbers");
        let sizes: Vec<usize> = first.iter().map(known).collect();
        let tensors = sample.shapes.iter().zip(&inputs);
        let tensors: Vec<Tensor> = tensors.map(|(shape, data)| Tensor { shape, data }).collect();
        let mut all = op.reference(&tensors, &sample.attrs, &sizes, random());
        let mut expected = vec![];
        for Type { element, shape } in op.results(&shapes, first, &sample.attrs) {
            let rest = all.split_off(known(&elements(&shape)));
            expected.push((element, std::mem::replace(&mut all, rest)));
        }
        assert!(all.is_empty(), "{name}: the reference has more numbers than its results");
        let elements = (0..inputs.len()).map(|k| op.operand(k)).collect();
        Case { name, inputs, expected, elements, workspace: known(&op.workspace(&shapes, &sample.attrs)) }
    }

    /// The inputs as a call reads them.
    pub fn operands<T: Copy>(&self, real: impl Fn(f64) -> T) -> Vec<Numbers<T>> {
        let inputs = self.inputs.iter().zip(&self.elements);
        inputs.map(|(input, element)| Numbers::of(*element, input, &real)).collect()
    }
    /// Results before they are written.
    pub fn results<T: Copy>(&self, nothing: T) -> Vec<Numbers<T>> {
        let result = |(element, numbers): &(Element, Vec<f64>)| match element {
            Element::F32 => Numbers::Real(vec![nothing; numbers.len()]),
            Element::U32 => Numbers::Index(vec![u32::MAX; numbers.len()]),
        };
        self.expected.iter().map(result).collect()
    }
    /// What the kernel works in, with anything in it.
    pub fn workspace<T: Copy>(&self, anything: T) -> Vec<T> {
        vec![anything; self.workspace]
    }
}
