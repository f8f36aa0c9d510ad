//! Our own list of what is fatal.
//!
//! The file has been read; here its raw values, our arithmetic, the keys of its
//! SIRET and the findings of the e-invoice crate come together. What the crate
//! finds beyond our list is a warning: it knows rules that no payment depends on.

use domain::invoices::arithmetic::{self, Breach, Oddity, Place, Syntax};
use domain::invoices::einvoice::{EInvoice, Party};
use domain::siret::{Siren, Siret};
use domain::vat::{VatCategory, VatRate};
use en16931_formats::report::Kind;
use rust_decimal::Decimal;

use super::reason::{Code, MOST_REASONS, Reason, excerpt};
use super::scan::{Scan, french};
use super::{Reading, Refusal, excess, translate};

pub(super) fn judge(raw: &Scan, read: &en16931_formats::Read) -> Result<Reading, Box<Refusal>> {
    let syntax = translate::syntax(read.syntax);
    let profile = read.invoice.specification_id.clone().unwrap_or_default();
    let mut reasons = raw.reasons.clone();
    reasons.extend(not_held(read, raw));
    if read.invoice.lines.is_empty() {
        let without = without_lines(&profile);
        if without.code == Code::ProfileWithoutLines {
            // Its other gaps follow from the profile.
            reasons.retain(|reason| reason.code != Code::BadStructure);
        }
        reasons.push(without);
    }
    reasons.extend(currencies(raw, &read.invoice));
    let invoice = match translate::invoice(&read.invoice) {
        Ok(invoice)
            if reasons.iter().all(|reason| !reason.code.refuses() || is_of_money(reason)) =>
        {
            reasons.extend(arithmetic(&invoice, syntax));
            Some(invoice)
        }
        // A value that was not read would be reported again as a sum that is wrong.
        Ok(_) => None,
        Err(wrong) => {
            let profile_says_it =
                reasons.iter().any(|reason| reason.code == Code::ProfileWithoutLines);
            reasons.extend(wrong.into_iter().filter(|_| !profile_says_it));
            None
        }
    };
    if let Some(invoice) = &invoice {
        reasons.extend(keys(invoice));
        reasons.extend(payment_term(invoice));
        reasons.extend(excess::warnings(&read.invoice));
    }
    reasons.sort_by_key(|reason| !reason.code.refuses());
    match invoice {
        Some(invoice) if !reasons.iter().any(|reason| reason.code.refuses()) => {
            Ok(Reading { invoice, syntax, profile, warnings: reasons })
        }
        invoice => Err(Box::new(Refusal {
            reasons,
            syntax: Some(syntax),
            profile: Some(profile),
            invoice: invoice.map(Box::new),
        })),
    }
}

/// Reasons that leave every amount readable.
fn is_of_money(reason: &Reason) -> bool {
    matches!(reason.code, Code::NotInEuros | Code::MixedCurrencies)
}

/// What the crate could not hold, where our own pass has not said it already.
fn not_held(read: &en16931_formats::Read, raw: &Scan) -> Vec<Reason> {
    let already = raw.reasons.iter().any(|reason| reason.code.refuses());
    read.entries
        .iter()
        .filter_map(|entry| match entry.kind {
            Kind::Duplicate => Some(Reason::new(
                Code::BadStructure,
                format!(
                    "{} figure plusieurs fois alors que la norme ne l’admet qu’une fois : on ne \
                     sait pas lequel croire ; le fournisseur doit corriger la facture.",
                    excerpt(&entry.path)
                ),
            )),
            Kind::Malformed if entry.path.contains("ChargeIndicator") => Some(Reason::new(
                Code::BadStructure,
                format!(
                    "{} doit valoir « true » (frais) ou « false » (remise) ; le fournisseur doit \
                     corriger la facture.",
                    excerpt(&entry.path)
                ),
            )),
            Kind::Malformed if entry.term.as_deref() == Some("BT-125") => {
                Some(warning(&entry.path, "une pièce jointe n’a pas de nom ou de type lisible"))
            }
            Kind::Malformed if already => None,
            Kind::Malformed if entry.path.contains("Amount") => Some(Reason::new(
                Code::BadNumber,
                format!(
                    "{} : « {} » est un montant impossible ; le fournisseur doit \
                     corriger la facture.",
                    excerpt(&entry.path),
                    excerpt(entry.value.as_deref().unwrap_or_default())
                ),
            )),
            Kind::Malformed | Kind::Schema => {
                Some(warning(&entry.path, "la valeur n’est pas écrite comme la norme le demande"))
            }
            Kind::Unmapped
            | Kind::Repeated
            | Kind::Unreadable
            | Kind::Container
            | Kind::Ambiguous
            | Kind::Dropped
            | Kind::Prohibited
            | Kind::Derived => None,
        })
        .take(MOST_REASONS)
        .collect()
}

fn warning(path: &str, what: &str) -> Reason {
    Reason::new(
        Code::RuleOfTheStandard,
        format!(
            "{} : {what}. La facture reste lisible ; signalez-le au fournisseur.",
            excerpt(path)
        ),
    )
}

fn without_lines(profile: &str) -> Reason {
    let lower = profile.to_ascii_lowercase();
    if lower.ends_with(":minimum") || lower.ends_with(":basicwl") {
        return Reason::new(
            Code::ProfileWithoutLines,
            "Le profil Factur-X MINIMUM ou BASIC WL n’a pas de lignes : la facture ne peut être ni \
             rapprochée de la commande ni répartie. Demandez au fournisseur le profil BASIC, \
             EN 16931 ou EXTENDED.",
        )
        .rule("BR-16")
        .field("BT-24");
    }
    Reason::new(
        Code::BadStructure,
        "La facture n’a aucune ligne (BG-25) : le fournisseur doit la réémettre avec ses lignes.",
    )
    .rule("BR-16")
    .field("BG-25")
}

fn currencies(raw: &Scan, read: &en16931::Invoice) -> Vec<Reason> {
    let Some(document) = read.currency.as_ref().map(en16931::invoice::Code::as_str) else {
        return Vec::new();
    };
    let mut reasons = Vec::new();
    if document != "EUR" {
        reasons.push(
            Reason::new(
                Code::NotInEuros,
                format!(
                    "La facture est en « {} » (BT-5) : seules les factures en euros sont \
                     acceptées ; demandez au fournisseur une facture en euros.",
                    excerpt(document)
                ),
            )
            .field("BT-5"),
        );
    }
    reasons.extend(raw.currencies.iter().filter(|(currency, _)| currency != document).map(
        |(currency, place)| {
            Reason::new(
                Code::MixedCurrencies,
                format!(
                    "Un montant est en « {} » alors que la facture est en « {} » ({place}) ; le \
                     fournisseur doit corriger la facture.",
                    excerpt(currency),
                    excerpt(document)
                ),
            )
            .field("BT-5")
        },
    ));
    reasons
}

fn arithmetic(invoice: &EInvoice, syntax: Syntax) -> Vec<Reason> {
    let breaches = arithmetic::breaches(invoice, syntax)
        .into_iter()
        .map(|breach| totals(&breach, &invoice.currency));
    let oddities = arithmetic::oddities(invoice).into_iter().map(|oddity| odd(invoice, &oddity));
    breaches.chain(oddities).take(MOST_REASONS).collect()
}

/// An amount in the currency of the invoice, which may be refused for not being euros.
fn money(amount: Decimal, currency: &str) -> String {
    let mut amount = amount;
    amount.rescale(2);
    let unit = if currency == "EUR" { "€".to_owned() } else { excerpt(currency) };
    format!("{}\u{a0}{unit}", domain::french::decimal(amount))
}

fn of_rate(category: VatCategory, rate: VatRate) -> String {
    format!("TVA à {} (catégorie {})", rate.french(), category.code())
}

fn totals(breach: &Breach, currency: &str) -> Reason {
    let place = match breach.place {
        Place::Totals => "Totaux".to_owned(),
        Place::Breakdown(category, rate) => of_rate(category, rate),
    };
    let (field, expected) = (breach.field, money(breach.expected, currency));
    let message = match breach.stated {
        Some(stated) => format!(
            "{place} : {field} ({}) vaut {} alors que les autres montants de la facture donnent \
             {expected} ; le fournisseur doit annuler cette facture et en émettre une juste.",
            french(field),
            money(stated, currency)
        ),
        None => format!(
            "{place} : des lignes, remises ou frais de {expected} sont à ce taux, que la \
             ventilation de TVA ne mentionne pas ; le fournisseur doit annuler cette facture et en \
             émettre une juste."
        ),
    };
    Reason::new(Code::TotalsDisagree, message).rule(&breach.rule).field(field)
}

fn odd(invoice: &EInvoice, oddity: &Oddity) -> Reason {
    let currency = &invoice.currency;
    match oddity {
        Oddity::Line { index, stated, expected } => {
            let line = &invoice.lines[*index];
            let base = if line.base_quantity == Decimal::ONE {
                String::new()
            } else {
                format!(" pour {}", domain::french::decimal(line.base_quantity))
            };
            let expected = expected.map_or("une somme trop grande".to_owned(), |net| {
                money(net.0.to_decimal(), currency)
            });
            Reason::new(
                Code::LineIsNotQuantityTimesPrice,
                format!(
                    "Ligne « {} » : le montant net est {} alors que {} × {}{base}, remises et frais \
                     de la ligne compris, font {expected} ; vérifiez la quantité et le prix avec \
                     la commande.",
                    excerpt(&line.id),
                    money(stated.0.to_decimal(), currency),
                    domain::french::decimal(line.quantity.normalize()),
                    line.unit_price.french_bare(),
                ),
            )
            .field("BT-131")
        }
        Oddity::Tax { category, rate, stated, expected } => Reason::new(
            Code::VatIsNotBaseTimesRate,
            format!(
                "{} : la taxe est de {} alors que la base au taux donne {} ; la norme l’admet, \
                 vérifiez avec le fournisseur.",
                of_rate(*category, *rate),
                money(*stated, currency),
                money(*expected, currency)
            ),
        )
        .rule("BR-CO-17")
        .field("BT-117"),
    }
}

fn keys(invoice: &EInvoice) -> Vec<Reason> {
    let seller =
        keys_of(&invoice.seller, "du fournisseur", Code::BadSellerSiret, ["BT-29", "BT-30"]);
    let buyer = keys_of(&invoice.buyer, "de l’acheteur", Code::BadBuyerSiret, ["BT-46", "BT-47"]);
    seller.into_iter().chain(buyer).collect()
}

fn keys_of(party: &Party, whose: &str, code: Code, fields: [&str; 2]) -> Vec<Reason> {
    let wrong = |code, what: &str, text: &str, todo: &str, field: &str| {
        let text = excerpt(text);
        let message = format!("Le {what} {whose} « {text} » est faux ; {todo}.");
        Reason::new(code, message).field(field)
    };
    let establishment =
        party.siret.iter().filter(|text| text.parse::<Siret>().is_err()).map(|text| {
            let todo =
                "14 chiffres dont une clé sont attendus, le fournisseur doit corriger la facture";
            wrong(code, "SIRET", text, todo, fields[0])
        });
    let body = party.siren.iter().filter(|text| text.parse::<Siren>().is_err()).map(|text| {
        let todo = "9 chiffres dont une clé sont attendus, signalez-le au fournisseur";
        wrong(Code::BadSiren, "SIREN", text, todo, fields[1])
    });
    establishment.chain(body).collect()
}

fn payment_term(invoice: &EInvoice) -> Option<Reason> {
    let has_none = invoice.due_date.is_none() && invoice.payment_terms.is_none();
    (invoice.totals.payable.0 > 0 && has_none && !invoice.kind.is_credit()).then(|| {
        Reason::new(
            Code::NoPaymentTerm,
            "Un montant est à payer sans date d’échéance ni conditions de paiement : le délai \
             légal de 30 jours s’applique.",
        )
        .rule("BR-CO-25")
        .field("BT-9")
    })
}
