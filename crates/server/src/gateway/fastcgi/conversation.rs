//! What the records of one connection amount to: one request after the other, and questions about the connection itself.
//! Pure: records in, steps out.

use super::params::{pack, pairs};
use super::record::{Header, Kind, Malformed, write};

/// What all variables of a request may take. Apache's default limits let through a tenth of it in usual requests.
pub(super) const LONGEST_PARAMS: usize = 128 * 1024;
const AUTHORIZER: u16 = 2;
const KEEP_CONNECTION: u8 = 1;

/// How a request was ended (specification 1.0, section 5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Complete = 0,
    /// One request at a time on a connection.
    CannotMultiplex = 1,
    UnknownRole = 3,
}

/// Between two records.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    underway: Option<Question>,
}

/// A request of which all variables are there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    request: u16,
    /// Whether another request may follow on the connection.
    pub(super) keeps_connection: bool,
    /// Packed.
    pub(super) params: Vec<u8>,
}

/// What a record leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To hear more.
    Listen,
    Say(Vec<u8>),
    SayAndClose(Vec<u8>),
    Answer(Question),
}

impl Conversation {
    /// Takes the next record. `content` is all of what its header announced.
    pub(super) fn hear(&mut self, header: Header, content: &[u8]) -> Result<Step, Malformed> {
        if header.request == 0 {
            return about_connection(header.kind, content).map(Step::Say);
        }
        match header.kind {
            Kind::BeginRequest => self.begin(header.request, content),
            Kind::AbortRequest | Kind::Params | Kind::Stdin | Kind::Data => self.go_on(header, content),
            kind => Err(Malformed::Unexpected(kind.number())),
        }
    }

    fn begin(&mut self, request: u16, content: &[u8]) -> Result<Step, Malformed> {
        let &[role_1, role_0, flags, _, _, _, _, _] = content else {
            return Err(Malformed::Begin(content.len()));
        };
        match &self.underway {
            Some(underway) if underway.request == request => return Err(Malformed::BeginsTwice),
            Some(_) => return Ok(Step::Say(end(request, Ending::CannotMultiplex))),
            None => {}
        }
        let keeps_connection = flags & KEEP_CONNECTION != 0;
        if u16::from_be_bytes([role_1, role_0]) != AUTHORIZER {
            let refusal = end(request, Ending::UnknownRole);
            return Ok(if keeps_connection {
                Step::Say(refusal)
            } else {
                Step::SayAndClose(refusal)
            });
        }
        self.underway = Some(Question {
            request,
            keeps_connection,
            params: Vec::new(),
        });
        Ok(Step::Listen)
    }

    fn go_on(&mut self, header: Header, content: &[u8]) -> Result<Step, Malformed> {
        // Of a request that is over, or was refused: servers may have sent more before they knew.
        let Some(mut underway) = self.underway.take_if(|underway| underway.request == header.request) else {
            return Ok(Step::Listen);
        };
        match header.kind {
            Kind::AbortRequest => {
                let ended = end(underway.request, Ending::Complete);
                return Ok(if underway.keeps_connection {
                    Step::Say(ended)
                } else {
                    Step::SayAndClose(ended)
                });
            }
            Kind::Params if content.is_empty() => return Ok(Step::Answer(underway)),
            Kind::Params => {
                if underway.params.len() + content.len() > LONGEST_PARAMS {
                    return Err(Malformed::ParamsTooLong(LONGEST_PARAMS));
                }
                underway.params.extend(content);
            }
            // The body is for who answers the request, not for who lets it pass.
            _ => {}
        }
        self.underway = Some(underway);
        Ok(Step::Listen)
    }
}

impl Question {
    /// The records of an answer.
    pub(super) fn answered(&self, stdout: &[u8]) -> Vec<u8> {
        let mut records = Vec::with_capacity(stdout.len() + 64);
        if !stdout.is_empty() {
            write(&mut records, Kind::Stdout, self.request, stdout);
        }
        write(&mut records, Kind::Stdout, self.request, &[]);
        records.extend(end(self.request, Ending::Complete));
        records
    }
}

fn end(request: u16, ending: Ending) -> Vec<u8> {
    let mut record = Vec::new();
    write(
        &mut record,
        Kind::EndRequest,
        request,
        &[0, 0, 0, 0, ending as u8, 0, 0, 0],
    );
    record
}

/// Answers a record that concerns no request (specification 1.0, section 4).
fn about_connection(kind: Kind, content: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut record = Vec::new();
    if kind != Kind::GetValues {
        let unknown = [kind.number(), 0, 0, 0, 0, 0, 0, 0];
        write(&mut record, Kind::UnknownType, 0, &unknown);
        return Ok(record);
    }
    let mut values = Vec::new();
    let known = [(&b"FCGI_MPXS_CONNS"[..], &b"0"[..])];
    let asked = pairs(content)?;
    for value in known
        .iter()
        .filter(|(name, _)| asked.iter().any(|(asked, _)| asked == name))
    {
        pack(&mut values, *value);
    }
    write(&mut record, Kind::GetValuesResult, 0, &values);
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(conversation: &mut Conversation, kind: Kind, request: u16, content: &[u8]) -> Result<Step, Malformed> {
        let header = Header {
            kind,
            request,
            content_length: u16::try_from(content.len()).unwrap_or(u16::MAX),
            padding_length: 0,
        };
        conversation.hear(header, content)
    }

    fn begin(conversation: &mut Conversation, request: u16, role: u8, flags: u8) -> Result<Step, Malformed> {
        let content = [0, role, flags, 0, 0, 0, 0, 0];
        hear(conversation, Kind::BeginRequest, request, &content)
    }

    #[test]
    fn variables_come_in_pieces_and_end_with_an_empty_one() {
        let mut conversation = Conversation::default();
        for keeps_connection in [false, true] {
            assert_eq!(
                begin(&mut conversation, 7, 2, keeps_connection.into()),
                Ok(Step::Listen)
            );
            for piece in [&b"ab"[..], b"c"] {
                assert_eq!(hear(&mut conversation, Kind::Params, 7, piece), Ok(Step::Listen));
                assert_eq!(hear(&mut conversation, Kind::Stdin, 7, b"body"), Ok(Step::Listen));
                assert_eq!(
                    hear(&mut conversation, Kind::Params, 8, b"of another"),
                    Ok(Step::Listen)
                );
            }
            let question = Question {
                request: 7,
                keeps_connection,
                params: b"abc".to_vec(),
            };
            assert_eq!(
                hear(&mut conversation, Kind::Params, 7, b""),
                Ok(Step::Answer(question))
            );
            assert_eq!(hear(&mut conversation, Kind::Params, 7, b"late"), Ok(Step::Listen));
        }
    }

    #[test]
    fn another_role_and_a_second_request_are_refused_in_order() {
        let mut conversation = Conversation::default();
        let refusal = end(1, Ending::UnknownRole);
        assert_eq!(
            begin(&mut conversation, 1, 1, 0),
            Ok(Step::SayAndClose(refusal.clone()))
        );
        assert_eq!(begin(&mut conversation, 1, 1, 1), Ok(Step::Say(refusal)));
        assert_eq!(begin(&mut conversation, 1, 2, 1), Ok(Step::Listen));
        let refusal = Step::Say(end(2, Ending::CannotMultiplex));
        assert_eq!(begin(&mut conversation, 2, 2, 1), Ok(refusal));
        assert_eq!(begin(&mut conversation, 1, 2, 1), Err(Malformed::BeginsTwice));
    }

    #[test]
    fn an_aborted_request_is_over() {
        let mut conversation = Conversation::default();
        assert_eq!(begin(&mut conversation, 1, 2, 1), Ok(Step::Listen));
        let ended = end(1, Ending::Complete);
        assert_eq!(
            hear(&mut conversation, Kind::AbortRequest, 1, b""),
            Ok(Step::Say(ended))
        );
        assert_eq!(hear(&mut conversation, Kind::Params, 1, b""), Ok(Step::Listen));
    }

    #[test]
    fn what_takes_too_much_or_makes_no_sense_is_malformed() {
        let mut conversation = Conversation::default();
        assert_eq!(
            hear(&mut conversation, Kind::BeginRequest, 1, b"x"),
            Err(Malformed::Begin(1))
        );
        for kind in [Kind::Stdout, Kind::EndRequest, Kind::Other(7), Kind::GetValues] {
            let unexpected = Err(Malformed::Unexpected(kind.number()));
            assert_eq!(hear(&mut conversation, kind, 1, b""), unexpected);
        }
        assert_eq!(begin(&mut conversation, 1, 2, 1), Ok(Step::Listen));
        let piece = [0; 1024];
        for _ in 0..LONGEST_PARAMS / piece.len() {
            assert_eq!(hear(&mut conversation, Kind::Params, 1, &piece), Ok(Step::Listen));
        }
        let too_long = Err(Malformed::ParamsTooLong(LONGEST_PARAMS));
        assert_eq!(hear(&mut conversation, Kind::Params, 1, b"x"), too_long);
    }

    #[test]
    fn the_connection_says_what_it_is_asked() {
        let mut conversation = Conversation::default();
        let mut asked = Vec::new();
        pack(&mut asked, (b"FCGI_MPXS_CONNS", b""));
        pack(&mut asked, (b"FCGI_COLOUR", b""));
        let Ok(Step::Say(said)) = hear(&mut conversation, Kind::GetValues, 0, &asked) else {
            panic!("no answer");
        };
        assert_eq!(said[1], 10);
        assert_eq!(
            pairs(&said[8..]).as_deref(),
            Ok(&[(&b"FCGI_MPXS_CONNS"[..], &b"0"[..])][..])
        );
        let Ok(Step::Say(said)) = hear(&mut conversation, Kind::Other(99), 0, b"?") else {
            panic!("no answer");
        };
        assert_eq!((said[1], said[8]), (11, 99));
    }
}
