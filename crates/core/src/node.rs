//! The nodes that share one store, as far as a session knows them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Names one run of one process. Written as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeId(u64);

impl NodeId {
    /// The node with this number, which whoever starts it draws at random.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The text names no node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no node; a node has 16 hexadecimal digits")]
pub struct NoNode(String);

impl FromStr for NodeId {
    type Err = NoNode;

    fn from_str(text: &str) -> Result<Self, NoNode> {
        let is_written_by_us = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = is_written_by_us.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        number.map(Self).ok_or_else(|| NoNode(text.to_owned()))
    }
}

impl TryFrom<String> for NodeId {
    type Error = NoNode;

    fn try_from(text: String) -> Result<Self, NoNode> {
        text.parse()
    }
}

impl From<NodeId> for String {
    fn from(node: NodeId) -> Self {
        node.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_read_as_it_is_written() {
        for number in [0, 10, u64::MAX] {
            let node = NodeId::new(number);
            assert_eq!(node.to_string().parse(), Ok(node));
        }
        for nonsense in ["", "1", "+00000000000000f", "000000000000000F", "00000000000000000"] {
            assert_eq!(nonsense.parse::<NodeId>(), Err(NoNode(nonsense.to_owned())));
        }
    }
}
