//! What can be wrong with a file, by the codes that scripts rely on.

use serde::Serialize;

/// The codes of `interfaces.md`; [`Code::refuses`] separates a refusal from a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Code {
    #[serde(rename = "fichier_vide")]
    EmptyFile,
    #[serde(rename = "fichier_trop_gros")]
    TooBig,
    #[serde(rename = "xml_mal_forme")]
    IllFormed,
    #[serde(rename = "format_inconnu")]
    UnknownFormat,
    #[serde(rename = "pdf_sans_facture_electronique")]
    PdfWithoutInvoice,
    #[serde(rename = "dtd_interdite")]
    DtdForbidden,
    #[serde(rename = "structure_invalide")]
    BadStructure,
    #[serde(rename = "champ_trop_long")]
    FieldTooLong,
    #[serde(rename = "encodage_invalide")]
    BadEncoding,
    #[serde(rename = "montant_invalide")]
    BadNumber,
    #[serde(rename = "date_invalide")]
    BadDate,
    #[serde(rename = "devise_non_eur")]
    NotInEuros,
    #[serde(rename = "devise_incoherente")]
    MixedCurrencies,
    #[serde(rename = "profil_sans_lignes")]
    ProfileWithoutLines,
    #[serde(rename = "totaux_incoherents")]
    TotalsDisagree,
    #[serde(rename = "siret_fournisseur_invalide")]
    BadSellerSiret,
    #[serde(rename = "siret_acheteur_invalide")]
    BadBuyerSiret,
    #[serde(rename = "montant_ligne_different_de_quantite_x_prix")]
    LineIsNotQuantityTimesPrice,
    #[serde(rename = "tva_differente_de_base_x_taux")]
    VatIsNotBaseTimesRate,
    #[serde(rename = "siren_invalide")]
    BadSiren,
    #[serde(rename = "echeance_absente")]
    NoPaymentTerm,
    /// What the e-invoice crate finds beyond our own list; the rule says which.
    #[serde(rename = "regle_en16931_non_respectee")]
    RuleOfTheStandard,
}

impl Code {
    /// Whether an invoice with this reason is refused.
    pub fn refuses(self) -> bool {
        match self {
            Self::EmptyFile
            | Self::TooBig
            | Self::IllFormed
            | Self::UnknownFormat
            | Self::PdfWithoutInvoice
            | Self::DtdForbidden
            | Self::BadStructure
            | Self::FieldTooLong
            | Self::BadEncoding
            | Self::BadNumber
            | Self::BadDate
            | Self::NotInEuros
            | Self::MixedCurrencies
            | Self::ProfileWithoutLines
            | Self::TotalsDisagree
            | Self::BadSellerSiret
            | Self::BadBuyerSiret => true,
            Self::LineIsNotQuantityTimesPrice
            | Self::VatIsNotBaseTimesRate
            | Self::BadSiren
            | Self::NoPaymentTerm
            | Self::RuleOfTheStandard => false,
        }
    }
}

/// One thing that is wrong, in French: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub code: Code,
    /// The rule of EN 16931, when one says so (`BR-CO-16`).
    pub rule: Option<String>,
    /// The business term (`BT-115`).
    pub field: Option<String>,
    pub message: String,
}

impl Reason {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, rule: None, field: None, message: message.into() }
    }

    #[must_use]
    pub fn rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

/// Reasons listed of one file; a file with more is not a faulty invoice but something else.
pub(super) const MOST_REASONS: usize = 1_000;

/// `text` cut for a message, so that a hostile value cannot fill the screen; control characters
/// become U+FFFD.
pub(super) fn excerpt(text: &str) -> String {
    const SHOWN: usize = 60;
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut shown: String = text.chars().take(SHOWN).map(clean).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
