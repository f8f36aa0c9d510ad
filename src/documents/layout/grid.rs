//! Tables: columns in millimetres, a head on each page, rows that are never cut.
//!
//! Hairlines between rows, no boxes. A short table stays whole; a long one breaks
//! between rows, never between the last row of goods and the totals it leads to, and
//! never leaves its head alone.

use genpdf::error::Error;

use super::pen::{Pen, Shared};
use super::text::{Line, Rich, height, set};
use super::{BODY, Fit, HEAD, Ink, PT};
use crate::documents::sheet::{ElemId, Role, Stroke, Tag};

/// A table lower than this is moved to the next page rather than cut, in points.
const SHORT: f32 = 140.0;
/// Above and below the text of a row, in points.
const PADDING: f32 = 2.4;
/// At the right of a column, in points: figures stand clear of the text that follows.
const GUTTER: f32 = 6.0;
const GUTTER_OF_FIGURES: f32 = 9.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A column: its head, its width in millimetres, where its text stands.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) head: String,
    pub(crate) width: f32,
    pub(crate) align: Align,
}

pub(crate) fn left(head: &str, width: f32) -> Column {
    Column { head: head.to_owned(), width, align: Align::Left }
}

/// For figures; « (€) » stays with the word before it.
pub(crate) fn right(head: &str, width: f32) -> Column {
    Column { head: head.replace(" (€)", "\u{a0}(€)"), width, align: Align::Right }
}

#[derive(Debug, Clone)]
pub(crate) struct Cell {
    rich: Rich,
    span: u32,
    /// `None` is the column's.
    align: Option<Align>,
    /// It names its row.
    head: bool,
}

impl Cell {
    pub(crate) fn rich(rich: Rich) -> Self {
        Self { rich, span: 1, align: None, head: false }
    }

    pub(crate) fn new(ink: Ink, text: impl Into<String>) -> Self {
        Self::rich(Rich::new(ink, text))
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::new(BODY, text)
    }

    pub(crate) fn over(mut self, span: u32, align: Align) -> Self {
        self.span = span;
        self.align = Some(align);
        self
    }

    pub(crate) fn naming_its_row(mut self) -> Self {
        self.head = true;
        self
    }
}

/// What a row is, which decides what is ruled above it and whether it may begin a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowKind {
    Body,
    /// Stays with the row above.
    Total,
    /// The same, under a line.
    Sum,
}

#[derive(Debug)]
struct Set {
    x: f32,
    width: f32,
    align: Align,
    lines: Vec<Line>,
    elem: ElemId,
}

#[derive(Debug)]
struct Row {
    cells: Vec<Set>,
    height: f32,
    kind: RowKind,
}

/// What is placed: a head is read once, and is an artifact on the following pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Row,
    Head,
    HeadAgain,
}

#[derive(Debug)]
pub(crate) struct Grid {
    sheet: Shared,
    columns: Vec<Column>,
    table: ElemId,
    head: Row,
    rows: Vec<Row>,
    before: f32,
    done: usize,
}

impl Grid {
    /// An empty table under `parent`, `before` points below what precedes.
    pub(super) fn new(sheet: Shared, parent: ElemId, columns: Vec<Column>, before: f32) -> Self {
        let table = sheet.borrow_mut().elem(parent, Tag::Table);
        let head = Row { cells: Vec::new(), height: 0.0, kind: RowKind::Body };
        let mut grid = Self { sheet, columns, table, head, rows: Vec::new(), before, done: 0 };
        let heads = grid.columns.iter().map(|column| Cell::new(HEAD, &column.head)).collect();
        grid.head = grid.set(heads, RowKind::Body, true);
        grid
    }

    /// Adds a row; its cells' spans sum to the columns.
    pub(crate) fn row(&mut self, kind: RowKind, cells: Vec<Cell>) {
        let row = self.set(cells, kind, false);
        self.rows.push(row);
    }

    fn set(&self, cells: Vec<Cell>, kind: RowKind, head: bool) -> Row {
        let mut sheet = self.sheet.borrow_mut();
        let row = sheet.elem(self.table, Tag::Row);
        let (mut x, mut column, mut tallest) = (0.0, 0, 0.0_f32);
        let mut sets = Vec::with_capacity(cells.len());
        for cell in cells {
            let span = usize::try_from(cell.span).unwrap_or(1);
            let columns = &self.columns[column..(column + span).min(self.columns.len())];
            let width = columns.iter().map(|column| column.width * PT).sum::<f32>();
            let align = cell.align.or(columns.first().map(|column| column.align));
            let align = align.unwrap_or(Align::Left);
            column += span;
            let next = self.columns.get(column).map(|next| next.align);
            let gutter = match (align, next) {
                (_, None) => 0.0,
                (Align::Right, Some(Align::Left)) => GUTTER_OF_FIGURES,
                (Align::Left | Align::Right, Some(_)) => GUTTER,
            };
            let inner = width - gutter;
            let lines = set(&mut sheet, &cell.rich, inner);
            tallest = tallest.max(height(&lines));
            let tag = match (head, cell.head) {
                (true, _) => Tag::ColumnHead,
                (false, true) => Tag::RowHead(cell.span),
                (false, false) => Tag::Cell(cell.span),
            };
            let elem = sheet.elem(row, tag);
            sets.push(Set { x, width: inner, align, lines, elem });
            x += width;
        }
        Row { cells: sets, height: tallest + PADDING * 2.0, kind }
    }

    fn width(&self) -> f32 {
        self.columns.iter().map(|column| column.width * PT).sum()
    }

    fn total_height(&self) -> f32 {
        self.before + self.head.height + self.rows.iter().map(|row| row.height).sum::<f32>()
    }

    /// Whether a page may end above row `index`.
    fn breaks_above(&self, index: usize) -> bool {
        self.rows.get(index).is_none_or(|row| row.kind == RowKind::Body)
    }

    /// What must stay with the title above: the head and the rows up to the first break.
    pub(super) fn head_height(&self) -> f32 {
        let total = self.total_height();
        if total <= SHORT {
            return total;
        }
        let first = (1..self.rows.len()).find(|index| self.breaks_above(*index));
        let rows = &self.rows[..first.unwrap_or(self.rows.len())];
        self.before + self.head.height + rows.iter().map(|row| row.height).sum::<f32>()
    }

    pub(super) fn place(&mut self, pen: &Pen<'_, '_>, room: f32, top: bool) -> Result<Fit, Error> {
        let before = if top { 0.0 } else { self.before };
        if self.done == 0 && !top && self.total_height() <= SHORT && self.total_height() > room {
            return Ok(Fit::NoRoom);
        }
        let end = self.last_fitting(room - before - self.head.height);
        if end == self.done && !self.rows.is_empty() {
            return Ok(Fit::NoRoom);
        }
        let mut y = before;
        let head = if self.done > 0 { Standing::HeadAgain } else { Standing::Head };
        place_row(pen, &self.head, y, head)?;
        y += self.head.height;
        pen.rule((0.0, y), (self.width(), y), Stroke::Line);
        for index in self.done..end {
            let row = &self.rows[index];
            if index > self.done {
                self.rule_above(pen, row, y);
            }
            place_row(pen, row, y, Standing::Row)?;
            y += row.height;
        }
        pen.rule((0.0, y), (self.width(), y), Stroke::Hair);
        self.done = end;
        Ok(if self.done < self.rows.len() { Fit::Partly(y) } else { Fit::Whole(y) })
    }

    /// The row that begins the next page when `room` points are left for rows.
    fn last_fitting(&self, room: f32) -> usize {
        let (mut used, mut end) = (0.0, self.done);
        while let Some(row) = self.rows.get(end) {
            used += row.height;
            if used > room {
                break;
            }
            end += 1;
        }
        if end == self.rows.len() {
            return end;
        }
        // Where no break is allowed at all, a break between any two rows is better than none.
        (self.done + 1..=end).rev().find(|index| self.breaks_above(*index)).unwrap_or(end)
    }

    fn rule_above(&self, pen: &Pen<'_, '_>, row: &Row, y: f32) {
        match row.kind {
            RowKind::Sum => {
                let from = row.cells.first().map_or(0.0, |cell| cell.x);
                pen.rule((from, y), (self.width(), y), Stroke::Line);
            }
            RowKind::Body => pen.rule((0.0, y), (self.width(), y), Stroke::Hair),
            RowKind::Total => {}
        }
    }
}

fn place_row(pen: &Pen<'_, '_>, row: &Row, top: f32, standing: Standing) -> Result<(), Error> {
    for cell in &row.cells {
        let (role, mut y) = match standing {
            Standing::Row => (Role::Element(cell.elem), top + PADDING),
            // A head of one line stands on the rule, beside those of two.
            Standing::Head | Standing::HeadAgain => {
                let y = top + row.height - PADDING - height(&cell.lines);
                let first = standing == Standing::Head;
                (if first { Role::Element(cell.elem) } else { Role::Repeated }, y)
            }
        };
        for line in &cell.lines {
            let x = match cell.align {
                Align::Left => cell.x,
                Align::Right => cell.x + cell.width - line.width,
            };
            pen.line(x, y, line, role)?;
            y += line.height();
        }
    }
    Ok(())
}
