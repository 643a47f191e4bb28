//! The codes of lints. A code is never given to another lint, even where its own is gone.

use std::fmt;

use serde::{Serialize, Serializer};

/// How much a lint matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; may well be meant.
    Note,
    /// People are hurt, or a value does nothing. `check --strict` fails on it.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
        })
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $severity:ident;)+) => {
        /// The code of a lint, for example `NL001`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum LintCode {
            $($(#[doc = $doc])+ $name = $number,)+
        }

        impl LintCode {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// How much lints of this code matter.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity,)+
                }
            }
        }
    };
}

codes! {
    /// The warning leaves less than twenty seconds to answer.
    ShortWarning = 1, Warning;
    /// There is no warning.
    NoWarning = 2, Warning;
    /// An idle limit of less than forty seconds.
    ShortIdle = 3, Warning;
    /// A session cannot be extended ten times before its absolute limit.
    FewExtensions = 4, Warning;
    /// The idle limit is not shorter than the absolute one.
    NeverIdle = 5, Warning;
    /// No limit, and no cap above it.
    OffWithoutCap = 6, Warning;
    /// Holds may last longer than the session.
    HoldPastAbsolute = 7, Note;
    /// A cap that is looser than every value.
    LooseCap = 8, Note;
    /// Nothing counts as activity.
    NoActivity = 9, Warning;
    /// Where no tab is open the session lives for ever.
    PauseWithoutAbsolute = 10, Warning;
    /// A rule that lengthens and never does.
    NeverLengthens = 11, Warning;
    /// A rule that tightens and never does.
    NeverTightens = 12, Warning;
    /// A match on an application that has no entry, while others have.
    UnknownApplication = 13, Note;
    /// Two entries of one list have the same name.
    SameName = 14, Warning;
    /// A list in a match has a value twice.
    RepeatedValue = 15, Note;
    /// A rule whose absolute limit comes before its idle limit.
    RuleNeverIdle = 16, Warning;
    /// A match on a name that no session has.
    ImpossibleName = 17, Warning;
    /// A star at the end misses the page itself and what is deeper.
    StarMissesParent = 20, Warning;
    /// An empty segment matches nothing.
    EmptySegment = 21, Warning;
    /// A dot segment matches nothing.
    DotSegment = 22, Warning;
    /// Paths are compared decoded.
    PercentEscape = 23, Warning;
    /// Paths are compared without query and fragment.
    QueryOrFragment = 24, Warning;
    /// Two patterns differ in case alone.
    CaseTwins = 25, Note;
    /// A gate on one page leaves the pages below it open.
    GateLeavesBelow = 26, Warning;
    /// A pattern in the language of another program.
    ForeignPattern = 27, Warning;
    /// A rule or a passive entry for one page, not for those below it.
    ExactPage = 28, Note;
    /// Requests to pages are not activity.
    PassivePages = 30, Warning;
    /// A value on offer that nobody gets.
    MaskedChoice = 40, Warning;
    /// Nothing is on offer, or the same value twice.
    RepeatedChoice = 41, Note;
    /// A gate that never asks.
    GateNeverAsks = 50, Warning;
    /// A preset without a justification.
    NoJustification = 60, Note;
    /// A deviation from nothing.
    NeedlessDeviation = 61, Note;
    /// What happens at a limit that there is not.
    NoSessionLimit = 62, Note;
}

impl LintCode {
    /// Where the code is explained.
    #[must_use]
    pub fn link(self) -> String {
        let anchor = self.to_string().to_ascii_lowercase();
        format!("{}/blob/main/docs/lints.md#{anchor}", env!("CARGO_PKG_REPOSITORY"))
    }
}

impl fmt::Display for LintCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NL{:03}", *self as u16)
    }
}

impl Serialize for LintCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
