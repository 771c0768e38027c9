//! Random declarations: every layer, every nesting, from a seed.
use plywood_kernels::layers::Given;
use plywood_kernels::ops;

/// A declaration under construction.
pub struct Stack {
    state: u64,
    text: String,
    /// Sizes of one sample, as they are written.
    shape: Vec<String>,
}

impl Stack {
    /// `struct Net: […] -> […] { … }`
    pub fn random(seed: u64) -> String {
        let mut stack =
            Stack { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1, text: String::new(), shape: vec![] };
        let rank = 1 + stack.below(3);
        stack.shape = (0..rank).map(|_| stack.size()).collect();
        let input = stack.shape.join(", ");
        let layers = 1 + stack.below(12);
        stack.layers(layers, 0);
        format!("struct Net: [{input}] -> [{}] {{ {} }}", stack.shape.join(", "), stack.text)
    }

    /// splitmix64
    fn below(&mut self, n: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn size(&mut self) -> String {
        match self.below(8) {
            0 => "H".into(),
            1 => "2 * H + 1".into(),
            2 => "3 * H - 2".into(),
            3 => "(H + 5) / 2".into(),
            _ => (1 + self.below(9)).to_string(),
        }
    }

    fn linear(&mut self, size: &str) {
        let bias = if self.below(4) == 0 { ", bias: false" } else { "" };
        let frozen = if self.below(5) == 0 { "#[frozen] " } else { "" };
        self.text += &format!("{frozen}Linear({size}{bias}), ");
        if let Some(last) = self.shape.last_mut() {
            *last = size.to_string();
        }
    }

    fn layers(&mut self, count: u64, depth: u64) {
        for _ in 0..count {
            match self.below(14) {
                0..4 => {
                    let size = self.size();
                    self.linear(&size);
                }
                4..6 => {
                    let row = ops::UNARY[self.below(ops::UNARY.len() as u64) as usize];
                    let sets = row.sets();
                    let told = row.given(sets[self.below(sets.len() as u64) as usize]).0.into_iter();
                    let told = told.filter(|(_, n)| !matches!(n, Given::Number(n) if n.is_infinite()));
                    let told: Vec<String> = told.map(|(name, n)| format!("{name}: {n}")).collect();
                    self.text += &format!("{}({}), ", row.layer, told.join(", "));
                }
                6 => {
                    let dropout = ["Dropout", "Dropout(0)", "Dropout(0.1)"][self.below(3) as usize];
                    self.text += &format!("{dropout}, ");
                }
                // a block must give the axes that it receives
                7 if depth == 0 => {
                    self.text += "Flatten, ";
                    self.shape = vec![
                        self.shape.iter().map(|size| format!("({size})")).collect::<Vec<_>>().join(" * "),
                    ];
                }
                8..12 => self.along_axes(depth),
                _ if depth < 2 => self.block(depth),
                _ => self.text += "Relu, ",
            }
        }
    }

    /// A layer that works along an axis; only outside of blocks one that changes the axes.
    fn along_axes(&mut self, depth: u64) {
        let rank = self.shape.len() as u64;
        let axis = self.below(rank) as usize;
        let size = self.shape[axis].clone();
        match self.below(if depth == 0 { 9 } else { 5 }) {
            0 => self.text += "LayerNorm, ",
            1 => self.text += &format!("RmsNorm([{}]), ", self.shape[axis..].join(", ")),
            2 => self.text += &format!("Softmax({axis}), "),
            3 => self.text += &format!("LogSoftmax({}), ", axis as i64 - rank as i64),
            4 => {
                self.text += &format!("Pad({axis}, before: 1), Slice({axis}, start: 1, length: {size}), ");
            }
            5 => {
                self.shape.rotate_right(1);
                let axes: Vec<String> = (0..rank).map(|i| ((i + rank - 1) % rank).to_string()).collect();
                self.text += &format!("Permute([{}]), ", axes.join(", "));
            }
            6 => {
                self.shape.push("1".into());
                self.text += &format!("Reshape([{}]), ", self.shape.join(", "));
            }
            7 if rank > 1 => {
                let mut axes = vec![axis];
                // two where something is left then
                if rank > 2 && self.below(2) == 0 {
                    axes.push((axis + 1 + self.below(rank - 1) as usize) % rank as usize);
                }
                let reduce = ["Sum", "Mean", "Max", "Min", "Variance"][self.below(5) as usize];
                let told = if reduce == "Variance" { ", correction: 0" } else { "" };
                self.text += &format!("{reduce}({axes:?}{told}), ");
                axes.sort_unstable();
                axes.iter().rev().for_each(|axis| drop(self.shape.remove(*axis)));
            }
            _ => {
                self.linear("3");
                self.text += "Bilinear(H, in1_features: 2, in2_features: 1), ";
                self.shape[rank as usize - 1] = "H".into();
            }
        }
    }

    fn block(&mut self, depth: u64) {
        let count = match self.below(4) {
            0 => "H".to_string(),
            _ => (1 + self.below(4)).to_string(),
        };
        let (frozen, start) = (self.below(6) == 0, self.text.len());
        self.text += &format!("repeat {count} {{ ");
        let (before, layers) = (self.shape.clone(), 1 + self.below(3));
        self.layers(layers, depth + 1);
        if self.shape != before
            && let Some(size) = before.last()
        {
            self.linear(size);
        }
        self.text += "}, ";
        if frozen && ["Linear(", "Norm"].iter().any(|layer| self.text[start..].contains(layer)) {
            self.text.insert_str(start, "#[frozen] ");
        }
    }
}
