//! The invoice inside a Factur-X PDF.
//!
//! Only the attachment is taken out, under limits: what a stream may inflate
//! to, all streams together, and the objects a walk may visit. What comes out
//! is a file of somebody else again and passes the same doors.

use en16931_formats::zugferd::{self, Error, Limits};

use super::guard::MAX_BYTES;
use super::reason::{Code, Reason};

const LIMITS: Limits =
    Limits::new().with_max_stream_bytes(MAX_BYTES).with_max_total_bytes(3 * MAX_BYTES);

/// Objects of a PDF; an invoice has some hundreds. The PDF reader's time grows with them.
const MAX_OBJECTS: usize = 20_000;

pub(super) fn attached_invoice(bytes: &[u8]) -> Result<Vec<u8>, Reason> {
    if bytes.windows(4).filter(|window| window == b" obj").count() > MAX_OBJECTS {
        return Err(Reason::new(
            Code::TooBig,
            "Le PDF est composé de plus de 20 000 objets : demandez au fournisseur la facture au \
             format XML.",
        ));
    }
    match zugferd::extract(bytes, &LIMITS) {
        Ok(extracted) => Ok(extracted.xml),
        Err(Error::LimitExceeded { .. }) => Err(Reason::new(
            Code::TooBig,
            "Une fois décompressé, le contenu du PDF dépasse 10 Mo : demandez au fournisseur la \
             facture au format XML.",
        )),
        Err(Error::Encoding { .. }) => Err(Reason::new(
            Code::BadEncoding,
            "La facture jointe au PDF n’est ni en UTF-8 ni en UTF-16 : le fournisseur doit la \
             réémettre.",
        )),
        Err(Error::NoInvoice { .. }) => Err(absent(
            "Ce PDF ne contient pas de facture électronique (fichier joint factur-x.xml) : c’est \
             une image de facture ; demandez au fournisseur une facture Factur-X, UBL ou CII.",
        )),
        Err(_) => Err(absent(
            "Ce PDF est illisible ou abîmé, aucune facture électronique n’a pu en être extraite : \
             demandez au fournisseur de la renvoyer.",
        )),
    }
}

fn absent(message: &str) -> Reason {
    Reason::new(Code::PdfWithoutInvoice, message)
}
