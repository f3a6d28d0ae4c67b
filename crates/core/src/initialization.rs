//! Initialization of weights.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How weights are initialized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initialization {
    /// Normal, standard deviation sqrt(2 / fan in), biases 0 (He et al. 2015, eq. 10).
    He,
    /// Normal distributions with the standard deviations and biases of the architecture's table. For the
    /// convolutional networks these are from Yosinski et al. 2014, for an mlp 0.01 and 0.
    Paper,
}

impl fmt::Display for Initialization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::He => "he",
            Self::Paper => "paper",
        })
    }
}
