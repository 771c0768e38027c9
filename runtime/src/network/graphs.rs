//! A network's own graphs, for whoever wants to look at them when the program runs.

#[cfg(feature = "graphs")]
use plywood_kernels::listing::Listing;

/// The graphs that a network was compiled from, as text, one line a node: before fusion and planning, op by op.
///
/// The feature `graphs` reads them; tests interpret them so, and hold the generated code against the result.
#[derive(Clone, Copy, Debug)]
pub struct Graphs {
    /// Forward as in training, then backward.
    pub training: &'static [&'static str],
    /// Forward as in prediction.
    pub prediction: &'static [&'static str],
    /// What the names in them stand for.
    pub symbols: &'static [(&'static str, usize)],
    /// What the constants in their formulas are.
    pub numbers: &'static [(&'static str, f64)],
}

impl Graphs {
    /// The graph that trains. Needs the feature `graphs`.
    ///
    /// # Panics
    /// Never for a network that compiled: the compiler wrote the text.
    #[cfg(feature = "graphs")]
    pub fn training(&self) -> Listing {
        Listing::read_with(self.training, self.numbers).expect("the compiler wrote a graph")
    }
    /// The graph that predicts. Needs the feature `graphs`.
    ///
    /// # Panics
    /// As [`training`](Graphs::training).
    #[cfg(feature = "graphs")]
    pub fn prediction(&self) -> Listing {
        Listing::read_with(self.prediction, self.numbers).expect("the compiler wrote a graph")
    }
    /// The value of a symbol in the graphs.
    ///
    /// # Panics
    /// For a name that stands in neither graph.
    pub fn symbol(&self, name: &str) -> usize {
        let found = self.symbols.iter().find(|(n, _)| *n == name);
        found.unwrap_or_else(|| panic!("no size in the graphs is called `{name}`")).1
    }
}
