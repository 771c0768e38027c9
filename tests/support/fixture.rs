//! The results that `fixtures/make.py` computed with PyTorch.
use plywood::optimizer::{Optimizer as Trains, Visit, with};
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

/// The cases of a list.
pub fn cases_of(list: &Value) -> Vec<Value> {
    list.as_array().cloned().unwrap_or_else(|| panic!("`{list}` is not a list"))
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
    if description["values"].is_array() {
        return list(&description["values"]);
    }
    let (k, scale) = (number(&description["k"]) as usize, number(&description["scale"]));
    let count = sizes(&description["shape"]).iter().product();
    let levels = description["levels"].as_f64();
    let fraction = |i: usize| ((7919 * i + 13 * k) % 1000) as f64 / 500.0 - 1.0;
    let rounded = |x: f64| levels.map_or(x, |levels| (x * levels / 2.0).floor() / levels * 2.0);
    (0..count).map(|i| scale * rounded(fraction(i))).collect()
}

/// Options in PyTorch's words as names and values in those of the book: what is a pair there are two numbers here.
pub fn hyperparameters(options: &Value) -> Vec<(String, f64)> {
    let options = options.as_object().unwrap_or_else(|| panic!("`{options}` has no names"));
    let mut all = vec![];
    for (name, value) in options.iter().filter(|(name, _)| *name != "name") {
        match (name.as_str(), value) {
            ("betas", betas) => all.extend(["beta1", "beta2"].map(String::from).into_iter().zip(list(betas))),
            ("lr", rate) => all.push(("learning_rate".to_owned(), number(rate))),
            (name, Value::Bool(flag)) => all.push((name.to_owned(), f64::from(u8::from(*flag)))),
            (name, value) => all.push((name.to_owned(), number(value))),
        }
    }
    all
}

/// A row of the optimizer book with numbers for its hyperparameters.
pub struct Running {
    /// The row.
    pub row: &'static Optimizer,
    /// What of it runs.
    pub variant: Variant,
    /// What was given for it, by name.
    pub given: Vec<(String, f64)>,
    /// Everything that it can be told, in the row's order.
    hyperparameters: Vec<f64>,
    states: Vec<Vec<f64>>,
    step: u64,
}

impl Running {
    /// The optimizer of a description in PyTorch's words.
    pub fn of(description: &Value) -> Running {
        let name = word(&description["name"]);
        let row = OPTIMIZERS
            .iter()
            .find(|row| row.name.eq_ignore_ascii_case(name))
            .unwrap_or_else(|| panic!("no optimizer `{name}`"));
        let given = hyperparameters(description);
        let known = |(name, _): &(String, f64)| row.hyperparameters.iter().any(|h| h.name == name);
        assert!(given.iter().all(known), "`{name}` does not have all of {given:?}");
        let value = |name: &str| given.iter().find(|(given, _)| given == name).map(|(_, value)| *value);
        let hyperparameters: Vec<f64> = row
            .hyperparameters
            .iter()
            .map(|h| value(h.name).or(h.default).expect("given or with a default"))
            .collect();
        let variant = row.variant(&hyperparameters);
        Running { row, variant, given, hyperparameters, states: vec![], step: 0 }
    }

    /// The runtime's type for it, told the same, handed to `visitor`.
    pub fn with<V: Visit>(&self, visitor: V) -> V::Out {
        with(self.row.name, Told { running: self, visitor }).expect("every row has a type")
    }

    /// Another learning rate from now on.
    pub fn set_learning_rate(&mut self, rate: f64) {
        // every row has it first
        self.hyperparameters[0] = rate;
    }

    /// One step in f64 by the row's formulas.
    pub fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) {
        self.step += 1;
        self.states.resize(self.variant.states.len(), vec![0.0; parameters.len()]);
        let at = [self.hyperparameters.as_slice(), &[self.step as f64]].concat();
        let scalars: Vec<f64> = self.variant.scalars.iter().map(|(_, e)| e.evaluate(&at)).collect();
        for (i, (parameter, g)) in parameters.iter_mut().zip(gradient).enumerate() {
            let states: Vec<f64> = self.states.iter().map(|state| state[i]).collect();
            let arguments = [&[*g, *parameter], states.as_slice(), &scalars].concat();
            let new: Vec<f64> = self.variant.update.iter().map(|e| e.evaluate(&arguments)).collect();
            *parameter = new[0];
            self.states.iter_mut().zip(&new[1..]).for_each(|(state, new)| state[i] = *new);
        }
    }
}

/// Passes an optimizer on, with its hyperparameters set.
struct Told<'a, V> {
    running: &'a Running,
    visitor: V,
}

impl<V: Visit> Visit for Told<'_, V> {
    type Out = V::Out;
    fn visit<O: Trains>(self, mut optimizer: O) -> V::Out {
        for (name, value) in &self.running.given {
            optimizer.set_hyperparameter(name, *value).unwrap_or_else(|error| panic!("{error}"));
        }
        optimizer.check().unwrap_or_else(|error| panic!("{error}"));
        self.visitor.visit(optimizer)
    }
}
