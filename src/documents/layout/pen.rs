//! Printing runs and rules through genpdf, in points from the upper left of an area.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use genpdf::error::{Error, ErrorKind};
use genpdf::render::Area;
use genpdf::style::Style;
use genpdf::{Context, Mm, Position};

use super::text::Line;
use super::{Ink, PT, SLOT_HEIGHT};
use crate::documents::sheet::{Role, Run, Sheet, Stroke, slot};

pub(super) type Shared = Rc<RefCell<Sheet>>;

/// A sheet, an area and genpdf's context: what it takes to put something on a page.
pub(super) struct Pen<'a, 'p> {
    pub(super) sheet: &'a Shared,
    pub(super) context: &'a Context,
    pub(super) area: &'a Area<'p>,
}

impl Pen<'_, '_> {
    /// A run whose text begins at `x` on the baseline `y`.
    pub(super) fn run(
        &self,
        x: f32,
        y: f32,
        text: Range<usize>,
        ink: Ink,
        role: Role,
    ) -> Result<(), Error> {
        let mut sheet = self.sheet.borrow_mut();
        let at = Position::new(mm(x), mm(y - SLOT_HEIGHT));
        let style = Style::new().with_font_size(1);
        let slot = slot(sheet.runs.len());
        if !self.area.print_str(&self.context.font_cache, at, style, slot)? {
            return Err(Error::new("a run lies below its area", ErrorKind::Internal));
        }
        sheet.runs.push(Run { text, ink, role });
        Ok(())
    }

    /// `line` with its left edge at `x` and its top at `y`.
    pub(super) fn line(&self, x: f32, y: f32, line: &Line, role: Role) -> Result<(), Error> {
        for piece in &line.pieces {
            let text = piece.text.clone();
            self.run(x + piece.x, y + line.baseline(), text, piece.ink, role)?;
        }
        Ok(())
    }

    pub(super) fn rule(&self, from: (f32, f32), to: (f32, f32), stroke: Stroke) {
        let point = |(x, y): (f32, f32)| Position::new(mm(x), mm(y));
        self.area.draw_line(vec![point(from), point(to)], Style::new());
        self.sheet.borrow_mut().rules.push(stroke);
    }
}

/// Points as genpdf's millimetres.
pub(super) fn mm(points: f32) -> Mm {
    Mm::from(points / PT)
}

/// genpdf's millimetres as points.
#[expect(clippy::cast_possible_truncation, reason = "a page is 842 points high")]
pub(super) fn points(length: Mm) -> f32 {
    let millimetres: Double = length.into();
    millimetres as f32 * PT
}

#[expect(clippy::disallowed_types, reason = "genpdf gives lengths back so")]
type Double = f64;
