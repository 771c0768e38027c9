//! Predicts the profit of fifty startups from what they spend: why numbers are scaled, and a linear network beside the
//! least squares that it must come to.
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::prelude::*;
use plywood::data::{Encoding, Table};
use plywood::prelude::*;

const USAGE: &str = "\
usage: startups [--state] [--save FOLDER] PATH

PATH is the file `50_Startups.csv`, from the data set \"50 Startups\" on Kaggle: 50 rows with the columns `R&D Spend`,
`Administration`, `Marketing Spend`, `State` and `Profit`.

  --state        learns from the state too, a feature for each of the three
  --save FOLDER  keeps the weights, the scalers and the encoding there
";

const COLUMNS: [&str; 4] = ["R&D Spend", "Administration", "Marketing Spend", "State"];

network! {
    /// A weight for each feature, and an intercept.
    struct Profit<const FEATURES: usize>: [FEATURES] -> [1] { line: Linear(1) }
}

type Startups<const F: usize> = Dataset<[f32; F], [f32; 1]>;
type Arguments = (PathBuf, bool, Option<PathBuf>);
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn train<const F: usize>(data: &Startups<F>) -> plywood::Result<Profit<F>> {
    let sgd = Sgd::new(0.1).momentum(0.9);
    let mut trainer =
        Trainer::new(Profit::init(7), Mse::mean(), sgd).batch(data.len()).quiet().on(Device::best())?;
    trainer.fit(data).epochs(2000).run()?;
    trainer.finish()
}

/// The mean absolute error and the root of the mean squared error, in dollars.
fn error<const F: usize>(
    model: &Profit<F>,
    scaled: &Startups<F>,
    profit: &MinMaxScaler<[f32; 1]>,
) -> plywood::Result<String> {
    let (mut predicted, mut actual) = (model.predict(scaled.samples()), scaled.targets().to_vec());
    profit.invert(&mut predicted);
    profit.invert(&mut actual);
    let (mae, rmse) = (Mae::mean(), Rmse).measure(&predicted, &actual)?;
    Ok(format!("mean absolute error ${mae:.2}, RMSE ${rmse:.2}"))
}

/// The weights of scaled numbers as those of dollars, the intercept last.
fn in_dollars<const F: usize>(
    model: &Profit<F>,
    spending: &MinMaxScaler<[f32; F]>,
    profit: &MinMaxScaler<[f32; 1]>,
) -> Vec<f64> {
    let line = model.parameters().line;
    let height = profit.data_max()[0] - profit.data_min()[0];
    let (mut weights, mut intercept) = (vec![], profit.data_min()[0] + height * f64::from(line.bias[0]));
    for (weight, (min, max)) in line.weight[0].iter().zip(spending.data_min().iter().zip(spending.data_max()))
    {
        let weight = f64::from(*weight) * height / (max - min);
        intercept -= weight * min;
        weights.push(weight);
    }
    weights.push(intercept);
    weights
}

/// The weights and the intercept with the least sum of squared errors: `AᵀA w = Aᵀy`, where a row of `A` is a sample and 1.
fn least_squares<const F: usize>(data: &Startups<F>) -> Vec<f64> {
    let mut m = vec![vec![0.0; F + 2]; F + 1];
    for (x, y) in data.samples().iter().zip(data.targets()) {
        let row: Vec<f64> = x.iter().chain(&[1.0, y[0]]).map(|x| f64::from(*x)).collect();
        for i in 0..F + 1 {
            (0..F + 2).for_each(|j| m[i][j] += row[i] * row[j]);
        }
    }
    // The matrix is positive definite: no rows need to change places, and columns may be of any size.
    for pivot in 0..F + 1 {
        for i in (0..F + 1).filter(|i| *i != pivot) {
            let factor = m[i][pivot] / m[pivot][pivot];
            (0..F + 2).for_each(|j| m[i][j] -= factor * m[pivot][j]);
        }
    }
    (0..F + 1).map(|i| m[i][F + 1] / m[i][i]).collect()
}

/// What a program does that has nothing but the files.
fn predict<const F: usize>(folder: &Path) -> Outcome<f32> {
    let startup = Table::new(COLUMNS, [["100000", "120000", "200000", "Florida"]])?;
    let mut x = Encoding::load(folder.join("encoding.csv"))?.samples::<[f32; F]>(&startup)?;
    MinMaxScaler::load(folder.join("spending.safetensors"))?.apply(&mut x);
    let mut y = Profit::<F>::load(folder.join("weights.safetensors"))?.predict(&x);
    MinMaxScaler::load(folder.join("profit.safetensors"))?.invert(&mut y);
    Ok(y[0][0])
}

fn run<const F: usize>(path: &Path, columns: &[&str], folder: &Path) -> Outcome {
    let csv = Csv::open(path)?.inputs(columns).one_hot(..).targets("Profit");
    let (data, encoding) = csv.fit::<[f32; F], [f32; 1]>()?;
    let (train_set, test_set) = data.split(0.8, 7);
    println!("{} rows to train on, {} to test on", train_set.len(), test_set.len());

    match train(&train_set) {
        Err(error) => println!("\nin dollars: {error}"),
        Ok(_) => println!("\nin dollars: training did not diverge"),
    }

    let spending = MinMaxScaler::fit(train_set.samples())?;
    let profit = MinMaxScaler::fit(train_set.targets())?;
    let [scaled_train, scaled_test] = [&train_set, &test_set].map(|part| {
        let mut part = part.clone();
        spending.apply(part.samples_mut());
        profit.apply(part.targets_mut());
        part
    });
    let model = train(&scaled_train)?;
    println!("\nscaled to 0..1:");
    println!("train: {}", error(&model, &scaled_train, &profit)?);
    println!("test:  {}", error(&model, &scaled_test, &profit)?);

    std::fs::create_dir_all(folder)?;
    encoding.save(folder.join("encoding.csv"))?;
    spending.save(folder.join("spending.safetensors"))?;
    profit.save(folder.join("profit.safetensors"))?;
    model.save(folder.join("weights.safetensors"))?;
    println!(
        "from the files: a startup in Florida that spends $100000, $120000, $200000 makes ${:.2}",
        predict::<F>(folder)?
    );

    let learned = in_dollars(&model, &spending, &profit);
    let names = encoding.features().iter().map(String::as_str).chain(["intercept"]).zip(&learned);
    if F > 3 {
        println!("\ndollars of profit per dollar  {:>10}", "learned");
        names.for_each(|(name, learned)| println!("{name:<28}  {learned:>10.4}"));
        // Each state is what the others leave: many solutions have the least squares.
        return Ok(());
    }
    println!("\ndollars of profit per dollar  {:>10}  least squares", "learned");
    let mut same = true;
    for ((name, learned), exact) in names.zip(least_squares(&train_set)) {
        println!("{name:<28}  {learned:>10.4}  {exact:>13.4}");
        same &= (learned - exact).abs() <= 5e-4 * exact.abs();
    }
    if same {
        Ok(())
    } else {
        Err("what was learned is not, to three digits, what least squares give".into())
    }
}

/// The file, whether to read the state, and the folder to save in; `None` if the command line asks for help.
fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    let (mut path, mut state, mut save) = (None, false, None);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("state") => state = true,
            Long("save") => save = Some(PathBuf::from(arguments.value()?)),
            Value(value) if path.is_none() => path = Some(PathBuf::from(value)),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some((path.ok_or("which file?")?, state, save)))
}

fn main() -> ExitCode {
    let (path, state, save) = match arguments() {
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
    let result = tempfile::tempdir().map_err(Into::into).and_then(|temporary| {
        let folder = save.as_deref().unwrap_or(temporary.path());
        match state {
            true => run::<6>(&path, &COLUMNS, folder),
            false => run::<3>(&path, &COLUMNS[..3], folder),
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
