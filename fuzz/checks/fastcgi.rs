//! Whatever a peer sends: nothing takes more than it may, what is read can be written and read again, and what is said are
//! records.

use super::conversation::{Conversation, LONGEST_PARAMS, Step};
use super::params::{pack, pairs};
use super::record::{HEADER_LENGTH, Header, Kind};

pub(crate) fn check(data: &[u8]) {
    let mut conversation = Conversation::default();
    let mut rest = data;
    while let Some((header, after)) = rest.split_first_chunk::<HEADER_LENGTH>() {
        let Ok(header) = Header::read(*header) else {
            return;
        };
        let Some((content, after)) = after.split_at_checked(header.content_length.into()) else {
            return;
        };
        match conversation.hear(header, content) {
            Ok(Step::Listen) => {}
            Ok(Step::Say(records)) => are_records(&records),
            Ok(Step::SayAndClose(records)) => return are_records(&records),
            Ok(Step::Answer(question)) => {
                assert!(question.params.len() <= LONGEST_PARAMS);
                are_packed(&question.params);
                are_records(&question.answered(&question.params));
                if !question.keeps_connection {
                    return;
                }
            }
            Err(_) => return,
        }
        rest = after.get(header.padding_length.into()..).unwrap_or_default();
    }
}

fn are_packed(params: &[u8]) {
    let Ok(read) = pairs(params) else { return };
    let mut packed = Vec::new();
    for pair in &read {
        pack(&mut packed, *pair);
    }
    assert_eq!(pairs(&packed).as_ref(), Ok(&read));
    // Short lengths can be written the long way, never the other way round.
    assert!(packed.len() <= params.len());
}

fn are_records(mut records: &[u8]) {
    assert!(!records.is_empty());
    while !records.is_empty() {
        let (header, after) = records.split_first_chunk().expect("a header");
        let header = Header::read(*header).expect("of our version");
        let ours = [Kind::Stdout, Kind::EndRequest, Kind::GetValuesResult, Kind::UnknownType];
        assert!(ours.contains(&header.kind), "{header:?}");
        records = &after[usize::from(header.content_length) + usize::from(header.padding_length)..];
    }
}
