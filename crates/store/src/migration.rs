//! From which schema to which a store is brought.

/// What it takes to bring the tables of a store to what this nightlatch needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The schema that is there; 0 where there are no tables.
    pub from: u32,
    /// The schema that there is afterwards.
    pub to: u32,
}

impl Migration {
    /// Whether there is anything to do.
    #[must_use]
    pub fn is_needed(self) -> bool {
        self.from != self.to
    }
}
