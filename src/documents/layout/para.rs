//! Paragraphs, headings, and stacks of paragraphs side by side.

use genpdf::error::Error;

use super::pen::Pen;
use super::text::{Line, height};
use super::{Fit, WIDTH};
use crate::documents::sheet::{ElemId, Role, Stroke};

/// Lines that belong to one element.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) elem: ElemId,
    pub(super) lines: Vec<Line>,
    /// Points of space above, but at the top of a page.
    pub(super) before: f32,
}

impl Block {
    pub(super) fn height(&self) -> f32 {
        self.before + height(&self.lines)
    }
}

/// A paragraph over the whole width; more than three lines may go over to the next page.
#[derive(Debug)]
pub(super) struct Para {
    pub(super) block: Block,
    /// What must find room under it on the same page, in points: a heading keeps its text.
    pub(super) keep: f32,
    /// A rule below, with this much room around it.
    pub(super) rule: Option<(Stroke, f32)>,
    pub(super) done: usize,
}

impl Para {
    pub(super) fn head_height(&self) -> f32 {
        let lines = &self.block.lines;
        self.block.before + if lines.len() > 3 { height(&lines[..2]) } else { height(lines) }
    }

    pub(super) fn place(&mut self, pen: &Pen<'_, '_>, room: f32, top: bool) -> Result<Fit, Error> {
        let lines = &self.block.lines;
        let mut y = if self.done > 0 || top { 0.0 } else { self.block.before };
        let rest = &lines[self.done..];
        let below = self.rule.map_or(0.0, |(_, space)| space * 2.0);
        let whole = y + height(rest) + below + self.keep;
        // Two lines at least stay together on either page.
        let fitting = if whole <= room {
            rest.len()
        } else if self.keep > 0.0 || rest.len() <= 3 {
            0
        } else {
            let mut used = y;
            let fits = |line: &&Line| {
                used += line.height();
                used <= room
            };
            let count = rest.iter().take_while(fits).count().min(rest.len() - 2);
            if count < 2 { 0 } else { count }
        };
        if fitting == 0 && !rest.is_empty() {
            return Ok(Fit::NoRoom);
        }
        for line in &rest[..fitting] {
            pen.line(0.0, y, line, Role::Element(self.block.elem))?;
            y += line.height();
        }
        self.done += fitting;
        if self.done < lines.len() {
            return Ok(Fit::Partly(y));
        }
        if let Some((stroke, space)) = self.rule {
            pen.rule((0.0, y + space), (WIDTH, y + space), stroke);
            y += space * 2.0;
        }
        Ok(Fit::Whole(y))
    }
}

/// Stacks of blocks side by side, never cut.
#[derive(Debug)]
pub(super) struct Columns {
    /// Left edge and blocks of each.
    pub(super) stacks: Vec<(f32, Vec<Block>)>,
    pub(super) before: f32,
    /// A hairline above each stack: its left edge and width.
    pub(super) rules: Vec<(f32, f32)>,
    /// A title keeps what precedes and these on one page.
    pub(super) glued: bool,
}

impl Columns {
    pub(super) fn height(&self) -> f32 {
        let stack = |(_, blocks): &(f32, Vec<Block>)| blocks.iter().map(Block::height).sum();
        self.before + self.stacks.iter().map(stack).fold(0.0, f32::max)
    }

    pub(super) fn place(&mut self, pen: &Pen<'_, '_>, room: f32, top: bool) -> Result<Fit, Error> {
        let before = if top { 0.0 } else { self.before };
        let height = self.height() - self.before + before;
        if height > room {
            return Ok(Fit::NoRoom);
        }
        for (x, width) in &self.rules {
            pen.rule((*x, before), (x + width, before), Stroke::Hair);
        }
        for (x, blocks) in &self.stacks {
            let mut y = before;
            for block in blocks {
                y += block.before;
                for line in &block.lines {
                    pen.line(*x, y, line, Role::Element(block.elem))?;
                    y += line.height();
                }
            }
        }
        Ok(Fit::Whole(height))
    }
}
