//! Reads back where genpdf placed what: slots and rules, page by page.
//!
//! genpdf's output never leaves this process. It comes from two frozen crates, so this
//! reader knows exactly their twelve operators, one a line, and refuses anything else
//! rather than lose a line of a paper.

use super::error::PaperError;
use super::sheet::run_of_slot;

/// A slot at its place, in points from the lower left of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placed {
    pub(crate) x: f32,
    pub(crate) y: f32,
    /// The number of the run.
    pub(crate) run: usize,
}

/// What stands on one page, in the order it was printed.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct PageContent {
    pub(crate) texts: Vec<Placed>,
    /// From and to, in points from the lower left of the page.
    pub(crate) rules: Vec<[(f32, f32); 2]>,
}

pub(crate) fn read(file: &[u8]) -> Result<Vec<PageContent>, PaperError> {
    let file = File::open(file).ok_or_else(|| unreadable("no cross-reference table"))?;
    let broken = || unreadable("the page tree is broken");
    let root = file.object(reference(file.trailer, "/Root").ok_or_else(broken)?);
    let pages = root.and_then(|root| reference(root, "/Pages")).ok_or_else(broken)?;
    let kids = file.object(pages).and_then(|pages| after(pages, "/Kids[")).ok_or_else(broken)?;
    let kids = kids.split_once(']').ok_or_else(broken)?.0;
    kids.split('R')
        .map(str::trim)
        .filter(|kid| !kid.is_empty())
        .map(|kid| {
            let page = first_number(kid).and_then(|id| file.object(id)).ok_or_else(broken)?;
            let contents = after(page, "/Contents").ok_or_else(broken)?;
            // One layer a page: a list of one, or the reference itself.
            let id = first_number(contents.trim_start_matches('[')).ok_or_else(broken)?;
            let stream = file.object(id).and_then(|object| after(object, "stream\n"));
            operators(stream.ok_or_else(broken)?)
        })
        .collect()
}

/// One operator a line, up to the end of the stream.
fn operators(stream: &str) -> Result<PageContent, PaperError> {
    let mut page = PageContent::default();
    let (mut at, mut from) = (None, None);
    for line in stream.lines() {
        if line.trim_end() == "endstream" {
            return Ok(page);
        }
        let (operands, operator) = line.rsplit_once(' ').unwrap_or(("", line));
        let unknown = || unreadable(&format!("operator {line:?}"));
        match operator {
            "BDC" | "q" | "BT" | "TL" | "Tf" | "ET" | "S" | "Q" | "EMC" | "" => {}
            "Td" => at = Some(pair(operands).ok_or_else(unknown)?),
            "TJ" => {
                let (x, y) = at.take().ok_or_else(unknown)?;
                let run = run_of_slot(codes(operands).ok_or_else(unknown)?).ok_or_else(unknown)?;
                page.texts.push(Placed { x, y, run });
            }
            "m" => from = Some(pair(operands).ok_or_else(unknown)?),
            "l" => {
                let to = pair(operands).ok_or_else(unknown)?;
                page.rules.push([from.take().ok_or_else(unknown)?, to]);
            }
            _ => return Err(unknown()),
        }
    }
    Err(unreadable("a page without end"))
}

fn pair(operands: &str) -> Option<(f32, f32)> {
    let (x, y) = operands.trim().split_once(' ')?;
    Some((x.parse().ok()?, y.parse().ok()?))
}

/// The codes of `[<0021><0035>]`; a kerning number among them is none.
fn codes(operands: &str) -> Option<Vec<u32>> {
    let list = operands.trim().strip_prefix('[')?.strip_suffix(']')?;
    let code = |hex: &str| {
        let hex = hex.trim().strip_prefix('<')?;
        u32::from_str_radix(hex, 16).ok()
    };
    list.split_terminator('>').map(code).collect()
}

/// A file by its cross-reference table.
struct File<'a> {
    bytes: &'a [u8],
    /// Byte offsets by object number.
    offsets: Vec<usize>,
    trailer: &'a str,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let tail = text(bytes.get(bytes.len().saturating_sub(64)..)?)?;
        let start = first_number(after(tail, "startxref")?)?;
        let table = text(bytes.get(start..)?)?;
        let (entries, trailer) = table.split_once("trailer")?;
        let offset = |line: &str| line.split(' ').next()?.parse().ok();
        let offsets = entries.lines().skip(2).map(offset).collect::<Option<_>>()?;
        Some(Self { bytes, offsets, trailer })
    }

    /// The object's text, to its end.
    fn object(&self, id: usize) -> Option<&'a str> {
        let rest = self.bytes.get(*self.offsets.get(id)?..)?;
        let end = rest.windows(6).position(|window| window == b"endobj")?;
        text(&rest[..end])
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

fn reference(text: &str, key: &str) -> Option<usize> {
    first_number(after(text, key)?)
}

fn first_number(text: &str) -> Option<usize> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

fn unreadable(what: &str) -> PaperError {
    PaperError::Unreadable(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_of_genpdf_are_read_and_any_other_is_an_error() {
        let stream = "/OC /MC0 BDC\nq\nBT\n0.00 TL\n53.86 789.34 Td\n/F0 1 Tf\n[<0021><0035>] TJ\nET\n\
                      1.00 2.00 m\n3.00 4.00 l\nS\nQ\nEMC\nendstream\n";
        let page = operators(stream).unwrap();
        assert_eq!(page.texts, [Placed { x: 53.86, y: 789.34, run: 20 }]);
        assert_eq!(page.rules, [[(1.0, 2.0), (3.0, 4.0)]]);
        for (operator, why) in [
            ("1 0 0 rg\n", "a colour"),
            ("[<0021>-55<0035>] TJ\n", "kerning between the digits of a slot"),
            ("[<0021>] TJ\n", "text without a place"),
            ("3.00 4.00 l\n", "a line from nowhere"),
            ("53,86 789,34 Td\n", "a decimal comma"),
        ] {
            let stream = format!("q\n{operator}Q\nendstream\n");
            assert!(matches!(operators(&stream), Err(PaperError::Unreadable(_))), "{why}");
        }
        assert!(operators("q\nQ\n").is_err(), "no end");
        assert!(read(b"%PDF-1.3").is_err());
    }
}
