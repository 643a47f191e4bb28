//! Who may sign in. They are made up and have no passwords.

/// One of the people at the door.
#[derive(Debug)]
pub(super) struct Person {
    /// The subject of their sessions.
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) initials: &'static str,
    /// In small letters it is the role of their sessions.
    pub(super) role: &'static str,
}

pub(super) const CUSTOMER: &str = "Customer";
pub(super) const ADMINISTRATOR: &str = "Administrator";

pub(super) static PEOPLE: [Person; 3] = [
    Person {
        id: "ada",
        name: "Ada Larch",
        initials: "AL",
        role: CUSTOMER,
    },
    Person {
        id: "ben",
        name: "Ben Okoye",
        initials: "BO",
        role: CUSTOMER,
    },
    Person {
        id: "chiara",
        name: "Chiara Rossi",
        initials: "CR",
        role: ADMINISTRATOR,
    },
];

pub(super) fn by_id(id: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| person.id == id)
}
