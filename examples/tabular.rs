//! Learns one column of any table from the others: looks at the columns, makes numbers of them, chooses a network of a
//! size that fits, and says how good it is on rows that it was not trained on.
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::prelude::*;
use plywood::Ports;
use plywood::data::{Column, Field};
use plywood::prelude::*;

const USAGE: &str = "\
usage: tabular [OPTIONS] PATH TARGET

Learns the column TARGET of the CSV file PATH from all others. Text, or up to 10 different whole numbers, are classes;
other numbers are a regression. The other columns are used as they are if they are numbers, and one-hot encoded if they
have up to 20 different texts; those that can teach nothing (names, row numbers, constants) are left out. Missing cells
are filled with the median or the most frequent value of the rows that are trained on, rows without a target are left out.

  --target NAME     the same as TARGET
  --header          the first line is names, even if it looks like numbers
  --no-header       the first line is a row; TARGET is a position, from 0
  --delimiter CHAR  what stands between cells, a comma if not said
  --task TASK       `classes` or `regression`, whatever the column looks like
  --seed N          decides the split, the first weights and the order of samples, 7 if not said
  --save FOLDER     keeps the weights, the scalers and the encoding there
";

/// As many different texts as a column is one-hot encoded with.
const CATEGORIES: usize = 20;
/// As many classes as the networks tell apart.
const CLASSES: usize = 16;
/// As many different whole numbers as are taken for classes if nobody says what they are.
const NUMBERED: usize = 10;

network! {
    /// Only the run knows how long a row is, and a network has its size when it is built: so there are several, and a row
    /// ends with zeros. Of `CLASSES` classes those that do not occur are soon ruled out.
    struct Net<const INPUTS: usize, const OUTPUTS: usize>: [INPUTS] -> [OUTPUTS] {
        fc1: Linear(2 * INPUTS),
        Relu,
        fc2: Linear(INPUTS),
        Relu,
        out: Linear(OUTPUTS),
    }
}

/// With four decimals. What rounds to 0 from below is 0: `R²` of the mean is by a rounding less.
fn shown(x: f64) -> String {
    let rounded = (x * 1e4).round() / 1e4 + 0.0;
    format!("{rounded:.4}")
}

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

struct Arguments {
    path: PathBuf,
    target: String,
    /// What the first line is, if that was said.
    header: Option<bool>,
    delimiter: Option<u8>,
    classes: Option<bool>,
    seed: u64,
    save: Option<PathBuf>,
}

/// What is made of a table's parts, those to train, to validate and to test, by what was found in the first.
struct Plan {
    parts: [Table; 3],
    encoding: Encoding,
    seed: u64,
    save: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprint!("error: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", in_options(error.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// The command line; `None` if it asks for help.
fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    let (mut path, mut target, mut save, mut delimiter, mut classes) = (None, None, None, None, None);
    let (mut header, mut seed) = (None, 7);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("target") => target = Some(arguments.value()?.string()?),
            Long("header") => header = Some(true),
            Long("no-header") => header = Some(false),
            Long("delimiter") => delimiter = Some(value("--delimiter", arguments.value()?, one_byte)?),
            Long("task") => classes = Some(value("--task", arguments.value()?, task)?),
            Long("seed") => seed = value("--seed", arguments.value()?, whole)?,
            Long("save") => save = Some(PathBuf::from(arguments.value()?)),
            Value(word) if path.is_none() => path = Some(PathBuf::from(word)),
            Value(word) if target.is_none() => target = Some(word.string()?),
            other => return Err(other.unexpected()),
        }
    }
    let path = path.ok_or("which file?")?;
    let target = target.ok_or("which column is to be learned?")?;
    Ok(Some(Arguments { path, target, header, delimiter, classes, seed, save }))
}

/// What an option says, or what it should.
fn value<T>(
    option: &str,
    value: OsString,
    read: impl Fn(&str) -> Result<T, &'static str>,
) -> Result<T, lexopt::Error> {
    let text = value.string()?;
    read(&text).map_err(|expected| format!("`{option} {text}`: {expected}").into())
}

fn whole(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "expected a whole number from 0")
}

/// What a program would do about an error, as what is said on this command line.
fn in_options(error: String) -> String {
    let options = [
        (
            "call `.no_header()`, or `.header()` if they are names",
            "say `--no-header`, or `--header` if they are names",
        ),
        (
            "call `.delimiter(b';')`; if not, `.delimiter(b',')`",
            "say `--delimiter ';'`; if not, `--delimiter ,`",
        ),
        (
            "call `.delimiter(b'\\t')`; if not, `.delimiter(b',')`",
            "say `--delimiter tab`; if not, `--delimiter ,`",
        ),
        (
            "call `.delimiter(b'|')`; if not, `.delimiter(b',')`",
            "say `--delimiter '|'`; if not, `--delimiter ,`",
        ),
        (
            "split by a column of classes, or call `.split(…)`",
            "learn a column whose values occur more than once",
        ),
    ];
    options.into_iter().fold(error, |error, (method, option)| error.replace(method, option))
}

fn one_byte(text: &str) -> Result<u8, &'static str> {
    match text {
        "\\t" | "tab" => Ok(b'\t'),
        _ if text.len() == 1 => Ok(text.as_bytes()[0]),
        _ => Err("expected one character, or `tab`"),
    }
}

fn task(text: &str) -> Result<bool, &'static str> {
    match text {
        "classes" => Ok(true),
        "regression" => Ok(false),
        _ => Err("expected `classes` or `regression`"),
    }
}

fn run(arguments: Arguments) -> Outcome {
    let Arguments { path, target, header, delimiter, classes, seed, save } = arguments;
    let csv = Csv::open(&path)?;
    let csv = match header {
        None => csv,
        Some(true) => csv.header(),
        Some(false) => csv.no_header(),
    };
    let table = delimiter.into_iter().fold(csv, Csv::delimiter).table()?;
    let target = match target.parse::<usize>() {
        Ok(position) if header == Some(false) => table.column(position)?,
        _ => table.column(&target)?,
    };
    let is_classes = classes.unwrap_or(!target.numeric || target.whole && target.distinct <= NUMBERED);
    check(&table, &target, is_classes, header)?;
    println!("{}: {} rows, {} columns", path.display(), table.len(), table.names().len());

    let others: Vec<Column> = table.columns().filter(|column| column.position != target.position).collect();
    let (useful, left_out): (Vec<&Column>, Vec<&Column>) =
        others.iter().partition(|column| useless(column, &table).is_none());
    let (numbers, texts): (Vec<&Column>, Vec<&Column>) = useful.iter().partition(|column| column.numeric);
    let positions = |columns: &[&Column]| columns.iter().map(|column| column.position).collect::<Vec<_>>();
    list("numbers", &numbers, |column| column.name.clone());
    list("one-hot", &texts, |column| format!("{} ({})", column.name, column.distinct));
    list("left out", &left_out, |column| {
        format!("{} ({})", column.name, useless(column, &table).unwrap_or_default())
    });
    // Categories, and what fills a cell, are found in the rows to train on, as means and deviations will be.
    const FRACTIONS: [f64; 3] = [0.6, 0.2, 0.2];
    let parts = match is_classes {
        true => table.stratified_split_into(target.position, FRACTIONS, seed)?,
        false => table.split_into(FRACTIONS, seed)?,
    };
    let encoder = Encoder::new()
        .inputs(positions(&useful))
        .one_hot(positions(&texts))
        .unknown(.., Unknown::Zeros)
        .missing(.., Missing::MostFrequent)
        .missing(.., Missing::Median)
        .missing(target.position, Missing::Drop);
    let encoder = match is_classes {
        true => encoder.classes(target.position),
        false => encoder.targets(target.position),
    };
    let encoding = encoder.fit(&parts[0])?;
    let names = encoding.class_names();
    match is_classes {
        true => println!("target: {}, {} classes: {}", target.name, names.len(), names.join(", ")),
        false => println!("target: {}, a number", target.name),
    }
    encoding.repairs_of(&table)?.iter().for_each(|repair| println!("{repair}"));

    let plan = Plan { parts, encoding, seed, save };
    match (is_classes, plan.encoding.features().len()) {
        (true, ..=8) => plan.classification::<8>(),
        (true, ..=32) => plan.classification::<32>(),
        (true, ..=128) => plan.classification::<128>(),
        (false, ..=8) => plan.regression::<8>(),
        (false, ..=32) => plan.regression::<32>(),
        (false, ..=128) => plan.regression::<128>(),
        (_, n) => {
            Err(format!("the table makes {n} features\nhelp: there are networks for up to 128 here").into())
        }
    }
}

/// Whether the column can be learned at all, and the first line is what it was said to be.
fn check(table: &Table, target: &Column, is_classes: bool, header: Option<bool>) -> Outcome {
    let is_number = |row, column| table.cell(row, column).map(|cell| cell.parse::<f64>().is_ok());
    let is_name = |column| {
        let below = (1..table.len()).any(|row| is_number(row, column).is_some());
        is_number(0, column) == Some(false)
            && below
            && (1..table.len()).all(|row| is_number(row, column).unwrap_or(true))
    };
    if header == Some(false) && (0..table.names().len()).any(is_name) {
        let problem =
            "the first line looks like names: there are numbers below some\nhelp: leave `--no-header` out";
        return Err(problem.into());
    }
    let name = &target.name;
    let values = match target.distinct {
        0 => "no value in any row".to_owned(),
        1 => "the same value in each row".to_owned(),
        n => format!("{n} different values"),
    };
    let or = if target.numeric && target.distinct > 1 {
        ", or this one as numbers, with `--task regression`"
    } else {
        ""
    };
    match is_classes {
        true if !(2..=CLASSES).contains(&target.distinct) => Err(format!(
            "column `{name}` has {values}\nhelp: there are networks for 2 to {CLASSES} classes here; learn another column{or}"
        )
        .into()),
        false if !target.numeric => Err(format!(
            "column `{name}` is not numbers alone, as a regression needs them\nhelp: `--task classes` learns which of its \
             values a row has"
        )
        .into()),
        _ => Ok(()),
    }
}

/// Says which columns are something, if any: the first of many.
fn list(what: &str, columns: &[&Column], word: impl Fn(&Column) -> String) {
    const SHOWN: usize = 12;
    if !columns.is_empty() {
        let words: Vec<String> = columns.iter().take(SHOWN).map(|column| word(column)).collect();
        let more =
            if columns.len() > SHOWN { format!(", … ({} columns)", columns.len()) } else { String::new() };
        println!("{what}: {}{more}", words.join(", "));
    }
}

/// Why nothing can be learned from a column, if so.
fn useless(column: &Column, table: &Table) -> Option<String> {
    let Column { position, numeric, whole, distinct, .. } = *column;
    let number = |row| table.cell(row, position).and_then(|cell| cell.parse::<f64>().ok());
    let counts =
        || (1..table.len()).all(|row| number(row).zip(number(row - 1)).is_some_and(|(b, a)| b == a + 1.0));
    match (numeric, distinct) {
        (_, 0) => Some("all its cells are missing".to_owned()),
        (_, 1) => Some("all its cells are the same".to_owned()),
        (true, _) if whole && counts() => Some("it numbers the rows".to_owned()),
        (false, n) if 2 * n > table.len() => {
            Some(format!("names, {n} different texts in {} rows", table.len()))
        }
        (false, n) if n > CATEGORIES => Some(format!("{n} different texts, more than {CATEGORIES}")),
        _ => None,
    }
}

impl Plan {
    fn classification<const I: usize>(&self) -> Outcome {
        let mut parts = self.datasets::<I, u32>()?;
        self.scale(&mut parts)?;
        let mut trainer = self.train(Net::<I, CLASSES>::init(self.seed), CrossEntropy, &parts)?;

        let [train, _, test] = &parts;
        let (accuracy, f1, matrix) = trainer.evaluate(test, (Accuracy, F1::macro_average(), Confusion))?;
        let names = self.encoding.class_names();
        println!("{}\n", matrix.names(names)?);
        let count = |of: &Dataset<_, u32>, class| of.targets().iter().filter(|c| **c == class).count();
        let most = (0..names.len() as u32).rev().max_by_key(|class| count(train, *class)).unwrap_or(0);
        let always = count(test, most) as f64 / test.len() as f64;
        println!("test accuracy: {accuracy:.4} (always `{}`: {always:.4})", names[most as usize]);
        println!("test macro F1: {f1:.4}");
        Ok(())
    }

    fn regression<const I: usize>(&self) -> Outcome {
        let mut parts = self.datasets::<I, [f32; 1]>()?;
        self.scale(&mut parts)?;
        let actual = parts[2].targets().to_vec();
        let unit = StandardScaler::fit(parts[0].targets())?;
        parts.iter_mut().for_each(|part| unit.apply(part.targets_mut()));
        self.save("target.safetensors", |path| unit.save(path))?;
        let trainer = self.train(Net::<I, 1>::init(self.seed), Mse::mean(), &parts)?;

        let mut predicted = trainer.model()?.predict(parts[2].samples());
        unit.invert(&mut predicted);
        let measure = |outputs: &[[f32; 1]]| (R2, Rmse, Mae::mean()).measure(outputs, &actual);
        let mean = unit.mean()[0];
        let (found, always) = (measure(&predicted)?, measure(&vec![[mean as f32]; actual.len()])?);
        println!("test R²: {} (always {}, the mean: {})", shown(found.0), shown(mean), shown(always.0));
        println!("test RMSE: {:.4} ({:.4})", found.1, always.1);
        println!("test MAE: {:.4} ({:.4})", found.2, always.2);
        Ok(())
    }

    /// The parts as a network's samples and targets.
    fn datasets<const I: usize, T: Field>(&self) -> Outcome<[Dataset<[f32; I], T>; 3]> {
        let dataset = |table| self.encoding.dataset::<Vec<f32>, T>(table)?.padded();
        let [train, validation, test] = &self.parts;
        Ok([dataset(train)?, dataset(validation)?, dataset(test)?])
    }

    /// Standardises the samples by the first part, which is trained on.
    fn scale<const I: usize, T: Ports>(&self, parts: &mut [Dataset<[f32; I], T>; 3]) -> Outcome {
        let scaler = StandardScaler::fit(parts[0].samples())?;
        parts.iter_mut().for_each(|part| scaler.apply(part.samples_mut()));
        self.save("inputs.safetensors", |path| scaler.save(path))?;
        self.save("encoding.csv", |path| self.encoding.save(path))?;
        let [train, validation, test] = parts.each_ref().map(Dataset::len);
        println!("{train} rows to train on, {validation} to validate, {test} to test");
        Ok(())
    }

    fn train<M: Model, L: Loss<M::Output> + Clone>(
        &self,
        model: M,
        loss: L,
        [train, validation, _]: &[Dataset<M::Input, L::Target>; 3],
    ) -> Outcome<Trainer<M, L, AdamW>> {
        let mut trainer = Trainer::new(model, loss.clone(), AdamW::new(3e-3))
            .batch(16)
            .seed(self.seed)
            .quiet()
            .on(Device::best())?;
        let history = trainer
            .fit(train)
            .epochs(500)
            .validate(validation, loss)
            .early_stopping(30)
            .min_delta(1e-4)
            .run()?;
        if let Some(best) = history.best {
            let epochs = history.records.len();
            println!("{epochs} epochs, the best is {} with {} {:.4}\n", best.epoch, best.name, best.value);
        }
        self.save("weights.safetensors", |path| trainer.model()?.save(path))?;
        Ok(trainer)
    }

    fn save(&self, name: &str, write: impl FnOnce(&Path) -> plywood::Result<()>) -> Outcome {
        let Some(folder) = &self.save else { return Ok(()) };
        std::fs::create_dir_all(folder)?;
        Ok(write(&folder.join(name))?)
    }
}
