//! Text set in lines of a given width.
//!
//! Lines break at spaces; a word wider than its column breaks after `-` or `/`, and only
//! when it has none, anywhere: nothing is ever lost. A wrapped line keeps its space at the
//! end, or whoever copies it would join two words.

use std::ops::Range;

use super::Ink;
use crate::documents::fonts::face_of;
use crate::documents::sheet::Sheet;

/// Height of a line for text of size 1, from top to top.
const LEADING: f32 = 1.34;
/// From the top of a line to its baseline, for text of size 1.
const BASELINE: f32 = 0.98;

/// Text in one or more inks; a line feed begins a new line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rich(Vec<(Ink, String)>);

impl Rich {
    pub(crate) fn new(ink: Ink, text: impl Into<String>) -> Self {
        Self(vec![(ink, text.into())])
    }

    pub(crate) fn then(mut self, ink: Ink, text: impl Into<String>) -> Self {
        self.0.push((ink, text.into()));
        self
    }

    /// `text` on a new line, nothing when it is empty.
    pub(crate) fn below(self, ink: Ink, text: &str) -> Self {
        match (text.is_empty(), self.0.is_empty()) {
            (true, _) => self,
            (false, true) => self.then(ink, text),
            (false, false) => self.then(ink, format!("\n{text}")),
        }
    }
}

/// A part of a line in one ink, `x` points from the line's left.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) x: f32,
    pub(crate) text: Range<usize>,
    pub(crate) ink: Ink,
}

#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) pieces: Vec<Piece>,
    /// Without the space at its end.
    pub(crate) width: f32,
    /// Of its largest ink.
    size: f32,
}

impl Line {
    pub(crate) fn height(&self) -> f32 {
        self.size * LEADING
    }

    pub(crate) fn baseline(&self) -> f32 {
        self.size * BASELINE
    }
}

pub(crate) fn height(lines: &[Line]) -> f32 {
    lines.iter().map(Line::height).sum()
}

/// A character to be set.
struct Set {
    at: Range<usize>,
    advance: f32,
    ink: Ink,
    character: char,
}

/// `rich` in lines of at most `width` points; no line for an empty text.
pub(crate) fn set(sheet: &mut Sheet, rich: &Rich, width: f32) -> Vec<Line> {
    let mut characters = Vec::new();
    for (ink, text) in &rich.0 {
        let range = sheet.intern(text);
        let face = face_of(ink.weight);
        for (at, character) in sheet.text(&range).char_indices() {
            let start = range.start + at;
            characters.push(Set {
                at: start..start + character.len_utf8(),
                advance: face.advance(character) * ink.size,
                ink: *ink,
                character,
            });
        }
    }
    let mut lines = Vec::new();
    let mut rest = characters.as_slice();
    while !rest.is_empty() {
        let (taken, next) = first_line(rest, width);
        lines.push(line(&rest[..taken]));
        rest = &rest[next..];
    }
    lines
}

/// How many characters the first line takes, and where the next one begins.
fn first_line(characters: &[Set], width: f32) -> (usize, usize) {
    let (mut x, mut space, mut joint) = (0.0, None, None);
    for (index, set) in characters.iter().enumerate() {
        if set.character == '\n' {
            return (index, index + 1);
        }
        x += set.advance;
        if set.character == ' ' {
            space = Some(index + 1);
        } else if x > width + 0.01 && index > 0 {
            let cut = space.or(joint).unwrap_or(index);
            return (cut, cut);
        } else if matches!(set.character, '-' | '/') {
            joint = Some(index + 1);
        }
    }
    (characters.len(), characters.len())
}

/// One piece for each stretch of the same ink that is also one stretch of the sheet's text.
fn line(characters: &[Set]) -> Line {
    let mut line = Line::default();
    let mut x = 0.0;
    for set in characters {
        match line.pieces.last_mut() {
            Some(piece) if piece.ink == set.ink && piece.text.end == set.at.start => {
                piece.text.end = set.at.end;
            }
            _ => line.pieces.push(Piece { x, text: set.at.clone(), ink: set.ink }),
        }
        x += set.advance;
        line.size = line.size.max(set.ink.size);
        if set.character != ' ' {
            line.width = x;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::layout::BODY;

    fn lines(text: &str, width: f32) -> Vec<String> {
        let mut sheet = Sheet::new();
        let lines = set(&mut sheet, &Rich::new(BODY, text), width);
        let all = |line: &Line| line.pieces.iter().map(|p| sheet.text(&p.text)).collect();
        lines.iter().map(all).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_at_their_joints() {
        assert_eq!(lines("une boîte de conservation", 60.0), ["une boîte de ", "conservation"]);
        assert_eq!(lines("réf. 2026-ARC-01/017-62", 50.0), ["réf. ", "2026-ARC-", "01/017-62"]);
        assert_eq!(lines("1\u{202f}234,56\u{a0}€", 400.0), ["1\u{202f}234,56\u{a0}€"]);
        assert_eq!(lines("deux\nlignes", 400.0), ["deux", "lignes"]);
        assert_eq!(lines("", 400.0), Vec::<String>::new());
    }

    #[test]
    fn no_character_is_lost_however_narrow_the_column() {
        let text = "Boîte anticonstitutionnellement-longue n° 62/2026, dos 10 cm";
        for width in [0.0_f32, 3.0, 9.5, 40.0, 117.0, 500.0] {
            assert_eq!(lines(text, width).concat(), text, "{width}");
        }
    }
}
