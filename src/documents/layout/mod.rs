//! The one layout of all papers: a page of 210 × 297 mm, one column, one scale of sizes.
//!
//! A paper is told in document order to a [`Flow`]: titles, paragraphs, stacks side by
//! side, tables. genpdf places what it is given, page after page; lengths are points from
//! the upper left, and become genpdf's millimetres in [`pen`] only.

#![expect(clippy::float_arithmetic, reason = "geometry: points on a page, never money")]

mod flow;
mod grid;
mod para;
mod pen;
mod text;

pub(crate) use flow::{Flow, Imprint, Stack};
pub(crate) use grid::Align;
pub(crate) use grid::{Cell, Column, RowKind, left, right};
pub(crate) use text::Rich;

use super::fonts::Weight;
pub(crate) use super::sheet::{Colour, Ink};

/// Points in a millimetre.
pub(crate) const PT: f32 = 72.0 / 25.4;
/// The page in points.
pub(crate) const PAGE: (f32, f32) = (210.0 * PT, 297.0 * PT);
/// Left and right of the text, in millimetres.
const SIDE: f32 = 19.0;
const TOP: f32 = 15.0;
const BOTTOM: f32 = 17.0;
/// The width of the text in points and in millimetres.
const WIDTH: f32 = WIDTH_MM * PT;
pub(crate) const WIDTH_MM: f32 = 210.0 - 2.0 * SIDE;
/// Ascent and descent of the face at size 1: where genpdf puts the baseline of a slot.
const SLOT_HEIGHT: f32 = (1854.0 + 434.0) / 2048.0;

const fn ink(weight: Weight, size: f32, colour: Colour) -> Ink {
    Ink { weight, size, colour }
}

pub(crate) const TITLE: Ink = ink(Weight::Bold, 19.0, Colour::Primary);
pub(crate) const SUBTITLE: Ink = ink(Weight::Regular, 10.0, Colour::Quiet);
pub(crate) const SECTION: Ink = ink(Weight::Bold, 10.5, Colour::Primary);
pub(crate) const BODY: Ink = ink(Weight::Regular, 8.5, Colour::Ink);
pub(crate) const SUBDUED: Ink = ink(Weight::Regular, 8.5, Colour::Quiet);
pub(crate) const STRONG: Ink = ink(Weight::Bold, 8.5, Colour::Ink);
pub(crate) const GRAND: Ink = ink(Weight::Bold, 10.5, Colour::Ink);
pub(crate) const AMOUNT: Ink = ink(Weight::Bold, 15.0, Colour::Ink);
pub(crate) const NOTE: Ink = ink(Weight::Regular, 7.5, Colour::Quiet);
pub(crate) const MARK: Ink = ink(Weight::Regular, 7.5, Colour::Accent);
pub(crate) const LABEL: Ink = ink(Weight::Regular, 7.5, Colour::Quiet);
pub(crate) const HEAD: Ink = ink(Weight::Bold, 7.5, Colour::Quiet);
pub(crate) const DUE: Ink = ink(Weight::Bold, 9.5, Colour::Accent);

/// What became of an element on a page, with the height it took.
enum Fit {
    NoRoom,
    Partly(f32),
    Whole(f32),
}
