//! What a value is called: after the declared layer that it belongs to, and what it is there.
use std::fmt;
use std::rc::Rc;

/// Where a value comes from: the declared layer, `d_` before it for a gradient, and the op's word, unless the value is
/// what the layer is there for. Generated code calls its locals so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    layer: Rc<str>,
    word: Rc<str>,
}

impl Origin {
    /// The value that a layer, an input or a block gives.
    pub fn of(layer: &str) -> Origin {
        Origin { layer: layer.into(), word: "".into() }
    }
    /// Another value on the way to it: `fc1` and `weight`, `rms` and `square`.
    #[must_use]
    pub fn with(&self, word: &str) -> Origin {
        Origin { layer: self.layer.clone(), word: word.into() }
    }
    /// The value of the layer itself.
    #[must_use]
    pub fn whole(&self) -> Origin {
        self.with("")
    }
    /// The gradient of the value.
    #[must_use]
    pub fn gradient(&self) -> Origin {
        Origin { layer: format!("d_{}", self.layer).into(), word: self.word.clone() }
    }
    /// The layer's name.
    pub fn layer(&self) -> &str {
        &self.layer
    }
    /// What it is there; nothing for the value of the layer itself.
    pub fn word(&self) -> &str {
        &self.word
    }
}

impl Default for Origin {
    fn default() -> Origin {
        Origin::of("value")
    }
}

/// `fc1`, `fc1_weight`, `d_fc1`
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match (&*self.layer, &*self.word) {
            (layer, "") => f.write_str(layer),
            (layer, word) => write!(f, "{layer}_{word}"),
        }
    }
}
