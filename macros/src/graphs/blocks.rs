//! Blocks and their calls in random graphs: once, in loops, with parameters of each run's own or shared by all.
use super::generate::{Kinds, Maker, called};
use plywood_kernels::attrs::Attrs;
use plywood_kernels::graph::{Block, Call, Entering, Kind, Leaving, Origin, Value};
use plywood_kernels::ops;
use plywood_kernels::shape::Size;
use std::rc::Rc;

impl Maker {
    /// A call of a block, new or known.
    pub(super) fn block(&mut self) {
        if self.blocks.is_empty() || self.numbers.one_in(2) {
            let kind = self.new_block();
            self.blocks.push(kind);
        }
        let at = self.numbers.below(self.blocks.len());
        let kind = self.blocks[at].clone();
        let block = kind.block.clone();
        let carries =
            block.outputs.first().is_some_and(|y| block.body.ty(*y) == block.body.ty(block.inputs[0]));
        let way = self.numbers.below(if carries { 6 } else { 2 });
        let mut call = Call::once(block.clone(), "", self.streams.clone());
        if way >= 2 {
            call.times = self.numbers.of(&[Size::known(2), Size::known(3), Size::symbol("TURNS")]);
            call.own_parameters = way >= 4;
            call.inputs[0] = Entering::Carried(0);
            for (k, leaving) in call.outputs.iter_mut().enumerate().skip(1) {
                let carried = (k < block.inputs.len() && self.numbers.one_in(3))
                    && block.body.ty(block.outputs[k]) == block.body.ty(block.inputs[k]);
                if carried {
                    call.inputs[k] = Entering::Carried(k);
                } else if self.numbers.one_in(2) {
                    *leaving = Leaving::Stacked;
                }
            }
        }
        self.named += 1;
        call.name = format!("use_{}", self.named);
        let mut inputs = vec![];
        for (k, leaf) in block.inputs.iter().enumerate() {
            let shape = block.body.shape(*leaf).clone();
            let stacks: Vec<Value> =
                self.stacks.iter().filter(|(_, times)| *times == call.times).map(|(v, _)| *v).collect();
            let wanted = call.along(&shape);
            let fitting: Vec<Value> =
                stacks.into_iter().filter(|v| *self.graph.shape(*v) == wanted).collect();
            if call.inputs[k] == Entering::Shared && !fitting.is_empty() {
                call.inputs[k] = Entering::Sliced;
                inputs.push(self.numbers.of(&fitting));
            } else if way >= 2
                && call.inputs[k] == Entering::Shared
                && shape.len() == 2
                && self.numbers.one_in(2)
            {
                call.inputs[k] = Entering::Sliced;
                let stack = self.stack(&shape[1], &call.times);
                inputs.push(stack);
            } else if block.body.shape(*leaf).len() == 1 {
                // a parameter of the caller's
                let leaf = self.parameter(shape);
                inputs.push(leaf);
            } else {
                let value = self.like(&shape[1]);
                inputs.push(value);
            }
        }
        let shares = !call.own_parameters && kind.shared.is_some() && self.numbers.one_in(2);
        let leaves = match kind.shared.clone().filter(|_| shares) {
            Some(leaves) => leaves,
            None => {
                let leaves = self.leaves(&kind, &call);
                if !call.own_parameters {
                    self.blocks[at].shared = Some(leaves.clone());
                }
                leaves
            }
        };
        self.streams = &self.streams + &call.streams();
        let times = call.times.clone();
        let leavings = call.outputs.clone();
        self.begin("call");
        let results = self.graph.call(Rc::new(call), [inputs, leaves].concat());
        for (result, leaving) in results.into_iter().zip(leavings) {
            match leaving {
                Leaving::Last => self.pool.push(result),
                Leaving::Stacked => self.stacks.push((result, times.clone())),
            }
        }
    }

    /// So many values, each scaled by weights of its own.
    fn stack(&mut self, size: &Size, times: &Size) -> Value {
        let x = self.like(size);
        let scale = self.parameter(vec![times.clone(), Size::known(1), size.clone()]);
        self.begin("stack");
        let stack = self.graph.must(&ops::MUL, Attrs::NONE, &[x, scale]);
        self.stacks.push((stack, times.clone()));
        stack
    }

    /// New parameters for a use of a block.
    fn leaves(&mut self, kind: &Kinds, call: &Call) -> Vec<Value> {
        let count = if call.own_parameters { call.times.clone() } else { Size::known(1) };
        self.entries.block(&called(&call.name), &kind.block.name, Some(&count), kind.entries.clone());
        let block = &kind.block;
        let leaf = |leaf: &Value| {
            let shape = block.body.shape(*leaf).clone();
            let shape = if call.own_parameters { call.along(&shape) } else { shape };
            self.graph.begin(Origin::of(&format!("{}_{}", call.name, block.body.origin(*leaf))));
            self.parameters += 1;
            self.graph.leaf(Kind::Parameter(self.parameters - 1), shape)
        };
        block.parameters.iter().map(leaf).collect()
    }

    fn new_block(&mut self) -> Kinds {
        self.named += 1;
        let seed = self.numbers.0 ^ (self.named as u64) << 32;
        let mut inner = Maker::new(seed, self.training, self.depth + 1);
        let inputs = 1 + inner.numbers.below(2);
        for k in 0..inputs {
            inner.input(k);
        }
        if inner.numbers.one_in(4) {
            // handed by the caller, who owns it
            inner.graph.begin(Origin::of("lent"));
            let size = inner.width(inner.pool[0]);
            let lent = inner.graph.leaf(Kind::Input(inputs), vec![size]);
            inner.begin("lent_to");
            let y = inner.graph.must(&ops::MUL, Attrs::NONE, &[inner.pool[0], lent]);
            inner.pool.push(y);
        }
        let steps = 1 + inner.numbers.below(4);
        for _ in 0..steps {
            inner.step();
        }
        // the first output can be carried into the first input
        let first = inner.width(inner.pool[0]);
        let last = *inner.pool.last().expect("an input at least");
        if inner.width(last) != first && inner.numbers.below(3) > 0 {
            let y = inner.linear(last, first);
            inner.pool.push(y);
        }
        let count = 1 + inner.numbers.below(2);
        let outputs = inner.outputs(count);
        let name = format!("block_{}_{}_{}", self.depth, self.named, seed % 1000);
        let Maker { graph, streams, entries, .. } = inner;
        let block = Rc::new(Block::of(&name, graph, outputs, streams));
        Kinds { block, entries, shared: None }
    }
}
