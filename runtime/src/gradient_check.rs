//! The generated backward pass against differences of the generated forward pass.

use std::fmt;
use std::ops::Range;

use plywood_kernels::cpu::{Cpu, Random, Stored};
use plywood_kernels::init::Init;

use crate::error::{Error, Result};
use crate::network::parameters::{Place, index, refuse_not_finite, trained_places};
use crate::network::ports::PortKind;
use crate::network::{Blocks, Flat, Network, Pass, Ports, WorkingMemory};

/// What a gradient check saw.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct GradientReport {
    /// Derivatives that were compared.
    pub checked: usize,
    /// Derivatives that were not, as the network has a kink there: `relu` at 0.
    pub skipped_kinks: usize,
    /// The largest relative difference.
    pub worst: f64,
    /// Where that was: at a number of a parameter, or along a direction through all of them.
    pub worst_at: String,
}

impl fmt::Display for GradientReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GradientReport { checked, skipped_kinks, worst, worst_at } = self;
        let agree = if *checked == 1 { "derivative agrees" } else { "derivatives agree" };
        write!(f, "{checked} {agree}, the worst to {worst:.1e} ({worst_at})")?;
        if *skipped_kinks > 0 {
            write!(f, "; {skipped_kinks} skipped at kinks")?;
        }
        Ok(())
    }
}

/// Batches of inputs, each checked by itself.
const ROUNDS: u32 = 3;
/// Samples per batch: more than one, as gradients are sums over them.
const BATCH: usize = 3;
/// Random directions through all parameters, per round. Each feels every number that is wrong.
const DIRECTIONS: usize = 2;
/// Numbers of every parameter, per round: they tell where it is wrong.
const COORDINATES: usize = 2;
/// How far differences step, largest first. A smaller step may avoid a kink; none smaller would leave enough
/// digits.
const STEPS: [f64; 3] = [1e-4, 1e-5, 1e-6];
/// Where draws of indices begin, behind those of coordinates.
const INDICES: usize = 1 << 20;
/// Indices that are drawn are below this, as an `u32` is.
const MOST: usize = u32::MAX as usize;
/// Relative difference that is a disagreement. Right gradients differ by 1e-9 to 1e-7: differences are not
/// slopes.
const TOLERANCE: f64 = 1e-6;

/// Compares along random directions and along some coordinates of every parameter; see
/// [`Model::gradient_check`](crate::Model::gradient_check).
pub(crate) fn check<N: Network>(model: &N, seed: u64) -> Result<GradientReport> {
    refuse_not_finite::<N>(model.blocks(), "checking gradients")?;
    let places = trained_places::<N>();
    // a padding row is read and does not learn
    let rows: Vec<Range<usize>> = places.iter().filter_map(padding).collect();
    let still = |i: usize| rows.iter().any(|row| row.contains(&i));
    let mut report = GradientReport { checked: 0, skipped_kinks: 0, worst: 0.0, worst_at: "none".to_owned() };
    for round in 0..ROUNDS {
        let mut objective = Objective::<N>::new(model, seed, round)?;
        if !objective.at(&[], 0.0).is_finite() {
            return Err(Error::NoGradient { model: N::NAME });
        }
        let gradient = objective.gradient();
        let mut directions = vec![];
        // Without parameters that learn there is no direction.
        for k in 0..DIRECTIONS.min(N::TRAINABLE) {
            // As far in every coordinate, so that none hides behind others.
            let sign = |i: usize| if objective.draw(0, k * N::TRAINABLE + i) < 0.0 { -1.0 } else { 1.0 };
            directions.push((0..N::TRAINABLE).filter(|i| !still(*i)).map(|i| (i, sign(i))).collect());
        }
        for (k, place) in places.iter().enumerate() {
            for c in 0..COORDINATES.min(place.at.len()) {
                let i = place.at.start + objective.pick(k * COORDINATES + c, place.at.len());
                if !still(i) {
                    directions.push(vec![(i, 1.0)]);
                }
            }
        }
        for direction in directions {
            match compare(&mut objective, &gradient, &direction) {
                Outcome::Kink => report.skipped_kinks += 1,
                Outcome::Agree(relative) => {
                    if relative > report.worst || report.checked == 0 {
                        (report.worst, report.worst_at) = (relative, name(&places, &direction));
                    }
                    report.checked += 1;
                }
                Outcome::Disagree { .. } => {
                    return Err(locate(&mut objective, &gradient, direction, &places));
                }
            }
        }
    }
    Ok(report)
}

/// The row of a table that no gradient reaches.
fn padding(place: &Place) -> Option<Range<usize>> {
    let Init::NormalRows { zero, .. } = place.init else { return None };
    let width = place.at.len() / place.shape.first()?;
    let start = place.at.start + zero * width;
    Some(start..start + width)
}

/// What there is in a direction, for people.
fn name(places: &[Place], direction: &[(usize, f64)]) -> String {
    let of = |i: usize| places.iter().find(|place| place.at.contains(&i));
    match *direction {
        [(i, _)] => {
            let place = of(i).expect("every number belongs to a parameter");
            format!("`{}{}`", place.name, index(place.shape, i - place.at.start))
        }
        _ => "a direction through all parameters".to_owned(),
    }
}

/// The error for a direction that disagrees: of one number, found by halving for as long as a half disagrees.
fn locate<N: Network>(
    objective: &mut Objective<'_, N>,
    gradient: &[f64],
    mut direction: Vec<(usize, f64)>,
    places: &[Place],
) -> Error {
    loop {
        let upper = direction.split_off(direction.len() / 2);
        if let Outcome::Disagree { .. } = compare(objective, gradient, &upper) {
            direction = upper;
        } else if !matches!(compare(objective, gradient, &direction), Outcome::Disagree { .. }) {
            direction.extend(upper);
            break;
        }
        if direction.len() == 1 {
            break;
        }
    }
    let Outcome::Disagree { derived, measured } = compare(objective, gradient, &direction) else {
        unreachable!("the same comparison disagreed before")
    };
    Error::Gradient { at: name(places, &direction), derived, measured }
}

/// What became of one derivative.
enum Outcome {
    /// They agree, with this relative difference.
    Agree(f64),
    /// There is no derivative.
    Kink,
    /// They do not.
    Disagree { derived: f64, measured: f64 },
}

/// Compares the derivative along one direction.
fn compare<N: Network>(
    objective: &mut Objective<'_, N>,
    gradient: &[f64],
    direction: &[(usize, f64)],
) -> Outcome {
    let derived: f64 = direction.iter().map(|(i, d)| gradient[*i] * d).sum();
    let middle = objective.at(direction, 0.0);
    let mut measured = f64::NAN;
    let (mut first, mut kink) = (f64::NAN, false);
    // Steps along many coordinates add up, so they are shorter in each.
    let shorter = 1.0 / (direction.len() as f64).sqrt();
    for step in STEPS {
        let step = step * shorter;
        let (above, below) = (objective.at(direction, step), objective.at(direction, -step));
        // Where the network is not defined on one side, there is no derivative.
        if !(above.is_finite() && below.is_finite()) {
            kink = true;
            continue;
        }
        measured = (above - below) / (2.0 * step);
        // What is lost when numbers of this size are subtracted, as a slope.
        let lost = 2e-14 * (1.0 + above.abs().max(below.abs())) / step;
        let size = derived.abs().max(measured.abs());
        let difference = (derived - measured).abs();
        if difference <= TOLERANCE * size + lost {
            return Outcome::Agree(difference / size.max(lost / TOLERANCE));
        }
        // At a kink the slopes of both sides differ, and the derived one is either or lies between them.
        // Where a step crosses some of many kinks, as in large networks, fewer are left for every shorter
        // step. What a mistake causes stays as it is.
        let (left, right) = ((middle - below) / step, (above - middle) / step);
        let between = left.min(right) - lost <= derived && derived <= left.max(right) + lost;
        first = if first.is_nan() { difference } else { first };
        kink = between || difference < 0.3 * first;
    }
    if kink { Outcome::Kink } else { Outcome::Disagree { derived, measured } }
}

/// A number made of the network's outputs at some inputs, in training: the outputs times random numbers,
/// summed. Everything random in it stays the same from evaluation to evaluation.
struct Objective<'a, N: Network> {
    model: &'a N,
    random: Random,
    cpu: Cpu,
    parameters: Vec<f64>,
    state: Vec<f64>,
    next_state: Vec<f64>,
    memory: N::Memory<f64>,
    inputs: Vec<Drawn>,
    /// Of every output.
    weights: Vec<Vec<f64>>,
}

/// The numbers of an input.
enum Drawn {
    Real(Vec<f64>),
    Index(Vec<u32>),
}

impl Drawn {
    fn flat(&self) -> Flat<'_, f64> {
        match self {
            Drawn::Real(numbers) => Flat::Real(numbers),
            Drawn::Index(numbers) => Flat::Index(numbers),
        }
    }
}

impl<'a, N: Network> Objective<'a, N> {
    fn new(model: &'a N, seed: u64, round: u32) -> Result<Self> {
        let Blocks { parameters, state } = model.blocks();
        let widened = |block: &[f32]| block.iter().map(|x| f64::from(*x)).collect();
        let mut objective = Objective {
            model,
            random: Random::new(seed, round + 1),
            cpu: Cpu::new(1),
            parameters: widened(parameters),
            state: widened(state),
            next_state: vec![0.0; N::STATE],
            memory: Default::default(),
            inputs: vec![],
            weights: vec![],
        };
        objective.memory.reserve("a batch to check gradients with", N::TRAIN, BATCH)?;
        let mut drawn = 0;
        for (k, port) in N::Input::PORTS.iter().enumerate() {
            let limit = N::LIMITS.get(k).copied().unwrap_or(usize::MAX);
            let at = drawn..drawn + BATCH * port.numbers();
            drawn = at.end;
            objective.inputs.push(match port.kind {
                PortKind::Real => Drawn::Real(at.map(|i| objective.draw(1, i)).collect()),
                // the one index that is below every limit, where there is none
                PortKind::Index if limit == usize::MAX => Drawn::Index(vec![0; at.len()]),
                PortKind::Index => {
                    let one = |i| objective.pick(INDICES + i, limit.min(MOST)) as u32;
                    Drawn::Index(at.map(one).collect())
                }
                PortKind::Opaque => {
                    let expected = "asked of a network whose inputs are numbers, of which some can be drawn";
                    let found = format!("asked of `{}`, which reads another type", N::NAME);
                    return Err(Error::Setting { name: "gradient_check", expected, found });
                }
            });
        }
        let mut drawn = 0;
        for port in N::Output::PORTS {
            let at = drawn..drawn + BATCH * port.numbers();
            drawn = at.end;
            objective.weights.push(at.map(|i| objective.draw(2, i)).collect());
        }
        Ok(objective)
    }

    /// A number from -1 to 1 of the check's own streams, counted down from the last: dropout's count up.
    fn draw(&self, stream: u32, i: usize) -> f64 {
        2.0 * self.random.stream(u32::MAX - stream).uniform(i as u64) as f64 - 1.0
    }

    /// One of `0..n`.
    fn pick(&self, i: usize, n: usize) -> usize {
        let u = self.random.stream(u32::MAX - 3).uniform(i as u64) as f64;
        ((u * n as f64) as usize).min(n - 1)
    }

    /// The gradient by the generated backward pass.
    fn gradient(&mut self) -> Vec<f64> {
        let Objective { random, cpu, parameters, state, next_state, memory, inputs, weights, .. } = self;
        let mut gradient = vec![0.0; N::TRAINABLE];
        let inputs: Vec<_> = inputs.iter().map(Drawn::flat).collect();
        let pass = &Pass { cpu, random: *random, inputs: &inputs, n: BATCH };
        let slots = &mut N::slots(memory, BATCH);
        N::forward(pass, parameters, state, next_state, slots);
        N::outputs(slots, BATCH, |_, ds| {
            ds.iter_mut().zip(&*weights).for_each(|(d, weights)| d.copy_from_slice(weights));
        });
        let to = &mut Stored { parameters, gradient: &mut gradient, accumulate: false };
        N::backward(pass, state, to, slots);
        gradient
    }

    /// The objective `step` along `direction` from the model's parameters.
    fn at(&mut self, direction: &[(usize, f64)], step: f64) -> f64 {
        let Objective { model, random, cpu, parameters, state, next_state, memory, inputs, weights } = self;
        for (i, d) in direction {
            parameters[*i] += step * d;
        }
        let inputs: Vec<_> = inputs.iter().map(Drawn::flat).collect();
        let pass = &Pass { cpu, random: *random, inputs: &inputs, n: BATCH };
        let slots = &mut N::slots(memory, BATCH);
        N::forward(pass, parameters, state, next_state, slots);
        for (i, _) in direction {
            parameters[*i] = f64::from(model.blocks().parameters[*i]);
        }
        let mut sum = 0.0;
        N::outputs(slots, BATCH, |ys, _| {
            let products = |(y, r): (&&[f64], &Vec<f64>)| y.iter().zip(r).map(|(y, r)| y * r).sum::<f64>();
            sum = ys.iter().zip(&*weights).map(products).sum();
        });
        sum
    }
}
