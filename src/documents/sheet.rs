//! What stands on the pages of a paper, beside genpdf's own document.
//!
//! genpdf keeps the document, the page flow and the positions, and never sees the text:
//! each piece of text is a numbered run here, and genpdf prints only the number, its
//! slot, at its place. The finisher reads the places back and draws the runs. Structure
//! is here too: elements in document order, whose runs are found by their number.

use std::ops::Range;

use super::fonts::{self, Weight};

/// The colours of a printed page; ink on paper, one accent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Ink,
    /// Secondary text.
    Quiet,
    /// Titles.
    Primary,
    /// What is to be done, and by when.
    Accent,
}

impl Colour {
    pub(crate) fn rgb(self) -> [u8; 3] {
        match self {
            Self::Ink => [0x1b, 0x1f, 0x24],
            Self::Quiet => [0x5a, 0x61, 0x6b],
            Self::Primary => [0x17, 0x4a, 0x6e],
            Self::Accent => [0x9a, 0x43, 0x18],
        }
    }
}

/// How text is set: face, size in points, colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ink {
    pub(crate) weight: Weight,
    pub(crate) size: f32,
    pub(crate) colour: Colour,
}

/// A line that is ruled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stroke {
    /// Between the rows of a table.
    Hair,
    /// Under a table's head and above its totals.
    Line,
    /// Under the letterhead, and the sign.
    Strong,
}

impl Stroke {
    /// Width in points and colour.
    pub(crate) fn pen(self) -> (f32, [u8; 3]) {
        match self {
            Self::Hair => (0.4, [0xc9, 0xc3, 0xb4]),
            Self::Line => (0.7, [0x5a, 0x61, 0x6b]),
            Self::Strong => (1.1, [0x17, 0x4a, 0x6e]),
        }
    }
}

/// The number of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ElemId(pub(crate) usize);

/// What an element is to a reader who hears the paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tag {
    Document,
    /// Level and title.
    Heading(u16, String),
    Section,
    Paragraph,
    Table,
    Row,
    /// A heading of its column.
    ColumnHead,
    /// A heading of its row, over so many columns.
    RowHead(u32),
    /// Over so many columns.
    Cell(u32),
}

#[derive(Debug)]
pub(crate) struct Elem {
    pub(crate) tag: Tag,
    pub(crate) kids: Vec<ElemId>,
}

/// To whom a run belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Element(ElemId),
    /// A table head on a following page: an artifact, since the first one was read.
    Repeated,
    Footer,
    /// « page 2/7 », whose total is known at the end; its place is its right edge.
    PageNumber,
}

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) text: Range<usize>,
    pub(crate) ink: Ink,
    pub(crate) role: Role,
}

/// The runs, rules and elements of one paper.
#[derive(Debug)]
pub(crate) struct Sheet {
    text: String,
    pub(crate) runs: Vec<Run>,
    pub(crate) rules: Vec<Stroke>,
    pub(crate) elems: Vec<Elem>,
    /// The first character without glyph and the text it stands in.
    missing: Option<(char, String)>,
}

impl Sheet {
    pub(crate) const ROOT: ElemId = ElemId(0);

    pub(crate) fn new() -> Self {
        Self {
            text: String::new(),
            runs: Vec::new(),
            rules: Vec::new(),
            elems: vec![Elem { tag: Tag::Document, kids: Vec::new() }],
            missing: None,
        }
    }

    /// Adds the last child of `parent`.
    pub(crate) fn elem(&mut self, parent: ElemId, tag: Tag) -> ElemId {
        let id = ElemId(self.elems.len());
        self.elems.push(Elem { tag, kids: Vec::new() });
        self.elems[parent.0].kids.push(id);
        id
    }

    /// Keeps `text`, composed, and answers where; notes a character without glyph.
    pub(crate) fn intern(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(&fonts::composed(text));
        if self.missing.is_none() {
            let missing = fonts::missing_glyphs(&self.text[start..]);
            self.missing = missing.first().map(|character| (*character, text.to_owned()));
        }
        start..self.text.len()
    }

    pub(crate) fn text(&self, range: &Range<usize>) -> &str {
        &self.text[range.clone()]
    }

    pub(crate) fn missing(&self) -> Option<&(char, String)> {
        self.missing.as_ref()
    }
}

/// Slots are written in base 90 with the printable characters from `!` to `z`.
const DIGITS: usize = 90;
const FIRST: u8 = b'!';

/// What genpdf prints for the run of this number.
pub(crate) fn slot(mut run: usize) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(u8::try_from(run % DIGITS).unwrap_or(0) + FIRST);
        run /= DIGITS;
        if run == 0 {
            break;
        }
    }
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

/// The run of a printed slot; `None` when it is none.
pub(crate) fn run_of_slot(codes: impl IntoIterator<Item = u32>) -> Option<usize> {
    let mut run = None;
    for code in codes {
        let digit = code.checked_sub(u32::from(FIRST)).and_then(|d| usize::try_from(d).ok())?;
        if digit >= DIGITS {
            return None;
        }
        run = Some(run.unwrap_or(0_usize).checked_mul(DIGITS)?.checked_add(digit)?);
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_reads_back_as_its_run() {
        for run in (0..20_000).chain([729_000, usize::from(u16::MAX) * 90]) {
            assert_eq!(run_of_slot(slot(run).chars().map(u32::from)), Some(run));
        }
        assert_eq!(run_of_slot("A{".chars().map(u32::from)), None);
        assert_eq!(run_of_slot([]), None);
    }
}
