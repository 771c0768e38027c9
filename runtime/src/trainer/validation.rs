//! What a fit is validated by: metrics of outputs that are predicted once for all of them.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::evaluation;
use crate::metric::{Direction, ScalarMetric};
use crate::network::Ports;
use crate::ports::{in_port, plain};

/// A metric with the targets of a data set.
pub(super) struct Validation<'a, Output: Ports> {
    pub name: String,
    pub better: Direction,
    /// What is wrong with the metric that can be told before the first epoch.
    pub fault: Option<Error>,
    pub measure: Box<dyn Measure<Output> + 'a>,
}

/// The samples of some validations.
pub(super) struct ValidationSet<'a, Input: Ports> {
    pub samples: Input::Batch<'a>,
    /// Where the data set lies: by this it is known when it is given again.
    pub at: *const (),
    /// Which of the validations.
    pub of: Vec<usize>,
    /// What is wrong with the data set.
    pub fault: Option<Error>,
}

/// What is measured on the outputs for the samples of a data set, batch by batch.
pub(super) trait Measure<Output: Ports> {
    /// Adds the outputs of these samples.
    fn add(&mut self, output: Output::Batch<'_>, samples: Range<usize>) -> Result<()>;
    /// The value of what was added, which then is nothing.
    fn take(&mut self) -> f64;
}

struct Measured<'a, C, Target: Ports, Total> {
    metric: C,
    targets: Target::Batch<'a>,
    total: Total,
}

impl<Output: Ports, Target: Ports, C: ScalarMetric<Output, Target>> Measure<Output>
    for Measured<'_, C, Target, C::Total>
{
    fn add(&mut self, output: Output::Batch<'_>, samples: Range<usize>) -> Result<()> {
        evaluation::add(&self.metric, &mut self.total, output, self.targets, samples)
    }

    fn take(&mut self) -> f64 {
        self.metric.result(std::mem::take(&mut self.total))
    }
}

/// What is measured on one of several outputs.
struct OfPort<'a, Output: Ports, Port: Ports, C, Target: Ports, Total> {
    port: &'static str,
    part: Part<Output, Port>,
    measured: Measured<'a, C, Target, Total>,
}

/// One of several ports. The reference is there because rustc does not see how long a batch lives in the batch.
type Part<Output, Port> = for<'b> fn(&'b (), <Output as Ports>::Batch<'b>) -> <Port as Ports>::Batch<'b>;

impl<Output: Ports, Port: Ports, Target: Ports, C: ScalarMetric<Port, Target>> Measure<Output>
    for OfPort<'_, Output, Port, C, Target, C::Total>
{
    fn add(&mut self, output: Output::Batch<'_>, samples: Range<usize>) -> Result<()> {
        in_port(self.port, Measure::<Port>::add(&mut self.measured, (self.part)(&(), output), samples))
    }

    fn take(&mut self) -> f64 {
        Measure::<Port>::take(&mut self.measured)
    }
}

/// What [`Fit::validate`](super::Fit::validate) measures: one metric with a single number, a tuple of two to eight, or, of a
/// network with several outputs, the struct of a metric for each.
///
/// `Count` is whatever the compiler finds: it tells these apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no single number for outputs of type `{Output}` and targets of type `{Target}`",
    note = "losses, `Accuracy`, `TopK`, `Precision`, `Recall`, `F1`, `BinaryAccuracy`, `Rmse` and `R2` do, and so does a \
            tuple of up to eight of them, or a struct of one for each of several outputs"
)]
pub trait Validations<Output: Ports, Target: Ports, Count> {
    /// Adds each of them.
    #[doc(hidden)]
    fn add_to<'a>(self, list: &mut List<'a, '_, Output, Target>)
    where
        Self: 'a;
}

/// The validations of a fit, and the targets that the next ones are to compare with.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct List<'a, 'l, Output: Ports, Target: Ports> {
    pub(super) validations: &'l mut Vec<Validation<'a, Output>>,
    pub(super) targets: Target::Batch<'a>,
}

impl<'a, Output: Ports, Target: Ports> List<'a, '_, Output, Target> {
    fn add<C: ScalarMetric<Output, Target> + 'a>(&mut self, metric: C) {
        let (word, better, fault) = (metric.name(), metric.direction(), metric.check().err());
        let total = C::Total::default();
        let measured = Measured::<C, Target, C::Total> { metric, targets: self.targets, total };
        self.push(word, better, fault, Box::new(measured));
    }

    /// Adds a metric of one of several outputs, called `next.Accuracy`.
    pub fn add_of_port<P: Ports, T: Ports, C: ScalarMetric<P, T> + 'a>(
        &mut self,
        port: &'static str,
        metric: C,
        part: Part<Output, P>,
        target: Part<Target, T>,
    ) {
        let word = format!("{}.{}", plain(port), metric.name());
        let (better, fault) = (metric.direction(), in_port(port, metric.check()).err());
        let (targets, total) = (target(&(), self.targets), C::Total::default());
        let measured = Measured::<C, T, C::Total> { metric, targets, total };
        self.push(word, better, fault, Box::new(OfPort { port, part, measured }));
    }

    /// A validation of that name or, where others have it, of that and a number.
    fn push(
        &mut self,
        word: String,
        better: Direction,
        fault: Option<Error>,
        measure: Box<dyn Measure<Output> + 'a>,
    ) {
        let mut name = word.clone();
        let mut number = 2;
        while self.validations.iter().any(|validation| validation.name == name) {
            name = format!("{word} {number}");
            number += 1;
        }
        self.validations.push(Validation { name, better, fault, measure });
    }
}

/// One metric.
#[doc(hidden)]
#[derive(Debug)]
pub struct One;
/// Several in a tuple.
#[doc(hidden)]
#[derive(Debug)]
pub struct Several;
/// One for each of several outputs.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByPort;

impl<Output: Ports, Target: Ports, C: ScalarMetric<Output, Target>> Validations<Output, Target, One> for C {
    fn add_to<'a>(self, list: &mut List<'a, '_, Output, Target>)
    where
        Self: 'a,
    {
        list.add(self);
    }
}

/// Tuples.
macro_rules! several {
    ($($($metric:ident $i:tt)+;)+) => { $(
        impl<Output: Ports, Target: Ports, $($metric: ScalarMetric<Output, Target>),+>
            Validations<Output, Target, Several> for ($($metric,)+)
        {
            fn add_to<'a>(self, list: &mut List<'a, '_, Output, Target>)
            where
                Self: 'a,
            {
                $(list.add(self.$i);)+
            }
        }
    )+ };
}
several! {
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
}
