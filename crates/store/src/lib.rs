//! Where sessions are kept.
//!
//! A store is four traits: [`Sessions`], [`Audit`], [`Documents`] and [`Changes`]. Every call can be answered by any process that
//! reaches the store; none relies on what one process remembers. A call that has answered `Ok` survives the loss of power.
//! One that has answered [`StoreError::Unconfirmed`] may have been done nevertheless, any other error says that it was not; either
//! way it is over, and will not be done later. One suite holds for every implementation (`conformance`).

pub mod audit;
mod change;
mod change_log;
mod changes;
#[cfg(feature = "conformance")]
pub mod conformance;
mod creation;
mod documents;
mod error;
mod filter;
pub mod memory;
mod migration;
pub mod nodes;
pub mod portable;
mod random;
mod record;
pub mod secret;
mod sessions;
pub mod token;

use std::fmt::Debug;

pub use self::audit::Audit;
pub use self::change::{Amendment, End, Ended, Expiry, Reindex, Touch, Touched};
pub use self::change_log::{Change, Document};
pub use self::changes::Changes;
pub use self::creation::{Claim, Created, Creation, Quota};
pub use self::documents::{ApiKey, Application, Documents, PolicyRevision, Removed};
pub use self::error::{Result, StoreError};
pub use self::filter::{Filter, Page, Selector};
pub use self::migration::Migration;
#[cfg(feature = "repeatable")]
pub use self::random::repeat;
pub use self::record::{Record, Revision, Revisions, held_until, longest_absence, rest};
pub use self::sessions::{ENDED_KEPT, Sessions};

/// All that is kept, in one place.
pub trait Store: Sessions + Audit + Documents + Changes + Debug + 'static {}

impl<S: Sessions + Audit + Documents + Changes + Debug + 'static> Store for S {}
