//! The file as it is written: bounded, and every amount and date looked at raw.
//!
//! One streaming pass, before anything builds a tree. It stops at once at what
//! could make reading expensive or dangerous: a DTD, depth, attributes and
//! namespaces of one element, repetition of what occurs once (the e-invoice crate
//! compares repetitions pairwise). And it notes what that crate would forgive: an
//! exponent in a quantity, a total that is not there and would read as zero, an
//! amount in a second currency.

use std::borrow::Cow;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::reason::{Code, MOST_REASONS, Reason, excerpt};
use terms::{Kind, Required};

mod terms;
mod values;

pub(super) use terms::french;

const MAX_DEPTH: usize = 64;
const MAX_ATTRIBUTES: usize = 64;
/// Namespace declarations in scope: a tree copies them to every element below.
const MAX_NAMESPACES: usize = 128;
/// Different children of one element; UBL's richest has fewer than sixty.
const MAX_CHILDREN: usize = 256;
/// Second and later occurrences of an element below one parent, where invoices have lists of few.
const MAX_REPETITIONS: usize = 10_000;
/// VAT breakdowns; an invoice with more rates than percents is none.
const MAX_BREAKDOWNS: usize = 100;
/// Elements; ten thousand lines have two hundred thousand.
const MAX_ELEMENTS: usize = 300_000;
/// Comments and processing instructions, which say nothing and cost as much as elements.
const MAX_ASIDES: usize = 10_000;
const MAX_FIELD: usize = 1_000;
const MAX_NOTE: usize = 100_000;

/// What the pass found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Amounts, quantities, dates and presence, in the order of the file.
    pub(super) reasons: Vec<Reason>,
    /// The first amount in each currency, with where it stands.
    pub(super) currencies: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct Frame {
    name: String,
    line: usize,
    has_children: bool,
    namespaces: usize,
    /// Hashes of the names of the children seen.
    children: Vec<u64>,
    required: &'static [Required],
    present: u32,
    currency: Option<String>,
    format: Option<String>,
}

struct Pass<'a> {
    text: &'a str,
    /// Frames are kept when an element closes, so that their buffers are used again.
    frames: Vec<Frame>,
    depth: usize,
    value: String,
    counted: usize,
    line: usize,
    repetitions: usize,
    breakdowns: usize,
    namespaces: usize,
    elements: usize,
    asides: usize,
    found: Scan,
}

pub(super) fn scan(text: &str) -> Result<Scan, Reason> {
    let mut pass = Pass {
        text,
        frames: Vec::new(),
        depth: 0,
        value: String::new(),
        counted: 0,
        line: 1,
        repetitions: 0,
        breakdowns: 0,
        namespaces: 0,
        elements: 0,
        asides: 0,
        found: Scan::default(),
    };
    let mut reader = Reader::from_str(text);
    loop {
        let event = reader.read_event();
        let position = usize::try_from(reader.buffer_position()).unwrap_or(text.len());
        match event {
            Ok(Event::Start(start)) => pass.open(&start, position)?,
            Ok(Event::Empty(start)) => {
                pass.open(&start, position)?;
                pass.close()?;
            }
            Ok(Event::End(_)) => pass.close()?,
            Ok(Event::Text(text)) => pass.value.push_str(&text),
            Ok(Event::CData(text)) => pass.value.push_str(&text),
            Ok(Event::GeneralRef(reference)) => {
                pass.value.push(match reference.resolve_char_ref() {
                    Ok(Some(c)) => c,
                    // One character of any kind: no amount or date has one, and the tree says
                    // later whether the entity exists.
                    Ok(None) | Err(_) => '&',
                });
            }
            Ok(Event::DocType(_)) => {
                let line = pass.line_at(position);
                return Err(Reason::new(
                    Code::DtdForbidden,
                    format!(
                        "À la ligne {line}, le fichier contient une DTD (« <!DOCTYPE »), interdite \
                         pour des raisons de sécurité : le fournisseur doit réémettre la facture \
                         sans elle."
                    ),
                ));
            }
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => {
                pass.asides += 1;
                if pass.asides > MAX_ASIDES {
                    return Err(structure(
                        pass.line_at(position),
                        "trop de commentaires se suivent",
                    ));
                }
            }
            Ok(Event::Eof) if pass.depth > 0 => return Err(pass.cut(text.len())),
            Ok(Event::Eof) => return Ok(pass.found),
            Err(_) => {
                let position = usize::try_from(reader.error_position()).unwrap_or(text.len());
                return Err(pass.cut(position));
            }
        }
    }
}

impl Pass<'_> {
    fn line_at(&mut self, position: usize) -> usize {
        let position = position.min(self.text.len());
        if position > self.counted {
            let passed = self.text.get(self.counted..position).unwrap_or_default();
            self.line += passed.matches('\n').count();
            self.counted = position;
        }
        self.line
    }

    fn cut(&mut self, position: usize) -> Reason {
        let line = self.line_at(position);
        Reason::new(
            Code::IllFormed,
            format!(
                "Le fichier XML est tronqué ou mal formé vers la ligne {line} : demandez au \
                 fournisseur de le renvoyer."
            ),
        )
    }

    fn open(&mut self, start: &BytesStart<'_>, position: usize) -> Result<(), Reason> {
        let line = self.line_at(position);
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(structure(line, "le fichier a plus de 300 000 éléments"));
        }
        if self.depth == MAX_DEPTH {
            return Err(structure(line, "plus de 64 éléments sont imbriqués"));
        }
        let name = start.local_name();
        self.note_child(name.as_ref(), line)?;
        if self.frames.len() == self.depth {
            self.frames.push(Frame::default());
        }
        let (above, here) = self.frames.split_at_mut(self.depth);
        let frame = &mut here[0];
        frame.name.clear();
        frame.name.push_str(name.as_ref());
        frame.line = line;
        frame.has_children = false;
        frame.children.clear();
        frame.present = 0;
        frame.currency = None;
        frame.format = None;
        let parent = above.last().map_or("", |frame| frame.name.as_str());
        frame.required = terms::required(parent, &frame.name);
        let attributes = read_attributes(start, frame)?;
        frame.namespaces = attributes;
        self.namespaces += attributes;
        if self.namespaces > MAX_NAMESPACES {
            return Err(structure(line, "trop d’espaces de noms sont déclarés"));
        }
        self.depth += 1;
        self.value.clear();
        Ok(())
    }

    /// Records in the open element that it has a child of this name.
    fn note_child(&mut self, name: &str, line: usize) -> Result<(), Reason> {
        let Some(index) = self.depth.checked_sub(1) else { return Ok(()) };
        let parent = &mut self.frames[index];
        parent.has_children = true;
        for (bit, required) in parent.required.iter().enumerate() {
            if required.children.contains(&name) {
                parent.present |= 1 << bit;
            }
        }
        if terms::is_breakdown(&parent.name, name) {
            self.breakdowns += 1;
            if self.breakdowns > MAX_BREAKDOWNS {
                return Err(structure(line, "la ventilation de TVA a plus de 100 taux"));
            }
        }
        let hash = hash(name);
        if !parent.children.contains(&hash) {
            parent.children.push(hash);
            if parent.children.len() > MAX_CHILDREN {
                return Err(structure(line, "un élément a trop d’enfants différents"));
            }
        } else if !terms::is_a_long_list(&parent.name, name) {
            self.repetitions += 1;
            if self.repetitions > MAX_REPETITIONS {
                return Err(structure(line, "trop d’éléments sont répétés"));
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Reason> {
        self.depth -= 1;
        let (above, here) = self.frames.split_at(self.depth);
        let frame = &here[0];
        self.namespaces -= frame.namespaces;
        let parent = above.last().map_or("", |frame| frame.name.as_str());
        for (bit, required) in frame.required.iter().enumerate() {
            if frame.present & (1 << bit) == 0 {
                self.found.reasons.push(required.missing(frame.line, &frame.name));
                if self.found.reasons.len() > MOST_REASONS {
                    return Err(too_many(frame.line));
                }
            }
        }
        let grandparent = above.iter().nth_back(1).map_or("", |frame| frame.name.as_str());
        let kind = terms::kind(grandparent, parent, &frame.name);
        if frame.has_children && !kind.is_value() {
            return Ok(());
        }
        let value = values::Value {
            text: if frame.has_children { "" } else { &self.value },
            line: frame.line,
            parent,
            name: &frame.name,
            format: frame.format.as_deref(),
        };
        let most = match kind {
            Kind::Binary => usize::MAX,
            Kind::Note => MAX_NOTE,
            Kind::Amount | Kind::Decimal | Kind::Date | Kind::DateTimeString | Kind::Text => {
                MAX_FIELD
            }
        };
        // A character has at most four bytes, so that most fields need no counting.
        if value.text.len() > most && value.text.chars().count() > most {
            return Err(value.too_long(most));
        }
        self.found.reasons.extend(value.refusal(kind));
        if self.found.reasons.len() > MOST_REASONS {
            return Err(too_many(value.line));
        }
        if let Some(currency) = &frame.currency
            && !terms::is_in_accounting_currency(parent, &frame.name)
            && !self.found.currencies.iter().any(|(known, _)| known == currency)
            && self.found.currencies.len() < MAX_CHILDREN
        {
            self.found.currencies.push((currency.clone(), value.place()));
        }
        self.value.clear();
        Ok(())
    }
}

/// Keeps what is needed of the attributes and counts the namespaces they declare.
fn read_attributes(start: &BytesStart<'_>, frame: &mut Frame) -> Result<usize, Reason> {
    let raw = start.attributes_raw();
    if raw.is_empty() {
        return Ok(0);
    }
    // Duplicates are compared pairwise further on: refuse before anybody does.
    if raw.matches('=').count() > MAX_ATTRIBUTES
        && start.attributes().with_checks(false).count() > MAX_ATTRIBUTES
    {
        return Err(structure(frame.line, "un élément a plus de 64 attributs"));
    }
    let mut namespaces = 0;
    for attribute in start.attributes().with_checks(false).flatten() {
        let key = attribute.key.as_ref();
        if attribute.value.len() > MAX_FIELD && attribute.value.chars().count() > MAX_FIELD {
            return Err(Reason::new(
                Code::FieldTooLong,
                format!(
                    "À la ligne {}, l’attribut « {} » dépasse 1 000 caractères : le fournisseur \
                     doit corriger la facture.",
                    frame.line,
                    excerpt(key)
                ),
            ));
        }
        let value = || {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            value.unwrap_or(Cow::Borrowed("")).trim().to_owned()
        };
        match key {
            "currencyID" => frame.currency = Some(value()),
            "format" => frame.format = Some(value()),
            "xmlns" => namespaces += 1,
            _ if key.starts_with("xmlns:") => namespaces += 1,
            _ => {}
        }
    }
    Ok(namespaces)
}

fn structure(line: usize, what: &str) -> Reason {
    Reason::new(
        Code::BadStructure,
        format!(
            "Vers la ligne {line}, {what} : ce n’est pas la structure d’une facture ; demandez au \
             fournisseur de la réémettre."
        ),
    )
}

fn too_many(line: usize) -> Reason {
    structure(line, "plus de 1 000 erreurs ont déjà été trouvées")
}

/// FNV-1a: a collision only counts a repetition that is none.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
