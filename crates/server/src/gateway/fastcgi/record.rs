//! Records, the units in which FastCGI is spoken (specification 1.0, sections 3.3 and 5). Pure: bytes in, words out.

/// The length of what precedes the content of a record.
pub(super) const HEADER_LENGTH: usize = 8;
const VERSION: u8 = 1;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    BeginRequest,
    AbortRequest,
    EndRequest,
    Params,
    Stdin,
    Stdout,
    Data,
    GetValues,
    GetValuesResult,
    UnknownType,
    /// One that nobody has defined, or that only the other side may send.
    Other(u8),
}

/// What precedes the content of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Zero for what concerns the connection itself.
    pub(super) request: u16,
    pub(super) content_length: u16,
    pub(super) padding_length: u8,
}

/// Why the peer does not speak the protocol. Its connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("a record has version {0}, not {VERSION}")]
    Version(u8),
    #[error("a record of type {0} in the middle of a request")]
    Unexpected(u8),
    #[error("a request begins with {0} bytes where 8 are meant")]
    Begin(usize),
    #[error("a request begins in the middle of itself")]
    BeginsTwice,
    #[error("the variables of a request take more than {0} bytes")]
    ParamsTooLong(usize),
    #[error("there are more than {0} variables")]
    TooManyParams(usize),
    #[error("a variable is cut off")]
    ParamCutOff,
}

impl Kind {
    const fn of(number: u8) -> Self {
        match number {
            1 => Self::BeginRequest,
            2 => Self::AbortRequest,
            3 => Self::EndRequest,
            4 => Self::Params,
            5 => Self::Stdin,
            6 => Self::Stdout,
            8 => Self::Data,
            9 => Self::GetValues,
            10 => Self::GetValuesResult,
            11 => Self::UnknownType,
            other => Self::Other(other),
        }
    }

    pub(super) const fn number(self) -> u8 {
        match self {
            Self::BeginRequest => 1,
            Self::AbortRequest => 2,
            Self::EndRequest => 3,
            Self::Params => 4,
            Self::Stdin => 5,
            Self::Stdout => 6,
            Self::Data => 8,
            Self::GetValues => 9,
            Self::GetValuesResult => 10,
            Self::UnknownType => 11,
            Self::Other(number) => number,
        }
    }
}

impl Header {
    pub(super) const fn read(bytes: [u8; HEADER_LENGTH]) -> Result<Self, Malformed> {
        let [
            version,
            kind,
            request_1,
            request_0,
            length_1,
            length_0,
            padding_length,
            _,
        ] = bytes;
        if version != VERSION {
            return Err(Malformed::Version(version));
        }
        Ok(Self {
            kind: Kind::of(kind),
            request: u16::from_be_bytes([request_1, request_0]),
            content_length: u16::from_be_bytes([length_1, length_0]),
            padding_length,
        })
    }
}

/// Writes a record behind what is there. What does not fit into one becomes several.
pub(super) fn write(into: &mut Vec<u8>, kind: Kind, request: u16, content: &[u8]) {
    let mut rest = content;
    loop {
        let length = u16::try_from(rest.len()).unwrap_or(u16::MAX);
        let (part, after) = rest.split_at(length.into());
        let [request_1, request_0] = request.to_be_bytes();
        let [length_1, length_0] = length.to_be_bytes();
        into.extend([VERSION, kind.number(), request_1, request_0, length_1, length_0, 0, 0]);
        into.extend(part);
        rest = after;
        if rest.is_empty() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 65_535, 65_536, 200_000] {
            let content: Vec<u8> = (0_u32..length).map(|at| at.to_le_bytes()[0]).collect();
            let mut written = Vec::new();
            write(&mut written, Kind::Stdout, 0x1234, &content);
            let (mut rest, mut read) = (&written[..], Vec::<u8>::new());
            while let Some((header, after)) = rest.split_first_chunk() {
                let header = Header::read(*header).expect("a record");
                assert_eq!((header.kind, header.request), (Kind::Stdout, 0x1234));
                let (part, after) = after.split_at(header.content_length.into());
                read.extend(part);
                rest = &after[usize::from(header.padding_length)..];
            }
            assert_eq!(read, content, "{length}");
        }
    }

    #[test]
    fn kinds_have_the_numbers_of_the_specification() {
        for number in 0..=u8::MAX {
            assert_eq!(Kind::of(number).number(), number);
        }
        assert_eq!(Kind::of(4), Kind::Params);
        assert_eq!(
            Kind::of(7),
            Kind::Other(7),
            "standard error is ours to send, not to receive"
        );
    }

    #[test]
    fn another_version_is_another_protocol() {
        assert_eq!(Header::read(*b"GET / HT"), Err(Malformed::Version(b'G')));
        assert_eq!(Header::read([0; 8]), Err(Malformed::Version(0)));
    }
}
