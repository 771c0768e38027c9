//! What a loss of the book is, as data: a session for a device that compiles its own code adds it to the graph.

use std::fmt;

use plywood_kernels::losses::{ElementwiseLoss, LOSSES};
use plywood_kernels::scalar::Expr;

use super::Reduction;
use crate::hyperparameters::Hyperparameters;

/// A loss of the book with everything that it was told.
#[derive(Clone, Debug)]
pub struct LossRow {
    /// The loss of a number, or of a sample.
    pub formula: LossFormula,
    /// How these losses become that of a batch.
    pub reduction: Reduction,
    /// What that is multiplied by.
    pub weight: f64,
}

/// The loss before its reduction.
#[derive(Clone)]
pub enum LossFormula {
    /// A formula of every number of an output and its target.
    Elementwise {
        /// The book's row.
        row: &'static ElementwiseLoss,
        /// Its hyperparameters, in the row's order.
        hyperparameters: Vec<f64>,
    },
    /// `-Σ w p ln softmax(y)` over the classes at each position of a sample. A mean of classes divides by the sum of their
    /// weights, one of probabilities by the number of samples.
    CrossEntropy {
        /// What the targets are.
        targets: ClassTargets,
        /// Which axis the classes are along.
        axis: ClassAxis,
        /// How much of every target is spread evenly over all classes.
        label_smoothing: f64,
        /// `w`, for each class; all 1 where there are none.
        class_weights: Option<Vec<f32>>,
        /// The target of positions that neither have a loss nor count.
        ignore_index: Option<u32>,
    },
    /// The sum of a loss for each output, in declared order.
    Joint(Vec<LossRow>),
    /// `w f(y)` of the output for the target's class. A mean divides by the sum of the targets' weights.
    Picked {
        /// `f`, of argument 0.
        value: Expr,
        /// Its derivative.
        slope: Expr,
        /// `w`, for each class; all 1 where there are none.
        class_weights: Option<Vec<f32>>,
    },
}

impl fmt::Debug for LossFormula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LossFormula::Elementwise { row, hyperparameters } => {
                write!(f, "{} with {hyperparameters:?}", row.name)
            }
            LossFormula::CrossEntropy { targets, axis, label_smoothing, class_weights, ignore_index } => {
                let told = (label_smoothing, class_weights, ignore_index);
                write!(f, "cross entropy of {targets:?} along the {axis:?} axis with {told:?}")
            }
            LossFormula::Joint(parts) => parts.fmt(f),
            LossFormula::Picked { value, class_weights, .. } => write!(f, "{value} with {class_weights:?}"),
        }
    }
}

/// The axis of a sample that its classes are along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassAxis {
    /// Each class has its scores at all positions.
    First,
    /// Each position has its scores of all classes.
    Last,
}

/// What says of which class a sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassTargets {
    /// The class's number.
    Classes,
    /// A probability for each class.
    Probabilities,
}

/// The row of the elementwise loss of that name.
pub(crate) fn elementwise_row(
    name: &str,
    told: &impl Hyperparameters,
    reduction: Reduction,
) -> Option<LossRow> {
    let row = LOSSES.iter().find(|row| row.name == name)?;
    let hyperparameters = told.hyperparameters().into_iter().map(|(_, value)| value).collect();
    Some(LossRow { formula: LossFormula::Elementwise { row, hyperparameters }, reduction, weight: 1.0 })
}

#[cfg(test)]
mod tests {
    use plywood_kernels::cpu::Cpu;

    use super::*;
    use crate::loss::{
        self, ChannelCrossEntropy, CrossEntropy, Elementwise, Loss, Nll, ProbabilityCrossEntropy,
        SoftCrossEntropy, Weighted,
    };
    use crate::network::ports::Element;
    use crate::{Sample, random};

    /// The loss of `y` by its row, and the derivative by every number of `y`, in f64.
    fn by_row(row: &LossRow, y: &[f32], t: &Targets<'_>, samples: usize) -> (f64, Vec<f64>) {
        let rows = if let Targets::Classes(t) = t { t.len() } else { samples };
        let classes = y.len() / rows;
        let f64s = |x: &f32| f64::from(*x);
        let class = |i: usize| match t {
            Targets::Classes(t) => t[i] as usize,
            Targets::Numbers(_) => panic!("targets are classes"),
        };
        let of = |weights: &Option<Vec<f32>>, class: usize| weights.as_ref().map_or(1.0, |w| f64s(&w[class]));
        let (mut sum, mut slopes, mut shares) = (0.0, vec![0.0; y.len()], samples as f64);
        match &row.formula {
            LossFormula::Elementwise { row, hyperparameters } => {
                let Targets::Numbers(t) = t else { panic!("targets are numbers") };
                for (i, (y, t)) in y.iter().zip(*t).enumerate() {
                    let at = [&[f64s(y), f64s(t)], hyperparameters.as_slice()].concat();
                    sum += row.value().evaluate(&at);
                    slopes[i] = row.slope().evaluate(&at);
                }
            }
            LossFormula::CrossEntropy { targets, axis, label_smoothing, class_weights, ignore_index } => {
                let seen = |i: &usize| ignore_index.is_none_or(|ignored| class(*i) != ignored as usize);
                if *targets == ClassTargets::Classes {
                    shares = (0..rows).filter(seen).map(|i| of(class_weights, class(i))).sum();
                }
                let stride = if *axis == ClassAxis::First { rows / samples } else { 1 };
                let at = |i: usize, c: usize| (i / stride * classes + c) * stride + i % stride;
                for i in (0..rows).filter(|i| *targets == ClassTargets::Probabilities || seen(i)) {
                    let y: Vec<f64> = (0..classes).map(|c| f64s(&y[at(i, c)])).collect();
                    let all = y.iter().map(|y| y.exp()).sum::<f64>().ln();
                    let given = |c: usize| match t {
                        Targets::Classes(t) => f64::from(u8::from(t[i] as usize == c)),
                        Targets::Numbers(t) => f64s(&t[i * classes + c]),
                    };
                    let smooth = |c| (1.0 - label_smoothing) * given(c) + label_smoothing / classes as f64;
                    let p: Vec<f64> = (0..classes).map(|c| of(class_weights, c) * smooth(c)).collect();
                    let whole: f64 = p.iter().sum();
                    for c in 0..classes {
                        sum += p[c] * (all - y[c]);
                        slopes[at(i, c)] = whole * (y[c] - all).exp() - p[c];
                    }
                }
            }
            LossFormula::Joint(_) => panic!("one output has one loss"),
            LossFormula::Picked { value, slope, class_weights } => {
                shares = (0..samples).map(|i| of(class_weights, class(i))).sum();
                for i in 0..samples {
                    let (at, w) = (i * classes + class(i), of(class_weights, class(i)));
                    sum += w * value.evaluate(&[f64s(&y[at])]);
                    slopes[at] = w * slope.evaluate(&[f64s(&y[at])]);
                }
            }
        }
        let scale = row.weight
            * match (row.reduction, &row.formula) {
                (Reduction::Sum, _) => 1.0,
                (Reduction::Mean, LossFormula::Elementwise { .. }) => 1.0 / y.len() as f64,
                (Reduction::BatchMean, LossFormula::Elementwise { .. }) => 1.0 / samples as f64,
                _ => 1.0 / shares,
            };
        slopes.iter_mut().for_each(|d| *d *= scale);
        (scale * sum, slopes)
    }

    enum Targets<'a> {
        Classes(&'a [u32]),
        Numbers(&'a [f32]),
    }

    const SAMPLES: usize = 5;

    /// That the loss and its row agree.
    fn agrees<S: Sample, T: Element, L: Loss<S, Target = T>>(
        loss: &L,
        y: &[S],
        t: &[T],
        targets: &Targets<'_>,
    ) {
        let row = loss.row().unwrap_or_else(|| panic!("{} has no row", loss.describe()));
        let mut d = crate::zeroed::<S>(y.len());
        loss.gradient(&Cpu::new(1), &mut d, y, t, 1.0).unwrap();
        let (value, slopes) = by_row(&row, S::flat(y), targets, y.len());
        let found = loss.value(y, t).unwrap();
        assert!((found - value).abs() < 1e-6 * (1.0 + value.abs()), "{}: {found} {value}", loss.describe());
        for (d, slope) in S::flat(&d).iter().zip(slopes) {
            let close = (f64::from(*d) - slope).abs() < 1e-5 * (1.0 + slope.abs());
            assert!(close, "{}: {d} {slope}", loss.describe());
        }
    }

    /// Every hyperparameter away from its default.
    struct Told(&'static ElementwiseLoss);
    impl loss::Visit<[f32; 3]> for Told {
        type Out = ();
        fn visit<L: Loss<[f32; 3], Target = [f32; 3]> + Hyperparameters + Clone>(self, mut loss: L) {
            let mut y = random::uniform::<[f32; 3]>(SAMPLES, 0.1..0.9, 1);
            let most = self.0.outputs.map_or(1.0, |outputs| outputs.most.min(1.0));
            y.as_flattened_mut().iter_mut().for_each(|y| *y += most as f32 - 1.0);
            let mut t = random::uniform::<[f32; 3]>(SAMPLES, 0.1..0.9, 2);
            if self.0.targets == plywood_kernels::hyperparameter::Values::Sign {
                t.as_flattened_mut().iter_mut().for_each(|t| *t = (*t - 0.5).signum());
            }
            agrees(&loss, &y, &t, &Targets::Numbers(t.as_flattened()));
            for h in self.0.hyperparameters {
                let set = h.default.map_or(0.7, |value| if h.is_flag() { 1.0 - value } else { 0.6 * value });
                loss.set_hyperparameter(h.name, set).unwrap();
            }
            agrees(&loss, &y, &t, &Targets::Numbers(t.as_flattened()));
        }
    }

    #[test]
    fn every_elementwise_loss_is_its_row() {
        for row in LOSSES {
            for reduction in [Reduction::Mean, Reduction::BatchMean, Reduction::Sum] {
                loss::with(row.name, reduction, Told(row)).expect("a loss of that name");
            }
        }
    }

    #[test]
    fn every_loss_on_classes_is_its_row() {
        let scores = random::normal::<[f32; 3]>(SAMPLES, 3);
        let mut p = random::uniform::<[f32; 3]>(SAMPLES, 0.1..1.0, 4);
        p.iter_mut().for_each(|p| {
            let sum: f32 = p.iter().sum();
            p.iter_mut().for_each(|p| *p /= sum);
        });
        let logs: Vec<[f32; 3]> = p.iter().map(|p| p.map(f32::ln)).collect();
        let (classes, weights) = ([0, 2, 1, 1, 0], [0.5, 1.0, 3.0]);
        let of = &Targets::Classes(&classes);
        agrees(&CrossEntropy, &scores, &classes, of);
        agrees(&CrossEntropy::sum(), &scores, &classes, of);
        agrees(&Weighted(0.3, Weighted(2.0, CrossEntropy)), &scores, &classes, of);
        agrees(&CrossEntropy.label_smoothing(0.2), &scores, &classes, of);
        agrees(&CrossEntropy.class_weights(weights).label_smoothing(0.1), &scores, &classes, of);
        agrees(&CrossEntropy::sum().class_weights(weights), &scores, &classes, of);
        let positions = random::normal::<[[f32; 3]; 4]>(SAMPLES, 5);
        let channels = random::normal::<[[[f32; 2]; 2]; 3]>(SAMPLES, 6);
        let at: Vec<u32> = (0..4 * SAMPLES as u32).map(|i| i * 7 % 5 % 3).collect();
        let of_all = &Targets::Classes(&at);
        agrees(&CrossEntropy, &positions, at.as_chunks::<4>().0, of_all);
        let told = CrossEntropy.class_weights(weights).label_smoothing(0.1).ignore_index(1);
        agrees(&told, &positions, at.as_chunks::<4>().0, of_all);
        let squares = at.as_chunks::<2>().0.as_chunks::<2>().0;
        agrees(&ChannelCrossEntropy::mean(), &channels, squares, of_all);
        let told = ChannelCrossEntropy::mean().class_weights(weights).label_smoothing(0.1).ignore_index(2);
        agrees(&told, &channels, squares, of_all);
        agrees(&ChannelCrossEntropy::sum().ignore_index(0), &channels, squares, of_all);
        let soft = &Targets::Numbers(p.as_flattened());
        agrees(&SoftCrossEntropy::mean(), &scores, &p, soft);
        agrees(&SoftCrossEntropy::sum().label_smoothing(0.3).class_weights(weights), &scores, &p, soft);
        agrees(&SoftCrossEntropy::mean().class_weights(weights), &scores, &p, soft);
        agrees(&Nll::mean(), &logs, &classes, of);
        agrees(&Nll::sum().class_weights(weights), &logs, &classes, of);
        agrees(&ProbabilityCrossEntropy::mean().class_weights(weights), &p, &classes, of);
        agrees(&ProbabilityCrossEntropy::sum(), &p, &classes, of);
        // where the logarithm has an end, the row has the same
        agrees(&ProbabilityCrossEntropy::sum(), &[[0.0, 0.5, 0.5]], &[0], &Targets::Classes(&[0]));
    }

    #[test]
    fn a_loss_of_ones_own_has_no_row() {
        crate::ops::rule! {
            Value(y, t) = y - t;
            Slope(_y, _t) = 1.0
        }
        assert!(Loss::<[f32; 3]>::row(&Elementwise::mean(Value, Slope)).is_none());
    }
}
