//! The files that the binary carries, as `assets/` holds them: what they are, and how browsers know them again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha384};

use crate::http::conditions::knows;
use crate::http::headers::protect;

/// A file, by the one hash from which its tag, its long-lived name and its integrity come.
#[derive(Debug)]
pub(crate) struct Asset {
    name: &'static str,
    bytes: &'static [u8],
    sha384: [u8; 48],
    /// Says of two files whether they are the same. In a name it says which file it is for good.
    tag: String,
}

/// How long browsers may keep an answer without asking again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kept {
    /// The name says what is in it.
    Forever,
    UntilAsked,
}

static FILES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/assets.rs"));

static ASSETS: LazyLock<BTreeMap<&str, Asset>> = LazyLock::new(|| {
    let asset = |(name, bytes): &(&'static str, &'static [u8])| (*name, Asset::new(name, bytes));
    FILES.iter().map(asset).collect()
});

/// The file with this name below `assets/`.
pub(crate) fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.get(name)
}

/// The file whose long-lived name this is: `sdk.js` with the tag 01ab is also `sdk-01ab.js`.
pub(crate) fn asset_with_tag(name: &str) -> Option<&'static Asset> {
    let (rest, ending) = name.rsplit_once('.')?;
    let (stem, tag) = rest.rsplit_once('-')?;
    asset(&format!("{stem}.{ending}")).filter(|asset| asset.tag == tag)
}

/// The files in a folder of `assets/`.
pub(crate) fn folder(name: &str) -> impl Iterator<Item = &'static Asset> {
    ASSETS
        .values()
        .filter(move |asset| asset.name.rsplit_once('/').is_some_and(|(folder, _)| folder == name))
}

impl Asset {
    fn new(name: &'static str, bytes: &'static [u8]) -> Self {
        let sha384: [u8; 48] = Sha384::digest(bytes).into();
        let tag = sha384.iter().take(8).fold(String::new(), |mut tag, byte| {
            let _ = write!(tag, "{byte:02x}");
            tag
        });
        Self {
            name,
            bytes,
            sha384,
            tag,
        }
    }

    /// Where it lies below `assets/`.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Its long-lived name.
    pub(crate) fn name_with_tag(&self) -> String {
        match self.name.rsplit_once('.') {
            Some((stem, ending)) => format!("{stem}-{}.{ending}", self.tag),
            None => format!("{}-{}", self.name, self.tag),
        }
    }

    /// As Subresource Integrity writes it.
    pub(crate) fn integrity(&self) -> String {
        format!("sha384-{}", STANDARD.encode(self.sha384))
    }

    /// The file, or word that the browser has it.
    pub(crate) fn answer(&self, asked: &HeaderMap, kept: Kept) -> Response {
        let tag = format!("\"{}\"", self.tag);
        let mut response = if knows(asked, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, self.content_type())], self.bytes).into_response()
        };
        let headers = response.headers_mut();
        protect(headers);
        let kept = match kept {
            Kept::Forever => "public, max-age=31536000, immutable",
            Kept::UntilAsked => "no-cache",
        };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
        headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (header::ETAG, tag)));
        response
    }

    fn content_type(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_can_use_every_file() {
        assert!(asset("sdk.js").is_some() && asset("worker.js").is_some() && folder("demo").count() > 5);
        for asset in ASSETS.values() {
            assert_ne!(asset.content_type(), "application/octet-stream", "{}", asset.name);
        }
    }

    #[test]
    fn a_hash_is_written_as_the_standards_have_it() {
        // SHA-384 of nothing.
        let empty = Asset::new("none.js", b"");
        assert_eq!(
            empty.integrity(),
            "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb"
        );
        assert_eq!(empty.name_with_tag(), "none-38b060a751ac9638.js");
    }

    #[test]
    fn a_long_lived_name_means_one_file() {
        let sdk = asset("sdk.js").expect("the SDK");
        assert_eq!(asset_with_tag(&sdk.name_with_tag()).map(Asset::name), Some("sdk.js"));
        for other in ["sdk.js", "sdk-.js", "sdk-0000000000000000.js", "sdk", "-.", ""] {
            assert!(asset_with_tag(other).is_none(), "{other}");
        }
    }
}
