//! An open tab, and which node looks after it.

use serde::{Deserialize, Serialize};

use crate::node::NodeId;
use crate::path::Path;

/// An open tab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct OpenTab {
    /// Its page.
    pub page: Path<'static>,
    /// Who looks after it; `None` where one process has the store for itself.
    pub attended: Option<Attended>,
}

/// Who notices that a tab is gone without a word, where several nodes share the store. No node closes the tab of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attended {
    /// The node that has an event stream of its session.
    Serving(NodeId),
    /// The node that the tab reported itself to, without a stream. Any that has a stream takes the tab.
    Hearing(NodeId),
    /// Nobody: the browser stopped everything in the tab, so that it can say nothing.
    Frozen,
}

impl OpenTab {
    /// Whether `node` may close the tab because it hears nothing of it.
    #[must_use]
    pub fn is_up_to(&self, node: NodeId) -> bool {
        match self.attended {
            None => true,
            Some(Attended::Serving(other) | Attended::Hearing(other)) => other == node,
            Some(Attended::Frozen) => false,
        }
    }
}

/// What is kept. Where one process has the store for itself it is the page alone.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Page(Path<'static>),
    Tab { page: Path<'static>, attended: Attended },
}

impl From<Written> for OpenTab {
    fn from(written: Written) -> Self {
        match written {
            Written::Page(page) => Self { page, attended: None },
            Written::Tab { page, attended } => Self {
                page,
                attended: Some(attended),
            },
        }
    }
}

impl From<OpenTab> for Written {
    fn from(OpenTab { page, attended }: OpenTab) -> Self {
        match attended {
            None => Self::Page(page),
            Some(attended) => Self::Tab { page, attended },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_is_read_as_it_is_written() {
        let node = NodeId::new(7);
        for (attended, written) in [
            (None, r#""/a""#),
            (
                Some(Attended::Serving(node)),
                r#"{"page":"/a","attended":{"serving":"0000000000000007"}}"#,
            ),
            (
                Some(Attended::Hearing(node)),
                r#"{"page":"/a","attended":{"hearing":"0000000000000007"}}"#,
            ),
            (Some(Attended::Frozen), r#"{"page":"/a","attended":"frozen"}"#),
        ] {
            let page = Path::canonical("/a").into_owned();
            let tab = OpenTab { page, attended };
            assert_eq!(serde_json::to_string(&tab).ok().as_deref(), Some(written));
            assert_eq!(serde_json::from_str(written).ok(), Some(tab));
        }
    }
}
