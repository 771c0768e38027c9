//! Where a network runs: a choice of the running program.

use std::fmt;

use plywood_kernels::cpu::Cpu;

use crate::error::{Error, Result};
use crate::network;

/// Where a session runs its network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Device {
    /// The processor, on as many threads as the session asks for.
    #[default]
    Cpu,
}

impl Device {
    /// The fastest device of this machine. Never fails: the processor is always there.
    pub fn best() -> Device {
        Device::Cpu
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("CPU"),
        }
    }
}

/// That a session is asked for a number of threads that systems can start.
pub(crate) fn check_threads(asked: usize) -> Result<()> {
    match asked {
        1..=Cpu::MAX_THREADS => Ok(()),
        _ => Err(Error::Setting {
            name: "threads",
            expected: "1 or more, up to 1024",
            found: asked.to_string(),
        }),
    }
}

/// The threads of a session: as asked for, else as many as the machine runs at once.
pub(crate) fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(network::init::threads)
}
