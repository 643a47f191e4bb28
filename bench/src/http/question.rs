//! What is asked of a server.

#[derive(Clone, Copy, Debug)]
pub(super) enum Question {
    /// `GET session`, as a page does.
    Session,
    /// Whether a request may pass, as a proxy does.
    MayPass,
    /// A page behind a proxy, at this path.
    Page(&'static str),
}

impl Question {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Session => "/nightlatch/session",
            Self::MayPass => "/nightlatch/auth/request",
            Self::Page(path) => path,
        }
    }

    /// With the session cookie on loopback, and one of the application's.
    pub(super) fn request(self, token: &str) -> String {
        let path = self.path();
        let original = match self {
            Self::MayPass => "X-Original-Method: GET\r\nX-Original-URL: http://app.example/page\r\n",
            Self::Session | Self::Page(_) => "",
        };
        format!("GET {path} HTTP/1.1\r\nHost: app.example\r\n{original}Cookie: nightlatch={token}; theme=dark\r\n\r\n")
    }
}
