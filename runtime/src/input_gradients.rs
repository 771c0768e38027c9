//! The gradients of a loss with respect to inputs.

use std::vec;

use plywood_kernels::cpu::{Cpu, Random, WithInputs};

use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::network::memory::WorkingMemory;
use crate::network::parameters::refuse_exchanged;
use crate::network::ports::refuse_out_of_range;
use crate::network::sample::Sample;
use crate::network::{Blocks, Network, Numbers, Pass, Ports};

/// The gradient with respect to each input that was declared so, in declared order, one for each sample.
pub fn input_gradients<N: Network, L: Loss<N::Output>>(
    model: &N,
    xs: <N::Input as Ports>::Batch<'_>,
    loss: &L,
    targets: <L::Target as Ports>::Batch<'_>,
) -> Result<vec::IntoIter<Vec<f32>>> {
    loss.check()?;
    refuse_exchanged::<N>(model.blocks())?;
    refuse_out_of_range::<N::Input>(xs, N::LIMITS)?;
    let (n, found) = (N::Input::len(xs)?, L::Target::len(targets)?);
    if n == 0 {
        return Err(Error::empty("the batch of input gradients"));
    }
    if n != found {
        let help = "give a target for every sample";
        return Err(Error::Length { what: "targets", expected: n, found, help });
    }
    let what = "gradients of inputs";
    let cpu = Cpu::new(1);
    let mut memory = N::Memory::<f32>::default();
    memory.reserve(what, N::TRAIN, n)?;
    let Blocks { parameters, state } = model.blocks();
    let mut next_state = vec![0.0; N::STATE];
    N::Input::ports(xs, |inputs| {
        let pass = &Pass { cpu: &cpu, random: Random::new(0, 0), inputs, n };
        let slots = &mut N::slots(&mut memory, n);
        N::forward(pass, parameters, state, &mut next_state, slots);
        let mut value = Ok(0.0);
        N::outputs(slots, n, |ys, ds| {
            let d = N::Output::of_ports_mut(&mut ds.iter_mut().map(|d| &mut **d));
            let y = N::Output::of_ports(&mut ys.iter().copied());
            value = loss.gradient(&cpu, d, y, targets, 1.0);
        });
        value?;
        N::backward(pass, state, &mut WithInputs::alone(parameters), slots);
        let mut all = vec![];
        N::lend_input_gradients(slots, n, |gradients| {
            all.extend(gradients.iter().map(|numbers| numbers.to_vec()))
        });
        Ok(all.into_iter())
    })
}

/// The next of them as samples.
///
/// # Panics
/// If there is none: the compiler asks for as many as there are.
pub fn samples<S: Sample>(all: &mut impl Iterator<Item = Vec<f32>>) -> Result<Vec<S>> {
    S::from_vec(all.next().expect("a gradient for every input that was declared so"))
}
