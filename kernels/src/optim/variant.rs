//! What an optimizer's formulas are for some hyperparameters: those that are 0 are left out before anything is printed.
use super::{Optimizer, Scalar};
use crate::names::type_name;
use crate::scalar::{Expr, Term, argument, constant};

/// The formulas that run while certain switches are on.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The name of its rule.
    pub rule: String,
    /// The switches for which it runs, each list in the order of [`Optimizer::switches`].
    pub runs: Vec<Vec<bool>>,
    /// The states that it needs.
    pub states: Vec<&'static str>,
    /// The numbers of a step that it needs: formulas over the hyperparameters, then the step.
    pub scalars: Vec<Scalar>,
    /// The new parameter and states: formulas over gradient, parameter, states, scalars.
    pub update: Vec<Expr>,
}

impl Optimizer {
    /// The hyperparameters that formulas are simplified for.
    pub fn switches(&self) -> Vec<usize> {
        (0..self.hyperparameters.len()).filter(|i| self.hyperparameters[*i].switch).collect()
    }

    /// Every way in which it runs, for every combination of switches one: formulas in which a switch that is off is 0
    /// and a flag that is on is 1, without the states and scalars that this makes superfluous.
    pub fn variants(&self) -> Vec<Variant> {
        let switches = self.switches();
        let mut variants: Vec<Variant> = vec![];
        for bits in 0..1usize << switches.len() {
            let on: Vec<bool> = (0..switches.len()).map(|k| bits >> k & 1 == 1).collect();
            let variant = self.simplified(&switches, on);
            let same = |other: &&mut Variant| {
                (&other.states, &other.scalars, &other.update)
                    == (&variant.states, &variant.scalars, &variant.update)
            };
            match variants.iter_mut().find(same) {
                Some(known) => known.runs.extend(variant.runs),
                None => variants.push(variant),
            }
        }
        variants
    }

    /// The way in which it runs with these hyperparameters.
    pub fn variant(&self, hyperparameters: &[f64]) -> Variant {
        let switches = self.switches();
        let on = switches.iter().map(|i| hyperparameters[*i] != 0.0).collect();
        self.simplified(&switches, on)
    }

    fn simplified(&self, switches: &[usize], on: Vec<bool>) -> Variant {
        let known = |i: usize| {
            let on = on[switches.iter().position(|s| *s == i)?];
            match (on, self.hyperparameters[i].is_flag()) {
                (false, _) => Some(constant(0.0)),
                (true, true) => Some(constant(1.0)),
                (true, false) => None,
            }
        };
        let count = self.hyperparameters.len();
        let hyperparameters: Vec<Expr> =
            (0..count).map(|i| known(i).unwrap_or_else(|| argument(i as u32))).collect();
        let scalars = (self.scalars)(&hyperparameters, argument(count as u32));
        let first = 2 + self.states.len();
        let states: Vec<Expr> = (2..first).map(|i| argument(i as u32)).collect();
        let numbers: Vec<Expr> = (first..)
            .zip(&scalars)
            .map(|(i, (_, e))| if matches!(e.term(), Term::Constant(_)) { *e } else { argument(i as u32) })
            .collect();
        let update = (self.update)(argument(0), argument(1), &states, &numbers);

        // a state is needed if what the parameter becomes depends on it, directly or through other states
        let mut needed = vec![0];
        let mut at = 0;
        while at < needed.len() {
            let depends = |k: &usize| !needed.contains(k) && update[needed[at]].uses(1 + *k as u32);
            let more: Vec<usize> = (1..=self.states.len()).filter(depends).collect();
            needed.extend(more);
            at += 1;
        }
        needed.sort();
        let update: Vec<Expr> = needed.iter().map(|k| update[*k]).collect();
        let used = |i: usize| update.iter().any(|e| e.uses(i as u32));
        let kept: Vec<usize> = (0..scalars.len()).filter(|j| used(first + j)).collect();
        // arguments that are left out leave no gaps in the numbering
        let mut by = vec![constant(0.0); first + scalars.len()];
        by[0] = argument(0);
        let places =
            needed.iter().map(|k| 1 + k).chain(kept.iter().map(|j| first + j)).collect::<Vec<usize>>();
        places.iter().zip(1..).for_each(|(from, to)| by[*from] = argument(to));
        let words = switches.iter().zip(&on).filter(|(_, on)| **on);
        let words: String = words.map(|(i, _)| type_name(self.hyperparameters[*i].name)).collect();
        Variant {
            rule: format!("{}{words}", self.name),
            states: needed[1..].iter().map(|k| self.states[k - 1]).collect(),
            scalars: kept.iter().map(|j| scalars[*j]).collect(),
            update: update.iter().map(|e| e.substitute(&by)).collect(),
            runs: vec![on],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::OPTIMIZERS;
    use super::*;

    fn variant(name: &str, set: &[(&str, f64)]) -> Variant {
        let row = OPTIMIZERS.iter().find(|row| row.name == name).expect("a row");
        let value = |h: &crate::hyperparameter::Hyperparameter| {
            set.iter().find(|(name, _)| *name == h.name).map_or(h.default.unwrap_or(0.1), |(_, value)| *value)
        };
        row.variant(&row.hyperparameters.iter().map(value).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_switched_off_costs_nothing() {
        let (g, w, a, b) = (argument(0), argument(1), argument(2), argument(3));
        let plain = variant("Sgd", &[]);
        assert_eq!((plain.rule.as_str(), plain.states.len()), ("Sgd", 0));
        assert_eq!(plain.scalars, [("learning_rate", argument(0))]);
        assert_eq!(plain.update, [w - a * g]);
        let momentum = variant("Sgd", &[("momentum", 0.9)]);
        assert_eq!((momentum.rule.as_str(), momentum.states.as_slice()), ("SgdMomentum", &["velocity"][..]));
        // dampening is one multiplication, not a variant
        let velocity = argument(4) * a + argument(5) * g;
        assert_eq!(momentum.update, [w - b * velocity, velocity]);
        // without momentum there is nothing that dampening or Nesterov's form could change
        let idle = variant("Sgd", &[("dampening", 0.5), ("nesterov", 1.0)]);
        assert_eq!((idle.states, idle.scalars, idle.update), (plain.states, plain.scalars, plain.update));
    }

    #[test]
    fn adam_without_decay_is_adam_without_decay() {
        let (g, w, m, v) = (argument(0), argument(1), argument(2), argument(3));
        let adam = variant("Adam", &[]);
        let names: Vec<&str> = adam.scalars.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["rate", "one_minus_beta1", "beta2", "one_minus_beta2", "eps"]);
        let mean = m + (g - m) * argument(5);
        let square = argument(6) * v + argument(7) * g * g;
        assert_eq!(adam.update, [w - argument(4) * (mean / (square.sqrt() + argument(8))), mean, square]);
    }

    #[test]
    fn adam_keeps_two_states_or_three() {
        assert_eq!(variant("Adam", &[]).states, ["mean", "square"]);
        assert_eq!(variant("Adam", &[("amsgrad", 1.0)]).states, ["mean", "square", "largest"]);
        assert_eq!(variant("RmsProp", &[]).states, ["square"]);
        assert_eq!(variant("RmsProp", &[("momentum", 0.5)]).states, ["square", "velocity"]);
        assert_eq!(variant("RmsProp", &[("centered", 1.0)]).states, ["square", "mean"]);
    }

    #[test]
    fn every_combination_of_switches_runs_one_variant() {
        for row in OPTIMIZERS {
            let variants = row.variants();
            let mut runs: Vec<Vec<bool>> = variants.iter().flat_map(|v| v.runs.clone()).collect();
            runs.sort();
            runs.dedup();
            assert_eq!(runs.len(), 1 << row.switches().len(), "{}", row.name);
            for variant in &variants {
                assert!(variant.states.len() <= 3, "{}", variant.rule);
                assert_eq!(variant.update.len(), variant.states.len() + 1, "{}", variant.rule);
            }
            assert_eq!(row.hyperparameters[0].name, "learning_rate");
        }
    }
}
