//! Slices for kernels to write to, which show what was written and what was not.

/// What no kernel computes from ones: stands in outputs before, and around them always.
pub const BEFORE: u32 = 0x7fc0_dead;
/// Numbers before and behind an output.
pub const MARGIN: usize = 64;
/// What a kernel writes to, with margins.
#[derive(Debug, Default)]
pub struct Outputs(Vec<Vec<f32>>);

impl Outputs {
    /// As many slices as lengths, with something in them that no kernel computes from ones.
    pub fn make<const N: usize>(&mut self, lens: [usize; N]) -> [&mut [f32]; N] {
        self.0 = lens.iter().map(|len| vec![f32::from_bits(BEFORE); len + 2 * MARGIN]).collect();
        let mut parts = self.0.iter_mut().map(|all| {
            let end = all.len() - MARGIN;
            &mut all[MARGIN..end]
        });
        [(); N].map(|()| parts.next().expect("as many as lengths"))
    }
    /// One slice.
    pub fn one(&mut self, len: usize) -> &mut [f32] {
        let [y] = self.make([len]);
        y
    }
    /// Whether nothing was written outside.
    pub fn margins_are_whole(&self) -> bool {
        let before = |x: &f32| x.to_bits() == BEFORE;
        self.0
            .iter()
            .all(|all| all[..MARGIN].iter().all(before) && all[all.len() - MARGIN..].iter().all(before))
    }
    /// Whether every number was written.
    pub fn are_written(&self) -> bool {
        self.0.iter().all(|all| all[MARGIN..all.len() - MARGIN].iter().all(|x| x.to_bits() != BEFORE))
    }
}

/// What is written as indices, with margins of their own, as numbers of the same bits.
/// # Panics
/// If something is written beside them.
pub fn indices(y: &mut [f32], write: impl FnOnce(&mut [u32])) {
    let mut all = vec![BEFORE; y.len() + 2 * MARGIN];
    let at = MARGIN..MARGIN + y.len();
    write(&mut all[at.clone()]);
    y.iter_mut().zip(&all[at]).for_each(|(y, index)| *y = f32::from_bits(*index));
    let mut margins = all[..MARGIN].iter().chain(&all[MARGIN + y.len()..]);
    assert!(margins.all(|x| *x == BEFORE), "unreachable: indices beside those that were handed over");
}
