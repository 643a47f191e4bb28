//! What the rules want to know about a Markdown file.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// The targets, headings and code of one document, each with its line.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) links: Vec<(usize, String)>,
    /// The anchors that the headings give.
    pub(super) anchors: Vec<String>,
    pub(super) blocks: Vec<Block>,
}

/// A fenced block of code.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) language: String,
    /// The line of its first line of code.
    pub(super) line: usize,
    pub(super) code: String,
}

pub(super) fn read(text: &str) -> Document {
    let mut document = Document::default();
    let mut heading: Option<String> = None;
    let mut in_code = false;
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        let line = text[..range.start].matches('\n').count() + 1;
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                document.links.push((line, dest_url.into_string()));
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let anchor = anchor(&heading.take().unwrap_or_default(), &document.anchors);
                document.anchors.push(anchor);
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let language = info.split([' ', ',']).next().unwrap_or_default().to_owned();
                document.blocks.push(Block {
                    language,
                    line: line + 1,
                    code: String::new(),
                });
                in_code = true;
            }
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(words) | Event::Code(words) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&words);
                } else if let Some(block) = document.blocks.last_mut().filter(|_| in_code) {
                    block.code.push_str(&words);
                }
            }
            _ => {}
        }
    }
    document
}

/// The anchor that the usual renderers make of a heading; a repeated one gets a number.
fn anchor(heading: &str, taken: &[String]) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    let plain = kept.flat_map(char::to_lowercase).collect::<String>().replace(' ', "-");
    let numbered = (1..).map(|number| format!("{plain}-{number}"));
    let mut candidates = std::iter::once(plain.clone()).chain(numbered);
    candidates
        .find(|candidate| !taken.contains(candidate))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_anchors_and_blocks_have_their_lines() {
        let document =
            read("# A `b` c!\n\n[x](y.md)\n![i](i.png)\n\n# A b c\n\n```sh no-run\n[no](link)\nls\n```\n`[no](z)`\n");
        assert_eq!(document.links, [(3, "y.md".to_owned()), (4, "i.png".to_owned())]);
        assert_eq!(document.anchors, ["a-b-c", "a-b-c-1"]);
        let [block] = &document.blocks[..] else {
            panic!("{document:?}")
        };
        assert_eq!(
            (block.language.as_str(), block.line, block.code.as_str()),
            ("sh", 9, "[no](link)\nls\n")
        );
    }
}
