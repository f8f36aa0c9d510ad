//! Which element is what: the business terms of EN 16931 by the names the two syntaxes give them.

use super::super::reason::{Code, Reason};

/// How an element's text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Money: a decimal with at most two places.
    Amount,
    /// A price, quantity, percentage: a decimal of any precision.
    Decimal,
    /// `xs:date`.
    Date,
    /// A date of CII.
    DateTimeString,
    Note,
    /// An attachment in base 64.
    Binary,
    Text,
}

impl Kind {
    /// Whether elements inside it make the value unreadable.
    pub(super) fn is_value(self) -> bool {
        match self {
            Self::Amount | Self::Decimal | Self::Date | Self::DateTimeString => true,
            Self::Note | Self::Binary | Self::Text => false,
        }
    }
}

pub(super) fn kind(grandparent: &str, parent: &str, name: &str) -> Kind {
    let is_price = name == "PriceAmount"
        || name == "ChargeAmount"
        || parent == "AppliedTradeAllowanceCharge"
        || (parent == "AllowanceCharge" && grandparent == "Price");
    match name {
        "EmbeddedDocumentBinaryObject" | "AttachmentBinaryObject" => Kind::Binary,
        "DateTimeString" | "DateString" => Kind::DateTimeString,
        "IssueDate" | "DueDate" | "TaxPointDate" | "ActualDeliveryDate" | "StartDate"
        | "EndDate" => Kind::Date,
        "Percent"
        | "MultiplierFactorNumeric"
        | "CalculationPercent"
        | "RateApplicablePercent"
        | "BasisPercent" => Kind::Decimal,
        "Note"
        | "Content"
        | "Description"
        | "DocumentDescription"
        | "InstructionNote"
        | "PaymentNote"
        | "AllowanceChargeReason"
        | "Reason"
        | "TaxExemptionReason"
        | "ExemptionReason"
        | "Information"
        | "URI"
        | "URIID" => Kind::Note,
        _ if name.ends_with("Quantity") => Kind::Decimal,
        _ if name.ends_with("Amount") && is_price => Kind::Decimal,
        _ if name.ends_with("Amount") => Kind::Amount,
        _ => Kind::Text,
    }
}

/// BT-111: the VAT total in the currency of account, the one amount that may be in another.
pub(super) fn is_in_accounting_currency(parent: &str, name: &str) -> bool {
    (parent == "TaxTotal" && name == "TaxAmount") || name == "TaxTotalAmount"
}

pub(super) fn is_breakdown(parent: &str, name: &str) -> bool {
    name == "TaxSubtotal"
        || (parent == "ApplicableHeaderTradeSettlement" && name == "ApplicableTradeTax")
}

/// The lists that a good invoice may make long.
pub(super) fn is_a_long_list(parent: &str, name: &str) -> bool {
    matches!(
        (parent, name),
        ("Invoice", "InvoiceLine" | "Note" | "AllowanceCharge")
            | ("CreditNote", "CreditNoteLine" | "Note" | "AllowanceCharge")
            | ("InvoiceLine" | "CreditNoteLine", "AllowanceCharge")
            | ("Item", "AdditionalItemProperty" | "CommodityClassification")
            | ("ExchangedDocument", "IncludedNote")
            | ("SupplyChainTradeTransaction", "IncludedSupplyChainTradeLineItem")
            | (
                "SpecifiedTradeProduct",
                "ApplicableProductCharacteristic" | "DesignatedProductClassification"
            )
            | (
                "ApplicableHeaderTradeSettlement" | "SpecifiedLineTradeSettlement",
                "SpecifiedTradeAllowanceCharge"
            )
    )
}

/// What an element must contain; its absence would be read as zero.
#[derive(Debug)]
pub(super) struct Required {
    pub(super) children: &'static [&'static str],
    field: &'static str,
    rule: &'static str,
}

impl Required {
    pub(super) fn missing(&self, line: usize, parent: &str) -> Reason {
        let (wanted, field) = (self.children[0], self.field);
        Reason::new(
            Code::BadStructure,
            format!(
                "Ligne {line} : {parent} ne contient pas {wanted} ({field}, {}) ; le fournisseur \
                 doit compléter la facture.",
                french(field)
            ),
        )
        .rule(self.rule)
        .field(field)
    }
}

const fn one(
    children: &'static [&'static str],
    field: &'static str,
    rule: &'static str,
) -> Required {
    Required { children, field, rule }
}

static UBL: [Required; 1] = [one(&["LegalMonetaryTotal"], "BG-22", "BR-13")];
static UBL_TOTALS: [Required; 4] = [
    one(&["LineExtensionAmount"], "BT-106", "BR-12"),
    one(&["TaxExclusiveAmount"], "BT-109", "BR-13"),
    one(&["TaxInclusiveAmount"], "BT-112", "BR-14"),
    one(&["PayableAmount"], "BT-115", "BR-15"),
];
static UBL_LINE: [Required; 4] = [
    one(&["InvoicedQuantity", "CreditedQuantity"], "BT-129", "BR-22"),
    one(&["LineExtensionAmount"], "BT-131", "BR-24"),
    one(&["Price"], "BT-146", "BR-26"),
    one(&["Item"], "BT-153", "BR-25"),
];
static UBL_PRICE: [Required; 1] = [one(&["PriceAmount"], "BT-146", "BR-26")];
static UBL_SUBTOTAL: [Required; 3] = [
    one(&["TaxableAmount"], "BT-116", "BR-45"),
    one(&["TaxAmount"], "BT-117", "BR-46"),
    one(&["TaxCategory"], "BT-118", "BR-47"),
];
static UBL_ALLOWANCE: [Required; 2] =
    [one(&["ChargeIndicator"], "BG-20", "BR-31"), one(&["Amount"], "BT-92", "BR-31")];

static CII_SETTLEMENT: [Required; 1] =
    [one(&["SpecifiedTradeSettlementHeaderMonetarySummation"], "BG-22", "BR-13")];
static CII_TOTALS: [Required; 4] = [
    one(&["LineTotalAmount"], "BT-106", "BR-12"),
    one(&["TaxBasisTotalAmount"], "BT-109", "BR-13"),
    one(&["GrandTotalAmount"], "BT-112", "BR-14"),
    one(&["DuePayableAmount"], "BT-115", "BR-15"),
];
static CII_LINE: [Required; 4] = [
    one(&["SpecifiedLineTradeDelivery"], "BT-129", "BR-22"),
    one(&["SpecifiedLineTradeSettlement"], "BT-131", "BR-24"),
    one(&["SpecifiedLineTradeAgreement"], "BT-146", "BR-26"),
    one(&["SpecifiedTradeProduct"], "BT-153", "BR-25"),
];
static CII_LINE_DELIVERY: [Required; 1] = [one(&["BilledQuantity"], "BT-129", "BR-22")];
static CII_LINE_AGREEMENT: [Required; 1] = [one(&["NetPriceProductTradePrice"], "BT-146", "BR-26")];
static CII_LINE_PRICE: [Required; 1] = [one(&["ChargeAmount"], "BT-146", "BR-26")];
static CII_LINE_SETTLEMENT: [Required; 1] =
    [one(&["SpecifiedTradeSettlementLineMonetarySummation"], "BT-131", "BR-24")];
static CII_LINE_TOTAL: [Required; 1] = [one(&["LineTotalAmount"], "BT-131", "BR-24")];
static CII_BREAKDOWN: [Required; 3] = [
    one(&["BasisAmount"], "BT-116", "BR-45"),
    one(&["CalculatedAmount"], "BT-117", "BR-46"),
    one(&["CategoryCode"], "BT-118", "BR-47"),
];
static CII_ALLOWANCE: [Required; 2] =
    [one(&["ChargeIndicator"], "BG-20", "BR-31"), one(&["ActualAmount"], "BT-92", "BR-31")];

pub(super) fn required(parent: &str, name: &str) -> &'static [Required] {
    match (parent, name) {
        ("", "Invoice" | "CreditNote") => &UBL,
        (_, "LegalMonetaryTotal") => &UBL_TOTALS,
        ("Invoice" | "CreditNote", "InvoiceLine" | "CreditNoteLine") => &UBL_LINE,
        ("InvoiceLine" | "CreditNoteLine", "Price") => &UBL_PRICE,
        (_, "TaxSubtotal") => &UBL_SUBTOTAL,
        ("Invoice" | "CreditNote" | "InvoiceLine" | "CreditNoteLine", "AllowanceCharge") => {
            &UBL_ALLOWANCE
        }
        (_, "ApplicableHeaderTradeSettlement") => &CII_SETTLEMENT,
        (_, "SpecifiedTradeSettlementHeaderMonetarySummation") => &CII_TOTALS,
        (_, "IncludedSupplyChainTradeLineItem") => &CII_LINE,
        (_, "SpecifiedLineTradeDelivery") => &CII_LINE_DELIVERY,
        (_, "SpecifiedLineTradeAgreement") => &CII_LINE_AGREEMENT,
        (_, "NetPriceProductTradePrice") => &CII_LINE_PRICE,
        (_, "SpecifiedLineTradeSettlement") => &CII_LINE_SETTLEMENT,
        (_, "SpecifiedTradeSettlementLineMonetarySummation") => &CII_LINE_TOTAL,
        ("ApplicableHeaderTradeSettlement", "ApplicableTradeTax") => &CII_BREAKDOWN,
        (_, "SpecifiedTradeAllowanceCharge") => &CII_ALLOWANCE,
        _ => &[],
    }
}

/// The business term an element carries, where one message needs it.
pub(super) fn business_term(parent: &str, name: &str) -> Option<&'static str> {
    let term = match (parent, name) {
        ("Invoice" | "CreditNote" | "ExchangedDocument", "ID") => "BT-1",
        ("Invoice" | "CreditNote", "IssueDate") | ("IssueDateTime", _) => "BT-2",
        ("Invoice" | "CreditNote", "DueDate") | ("DueDateDateTime", _) => "BT-9",
        ("Invoice" | "CreditNote", "TaxPointDate") | ("TaxPointDate", _) => "BT-7",
        ("Invoice" | "CreditNote" | "ApplicableHeaderTradeAgreement", "BuyerReference") => "BT-10",
        ("ContractDocumentReference", "ID")
        | ("ContractReferencedDocument", "IssuerAssignedID") => "BT-12",
        ("OrderReference", "ID") | ("BuyerOrderReferencedDocument", "IssuerAssignedID") => "BT-13",
        ("Invoice" | "CreditNote", "Note") | ("IncludedNote", "Content") => "BT-22",
        ("InvoiceDocumentReference", "IssueDate") | ("FormattedIssueDateTime", _) => "BT-26",
        ("Delivery", "ActualDeliveryDate") | ("OccurrenceDateTime", _) => "BT-72",
        ("LegalMonetaryTotal", "LineExtensionAmount")
        | ("SpecifiedTradeSettlementHeaderMonetarySummation", "LineTotalAmount") => "BT-106",
        (_, "AllowanceTotalAmount") => "BT-107",
        (_, "ChargeTotalAmount") => "BT-108",
        (_, "TaxExclusiveAmount" | "TaxBasisTotalAmount") => "BT-109",
        ("TaxTotal", "TaxAmount") | (_, "TaxTotalAmount") => "BT-110",
        (_, "TaxInclusiveAmount" | "GrandTotalAmount") => "BT-112",
        (_, "PrepaidAmount" | "TotalPrepaidAmount") => "BT-113",
        (_, "PayableRoundingAmount" | "RoundingAmount") => "BT-114",
        (_, "PayableAmount" | "DuePayableAmount") => "BT-115",
        ("TaxSubtotal", "TaxableAmount") | ("ApplicableTradeTax", "BasisAmount") => "BT-116",
        ("TaxSubtotal", "TaxAmount") | ("ApplicableTradeTax", "CalculatedAmount") => "BT-117",
        ("InvoiceLine" | "CreditNoteLine", "ID") | ("AssociatedDocumentLineDocument", "LineID") => {
            "BT-126"
        }
        (_, "InvoicedQuantity" | "CreditedQuantity" | "BilledQuantity") => "BT-129",
        ("InvoiceLine" | "CreditNoteLine", "LineExtensionAmount")
        | ("SpecifiedTradeSettlementLineMonetarySummation", "LineTotalAmount") => "BT-131",
        ("Price", "PriceAmount") | ("NetPriceProductTradePrice", "ChargeAmount") => "BT-146",
        ("Price", "BaseQuantity") | ("NetPriceProductTradePrice", "BasisQuantity") => "BT-149",
        ("ClassifiedTaxCategory", "Percent") => "BT-152",
        ("Item" | "SpecifiedTradeProduct", "Name") => "BT-153",
        _ => return None,
    };
    Some(term)
}

/// A business term in French, as a person at the supplier's would say it.
pub(in super::super) fn french(term: &str) -> &'static str {
    match term {
        "BT-1" => "numéro de facture",
        "BT-2" => "date d’émission",
        "BT-3" => "type de document",
        "BT-5" => "devise",
        "BT-7" => "date d’exigibilité de la TVA",
        "BT-9" => "date d’échéance",
        "BT-10" => "code service",
        "BT-12" => "numéro de marché",
        "BT-13" => "numéro de bon de commande",
        "BT-20" => "conditions de paiement",
        "BT-22" => "note",
        "BT-25" => "facture corrigée",
        "BT-26" => "date de la facture corrigée",
        "BT-27" => "nom du fournisseur",
        "BT-29" => "SIRET du fournisseur",
        "BT-30" => "SIREN du fournisseur",
        "BT-34" => "adresse électronique du fournisseur",
        "BT-40" => "pays du fournisseur",
        "BT-44" => "nom de l’acheteur",
        "BT-46" => "SIRET de l’acheteur",
        "BT-47" => "SIREN de l’acheteur",
        "BT-49" => "adresse électronique de l’acheteur",
        "BT-55" => "pays de l’acheteur",
        "BT-72" => "date de livraison",
        "BT-81" => "moyen de paiement",
        "BT-84" => "compte à créditer",
        "BT-92" => "montant de la remise",
        "BT-95" => "catégorie de TVA de la remise",
        "BT-99" => "montant des frais",
        "BT-102" => "catégorie de TVA des frais",
        "BG-22" => "totaux du document",
        "BT-106" => "somme des montants nets des lignes",
        "BT-107" => "somme des remises",
        "BT-108" => "somme des frais",
        "BT-109" => "total hors taxes",
        "BT-110" => "total de TVA",
        "BT-112" => "total toutes taxes comprises",
        "BT-113" => "montant déjà payé",
        "BT-114" => "arrondi",
        "BT-115" => "net à payer",
        "BT-116" => "base imposable d’un taux",
        "BT-117" => "TVA d’un taux",
        "BT-118" => "catégorie de TVA d’un taux",
        "BT-119" => "taux de TVA",
        "BT-120" => "motif d’exonération",
        "BT-126" => "numéro de ligne",
        "BT-129" => "quantité facturée",
        "BT-130" => "unité",
        "BT-131" => "montant net de la ligne",
        "BT-146" => "prix unitaire net",
        "BT-149" => "quantité de base du prix",
        "BT-151" => "catégorie de TVA de la ligne",
        "BT-152" => "taux de TVA de la ligne",
        "BT-153" => "désignation de l’article",
        "BG-20" => "remise ou frais",
        _ => "champ de la norme",
    }
}
