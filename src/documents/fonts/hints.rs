//! Taking the hints out of a TrueType face, in memory.
//!
//! Hints are programs that move outlines onto the pixels of old screens. A paper is
//! printed or zoomed, so they only weigh: a third of every embedded subset. The shipped
//! files stay untouched, as their licence wants of a reserved name.

/// Tables that only serve hinting and kerning.
const DROPPED: [&[u8; 4]; 9] =
    [b"fpgm", b"prep", b"cvt ", b"gasp", b"kern", b"GPOS", b"hdmx", b"VDMX", b"LTSH"];

/// `face` without its hints; `None` when it is not the TrueType file it should be.
pub(super) fn strip(face: &[u8]) -> Option<Vec<u8>> {
    let count = usize::from(u16_at(face, 4)?);
    let mut tables: Vec<([u8; 4], Vec<u8>)> = Vec::with_capacity(count);
    for index in 0..count {
        let record = face.get(12 + index * 16..28 + index * 16)?;
        let tag: [u8; 4] = record.get(..4)?.try_into().ok()?;
        let (offset, length) = (size_at(record, 8)?, size_at(record, 12)?);
        if !DROPPED.contains(&&tag) {
            tables.push((tag, face.get(offset..offset.checked_add(length)?)?.to_vec()));
        }
    }
    let table = |name: &[u8; 4]| tables.iter().position(|(tag, _)| tag == name);
    let (head, loca, glyf) = (table(b"head")?, table(b"loca")?, table(b"glyf")?);
    let long = u16_at(&tables[head].1, 50)? == 1;
    let (outlines, places) = without_programs(&tables[glyf].1, &tables[loca].1, long)?;
    tables[glyf].1 = outlines;
    tables[loca].1 = places;
    // indexToLocFormat: the new table of places is the long one.
    tables[head].1.get_mut(50..52)?.copy_from_slice(&[0, 1]);
    Some(assemble(face.get(..4)?, &tables))
}

/// The outlines without instructions, and the long table of their places.
fn without_programs(glyf: &[u8], loca: &[u8], long: bool) -> Option<(Vec<u8>, Vec<u8>)> {
    let step = if long { 4 } else { 2 };
    let place = |index: usize| -> Option<usize> {
        if long {
            size_at(loca, index * 4)
        } else {
            Some(usize::from(u16_at(loca, index * 2)?) * 2)
        }
    };
    let (mut outlines, mut places) = (Vec::with_capacity(glyf.len()), Vec::new());
    for index in 0..(loca.len() / step).checked_sub(1)? {
        places.extend(u32::try_from(outlines.len()).ok()?.to_be_bytes());
        let outline = glyf.get(place(index)?..place(index + 1)?)?;
        if !outline.is_empty() {
            let simple = i16::from_be_bytes(outline.get(..2)?.try_into().ok()?) >= 0;
            if simple {
                push_simple(&mut outlines, outline)?;
            } else {
                push_composite(&mut outlines, outline)?;
            }
            outlines.resize(outlines.len().next_multiple_of(4), 0);
        }
    }
    places.extend(u32::try_from(outlines.len()).ok()?.to_be_bytes());
    Some((outlines, places))
}

/// Contour ends, then a length of zero instead of the program.
fn push_simple(to: &mut Vec<u8>, outline: &[u8]) -> Option<()> {
    let ends = 10 + usize::from(u16_at(outline, 0)?) * 2;
    let program = usize::from(u16_at(outline, ends)?);
    to.extend(outline.get(..ends)?);
    to.extend([0, 0]);
    to.extend(outline.get(ends + 2 + program..)?);
    Some(())
}

/// Components without the flag that announces a program, and no program behind them.
fn push_composite(to: &mut Vec<u8>, outline: &[u8]) -> Option<()> {
    const WORDS: u16 = 0x0001;
    const SCALE: u16 = 0x0008;
    const MORE: u16 = 0x0020;
    const TWO_SCALES: u16 = 0x0040;
    const MATRIX: u16 = 0x0080;
    const PROGRAM: u16 = 0x0100;

    to.extend(outline.get(..10)?);
    let mut at = 10;
    loop {
        let flags = u16_at(outline, at)?;
        let scale = match flags & (SCALE | TWO_SCALES | MATRIX) {
            SCALE => 2,
            TWO_SCALES => 4,
            MATRIX => 8,
            _ => 0,
        };
        let length = 4 + if flags & WORDS == 0 { 2 } else { 4 } + scale;
        to.extend((flags & !PROGRAM).to_be_bytes());
        to.extend(outline.get(at + 2..at + length)?);
        at += length;
        if flags & MORE == 0 {
            return Some(());
        }
    }
}

/// A font file of these tables. Checksums are left at zero: nobody reads them, and the
/// subset that is embedded gets its own.
fn assemble(version: &[u8], tables: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let count = u16::try_from(tables.len()).unwrap_or(u16::MAX);
    let power = count.ilog2().min(11);
    let range = 16_u16 << power;
    let mut file = version.to_vec();
    for field in
        [count, range, u16::try_from(power).unwrap_or(0), (count * 16).saturating_sub(range)]
    {
        file.extend(field.to_be_bytes());
    }
    let mut offset = 12 + tables.len() * 16;
    for (tag, table) in tables {
        file.extend(tag);
        file.extend([0; 4]);
        for field in [offset, table.len()] {
            file.extend(u32::try_from(field).unwrap_or(u32::MAX).to_be_bytes());
        }
        offset += table.len().next_multiple_of(4);
    }
    for (_, table) in tables {
        file.extend(table);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    file
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()
}
