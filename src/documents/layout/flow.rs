//! A paper told in document order, then placed by genpdf and written by the finisher.

use std::cell::RefCell;
use std::rc::Rc;

use chrono::NaiveDate;
use genpdf::error::{Error, ErrorKind};
use genpdf::render::Area;
use genpdf::style::Style;
use genpdf::{Context, Element, Margins, Mm, PageDecorator, RenderResult, Size};

use super::grid::{Column, Grid};
use super::para::{Block, Columns, Para};
use super::pen::{Pen, Shared, mm, points};
use super::text::{Rich, set};
use super::{
    BOTTOM, Fit, LABEL, NOTE, PAGE, PT, SECTION, SIDE, STRONG, SUBTITLE, TITLE, TOP, WIDTH,
};
use crate::documents::error::PaperError;
use crate::documents::finish::{self, Imprinted};
use crate::documents::paper::Paper;
use crate::documents::parties::{Attachment, Letterhead};
use crate::documents::sheet::{ElemId, Role, Sheet, Stroke, Tag};
use crate::documents::{content, fonts};

/// What is recorded about a paper beside its pages.
#[derive(Debug)]
pub(crate) struct Imprint<'a> {
    /// Shown in the window's title: « Bon de commande 2026-0042 ».
    pub(crate) title: String,
    /// At the foot of each page.
    pub(crate) foot: String,
    pub(crate) author: String,
    /// Tells this paper from every other one.
    pub(crate) id: String,
    pub(crate) made_on: NaiveDate,
    pub(crate) attachment: Option<&'a Attachment>,
}

/// A stack of short paragraphs under a small label, beside others.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    pub(crate) label: String,
    /// Share of the width.
    pub(crate) share: f32,
    pub(crate) paragraphs: Vec<Rich>,
}

impl Stack {
    pub(crate) fn new(label: &str, share: f32) -> Self {
        Self { label: label.to_owned(), share, paragraphs: Vec::new() }
    }

    pub(crate) fn with(mut self, paragraph: Rich) -> Self {
        self.paragraphs.push(paragraph);
        self
    }
}

/// An element of the flow; genpdf's layout draws one after the other.
enum Placed {
    Para(Para),
    Columns(Columns),
    Grid(Grid),
    /// What follows begins a page.
    Break,
}

impl Placed {
    fn head_height(&self) -> f32 {
        match self {
            Self::Para(para) => para.head_height() + para.keep,
            Self::Columns(columns) => columns.height(),
            Self::Grid(grid) => grid.head_height(),
            Self::Break => 0.0,
        }
    }
}

struct Item {
    sheet: Shared,
    placed: Placed,
}

impl Element for Item {
    fn render(
        &mut self,
        context: &Context,
        area: Area<'_>,
        _: Style,
    ) -> Result<RenderResult, Error> {
        let room = points(area.size().height);
        let top = room > CONTENT - 0.5;
        let pen = Pen { sheet: &self.sheet, context, area: &area };
        let fit = match &mut self.placed {
            Placed::Para(para) => para.place(&pen, room, top)?,
            Placed::Columns(columns) => columns.place(&pen, room, top)?,
            Placed::Grid(grid) => grid.place(&pen, room, top)?,
            Placed::Break if top => Fit::Whole(0.0),
            Placed::Break => Fit::NoRoom,
        };
        // A size of nothing with more to come is how genpdf knows that a page is too low.
        let (height, has_more) = match fit {
            Fit::NoRoom => (0.0, true),
            Fit::Partly(height) => (height, true),
            Fit::Whole(height) => (height, false),
        };
        Ok(RenderResult { size: Size::new(Mm::from(0), mm(height)), has_more })
    }
}

/// The height left for the text of a page, in points.
const CONTENT: f32 = PAGE.1 - (TOP + BOTTOM) * PT;

/// The foot of every page: what it is, and which page of how many.
struct Foot {
    sheet: Shared,
    text: String,
}

impl PageDecorator for Foot {
    fn decorate_page<'a>(
        &mut self,
        context: &Context,
        mut area: Area<'a>,
        _: Style,
    ) -> Result<Area<'a>, Error> {
        let pen = Pen { sheet: &self.sheet, context, area: &area };
        let (left, y) = (SIDE * PT, PAGE.1 - (BOTTOM - 7.5) * PT);
        pen.rule((left, y - 11.0), (left + WIDTH, y - 11.0), Stroke::Hair);
        let text = self.sheet.borrow_mut().intern(&self.text);
        pen.run(left, y, text, NOTE, Role::Footer)?;
        pen.run(left + WIDTH, y, 0..0, NOTE, Role::PageNumber)?;
        let margin = |length: f32| mm(length * PT);
        area.add_margins(Margins::trbl(margin(TOP), margin(SIDE), margin(BOTTOM), margin(SIDE)));
        Ok(area)
    }
}

pub(crate) struct Flow {
    sheet: Shared,
    items: Vec<Placed>,
    section: ElemId,
}

impl Flow {
    /// A paper that begins with its letterhead and title.
    pub(crate) fn new(letterhead: &Letterhead, title: &str, subtitle: &str) -> Self {
        let sheet = Rc::new(RefCell::new(Sheet::new()));
        let mut flow = Self { sheet, items: Vec::new(), section: Sheet::ROOT };
        flow.letterhead(letterhead);
        flow.heading(1, title, TITLE, 12.0, 0.0);
        flow.spaced(&Rich::new(SUBTITLE, subtitle), 1.0);
        flow
    }

    /// Begins another letter of the same paper, on a page of its own.
    pub(crate) fn next_letter(&mut self, letterhead: &Letterhead, title: &str, subtitle: &str) {
        self.items.push(Placed::Break);
        self.section = Sheet::ROOT;
        self.letterhead(letterhead);
        self.heading(1, title, TITLE, 12.0, 0.0);
        self.spaced(&Rich::new(SUBTITLE, subtitle), 1.0);
    }

    fn letterhead(&mut self, head: &Letterhead) {
        let siret = head.siret.as_ref().map(|siret| format!("SIRET {}", siret.spaced()));
        let mut left = Rich::new(STRONG, &head.name);
        left = left.below(NOTE, &head.service);
        let right = Rich::default()
            .below(NOTE, &head.address.join(", "))
            .below(NOTE, &head.contact)
            .below(NOTE, siret.as_deref().unwrap_or(""));
        let stacks = [Stack::new("", 0.55).with(left), Stack::new("", 0.45).with(right)];
        let columns = self.stacks(&stacks, 0.0, false);
        self.items.push(Placed::Columns(columns));
        let elem = Block { elem: Sheet::ROOT, lines: Vec::new(), before: 0.0 };
        let rule = Some((Stroke::Strong, 5.0));
        self.items.push(Placed::Para(Para { block: elem, keep: 0.0, rule, done: 0 }));
    }

    fn heading(&mut self, level: u16, title: &str, ink: super::Ink, before: f32, keep: f32) {
        let mut sheet = self.sheet.borrow_mut();
        let elem = sheet.elem(self.section, Tag::Heading(level, title.to_owned()));
        let lines = set(&mut sheet, &Rich::new(ink, title), WIDTH);
        let block = Block { elem, lines, before };
        self.items.push(Placed::Para(Para { block, keep, rule: None, done: 0 }));
    }

    /// Begins a section; its title stays with what follows.
    pub(crate) fn section(&mut self, title: &str) {
        self.section = self.sheet.borrow_mut().elem(Sheet::ROOT, Tag::Section);
        self.heading(2, title, SECTION, 13.0, f32::EPSILON);
    }

    pub(crate) fn para(&mut self, rich: &Rich) {
        self.spaced(rich, 6.0);
    }

    fn spaced(&mut self, rich: &Rich, before: f32) {
        let mut sheet = self.sheet.borrow_mut();
        let lines = set(&mut sheet, rich, WIDTH);
        if lines.is_empty() {
            return;
        }
        let elem = sheet.elem(self.section, Tag::Paragraph);
        let block = Block { elem, lines, before };
        self.items.push(Placed::Para(Para { block, keep: 0.0, rule: None, done: 0 }));
    }

    /// Stacks side by side, each under a hairline.
    pub(crate) fn columns(&mut self, stacks: &[Stack]) {
        let columns = self.stacks(stacks, 8.0, true);
        self.items.push(Placed::Columns(columns));
    }

    /// The same, on the page of the section before it: nobody signs a page of its own.
    pub(crate) fn closing(&mut self, stacks: &[Stack]) {
        let columns = Columns { glued: true, ..self.stacks(stacks, 8.0, true) };
        self.items.push(Placed::Columns(columns));
    }

    fn stacks(&self, stacks: &[Stack], before: f32, ruled: bool) -> Columns {
        const GAP: f32 = 14.0;
        let mut sheet = self.sheet.borrow_mut();
        let shares: f32 = stacks.iter().map(|stack| stack.share).sum();
        let gaps = GAP * stacks.iter().skip(1).map(|_| 1.0).sum::<f32>();
        let (mut x, mut placed, mut ruled_off) = (0.0, Vec::new(), Vec::new());
        for stack in stacks {
            let width = (WIDTH - gaps) * stack.share / shares;
            let label = Rich::default().below(LABEL, &stack.label);
            let mut blocks = Vec::new();
            for (index, rich) in std::iter::once(&label).chain(&stack.paragraphs).enumerate() {
                let lines = set(&mut sheet, rich, width);
                if !lines.is_empty() {
                    let elem = sheet.elem(self.section, Tag::Paragraph);
                    let before = if index == 0 { 5.0 } else { 2.0 };
                    blocks.push(Block { elem, lines, before });
                }
            }
            if ruled && !blocks.is_empty() {
                ruled_off.push((x, width));
            }
            placed.push((x, blocks));
            x += width + GAP;
        }
        Columns { stacks: placed, before, rules: ruled_off, glued: false }
    }

    /// A table to be filled, then given back to [`Flow::grid`].
    pub(crate) fn table(&self, columns: Vec<Column>) -> Grid {
        Grid::new(Rc::clone(&self.sheet), self.section, columns, 5.0)
    }

    pub(crate) fn grid(&mut self, grid: Grid) {
        self.items.push(Placed::Grid(grid));
    }

    /// Places and writes the paper.
    pub(crate) fn finish(mut self, imprint: &Imprint<'_>) -> Result<Paper, PaperError> {
        let foot = Foot { sheet: Rc::clone(&self.sheet), text: imprint.foot.clone() };
        let glyphs = || fonts::missing_glyphs(&foot.text).first().map(|c| (*c, foot.text.clone()));
        let missing = self.sheet.borrow().missing().cloned().or_else(glyphs);
        if let Some((character, text)) = missing {
            return Err(PaperError::MissingGlyph { character, text });
        }
        self.keep_titles_with_their_text();
        let mut document = genpdf::Document::new(fonts::genpdf_family());
        document.set_minimal_conformance();
        document.set_page_decorator(foot);
        for placed in self.items.drain(..) {
            document.push(Item { sheet: Rc::clone(&self.sheet), placed });
        }
        let mut placed = Vec::new();
        document.render(&mut placed).map_err(|error| {
            if matches!(error.kind(), ErrorKind::PageSizeExceeded) {
                PaperError::TooTall(imprint.title.clone())
            } else {
                PaperError::Unreadable(error.to_string())
            }
        })?;
        let sheet = Rc::try_unwrap(self.sheet)
            .map_err(|_| PaperError::Unreadable("genpdf kept an element".to_owned()))?
            .into_inner();
        let pages = content::read(&placed)?;
        finish::write(&Imprinted { sheet: &sheet, pages: &pages, imprint })
    }

    fn keep_titles_with_their_text(&mut self) {
        let (mut below, mut glued) = (0.0, false);
        for placed in self.items.iter_mut().rev() {
            if let Placed::Para(para) = placed
                && para.keep > 0.0
            {
                para.keep = below;
            }
            let height = placed.head_height();
            below = if glued { height + below } else { height };
            glued = matches!(placed, Placed::Columns(columns) if columns.glued);
        }
    }
}
