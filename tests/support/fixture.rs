//! The results that `fixtures/make.py` computed with PyTorch.
use plywood_kernels::optim::{OPTIMIZERS, Optimizer, Variant};
use serde_json::Value;

/// A file of `fixtures`.
pub fn read(name: &str) -> Value {
    let path = format!("{}/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The cases of a file, of which there must be some.
pub fn cases(name: &str) -> Vec<Value> {
    let cases = read(name)["cases"].as_array().cloned().unwrap_or_default();
    assert!(cases.len() > 2, "{name}.json has {} cases", cases.len());
    cases
}

/// A number.
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("`{value}` is not a number"))
}
/// A list of numbers.
pub fn list(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("`{value}` is not a list")).iter().map(number).collect()
}
/// A list of whole numbers.
pub fn sizes(value: &Value) -> Vec<usize> {
    list(value).into_iter().map(|x| x as usize).collect()
}
/// A word.
pub fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("`{value}` is not a word"))
}

/// The numbers that a description stands for; see `make.py`.
pub fn fill(description: &Value) -> Vec<f64> {
    let (k, scale) = (number(&description["k"]) as usize, number(&description["scale"]));
    let count = sizes(&description["shape"]).iter().product();
    let levels = description["levels"].as_f64();
    let fraction = |i: usize| ((7919 * i + 13 * k) % 1000) as f64 / 500.0 - 1.0;
    let rounded = |x: f64| levels.map_or(x, |levels| (x * levels / 2.0).floor() / levels * 2.0);
    (0..count).map(|i| scale * rounded(fraction(i))).collect()
}

/// A row of the optimizer book with numbers for its hyperparameters.
pub struct Running {
    row: &'static Optimizer,
    variant: &'static Variant,
    hyperparameters: Vec<f64>,
    states: Vec<Vec<f64>>,
    step: u64,
}

impl Running {
    /// The optimizer of a description in PyTorch's words.
    pub fn of(description: &Value) -> Running {
        let name = word(&description["name"]);
        let row = OPTIMIZERS.iter().find(|row| row.name.eq_ignore_ascii_case(name)).expect("the book has it");
        let given = |name: &str| match name {
            "learning_rate" => description["lr"].as_f64(),
            "beta1" => description["betas"][0].as_f64(),
            "beta2" => description["betas"][1].as_f64(),
            other => description[other].as_f64(),
        };
        let hyperparameters: Vec<f64> = row
            .hyperparameters
            .iter()
            .map(|h| given(h.name).or(h.default).expect("given or with a default"))
            .collect();
        let value =
            |name: &str| row.hyperparameters.iter().position(|h| h.name == name).map(|i| hyperparameters[i]);
        let runs = |variant: &&Variant| variant.when.is_none_or(|name| value(name) != Some(0.0));
        let variant = row.variants.iter().find(runs).expect("the last variant always runs");
        Running { row, variant, hyperparameters, states: vec![], step: 0 }
    }

    /// The value of a hyperparameter.
    pub fn hyperparameter(&self, name: &str) -> f64 {
        let at = self.row.hyperparameters.iter().position(|h| h.name == name).expect("the row has it");
        self.hyperparameters[at]
    }

    /// One step in f64 by the row's formulas.
    pub fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) {
        self.step += 1;
        self.states.resize(self.variant.states.len(), vec![0.0; parameters.len()]);
        let at = [self.hyperparameters.as_slice(), &[self.step as f64]].concat();
        let scalars: Vec<f64> = self.row.scalars(self.variant).iter().map(|(_, e)| e.evaluate(&at)).collect();
        let update = self.row.update(self.variant);
        for (i, (parameter, g)) in parameters.iter_mut().zip(gradient).enumerate() {
            let states: Vec<f64> = self.states.iter().map(|state| state[i]).collect();
            let arguments = [&[*g, *parameter], states.as_slice(), &scalars].concat();
            let new: Vec<f64> = update.iter().map(|e| e.evaluate(&arguments)).collect();
            *parameter = new[0];
            self.states.iter_mut().zip(&new[1..]).for_each(|(state, new)| state[i] = *new);
        }
    }
}
