//! Names and values as FastCGI packs them (specification 1.0, section 3.4). Pure: bytes in, pairs out.

use super::record::Malformed;

/// Servers send some forty variables and one for each header.
const MOST: usize = 1000;

/// A name and its value.
pub(super) type Param<'a> = (&'a [u8], &'a [u8]);

/// All pairs, in their order and with all that are there twice.
pub(super) fn pairs(mut packed: &[u8]) -> Result<Vec<Param<'_>>, Malformed> {
    let mut pairs = Vec::new();
    while !packed.is_empty() {
        if pairs.len() == MOST {
            return Err(Malformed::TooManyParams(MOST));
        }
        let name_length = length(&mut packed)?;
        let value_length = length(&mut packed)?;
        let name = take(&mut packed, name_length)?;
        pairs.push((name, take(&mut packed, value_length)?));
    }
    Ok(pairs)
}

/// Packs one pair behind what is there.
pub(super) fn pack(into: &mut Vec<u8>, (name, value): Param<'_>) {
    for text in [name, value] {
        if let Ok(short @ ..0x80) = u8::try_from(text.len()) {
            into.push(short);
        } else {
            let long = u32::try_from(text.len()).unwrap_or(u32::MAX) | 0x8000_0000;
            into.extend(long.to_be_bytes());
        }
    }
    into.extend(name);
    into.extend(value);
}

/// One byte, or four of which the first has its highest bit set.
fn length(packed: &mut &[u8]) -> Result<usize, Malformed> {
    match take(packed, 1)? {
        [long @ 0x80..=0xff] => match take(packed, 3)? {
            [two, one, zero] => {
                let length = u32::from_be_bytes([long & 0x7f, *two, *one, *zero]);
                usize::try_from(length).map_err(|_| Malformed::ParamCutOff)
            }
            _ => Err(Malformed::ParamCutOff),
        },
        [short] => Ok(usize::from(*short)),
        _ => Err(Malformed::ParamCutOff),
    }
}

fn take<'a>(packed: &mut &'a [u8], length: usize) -> Result<&'a [u8], Malformed> {
    let (taken, rest) = packed.split_at_checked(length).ok_or(Malformed::ParamCutOff)?;
    *packed = rest;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_read() {
        let long = vec![b'x'; 70_000];
        let sent: [Param<'_>; 5] = [
            (b"REQUEST_METHOD", b"GET"),
            (b"", b""),
            (b"HTTP_COOKIE", &long[..127]),
            (b"HTTP_COOKIE", &long[..128]),
            (&long[..200], &long),
        ];
        let mut packed = Vec::new();
        for param in sent {
            pack(&mut packed, param);
        }
        assert_eq!(pairs(&packed).as_deref(), Ok(&sent[..]));
    }

    #[test]
    fn what_is_cut_off_is_refused_at_every_place() {
        let mut packed = Vec::new();
        pack(&mut packed, (b"REQUEST_URI", &[b'/'; 300]));
        for length in 1..packed.len() {
            assert_eq!(pairs(&packed[..length]), Err(Malformed::ParamCutOff), "{length}");
        }
        assert_eq!(
            pairs(&[0xff; 9]),
            Err(Malformed::ParamCutOff),
            "two gigabytes are announced"
        );
    }

    #[test]
    fn there_are_only_so_many() {
        assert_eq!(pairs(&[0; 2 * MOST]).map(|pairs| pairs.len()), Ok(MOST));
        assert_eq!(pairs(&[0; 2 * MOST + 2]), Err(Malformed::TooManyParams(MOST)));
    }
}
