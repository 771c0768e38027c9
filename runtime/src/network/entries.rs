//! What a network says of itself as data: the tree of its parameters, the table of its layers.

use plywood_kernels::init::Init;

/// What training does to an array of numbers, and so in which block it lies.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An optimizer changes it. It lies at the front of the parameter block.
    Trained,
    /// Nothing changes it. It lies behind those that learn, in the same block.
    Frozen,
    /// A training pass writes it, a prediction reads it, no optimizer sees it: running statistics. It lies in the
    /// state block.
    State,
}

/// A node in the tree of parameters and state. Offsets count numbers from the start of the block in which the role
/// lies, inside a `Repeat` from the start of the iteration.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// One array of numbers.
    Parameter {
        /// Its own name, for instance `weight`.
        name: &'static str,
        /// In PyTorch's order, for instance `[out, in]`; empty for a single number.
        shape: &'static [usize],
        /// Where it starts.
        offset: usize,
        /// What it holds at first.
        init: Init,
        /// What training does to it.
        role: Role,
        /// Whether it decays where weights alone do.
        decays: bool,
        /// Whether its rows without a gradient stay as they are.
        sparse: bool,
    },
    /// A layer or a group of layers: its name goes before the names within.
    Group {
        /// `fc1` in `fc1.weight`.
        name: &'static str,
        /// What is in it, at the same offsets as outside.
        entries: &'static [Entry],
    },
    /// A use of a block, whose entries have offsets of their own.
    Block {
        /// `layer1` in `layer1.fc.weight`.
        name: &'static str,
        /// Where those that learn lie.
        trained: Iterations,
        /// Where the frozen ones lie.
        frozen: Iterations,
        /// Where the state lies.
        state: Iterations,
        /// What is in it, at offsets from these.
        entries: &'static [Entry],
    },
    /// The same entries several times: `blocks.0.…`, `blocks.1.…`.
    Repeat {
        /// `blocks` in `blocks.1.fc.weight`.
        name: &'static str,
        /// How often.
        count: usize,
        /// Where those that learn lie.
        trained: Iterations,
        /// Where the frozen ones lie.
        frozen: Iterations,
        /// Where the state lies.
        state: Iterations,
        /// One iteration, at offsets from these.
        entries: &'static [Entry],
    },
}

/// Where the iterations of a block lie.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Iterations {
    /// Where the first starts.
    pub offset: usize,
    /// From the start of one to the start of the next.
    pub stride: usize,
}

impl Iterations {
    /// Where there are none.
    pub const NONE: Iterations = Iterations { offset: 0, stride: 0 };
}

/// A line in the table of layers.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct LayerRow {
    /// The declared name, or the position for a layer without one.
    pub name: &'static str,
    /// The layer with what was inferred, for instance `Linear(4 -> 8)`; for a group or a repeat `group`,
    /// `repeat 3`.
    pub layer: &'static str,
    /// Shape of one sample's output.
    pub output: &'static [usize],
    /// Numbers in the parameters of one iteration, 0 for a block.
    pub parameters: usize,
    /// Operations of one iteration for one sample, 0 for a block.
    pub flops: usize,
    /// How many blocks it is in.
    pub depth: usize,
    /// How often it runs: the product of their counts.
    pub times: usize,
}
