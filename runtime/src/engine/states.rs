//! The optimizers' states beside the parameters, and which of them lies where.

use std::borrow::Cow;
use std::ops::Range;

use plywood_kernels::cpu::Run;

use crate::error::Result;
use crate::network::Block;

/// Blocks as long as what learns. A group's rule reads the first few of them, in the order of its states: so the same
/// block may hold one state of some parameters and another of others.
#[derive(Default)]
pub(crate) struct States {
    pub blocks: Vec<Block>,
    /// The names of what lies in them, for each group.
    pub held: Vec<Vec<Cow<'static, str>>>,
}

impl States {
    /// Makes what lies in the blocks what each group's optimizer wants of them now. A state that was there before keeps its
    /// numbers, another is 0. Allocates nothing where nothing has changed.
    pub fn arrange<'a>(
        &mut self,
        wanted: impl Iterator<Item = &'a [&'static str]> + Clone,
        runs: &[Run],
        trainable: usize,
    ) -> Result<()> {
        // what can fail comes before the first change
        let most = wanted.clone().map(<[_]>::len).max().unwrap_or_default();
        while self.blocks.len() < most {
            self.blocks.push(Block::try_zeroed("the optimizer", Some(trainable))?);
        }
        for (group, wanted) in wanted.enumerate() {
            if self.held.len() == group {
                self.held.push(vec![]);
            }
            if self.held[group].iter().ne(wanted) {
                self.rearrange(group, wanted, runs, trainable);
            }
        }
        Ok(())
    }

    /// The blocks in which something lies.
    pub fn used(&self) -> &[Block] {
        &self.blocks[..self.held.iter().map(Vec::len).max().unwrap_or_default()]
    }

    fn rearrange(&mut self, group: usize, wanted: &[&'static str], runs: &[Run], trainable: usize) {
        let mut held: Vec<Option<Cow<'static, str>>> = self.held[group].drain(..).map(Some).collect();
        held.resize(self.blocks.len(), None);
        // what is in its place stays there: no name occurs twice
        for (to, name) in wanted.iter().enumerate() {
            let from = held.iter().position(|held| held.as_deref() == Some(name));
            if let Some(from) = from.filter(|from| *from != to) {
                held.swap(from, to);
                let [from, to] = self.blocks.get_disjoint_mut([from, to]).expect("two blocks");
                parts(runs, group, trainable)
                    .for_each(|part| from[part.clone()].swap_with_slice(&mut to[part]));
            }
        }
        for (to, name) in wanted.iter().enumerate() {
            if held[to].as_deref() != Some(name) {
                parts(runs, group, trainable).for_each(|part| self.blocks[to][part].fill(0.0));
            }
        }
        self.held[group] = wanted.iter().map(|name| Cow::Borrowed(*name)).collect();
    }
}

/// Where the parameters of a group lie; those of the only one are all.
fn parts(runs: &[Run], group: usize, trainable: usize) -> impl Iterator<Item = Range<usize>> {
    let all = runs.is_empty().then_some(0..trainable);
    let starts = [0].into_iter().chain(runs.iter().map(|run| run.end));
    let parts = starts.zip(runs).filter(move |(_, run)| run.rule == group);
    all.into_iter().chain(parts.map(|(start, run)| start..run.end))
}
