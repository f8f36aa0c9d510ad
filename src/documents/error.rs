//! Why a paper could not be made.

/// `Display` is for the log, in English; [`PaperError::for_the_reader`] is for the screen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    #[error("no glyph for U+{:04X} in {text:?}", u32::from(*character))]
    MissingGlyph { character: char, text: String },
    /// A total that is not the sum of what stands above it: such a paper is never made.
    #[error("{what} does not add up: {printed} printed, {computed} computed")]
    DoesNotAddUp { what: &'static str, printed: String, computed: String },
    #[error("the attachment {name} has {bytes} bytes, more than {limit}")]
    AttachmentTooLarge { name: String, bytes: usize, limit: usize },
    #[error("the attachment's name {0:?} is not plain ASCII")]
    AttachmentName(String),
    /// A row or a block taller than a page: labels are bounded where they are read.
    #[error("an element does not fit on a page: {0}")]
    TooTall(String),
    /// What genpdf printed is not what the finisher knows how to read back.
    #[error("the placed pages could not be read back: {0}")]
    Unreadable(String),
    #[error("the PDF writer refused the paper: {0}")]
    Refused(String),
}

impl PaperError {
    /// What happened and what to do, in French.
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::MissingGlyph { character, text } => format!(
                "Le caractère « {character} » (U+{:04X}) du texte « {text} » ne peut pas être imprimé. \
                 Aucun document n’a été produit ; remplacez ce caractère.",
                u32::from(*character)
            ),
            Self::DoesNotAddUp { what, printed, computed } => format!(
                "Le document n’a pas été produit : {what}, {printed} est inscrit et {computed} est calculé. \
                 Rien n’a été modifié ; signalez cet écart."
            ),
            Self::AttachmentTooLarge { name, bytes, limit } => format!(
                "La pièce jointe {name} pèse {bytes} octets ; la limite est de {limit} octets. \
                 Le document n’a pas été produit."
            ),
            Self::AttachmentName(name) => format!(
                "Le nom de pièce jointe « {name} » doit être écrit en lettres sans accents, chiffres, \
                 points, tirets et tirets bas. Le document n’a pas été produit."
            ),
            Self::TooTall(_) => {
                "Un texte est trop long pour tenir sur une page. Aucun document n’a été \
                                 produit ; raccourcissez la désignation."
                    .to_owned()
            }
            Self::Unreadable(_) | Self::Refused(_) => {
                "Le document n’a pas pu être produit. Rien n’a été modifié ; signalez l’incident."
                    .to_owned()
            }
        }
    }
}
