//! Which live sessions a filter means, as SQL that walks one index in the order of handles. The index is named rather
//! than left to be found: a statement that cannot use it fails where it is prepared, and none ever reads a whole table.

use rusqlite::ToSql;

use super::rows::count;
use crate::store::{Filter, Page};
use crate::token::Handle;

/// A statement in the making.
pub(super) struct Selection<'f> {
    source: &'static str,
    conditions: String,
    /// What stands for `?1`, `?2`, ...
    pub(super) values: Vec<Box<dyn ToSql + 'f>>,
}

impl<'f> Selection<'f> {
    /// The fields with the fewest sessions to a value come first.
    pub(super) fn of(filter: &'f Filter) -> Self {
        let source = match filter {
            Filter { subject: Some(_), .. } => "sessions INDEXED BY live_by_subject",
            Filter { role: Some(_), .. } => "live_roles CROSS JOIN sessions USING (handle)",
            Filter { device: Some(_), .. } => "sessions INDEXED BY live_by_device",
            Filter {
                application: Some(_), ..
            } => "sessions INDEXED BY live_by_application",
            _ => "sessions INDEXED BY live",
        };
        let mut selection = Self::over(source);
        let Filter {
            subject,
            application,
            device,
            role,
        } = filter;
        let role_condition = if subject.is_some() {
            "EXISTS (SELECT 1 FROM live_roles WHERE handle = sessions.handle AND role = ?)"
        } else {
            "role = ?"
        };
        let fields = [
            ("subject = ?", subject),
            ("application = ?", application),
            ("device = ?", device),
            (role_condition, role),
        ];
        for (condition, value) in fields {
            if let Some(value) = value {
                selection.and(condition, value.as_ref());
            }
        }
        selection
    }

    /// Live sessions last worked out under `revision`.
    pub(super) fn of_revision(revision: u32) -> Self {
        let mut selection = Self::over("sessions INDEXED BY live_by_revision");
        selection.and("today = ?", revision);
        selection
    }

    fn over(source: &'static str) -> Self {
        Self {
            source,
            conditions: "ended_at IS NULL".to_owned(),
            values: Vec::new(),
        }
    }

    fn and(&mut self, condition: &str, value: impl ToSql + 'f) {
        self.conditions.push_str(" AND ");
        self.conditions.push_str(condition);
        self.values.push(Box::new(value));
    }

    /// The statement for `columns` of all.
    pub(super) fn all(&self, columns: &str) -> String {
        format!("SELECT {columns} FROM {} WHERE {}", self.source, self.conditions)
    }

    /// The statement for `columns` of one page.
    pub(super) fn page(mut self, columns: &str, page: Page) -> (String, Vec<Box<dyn ToSql + 'f>>) {
        // No handle comes before the empty one.
        let after = page
            .after
            .as_ref()
            .map_or_else(Vec::new, |after: &Handle| after.as_bytes().to_vec());
        self.and("handle > ?", after);
        self.values.push(Box::new(count(page.limit)));
        (format!("{} ORDER BY handle LIMIT ?", self.all(columns)), self.values)
    }
}
