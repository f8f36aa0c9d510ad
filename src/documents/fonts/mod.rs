//! The two faces of the papers, Liberation Sans Regular and Bold, read once a process.
//!
//! A paper may use any character that both faces have a glyph for. What has none is
//! found before anything is drawn: [`missing_glyphs`] is also for whoever takes text in.

mod hints;

use std::sync::LazyLock;

use genpdf::fonts::{FontData, FontFamily};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The last character whose glyph is looked up: Latin, Greek, Cyrillic, punctuation,
/// currency, arrows and mathematical operators.
const LAST: u32 = 0x22ff;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// What is needed to measure and draw one face.
pub(crate) struct Face {
    /// Glyph by character up to [`LAST`]; 0 is none.
    glyphs: Vec<u16>,
    /// Advance by character, in thousandths of an em of this face's units.
    advances: Vec<u16>,
    units_per_em: u16,
    pub(crate) krilla: krilla::text::Font,
}

impl Face {
    /// `None` when the face has no glyph for `character`.
    pub(crate) fn glyph(&self, character: char) -> Option<u16> {
        let index = usize::try_from(u32::from(character)).ok()?;
        self.glyphs.get(index).copied().filter(|glyph| *glyph != 0)
    }

    /// The advance at size 1; nothing for a character without glyph.
    #[expect(clippy::float_arithmetic, reason = "geometry")]
    pub(crate) fn advance(&self, character: char) -> f32 {
        let index = usize::try_from(u32::from(character)).unwrap_or(usize::MAX);
        let units = self.advances.get(index).copied().unwrap_or(0);
        f32::from(units) / f32::from(self.units_per_em)
    }
}

struct Faces {
    regular: Face,
    bold: Face,
    /// For genpdf, which only prints numbers: nothing of it reaches a paper.
    genpdf: FontData,
}

static FACES: LazyLock<Faces> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "compiled in, and every test loads them")]
    read().expect("the shipped faces are TrueType files")
});

fn read() -> Option<Faces> {
    let regular = hints::strip(include_bytes!("../../../assets/fonts/LiberationSans-Regular.ttf"))?;
    let bold = hints::strip(include_bytes!("../../../assets/fonts/LiberationSans-Bold.ttf"))?;
    let genpdf = FontData::new(regular.clone(), Some(printpdf::BuiltinFont::Helvetica)).ok()?;
    Some(Faces { regular: face(regular)?, bold: face(bold)?, genpdf })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "unscaled advances are whole units that a u16 holds"
)]
fn face(bytes: Vec<u8>) -> Option<Face> {
    let font = FontRef::new(&bytes).ok()?;
    let charmap = font.charmap();
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let units_per_em = font.metrics(Size::unscaled(), LocationRef::default()).units_per_em;
    let (mut glyphs, mut advances) = (Vec::new(), Vec::new());
    for code in 0..=LAST {
        // The hyphen that does not break looks like the one that does; a soft one is none.
        let drawn = match char::from_u32(code) {
            Some('\u{2011}') => Some('\u{2010}'),
            Some('\u{ad}') => None,
            other => other.filter(|c| !c.is_control()),
        };
        let glyph = drawn.and_then(|c| charmap.map(c));
        advances.push(glyph.and_then(|glyph| metrics.advance_width(glyph)).unwrap_or(0.0) as u16);
        glyphs.push(glyph.map_or(Some(0), |glyph| u16::try_from(glyph.to_u32()).ok())?);
    }
    let krilla = krilla::text::Font::new(bytes.into(), 0)?;
    Some(Face { glyphs, advances, units_per_em, krilla })
}

pub(crate) fn face_of(weight: Weight) -> &'static Face {
    match weight {
        Weight::Regular => &FACES.regular,
        Weight::Bold => &FACES.bold,
    }
}

/// The family genpdf asks for, four times the same face of which nothing is embedded.
pub(crate) fn genpdf_family() -> FontFamily<FontData> {
    let data = || FACES.genpdf.clone();
    FontFamily { regular: data(), bold: data(), italic: data(), bold_italic: data() }
}

/// `text` with accents composed (NFC), since a face has a glyph for « é » and none that
/// would stand well for « e » and its accent apart.
pub(crate) fn composed(text: &str) -> std::borrow::Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.into(),
        IsNormalized::No | IsNormalized::Maybe => text.nfc().collect::<String>().into(),
    }
}

/// The characters of `text` that no paper can print, each once, in order of appearance.
///
/// A line break is none of them: it becomes a new line. Emoji, ideographs, control
/// characters, soft hyphens and private-use characters are.
pub fn missing_glyphs(text: &str) -> Vec<char> {
    let mut missing = Vec::new();
    for character in composed(text).chars().filter(|c| *c != '\n') {
        let printable = [Weight::Regular, Weight::Bold]
            .into_iter()
            .all(|weight| face_of(weight).glyph(character).is_some());
        if !printable && !missing.contains(&character) {
            missing.push(character);
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_french_write_has_a_glyph_and_an_emoji_has_none() {
        let french =
            "àâäæçéèêëîïôœùûüÿÀÂÆÇÉÈÊËÎÏÔŒÙÛÜŸ «\u{a0}»’“”–—…€m²m³µ°ºª×÷±≤≥≠½¼¾·•\u{202f}\u{2011}→";
        assert_eq!(missing_glyphs(french), Vec::<char>::new());
        assert_eq!(missing_glyphs("Łódź Šárka Đorđe e\u{301}\n"), Vec::<char>::new());
        assert_eq!(missing_glyphs("Boîte 📦 中 📦\t"), ['📦', '中', '\t']);
        assert_eq!(missing_glyphs("sou\u{ad}ple"), ['\u{ad}']);
    }

    #[test]
    fn stripping_keeps_every_glyph_and_its_advance() {
        let whole: &[u8] = include_bytes!("../../../assets/fonts/LiberationSans-Bold.ttf");
        let stripped = hints::strip(whole).unwrap();
        assert!(stripped.len() < whole.len() * 2 / 3, "{} of {}", stripped.len(), whole.len());
        let (before, after) = (FontRef::new(whole).unwrap(), FontRef::new(&stripped).unwrap());
        for character in "Aéœ€²\u{202f}½Ω".chars() {
            let glyph = before.charmap().map(character).unwrap();
            assert_eq!(after.charmap().map(character), Some(glyph));
            let bounds = |font: &FontRef<'_>| {
                let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
                (metrics.advance_width(glyph), metrics.bounds(glyph))
            };
            assert_eq!(bounds(&before), bounds(&after), "{character}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_no_face_and_no_panic() {
        let whole: &[u8] = include_bytes!("../../../assets/fonts/LiberationSans-Regular.ttf");
        for length in [0, 3, 11, 40, 300, 5_000, 100_000] {
            assert!(hints::strip(&whole[..length]).is_none(), "{length}");
        }
    }
}
