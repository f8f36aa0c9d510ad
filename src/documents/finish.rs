//! Draws a paper from the places genpdf found: real text, tags, metadata, attachment.
//!
//! krilla writes PDF/A-3a and PDF/UA-1 and refuses what breaks them. It draws page by
//! page in the order of the runs; whenever the element changes, a new piece of marked
//! content begins, and its identifier is kept under the element until the tree of tags
//! is built. Colours of text and rules change nothing of the structure.

#![expect(clippy::float_arithmetic, reason = "geometry: points on a page, never money")]

use std::fmt::Write as _;
use std::num::{NonZeroU16, NonZeroU32, NonZeroU64};
use std::ops::Range;

use chrono::{Datelike, NaiveDate};
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke as Pen};
use krilla::surface::{Location, Surface};
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag as Krilla,
    TagGroup, TagTree,
};
use krilla::text::{Glyph, GlyphId};
use krilla::{Document, SerializeSettings};
use sha2::{Digest, Sha256};

use super::content::PageContent;
use super::error::PaperError;
use super::fonts::{Face, face_of};
use super::layout::{Imprint, PAGE};
use super::pack;
use super::paper::Paper;
use super::parties::Attachment;
use super::sheet::{ElemId, Role, Run, Sheet, Stroke, Tag};

/// A sheet, where its runs stand, and what is recorded about it.
pub(crate) struct Imprinted<'a> {
    pub(crate) sheet: &'a Sheet,
    pub(crate) pages: &'a [PageContent],
    pub(crate) imprint: &'a Imprint<'a>,
}

/// What has been drawn of each element.
struct Drawn {
    identifiers: Vec<Vec<Identifier>>,
    /// Page and point of its first run.
    first: Vec<Option<(usize, Point)>>,
    runs: usize,
}

pub(crate) fn write(paper: &Imprinted<'_>) -> Result<Paper, PaperError> {
    let imprint = paper.imprint;
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| refused(format!("{error:?}")))?;
    let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    let size = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(|| refused("page size"))?;
    let elems = paper.sheet.elems.len();
    let mut drawn =
        Drawn { identifiers: vec![Vec::new(); elems], first: vec![None; elems], runs: 0 };
    let mut rules = paper.sheet.rules.iter();
    for (number, page) in paper.pages.iter().enumerate() {
        let mut started = document.start_page_with(size.clone());
        let mut surface = started.surface();
        draw_rules(&mut surface, page, &mut rules)?;
        draw_text(&mut surface, paper, number, &mut drawn)?;
        surface.finish();
        started.finish();
    }
    if drawn.runs != paper.sheet.runs.len() || rules.next().is_some() {
        return Err(PaperError::Unreadable("a run or a rule was not placed".to_owned()));
    }
    let mut tree = TagTree::new();
    for node in nodes(paper.sheet, Sheet::ROOT, &drawn) {
        tree.push(node);
    }
    document.set_tag_tree(tree);
    document.set_outline(outline(paper.sheet, &drawn));
    document.set_metadata(metadata(imprint));
    if let Some(attachment) = imprint.attachment {
        attach(&mut document, attachment)?;
    }
    let bytes = document.finish().map_err(|error| refusal(&error, paper.sheet))?;
    let bytes = pack::pack(&bytes).ok_or_else(|| refused("objects are not numbered from 1"))?;
    let mut sha256 = String::with_capacity(64);
    for byte in Sha256::digest(&bytes) {
        // Writing to a String cannot fail.
        let _ = write!(sha256, "{byte:02x}");
    }
    Ok(Paper { title: imprint.title.clone(), pages: paper.pages.len(), sha256, bytes })
}

/// All rules of one width as one path of one artifact.
fn draw_rules<'s>(
    surface: &mut Surface<'_>,
    page: &PageContent,
    strokes: &mut impl Iterator<Item = &'s Stroke>,
) -> Result<(), PaperError> {
    let mut ruled = Vec::with_capacity(page.rules.len());
    for ends in &page.rules {
        let stroke = strokes.next().ok_or_else(|| unreadable("a rule nobody asked for"))?;
        ruled.push((*stroke, *ends));
    }
    ruled.sort_by_key(|(stroke, _)| *stroke);
    for rules in ruled.chunk_by(|one, other| one.0 == other.0) {
        let mut path = PathBuilder::new();
        for (_, [from, to]) in rules {
            path.move_to(from.0, PAGE.1 - from.1);
            path.line_to(to.0, PAGE.1 - to.1);
        }
        let (width, rgb) = rules[0].0.pen();
        surface.set_fill(None);
        surface.set_stroke(Some(Pen { paint: colour(rgb).into(), width, ..Pen::default() }));
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        surface.draw_path(&path.finish().ok_or_else(|| refused("an empty rule"))?);
        surface.end_tagged();
    }
    surface.set_stroke(None);
    Ok(())
}

fn draw_text(
    surface: &mut Surface<'_>,
    paper: &Imprinted<'_>,
    number: usize,
    drawn: &mut Drawn,
) -> Result<(), PaperError> {
    let page_number = format!("page {}/{}", number + 1, paper.pages.len());
    let (mut open, mut ink) = (None, None);
    for placed in &paper.pages[number].texts {
        // genpdf prints each slot once, in order: anything else is not what we placed.
        let run = paper.sheet.runs.get(placed.run).filter(|_| placed.run == drawn.runs);
        let run = run.ok_or_else(|| unreadable("a slot out of order"))?;
        drawn.runs += 1;
        if open != Some(run.role) {
            if open.is_some() {
                surface.end_tagged();
            }
            let identifier = surface.start_tagged(tag_of(run.role));
            if let Role::Element(ElemId(elem)) = run.role {
                drawn.identifiers[elem].push(identifier);
            }
            open = Some(run.role);
        }
        if ink != Some(run.ink.colour) {
            let paint = colour(run.ink.colour.rgb()).into();
            surface.set_fill(Some(Fill { paint, ..Fill::default() }));
            ink = Some(run.ink.colour);
        }
        let mut point = Point::from_xy(placed.x, PAGE.1 - placed.y);
        let text = match run.role {
            Role::PageNumber => page_number.as_str(),
            Role::Element(_) | Role::Repeated | Role::Footer => paper.sheet.text(&run.text),
        };
        if run.role == Role::PageNumber {
            let face = face_of(run.ink.weight);
            point.x -= text.chars().map(|c| face.advance(c)).sum::<f32>() * run.ink.size;
        }
        if let Role::Element(ElemId(elem)) = run.role {
            let above = Point::from_xy(point.x, point.y - run.ink.size);
            drawn.first[elem].get_or_insert((number, above));
        }
        draw_run(surface, run, placed.run, point, text);
    }
    if open.is_some() {
        surface.end_tagged();
    }
    Ok(())
}

fn tag_of(role: Role) -> ContentTag<'static> {
    let artifact = |kind| ContentTag::Artifact(Artifact::with_kind(kind));
    match role {
        Role::Element(_) => ContentTag::Span(SpanTag::empty()),
        Role::Repeated => artifact(ArtifactType::PaginationOther),
        Role::Footer | Role::PageNumber => artifact(ArtifactType::Footer),
    }
}

/// A character in its face.
struct Drawing {
    glyph: u16,
    at: Range<usize>,
    advance: f32,
    location: Option<Location>,
}

impl Glyph for Drawing {
    fn glyph_id(&self) -> GlyphId {
        GlyphId::new(u32::from(self.glyph))
    }

    fn text_range(&self) -> Range<usize> {
        self.at.clone()
    }

    fn x_advance(&self, size: f32) -> f32 {
        self.advance * size
    }

    fn x_offset(&self, _: f32) -> f32 {
        0.0
    }

    fn y_offset(&self, _: f32) -> f32 {
        0.0
    }

    fn y_advance(&self, _: f32) -> f32 {
        0.0
    }

    fn location(&self) -> Option<Location> {
        self.location
    }
}

fn draw_run(surface: &mut Surface<'_>, run: &Run, number: usize, point: Point, text: &str) {
    let face: &Face = face_of(run.ink.weight);
    // One more than the run: krilla names a refused glyph by it.
    let location = u64::try_from(number + 1).ok().and_then(NonZeroU64::new);
    let glyphs: Vec<Drawing> = text
        .char_indices()
        .map(|(at, character)| Drawing {
            glyph: face.glyph(character).unwrap_or(0),
            at: at..at + character.len_utf8(),
            advance: face.advance(character),
            location,
        })
        .collect();
    surface.draw_glyphs(point, &glyphs, face.krilla.clone(), text, run.ink.size, false);
}

/// The children of an element: what was drawn of it, then its elements in document order.
fn nodes(sheet: &Sheet, id: ElemId, drawn: &Drawn) -> Vec<Node> {
    let own = drawn.identifiers[id.0].iter().map(|identifier| Node::Leaf(*identifier));
    let kids = sheet.elems[id.0].kids.iter().map(|kid| {
        let children = nodes(sheet, *kid, drawn);
        let span = |count: u32| NonZeroU32::new(count).filter(|count| count.get() > 1);
        Node::Group(match &sheet.elems[kid.0].tag {
            Tag::Document | Tag::Section => TagGroup::with_children(Krilla::Section, children),
            Tag::Heading(level, title) => {
                let level = NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN);
                TagGroup::with_children(Krilla::Hn(level, Some(title.clone())), children)
            }
            Tag::Paragraph => TagGroup::with_children(Krilla::P, children),
            Tag::Table => TagGroup::with_children(Krilla::Table, children),
            Tag::Row => TagGroup::with_children(Krilla::TR, children),
            Tag::ColumnHead => {
                TagGroup::with_children(Krilla::TH(TableHeaderScope::Column), children)
            }
            Tag::RowHead(count) => {
                let tag = Krilla::TH(TableHeaderScope::Row).with_col_span(span(*count));
                TagGroup::with_children(tag, children)
            }
            Tag::Cell(count) => {
                TagGroup::with_children(Krilla::TD.with_col_span(span(*count)), children)
            }
        })
    });
    own.chain(kids).collect()
}

/// The title, and under it the sections.
fn outline(sheet: &Sheet, drawn: &Drawn) -> Outline {
    let mut top: Option<OutlineNode> = None;
    let mut outline = Outline::new();
    for (elem, first) in sheet.elems.iter().zip(&drawn.first) {
        if let (Tag::Heading(level, title), Some((page, point))) = (&elem.tag, first) {
            let node = OutlineNode::new(title.clone(), XyzDestination::new(*page, *point));
            match &mut top {
                Some(parent) if *level > 1 => parent.push_child(node),
                _ => top = Some(node),
            }
        }
    }
    if let Some(node) = top {
        outline.push_child(node);
    }
    outline
}

fn metadata(imprint: &Imprint<'_>) -> Metadata {
    Metadata::new()
        .title(imprint.title.clone())
        .authors(vec![imprint.author.clone()])
        .language("fr-FR".to_owned())
        .creator("Travée".to_owned())
        .producer("Travée".to_owned())
        .creation_date(date(imprint.made_on))
        .document_id(imprint.id.clone())
}

fn date(day: NaiveDate) -> DateTime {
    let small = |number: u32| u8::try_from(number).unwrap_or(1);
    DateTime::new(u16::try_from(day.year()).unwrap_or(0))
        .month(small(day.month()))
        .day(small(day.day()))
        .hour(0)
        .minute(0)
        .second(0)
        .utc_offset_hour(0)
}

fn attach(document: &mut Document, attachment: &Attachment) -> Result<(), PaperError> {
    let (name, bytes) = (&attachment.file_name, attachment.bytes.len());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(PaperError::AttachmentName(name.clone()));
    }
    if bytes > Attachment::LIMIT {
        let (name, limit) = (name.clone(), Attachment::LIMIT);
        return Err(PaperError::AttachmentTooLarge { name, bytes, limit });
    }
    document
        .embed_file(EmbeddedFile {
            path: name.clone(),
            mime_type: MimeType::new(&attachment.mime),
            description: Some(attachment.description.clone()),
            association_kind: AssociationKind::Data,
            data: attachment.bytes.to_vec().into(),
            modification_date: Some(date(attachment.modified_on)),
            compress: Some(true),
            location: None,
        })
        .ok_or_else(|| refused("two attachments of one name"))
}

/// krilla's list of refusals, with the text where it named a run.
fn refusal(error: &KrillaError, sheet: &Sheet) -> PaperError {
    let KrillaError::Validation(errors) = error else {
        return refused(error.to_string());
    };
    let mut reasons = String::new();
    for (error, _) in errors {
        // Writing to a String cannot fail.
        let _ = write!(reasons, "{error:?}; ");
    }
    let _ = write!(reasons, "{} runs", sheet.runs.len());
    refused(reasons)
}

fn colour([red, green, blue]: [u8; 3]) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}

fn refused(why: impl Into<String>) -> PaperError {
    PaperError::Refused(why.into())
}

fn unreadable(why: &str) -> PaperError {
    PaperError::Unreadable(why.to_owned())
}
