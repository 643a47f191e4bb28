//! Values whose form their types do not tell.

use std::borrow::Cow;

use nightlatch_store::audit::AuditKind;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

macro_rules! form {
    ($name:ident, $title:literal, $schema:tt) => {
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                $title.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

form!(HandleForm, "Handle", {
    "type": "string",
    "format": "uuid",
    "description": "The public id of a session. It is no credential.",
    "examples": ["0197a3c2-5b1e-7d40-9a55-3f0f5f1f3a10"],
});

form!(InstantForm, "Instant", {
    "type": "string",
    "format": "date-time",
    "description": "RFC 3339 in UTC with milliseconds.",
    "examples": ["2026-03-01T09:30:00.000Z"],
});

form!(RevisionsForm, "Revisions", {
    "type": "object",
    "description": "The policy of the last authentication, and the one that the state was last worked out under.",
    "properties": {
        "own": { "type": "integer", "minimum": 1 },
        "today": { "type": "integer", "minimum": 1 },
    },
    "required": ["own", "today"],
});

form!(AuditKindForm, "AuditKind", {
    "type": "string",
    "description": "What happened.",
    "enum": AuditKind::ALL.map(AuditKind::as_str),
});
