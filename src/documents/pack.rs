//! Packing: the objects of a PDF that are not streams, deflated together.
//!
//! krilla writes every object plainly, and the structure of a tagged table is hundreds of
//! small ones. PDF 1.5 allows them in one compressed object stream, found through a
//! cross-reference stream: a paper of sixty lines falls from 94 kB to 40 kB.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// `file` packed; `None` when its objects are not numbered from 1 without gap, which
/// would mean that another krilla wrote it.
pub(crate) fn pack(file: &[u8]) -> Option<Vec<u8>> {
    let tail = file.len().saturating_sub(64);
    let start = position(&file[tail..], b"startxref")? + tail;
    let table = number(&file[start + 9..])?;
    let trailer_at = table + position(file.get(table..)?, b"trailer")?;
    let offsets = offsets(std::str::from_utf8(file.get(table..trailer_at)?).ok()?)?;
    let trailer = std::str::from_utf8(&file[trailer_at + 7..start]).ok()?.trim();
    let trailer = trailer.strip_prefix("<<")?.strip_suffix(">>")?;
    let trailer = without_size(trailer)?;

    let mut order: Vec<usize> = (0..offsets.len()).collect();
    order.sort_by_key(|index| offsets[*index]);
    let mut packed = file[..offsets.iter().copied().min()?].to_vec();
    let (mut index_of, mut bodies, mut inside) = (String::new(), Vec::new(), 0_usize);
    let mut entries = vec![(0_u8, 0_usize, 0_usize); offsets.len() + 3];
    let stream_id = offsets.len() + 1;
    for (rank, index) in order.iter().enumerate() {
        let end = order.get(rank + 1).map_or(table, |next| offsets[*next]);
        let object = file.get(offsets[*index]..end)?;
        let id = index + 1;
        let head = format!("{id} 0 obj");
        let body = object.strip_prefix(head.as_bytes())?;
        let body = &body[..body.windows(6).rposition(|window| window == b"endobj")?];
        if body.trim_ascii_end().ends_with(b"endstream") {
            entries[id] = (1, packed.len(), 0);
            packed.extend_from_slice(object);
        } else {
            entries[id] = (2, stream_id, inside);
            inside += 1;
            write!(index_of, "{id} {} ", bodies.len()).ok()?;
            bodies.extend_from_slice(body.trim_ascii());
            bodies.push(b'\n');
        }
    }

    entries[stream_id] = (1, packed.len(), 0);
    let first = index_of.len();
    let mut plain = index_of.into_bytes();
    plain.extend(bodies);
    let kind = format!("/Type/ObjStm/N {inside}/First {first}");
    push_stream(&mut packed, stream_id, &kind, &plain)?;

    let table_id = stream_id + 1;
    let at = packed.len();
    entries[table_id] = (1, at, 0);
    let mut rows = Vec::with_capacity(entries.len() * 7);
    for (index, (kind, place, rank)) in entries.iter().enumerate() {
        rows.push(*kind);
        rows.extend(u32::try_from(*place).ok()?.to_be_bytes());
        // Object 0 heads the list of free objects and is never used again.
        let rank = if index == 0 { u16::MAX } else { u16::try_from(*rank).ok()? };
        rows.extend(rank.to_be_bytes());
    }
    let kind = format!("/Type/XRef/W[1 4 2]/Size {}{trailer}", entries.len());
    push_stream(&mut packed, table_id, &kind, &rows)?;
    packed.extend(format!("startxref\n{at}\n%%EOF").bytes());
    Some(packed)
}

fn push_stream(to: &mut Vec<u8>, id: usize, kind: &str, plain: &[u8]) -> Option<()> {
    let mut deflate = ZlibEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(plain).ok()?;
    let deflated = deflate.finish().ok()?;
    let length = deflated.len();
    to.extend(
        format!("{id} 0 obj\n<<{kind}/Filter/FlateDecode/Length {length}>>\nstream\n").bytes(),
    );
    to.extend(deflated);
    to.extend(b"\nendstream\nendobj\n\n");
    Some(())
}

/// The byte offsets of objects 1, 2, 3…; `None` at a gap.
fn offsets(table: &str) -> Option<Vec<usize>> {
    let mut lines = table.lines();
    let (head, range) = (lines.next()?, lines.next()?);
    let (from, count) = range.split_once(' ')?;
    let count: usize = count.trim().parse().ok()?;
    if head != "xref" || from != "0" {
        return None;
    }
    let offsets: Vec<usize> = lines
        .skip(1)
        .map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let offset = fields.next()?.parse().ok()?;
            (fields.nth(1)? == "n").then_some(offset)
        })
        .collect::<Option<_>>()?;
    (offsets.len() + 1 == count).then_some(offsets)
}

/// The trailer's entries but `/Size`, which the packed file has more of.
fn without_size(trailer: &str) -> Option<String> {
    let (before, after) = trailer.split_once("/Size ")?;
    let digits = after.find(|c: char| !c.is_ascii_digit())?;
    Some(format!("{}{}", before.trim(), after[digits..].trim()))
}

fn number(bytes: &[u8]) -> Option<usize> {
    let bytes = bytes.trim_ascii_start();
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    std::str::from_utf8(&bytes[..end]).ok()?.parse().ok()
}

fn position(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_stay_and_everything_else_is_packed() {
        let catalog = "1 0 obj\n<</Type/Catalog>>\nendobj\n\n";
        let stream = "2 0 obj\n<</Length 3>>\nstream\nabc\nendstream\nendobj\n\n";
        let head = "%PDF-1.7\n";
        let (first, second) = (head.len(), head.len() + catalog.len());
        let table = second + stream.len();
        let plain = format!(
            "{head}{catalog}{stream}xref\n0 3\n0000000000 65535 f\r\n{first:010} 00000 n\r\n\
             {second:010} 00000 n\r\ntrailer\n<</Size 3/Root 1 0 R>>\nstartxref\n{table}\n%%EOF"
        );
        let packed = pack(plain.as_bytes()).unwrap();
        let text = String::from_utf8_lossy(&packed);
        assert!(text.contains(stream));
        assert!(!text.contains("Catalog"));
        assert!(text.contains("/Type/XRef/W[1 4 2]/Size 5/Root 1 0 R"));
    }

    #[test]
    fn a_gap_in_the_numbers_is_refused() {
        assert_eq!(
            offsets("xref\n0 3\n0000000000 65535 f\n0000000009 00000 f\n0000000044 00000 n\n"),
            None
        );
        assert_eq!(
            offsets("xref\n0 4\n0000000000 65535 f\n0000000009 00000 n\n0000000044 00000 n\n"),
            None
        );
        assert_eq!(pack(b"%PDF-1.7"), None);
    }
}
