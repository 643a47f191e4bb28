//! The way to one value while it is gone: the step that decides so far, and those that have lost.

use super::{Explained, LayerKind, Step};

/// There is always exactly one step that decides.
#[derive(Clone, Debug)]
pub(super) struct Trail<T> {
    before: Vec<Step<T>>,
    decisive: Step<T>,
    after: Vec<Step<T>>,
}

impl<T> Step<T> {
    pub(super) fn new(source: impl Into<String>, layer: LayerKind, value: T, why: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            layer,
            policy: None,
            value,
            decides: false,
            why: why.into(),
        }
    }
}

impl<T> Trail<T> {
    pub(super) fn new(first: Step<T>) -> Self {
        Self {
            before: Vec::new(),
            decisive: first,
            after: Vec::new(),
        }
    }

    /// The value that decides so far.
    pub(super) fn value(&self) -> &T {
        &self.decisive.value
    }

    pub(super) fn decisive(&self) -> &Step<T> {
        &self.decisive
    }

    /// A step that decides from here; `what` says what it is to the one that gives way.
    pub(super) fn take(&mut self, step: Step<T>, what: &str) {
        let why = format!("gives way to {}, {what}", step.source);
        let given_way = std::mem::replace(&mut self.decisive, step);
        self.before.push(Step { why, ..given_way });
        self.before.append(&mut self.after);
    }

    /// A step in place of the one that only said that there is none.
    pub(super) fn answer(&mut self, step: Step<T>) {
        self.decisive = step;
        self.before.append(&mut self.after);
    }

    /// A step that does not decide.
    pub(super) fn lose(&mut self, step: Step<T>) {
        self.after.push(step);
    }

    /// Every step is of the policy of this name.
    pub(super) fn under(mut self, name: &str) -> Self {
        let steps = self
            .before
            .iter_mut()
            .chain([&mut self.decisive])
            .chain(&mut self.after);
        for step in steps {
            step.policy = Some(name.to_owned());
        }
        self
    }

    fn steps(self) -> impl Iterator<Item = Step<T>> {
        self.before.into_iter().chain([self.decisive]).chain(self.after)
    }
}

impl<T: Clone> Trail<T> {
    pub(super) fn explained(mut self) -> Explained<T> {
        self.decisive.decides = true;
        Explained {
            value: self.decisive.value.clone(),
            decided_by: self.decisive.source.clone(),
            steps: self.steps().collect(),
        }
    }

    /// One of two trails decides, the first where `first`; `why` says why the other does not.
    pub(super) fn the_one_of(mut one: Self, mut other: Self, first: bool, why: String) -> Explained<T> {
        if first {
            other.decisive.why = why;
            one.after.extend(other.steps());
            one.explained()
        } else {
            one.decisive.why = why;
            other.before.splice(..0, one.steps());
            other.explained()
        }
    }
}
