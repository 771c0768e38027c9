//! The registry of initialisers.
use super::Init;
use crate::arguments::{Argument, Arguments, Given, Together};
use crate::shape::{Shape, Size, elements};

impl Init<Size> {
    /// 0
    pub const ZEROS: Init<Size> = Init::Constant(0.0);
    /// 1
    pub const ONES: Init<Size> = Init::Constant(1.0);
    /// PyTorch's for the weight and the bias of a layer that sums `fan_in` numbers, `±1/√fan_in` (Kaiming uniform with
    /// a = √5).
    pub fn of_fan_in(fan_in: Size) -> Init<Size> {
        Init::FanUniform { scale: 1.0, fan: fan_in }
    }
}

/// How many numbers an output of a weight is summed from, and how many outputs a number goes into.
pub struct Fans {
    /// `shape[1] shape[2] …`
    pub fan_in: Size,
    /// `shape[0] shape[2] …`
    pub fan_out: Size,
}

impl Fans {
    /// Those of a weight in PyTorch's order, `[out, in, …]`; of one axis, 1 and its elements.
    pub fn of(shape: &Shape) -> Fans {
        let (out, rest) = (shape.first(), shape.get(1..).unwrap_or_default());
        let kernel = elements(rest.get(1..).unwrap_or_default());
        let one = Size::known(1);
        Fans { fan_in: elements(rest), fan_out: out.unwrap_or(&one) * &kernel }
    }
}

/// One row of the book of initialisers.
pub struct Initializer {
    /// The word in a declaration, PyTorch's without the underscore at its end.
    pub name: &'static str,
    /// What the numbers are, for documentation.
    pub doc: &'static str,
    /// What it can be told.
    pub arguments: &'static [Argument],
    /// What these must be together.
    pub together: &'static [Together],
    /// The fewest axes of a parameter that it makes sense for.
    pub axes: usize,
    /// The numbers, from the arguments and the parameter's fans.
    pub init: fn(&Arguments, &Fans) -> Init<Size>,
}

const GAIN: Argument = Argument::number("gain", "what the numbers are multiplied by", 1.0);
const SLOPE: Argument =
    Argument::number("a", "the slope below 0 of the activation after it, 0 for `Relu`", 0.0);
const FAN_OUT: Argument =
    Argument::flag("fan_out", "whether the variance follows the outputs instead of the inputs", false);

/// `√(2 / (1 + a²))`, PyTorch's gain of a leaky ReLU with slope `a`, and the fan that it is divided by.
fn kaiming(arguments: &Arguments, fans: &Fans) -> (f64, Size) {
    let slope = arguments.number("a");
    let fan = if arguments.flag("fan_out") { &fans.fan_out } else { &fans.fan_in };
    ((2.0 / (1.0 + slope * slope)).sqrt(), fan.clone())
}
/// The gain for a variance of `2 / (fan_in + fan_out)`, and what it is divided by.
fn xavier(arguments: &Arguments, fans: &Fans) -> (f64, Size) {
    (arguments.number("gain") * std::f64::consts::SQRT_2, &fans.fan_in + &fans.fan_out)
}
/// What makes a uniform number of `±√3` have the variance 1.
const UNIT_UNIFORM: f64 = 1.732_050_807_568_877_2;

/// Every initialiser.
pub static INITIALIZERS: &[Initializer] = &[
    Initializer { name: "zeros", doc: "0", arguments: &[], together: &[], axes: 0, init: |_, _| Init::ZEROS },
    Initializer { name: "ones", doc: "1", arguments: &[], together: &[], axes: 0, init: |_, _| Init::ONES },
    Initializer {
        name: "constant",
        doc: "one number",
        arguments: &[Argument::needed("value", "the number")],
        together: &[],
        axes: 0,
        init: |arguments, _| Init::Constant(arguments.number("value")),
    },
    Initializer {
        name: "uniform",
        doc: "uniform, from `low` to below `high`",
        arguments: &[
            Argument::number("low", "the least number", 0.0),
            Argument::number("high", "what every number is below", 1.0),
        ],
        together: &[Together {
            arguments: &["high", "low"],
            words: "more than `low`",
            holds: |arguments| arguments.number("high") > arguments.number("low"),
        }],
        axes: 0,
        init: |arguments, _| Init::Uniform { low: arguments.number("low"), high: arguments.number("high") },
    },
    Initializer {
        name: "normal",
        doc: "normal",
        arguments: &[
            Argument::number("mean", "their mean", 0.0),
            Argument::number("std", "their standard deviation", 1.0)
                .must_be("0 or more", |given| matches!(given, Given::Number(x) if *x >= 0.0)),
        ],
        together: &[],
        axes: 0,
        init: |arguments, _| Init::Normal { mean: arguments.number("mean"), std: arguments.number("std") },
    },
    Initializer {
        name: "kaiming_uniform",
        doc: "uniform with variance `2 / ((1 + a²) fan)` (He et al. 2015)",
        arguments: &[SLOPE, FAN_OUT],
        together: &[],
        axes: 2,
        init: |arguments, fans| {
            let (gain, fan) = kaiming(arguments, fans);
            Init::FanUniform { scale: UNIT_UNIFORM * gain, fan }
        },
    },
    Initializer {
        name: "kaiming_normal",
        doc: "normal with variance `2 / ((1 + a²) fan)` (He et al. 2015)",
        arguments: &[SLOPE, FAN_OUT],
        together: &[],
        axes: 2,
        init: |arguments, fans| {
            let (scale, fan) = kaiming(arguments, fans);
            Init::FanNormal { scale, fan }
        },
    },
    Initializer {
        name: "xavier_uniform",
        doc: "uniform with variance `2 gain² / (fan_in + fan_out)` (Glorot and Bengio 2010)",
        arguments: &[GAIN],
        together: &[],
        axes: 2,
        init: |arguments, fans| {
            let (gain, fan) = xavier(arguments, fans);
            Init::FanUniform { scale: UNIT_UNIFORM * gain, fan }
        },
    },
    Initializer {
        name: "xavier_normal",
        doc: "normal with variance `2 gain² / (fan_in + fan_out)` (Glorot and Bengio 2010)",
        arguments: &[GAIN],
        together: &[],
        axes: 2,
        init: |arguments, fans| {
            let (scale, fan) = xavier(arguments, fans);
            Init::FanNormal { scale, fan }
        },
    },
    Initializer {
        name: "orthogonal",
        doc: "rows, or columns if they are fewer, orthogonal to each other and `gain` long (Saxe et al. 2014)",
        arguments: &[GAIN],
        together: &[],
        axes: 2,
        init: |arguments, _| Init::Orthogonal { gain: arguments.number("gain") },
    },
];

/// The initialiser of that name.
pub fn find(name: &str) -> Option<&'static Initializer> {
    INITIALIZERS.iter().find(|row| row.name == name)
}

/// The table of all initialisers, in Markdown, for the documentation; a test holds the committed one against it.
pub fn table() -> String {
    let row = |row: &Initializer| {
        let arguments: Vec<String> = row.arguments.iter().map(Argument::described).collect();
        let cell = if arguments.is_empty() { String::new() } else { format!("{} ", arguments.join("; ")) };
        format!("| `{}` | {} | {cell}|\n", row.name, row.doc)
    };
    let rows: String = INITIALIZERS.iter().map(row).collect();
    format!("| Initialiser | Numbers | Arguments |\n|---|---|---|\n{rows}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::shape;

    #[test]
    fn fans_are_pytorchs() {
        let fans = Fans::of(&shape(&[16, 3, 5, 5]));
        assert_eq!((fans.fan_in.as_known(), fans.fan_out.as_known()), (Some(75), Some(400)));
        let fans = Fans::of(&shape(&[8, 4]));
        assert_eq!((fans.fan_in.as_known(), fans.fan_out.as_known()), (Some(4), Some(8)));
    }
}
