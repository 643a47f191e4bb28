//! What nodes that share a store hear of each other.

use crate::audit::AuditKind;
use crate::nodes::{self, Beat, Epoch, Heard, MOST_CHANGES, Nodes, Position, Turn};
use crate::{Change, Document, Expiry, PolicyRevision, Reindex, Removed, Selector};
use nightlatch_core::policy::PolicyDocument;
use nightlatch_core::session::EndReason;
use tokio::task::JoinSet;

use super::fixture::*;

fn nodes(store: &Shared) -> &dyn Nodes {
    store.nodes().expect("a store that nodes share")
}

/// A node, and what it has heard.
struct Listener {
    beat: Beat,
}

impl Listener {
    fn new() -> Self {
        Self {
            beat: Beat {
                node: nodes::random_id(),
                name: "one".into(),
                version: "1.2.3".into(),
                now: None,
                position: None,
            },
        }
    }

    async fn beats(&mut self, store: &Shared) -> Heard {
        let heard = nodes(store).beat(&self.beat).await.expect("store");
        self.beat.position = Some(heard.position.clone());
        heard
    }

    /// What it hears of.
    async fn hears(&mut self, store: &Shared) -> Vec<Change> {
        self.beats(store).await.changes.expect("its position is known")
    }
}

async fn listening(store: &Shared) -> Listener {
    let mut listener = Listener::new();
    assert_eq!(
        listener.hears(store).await,
        [],
        "whoever starts has nothing that could be wrong"
    );
    listener
}

fn ended(number: u32, instant: i64, reason: EndReason) -> Change {
    Change::Ended {
        digest: digest(number),
        handle: handle(number),
        at: at(instant),
        reason,
    }
}

fn amended(number: u32, version: u64) -> Change {
    Change::Amended {
        digest: digest(number),
        handle: handle(number),
        version,
    }
}

pub async fn a_node_hears_of_what_others_change(store: Shared) {
    let mut listener = listening(&store).await;
    for number in 1..=4 {
        add(store.as_ref(), &record(number, "a")).await;
    }
    let one = record(1, "a");
    assert!(store.amend(&amendment(&one)).await.expect("store"));
    assert_eq!(listener.hears(&store).await, [amended(1, 1)]);

    assert!(end_one(store.as_ref(), 2).await);
    let due = Expiry {
        at: at(1700),
        ..expiry(&record(3, "a"))
    };
    assert_eq!(store.expire(&[due]).await.expect("store").len(), 1);
    let told = listener.hears(&store).await;
    assert_eq!(told.len(), 2);
    assert!(told.contains(&ended(2, 1500, EndReason::Admin)), "{told:?}");
    assert!(told.contains(&ended(3, 1700, EndReason::Idle)), "{told:?}");

    let mut rotation = amendment(&record(4, "a"));
    rotation.rotate_to = Some(digest(5));
    assert!(store.amend(&rotation).await.expect("store"));
    let told = listener.hears(&store).await;
    let renamed = Change::Renamed {
        digest: digest(4),
        handle: handle(4),
    };
    assert!(told.contains(&renamed), "the old token names nobody: {told:?}");
}

pub async fn a_node_hears_of_each_change_once(store: Shared) {
    let (mut one, mut other) = (listening(&store).await, listening(&store).await);
    add(store.as_ref(), &record(1, "a")).await;
    assert!(end_one(store.as_ref(), 1).await);
    assert_eq!(one.hears(&store).await, [ended(1, 1500, EndReason::Admin)]);
    assert_eq!(one.hears(&store).await, []);
    assert_eq!(
        other.hears(&store).await,
        [ended(1, 1500, EndReason::Admin)],
        "each has a position of its own"
    );
    // A beat whose answer was lost is told again.
    let before = other.beat.clone();
    add(store.as_ref(), &record(2, "a")).await;
    assert!(end_one(store.as_ref(), 2).await);
    assert_eq!(other.hears(&store).await.len(), 1);
    other.beat = before;
    assert_eq!(other.hears(&store).await, [ended(2, 1500, EndReason::Admin)]);
}

pub async fn a_change_that_was_refused_is_told_to_nobody(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    let mut listener = listening(&store).await;
    let mut stale = amendment(&record(1, "a"));
    stale.version = 7;
    assert!(!store.amend(&stale).await.expect("store"));
    let late = Expiry {
        version: 7,
        ..expiry(&record(1, "a"))
    };
    assert_eq!(store.expire(&[late]).await.expect("store"), []);
    assert!(!end_one(store.as_ref(), 2).await);
    let removed = store
        .remove_api_key("ci", &[], entry(&record(1, "a"), AuditKind::ApiKey, at(1000)))
        .await;
    assert_eq!(removed.expect("store"), Removed::Missing);
    assert_eq!(listener.hears(&store).await, []);
}

/// Nobody decides wrongly for not knowing it, and there is a lot of it.
pub async fn what_moves_no_limit_is_told_to_nobody(store: Shared) {
    let mut listener = listening(&store).await;
    add(store.as_ref(), &record(1, "a")).await;
    store.touch(&[touch(1, 1600)]).await.expect("store");
    let reindex = Reindex {
        digest: digest(1),
        version: 0,
        today: 2,
        due: Some(at(9000)),
    };
    store.reindex(&[reindex]).await.expect("store");
    assert_eq!(listener.hears(&store).await, []);
}

pub async fn of_documents_it_is_told_which(store: Shared) {
    let mut listener = listening(&store).await;
    let policy = PolicyRevision {
        revision: 1,
        since: at(900),
        document: PolicyDocument::default(),
        actor: "file".into(),
        reason: None,
        restored: None,
    };
    let note = |kind| entry(&record(1, "a"), kind, at(1000));
    assert!(store.add_policy(&policy, note(AuditKind::Policy)).await.expect("store"));
    assert!(!store.add_policy(&policy, note(AuditKind::Policy)).await.expect("store"));
    assert_eq!(listener.hears(&store).await, [Change::Document(Document::Policy)]);

    let application = crate::Application {
        id: "crm".into(),
        name: "CRM".into(),
        origins: Vec::new(),
        logout_urls: Vec::new(),
        version: 0,
    };
    let put = store
        .put_application(&application, None, note(AuditKind::Application))
        .await;
    assert!(put.expect("store"));
    let removed = store
        .remove_application("crm", None, note(AuditKind::Application))
        .await;
    assert!(removed.expect("store"));
    let twice = [
        Change::Document(Document::Applications),
        Change::Document(Document::Applications),
    ];
    assert_eq!(listener.hears(&store).await, twice);

    let key = crate::ApiKey {
        name: "ci".into(),
        digest: digest(9),
        created: at(950),
        scopes: Vec::new(),
        applications: None,
    };
    store
        .add_api_key(&key, None, note(AuditKind::ApiKey))
        .await
        .expect("store");
    assert!(store.replace_api_key(&key).await.expect("store"));
    let removed = store.remove_api_key("ci", &[], note(AuditKind::ApiKey)).await;
    assert_eq!(removed.expect("store"), Removed::Removed);
    let told = listener.hears(&store).await;
    assert_eq!(told, [Change::Document(Document::ApiKeys); 3]);
}

pub async fn a_position_that_nobody_can_read_is_lost(store: Shared) {
    let mut listener = listening(&store).await;
    for strange in ["", "nonsense", "999999 99999999", "0:0:"] {
        listener.beat.position = Some(Position::new(strange));
        let heard = nodes(&store).beat(&listener.beat).await.expect("store");
        assert_eq!(heard.changes, None, "{strange}");
    }
    let heard = listener.beats(&store).await;
    assert_eq!(heard.changes, None);
    assert_eq!(
        listener.hears(&store).await,
        [],
        "it goes on from the position that it was answered"
    );
}

pub async fn too_many_changes_are_a_lost_position(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    let mut listener = listening(&store).await;
    let key = crate::ApiKey {
        name: "ci".into(),
        digest: digest(9),
        created: at(950),
        scopes: Vec::new(),
        applications: None,
    };
    let note = entry(&record(1, "a"), AuditKind::ApiKey, at(1000));
    store.add_api_key(&key, None, note).await.expect("store");
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let (store, key) = (store.clone(), key.clone());
        tasks.spawn(async move {
            for _ in 0..=MOST_CHANGES / 8 {
                assert!(store.replace_api_key(&key).await.expect("store"));
            }
        });
    }
    tasks.join_all().await;
    let heard = listener.beats(&store).await;
    assert_eq!(heard.changes, None);
    assert_eq!(listener.hears(&store).await, []);
}

/// A log that is read by a counter misses what commits late.
pub async fn nothing_is_missed_while_others_write(store: Shared) {
    const SESSIONS: u32 = 400;
    for number in 0..SESSIONS {
        add(store.as_ref(), &record(number, "a")).await;
    }
    let mut listener = listening(&store).await;
    let mut tasks = JoinSet::new();
    for first in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            for number in (first..SESSIONS).step_by(8) {
                assert!(end_one(store.as_ref(), number).await);
            }
        });
    }
    let mut told = Vec::new();
    while told.len() < SESSIONS as usize {
        let over = tasks.is_empty();
        told.extend(listener.hears(&store).await);
        if over {
            break;
        }
        while tasks.try_join_next().is_some() {}
    }
    let mut handles: Vec<_> = told
        .iter()
        .map(|change| match change {
            Change::Ended { handle, .. } => *handle,
            other => panic!("{other:?}"),
        })
        .collect();
    handles.sort_unstable();
    assert_eq!(handles, (0..SESSIONS).map(handle).collect::<Vec<_>>(), "each once");
    tasks.join_all().await;
    assert_eq!(listener.hears(&store).await, []);
    let all = Selector::Matching(everything());
    assert_eq!(end_all(store.as_ref(), all, EndReason::Admin, 10).await, []);
}

pub async fn one_node_has_a_turn_at_a_time(store: Shared) {
    let (mut one, mut other) = (Listener::new(), Listener::new());
    assert_eq!(one.beats(&store).await.turns, Turn::ALL);
    assert_eq!(other.beats(&store).await.turns, []);
    assert_eq!(one.beats(&store).await.turns, Turn::ALL, "a beat prolongs it");
    // It says nothing any more: the other one takes over by the store's clock.
    let mut beats = 0;
    while other.beats(&store).await.turns != Turn::ALL {
        beats += 1;
        assert!(beats < 1_000, "nobody took over");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(beats > 0, "not before its time");
    assert_eq!(one.beats(&store).await.turns, [], "it was taken over");
}

pub async fn who_leaves_gives_its_turns_back(store: Shared) {
    let (mut one, mut other) = (Listener::new(), Listener::new());
    assert_eq!(one.beats(&store).await.turns, Turn::ALL);
    assert_eq!(other.beats(&store).await.turns, []);
    nodes(&store).leave(one.beat.node).await.expect("store");
    assert_eq!(other.beats(&store).await.turns, Turn::ALL, "at once");
    nodes(&store)
        .leave(one.beat.node)
        .await
        .expect("once more does no harm");
}

pub async fn time_is_moved_by_one(store: Shared) {
    let mut listener = Listener::new();
    let heard = listener.beats(&store).await;
    assert_eq!(heard.offset, None);
    let (epoch, nodes) = (heard.epoch, nodes(&store));
    assert!(!nodes.move_offset(&epoch, Some(0), 5).await.expect("store"));
    assert!(!nodes.move_offset(&Epoch::new("another"), None, 5).await.expect("store"));
    assert!(nodes.move_offset(&epoch, None, -7).await.expect("store"));
    assert!(!nodes.move_offset(&epoch, None, 5).await.expect("store"));
    assert_eq!(listener.beats(&store).await.offset, Some(-7));
    assert!(nodes.move_offset(&epoch, Some(-7), 3_600_000).await.expect("store"));
    assert_eq!(listener.beats(&store).await.offset, Some(3_600_000));
}

pub async fn who_starts_hears_of_the_latest_time(store: Shared) {
    let (mut one, mut other) = (Listener::new(), Listener::new());
    one.beat.now = Some(at(1_800_000_000_000));
    assert_eq!(one.beats(&store).await.latest, at(1_800_000_000_000));
    one.beat.now = Some(at(1_799_999_999_999));
    one.beats(&store).await;
    nodes(&store).leave(one.beat.node).await.expect("store");
    assert_eq!(
        other.beats(&store).await.latest,
        at(1_800_000_000_000),
        "also after it has left"
    );
}

pub async fn nodes_are_listed_while_they_are_there(store: Shared) {
    let (mut one, mut other) = (Listener::new(), Listener::new());
    other.beat.name = "two".into();
    one.beats(&store).await;
    other.beats(&store).await;
    let listed = nodes(&store).list().await.expect("store");
    assert!(listed.is_sorted_by_key(|node| node.id));
    let mut names: Vec<_> = listed.iter().map(|node| (&*node.name, node.turns.len())).collect();
    names.sort_unstable();
    assert_eq!(names, [("one", Turn::ALL.len()), ("two", 0)]);
    assert!(listed.iter().all(|node| &*node.version == "1.2.3"));
    nodes(&store).leave(one.beat.node).await.expect("store");
    let listed = nodes(&store).list().await.expect("store");
    assert_eq!(listed.iter().map(|node| node.id).collect::<Vec<_>>(), [other.beat.node]);
}
