//! What can go wrong while a program runs, in its user's terms.

mod problem;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

pub use self::problem::Problem;
use self::problem::mismatch;
use crate::text::counted;

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong: what, where, what was expected, what was found, and what to do about it.
///
/// Wrong shapes in a network are not among these: they are errors of the build.
#[non_exhaustive]
pub enum Error {
    /// Two lengths that must agree do not.
    Length {
        /// What was counted, for instance `targets`.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
        /// What to do about it.
        help: &'static str,
    },
    /// Numbers that do not have the shape they must have.
    Shape {
        /// What was expected.
        expected: String,
        /// What there is.
        found: String,
        /// What to do about it.
        help: String,
    },
    /// Something has no samples in it.
    Empty {
        /// What it is, for instance `the data set of an epoch`.
        what: &'static str,
        /// What to do about it, or why it is.
        help: String,
    },
    /// A setting has a value that means nothing.
    Setting {
        /// Its name, as the method that sets it.
        name: &'static str,
        /// The values that it can have.
        expected: &'static str,
        /// The value that it has.
        found: String,
    },
    /// A model was to be trained that has nothing to learn.
    NothingToTrain {
        /// The model.
        model: &'static str,
    },
    /// The system does not have that much memory.
    Memory {
        /// What the memory was for.
        what: &'static str,
        /// How much was asked for; `None` when the number does not fit in 64 bits.
        bytes: Option<u128>,
    },
    /// A target that the loss or the metric cannot compare with an output.
    Target {
        /// The index of the sample: in the slice that was given, or in the data set.
        sample: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// An output that the loss is not for.
    Output {
        /// The index of its sample: in the slice that was given, or in the data set.
        sample: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The loss, or the gradient's norm, is no longer a finite number.
    Diverged {
        /// The number of the update that this step would have made, from 1.
        step: u64,
        /// The learning rate it would have been made with.
        learning_rate: f64,
        /// What is not finite, and where that came from, as far as it can be told.
        cause: String,
    },
    /// A checkpoint does not fit the model. All that is wrong with it is listed.
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// The model it was read for.
        model: &'static str,
        /// What is wrong, at least one thing.
        problems: Vec<Problem>,
        /// How many of the model's parameters and states the file has in their shapes.
        fits: usize,
    },
    /// An index of an input that picks nothing.
    Index {
        /// The input, by its declared name; empty where there is one.
        port: &'static str,
        /// The sample.
        sample: usize,
        /// Which of the sample's indices it is.
        number: usize,
        /// The index.
        found: u32,
        /// What indices of that input are below.
        limit: usize,
    },
    /// Something has a number in it that is infinite or none.
    NotFinite {
        /// What was being done.
        what: &'static str,
        /// Where the number is.
        at: String,
        /// What to do about it.
        help: &'static str,
    },
    /// A data file holds something else than was asked for.
    Data {
        /// The file.
        path: PathBuf,
        /// The line, from 1, where it is about one.
        line: Option<u64>,
        /// The column, where it is about one.
        column: Option<String>,
        /// What was expected and what was found.
        problem: String,
    },
    /// The system could not read or write a file.
    Io {
        /// What was being done: `reading`, `writing`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The generated gradient disagrees with differences of the generated forward pass.
    Gradient {
        /// The parameter, or the direction through all of them, where it does.
        at: String,
        /// The slope that the generated backward pass gives.
        derived: f64,
        /// The slope that differences of the forward pass give.
        measured: f64,
    },
    /// A [loss](crate::loss::Loss) whose gradient is not that of its value.
    LossGradient {
        /// The loss.
        loss: String,
        /// Where they differ, and how, or why that cannot be told, and what helps.
        problem: String,
    },
    /// The slope that an [`Elementwise`](crate::loss::Elementwise) loss was given disagrees with differences of its value.
    Slope {
        /// The loss.
        loss: String,
        /// The output and the target where it does most.
        at: (f64, f64),
        /// The slope that it was given.
        given: f64,
        /// The slope that differences of the value give.
        measured: f64,
    },
    /// A model's output is infinite or no number, so that there is no gradient to compare.
    NoGradient {
        /// The model.
        model: &'static str,
    },
}

/// What [`Error::not_finite`] calls an output.
pub(crate) const OUTPUT: &str = "the output for sample";

/// What to do about a number that is not finite: in a sample, in an output, in a model.
pub(crate) const NOT_FINITE_SAMPLE: &str = "repair what it comes from, often a division by 0, the logarithm of 0 or a missing \
    cell (where a table is read, `.missing(…)` fills those)";
pub(crate) const NOT_FINITE_OUTPUT: &str = "parameters or inputs are so large that a layer overflows: scale inputs to about \
    -1..1 and train with a smaller learning rate or `.clip_norm(1.0)`, from a model that was saved before (`load`) or a \
    checkpoint (`trainer.load_checkpoint(path)`)";
pub(crate) const NOT_FINITE_MODEL: &str = "read a model that was saved before with `load` or `reload`, or go on from a \
    checkpoint with `trainer.load_checkpoint(path)`; a smaller learning rate or `.clip_norm(1.0)` keeps numbers finite";

impl Error {
    pub(crate) fn empty(what: &'static str) -> Error {
        Error::Empty { what, help: "give it at least one sample".to_owned() }
    }

    /// That a number of a sample, or of what `name` says, is not finite; `port` is empty where there is only one.
    pub(crate) fn not_finite(
        what: &'static str,
        port: &str,
        name: &str,
        sample: usize,
        number: usize,
    ) -> Error {
        let of = if port.is_empty() { String::new() } else { format!("`{port}` of ") };
        let help = if name == OUTPUT { NOT_FINITE_OUTPUT } else { NOT_FINITE_SAMPLE };
        Error::NotFinite { what, at: format!("number {number} of {of}{name} {sample}"), help }
    }

    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Error {
        Error::Io { doing, path: path.to_owned(), source }
    }
}

/// As `Display`: this is what `fn main() -> plywood::Result<()>` shows, and what `unwrap` does.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Length { what, expected, found, help } => {
                write!(f, "expected {}, found {found}\nhelp: {help}", counted(expected, what))
            }
            Error::Shape { expected, found, help } => {
                write!(f, "expected {expected}, found {found}\nhelp: {help}")
            }
            Error::Empty { what, help } => write!(f, "{what} is empty\nhelp: {help}"),
            Error::Setting { name, expected, found } => {
                write!(f, "`{name}` is {found}\nhelp: it can be {expected}")
            }
            Error::NothingToTrain { model } => write!(
                f,
                "`{model}` has no parameter that learns\n\
                 help: a layer with parameters must be there without `#[frozen]` before it"
            ),
            Error::Memory { what, bytes } => {
                write!(f, "not enough memory for {what}: ")?;
                match bytes {
                    Some(bytes) => write!(f, "the system has no {bytes} bytes in one piece")?,
                    None => write!(f, "the number of bytes does not fit in 64 bits")?,
                }
                match *what {
                    what if what.contains("batch") => write!(f, "\nhelp: a smaller batch needs less"),
                    "a prediction" => write!(f, "\nhelp: a smaller capacity needs less"),
                    "the gradient" | "the optimizer" | "the best parameters" => {
                        write!(f, "\nhelp: it grows with the number of parameters")
                    }
                    _ => Ok(()),
                }
            }
            Error::Target { sample, problem } => write!(f, "the target of sample {sample}: {problem}"),
            Error::Output { sample, problem } => write!(f, "the output for sample {sample}: {problem}"),
            Error::Diverged { step, learning_rate, cause } => write!(
                f,
                "training diverged at step {step}, learning rate {learning_rate}: {cause}\n\
                 help: the step was not made; start again with a smaller learning rate, scale the inputs and \
                 targets to about -1..1, or limit the gradient with `.clip_norm(1.0)`"
            ),
            Error::Checkpoint { path, model, problems, fits } => {
                write!(f, "`{}` does not fit `{model}`:", path.display())?;
                const MOST: usize = 20;
                problems.iter().take(MOST).try_for_each(|problem| write!(f, "\n  {problem}"))?;
                if problems.len() > MOST {
                    write!(f, "\n  and {} more", problems.len() - MOST)?;
                }
                if problems.iter().any(|problem| matches!(problem, Problem::Setting { .. })) {
                    write!(
                        f,
                        "\nhelp: make the trainer as the file's was, and set what is to be different from there on after \
                         `load_checkpoint`, by `optimizers_mut()`; or read the parameters alone, with `{model}::load`, and \
                         train them anew"
                    )?;
                } else if problems.iter().any(Problem::is_a_mismatch) {
                    write!(f, "\nhelp: {}", mismatch(model, *fits, problems))?;
                }
                Ok(())
            }
            Error::Index { port, sample, number, found, limit } => {
                let of = if port.is_empty() { String::new() } else { format!("`{port}` of ") };
                let last = limit.saturating_sub(1);
                write!(
                    f,
                    "index {number} of {of}sample {sample}: expected one below {limit}, found {found}\nhelp: a table of {limit} \
                     rows has the rows 0 to {last}; count from 0, or declare the network with a larger table"
                )
            }
            Error::NotFinite { what, at, help } => {
                write!(f, "{what}: {at} is not a finite number\nhelp: {help}")
            }
            Error::Data { path, line, column, problem } => {
                write!(f, "`{}`", path.display())?;
                if let Some(line) = line {
                    write!(f, ", line {line}")?;
                }
                if let Some(column) = column {
                    write!(f, ", column `{column}`")?;
                }
                write!(f, ": {problem}")
            }
            Error::Io { doing, path, source } => write!(f, "{doing} `{}`: {source}", path.display()),
            Error::Gradient { at, derived, measured } => write!(
                f,
                "the derivative with respect to {at} is {measured:e} by differences, {derived:e} by the generated \
                 backward pass\nhelp: this is a mistake in an operation's gradient or in the compiler, not in the network"
            ),
            Error::LossGradient { loss, problem } => write!(f, "`{loss}`: {problem}"),
            Error::Slope { loss, at: (y, t), given, measured } => write!(
                f,
                "the slope of `{loss}` at output {y}, target {t} is {measured:e} by differences, {given:e} by its formula\n\
                 help: the slope is the derivative of the value by the output, its first argument"
            ),
            Error::NoGradient { model } => write!(
                f,
                "the output of `{model}` is not finite for inputs from -1 to 1, so that its gradient cannot be checked\n\
                 help: a layer receives numbers that it is not defined for, or that grow too large: before `Ln` or `Sqrt`, \
                 for instance, put a layer that gives positive numbers, such as `Softplus`"
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
