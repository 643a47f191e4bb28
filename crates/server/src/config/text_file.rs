//! The text of a file that a person has written.

use std::io::ErrorKind;
use std::path::Path;

use super::{ConfigError, position};

/// The whole text, or why there is none and how to mend that.
pub(crate) fn read(path: &Path) -> Result<String, ConfigError> {
    let error = |position, message| ConfigError {
        source: path.display().to_string(),
        position,
        key: None,
        message,
    };
    let bytes = std::fs::read(path).map_err(|failure| {
        let remedy = match failure.kind() {
            ErrorKind::NotFound => "there is no such file; check the path".to_owned(),
            ErrorKind::PermissionDenied => "this user may not read it; change its owner or its mode".to_owned(),
            ErrorKind::IsADirectory => "it is a directory; name the file in it".to_owned(),
            _ => format!("{failure}; check the path"),
        };
        error(None, format!("cannot be read: {remedy}"))
    })?;
    String::from_utf8(bytes).map_err(|failure| {
        let valid = failure.utf8_error().valid_up_to();
        let bytes = failure.as_bytes();
        let readable = String::from_utf8_lossy(&bytes[..valid]);
        let message = match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the file is UTF-16; save it as UTF-8".to_owned(),
            _ => format!("the byte 0x{:02X} is not UTF-8; save the file as UTF-8", bytes[valid]),
        };
        error(Some(position::of_offset(&readable, valid)), message)
    })
}
