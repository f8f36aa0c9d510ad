//! Fictitious papers of a fictitious département, as real ones look. Long, for it is data.

use std::sync::Arc;

use chrono::NaiveDate;
use domain::invoices::einvoice::InvoiceKind;
use domain::money::{Cents, Gross, Net};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::siret::Siret;
use domain::vat::{VatCategory, VatRate};
use rust_decimal::Decimal;
use travee::documents::allocation_statement::{
    AccountShare, AllocationKey, AllocationStatement, Payment, SharedCharge, SharedInvoice,
    SharedLine, SharedTotal, SharedVat, Supplier,
};
use travee::documents::delivery_extract::DeliveryExtract;
use travee::documents::lot_sheet::{LotArticle, LotPoint, LotSheet};
use travee::documents::needs_receipt::{
    AccountTotal, NeedsLine, NeedsPoint, NeedsReceipt, NeedsTotal,
};
use travee::documents::parties::{
    Attachment, BudgetAccount, BudgetSection, Buyer, ContractRef, ConventionRef, DeliveryPoint,
    Goods, Letterhead, LotRef, Member, Packs, Party, Signatory,
};
use travee::documents::purchase_order::{
    Committer, ContractTerms, Freight, Gauge, OrderLine, OrderVat, PriceState, PurchaseOrder,
};

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn siret(text: &str) -> Siret {
    text.parse().unwrap()
}

pub(crate) fn quantity(count: u32) -> Quantity {
    Quantity::whole(count)
}

pub(crate) fn rate(text: &str) -> VatRate {
    VatRate::percent(text.parse().unwrap()).unwrap()
}

pub(crate) fn lines(text: &str) -> Vec<String> {
    text.split('|').map(str::to_owned).collect()
}

pub(crate) fn letterhead() -> Letterhead {
    Letterhead {
        name: "Centre de gestion de la fonction publique territoriale du Pas-de-Calais".into(),
        short_name: "CdG62".into(),
        service: "Groupement de commandes Archives".into(),
        siret: Some(siret("28629990400016")),
        address: lines("Allée du Château, Labuissière|62702 Bruay-la-Buissière Cedex"),
        contact: "03 21 00 62 62 · archives@cdg62.example".into(),
    }
}

pub(crate) fn coordinator() -> Party {
    Party {
        name: "CdG62".into(),
        siret: siret("28629990400016"),
        address: letterhead().address,
        contact: None,
    }
}

pub(crate) fn holder() -> Party {
    Party {
        name: "Cartonnages de la Scarpe SAS".into(),
        siret: siret("90012345600015"),
        address: lines("14, rue du Moulin-à-Papier|62223 Saint-Laurent-Blangy"),
        contact: Some("commandes@cartonnages-scarpe.example".into()),
    }
}

pub(crate) fn contract() -> ContractRef {
    ContractRef {
        number: "2026-ARC-01".into(),
        title: "Fournitures et services d’archives".into(),
        lot: LotRef { number: "1".into(), title: "Boîtes et conditionnement".into() },
        notified_on: Some(day("2026-09-14")),
    }
}

pub(crate) fn convention(article: Option<&str>) -> ConventionRef {
    ConventionRef {
        title: "convention constitutive du groupement de commandes Archives".into(),
        signed_on: day("2026-02-26"),
        article: article.map(str::to_owned),
    }
}

pub(crate) fn member() -> Buyer {
    Buyer {
        name: "Commune de Rivière-sur-Scarpe".into(),
        siret: siret("21629991700015"),
        address: lines("Place de la République|62173 Rivière-sur-Scarpe"),
        service_code: Some("MAIRIE-FIN".into()),
        commitment_number: Some("2026-E-000417".into()),
    }
}

/// Reference, designation, unit, pack (0 is none), price in hundredths of a euro.
pub(crate) const ARTICLES: [(&str, &str, &str, u32, i64); 12] = [
    ("BOI-002", "Boîte d’archives carton ondulé kraft, dos 10 cm", "unité", 50, 97),
    ("BOI-012", "Boîte de conservation carton permanent, dos 10 cm", "unité", 25, 350),
    ("BOI-014", "Boîte de conservation carton permanent, dos 15 cm", "unité", 25, 413),
    ("BOI-021", "Conteneur de transfert pour 5 boîtes dos 10", "unité", 20, 298),
    ("BOI-031", "Boîte format plans A1 à plat", "unité", 5, 3025),
    ("BOI-041", "Chemise papier permanent 120 g/m², 24 × 32 cm", "paquet de 100", 1, 1625),
    ("BOI-042", "Sous-chemise papier permanent 80 g/m², 22 × 31 cm", "paquet de 250", 1, 1875),
    ("BOI-051", "Étiquettes de cote, papier permanent, colle neutre", "planche de 24", 10, 88),
    ("BOI-016", "Boîte cloche sur mesure pour registre", "unité", 1, 4000),
    ("BOI-033", "Boîte hexagonale pour plans roulés, L 105 cm", "unité", 10, 855),
    ("BOI-054", "Rouleau de sangle coton écru, 50 m × 10 mm", "rouleau", 1, 1270),
    ("BOI-055", "Papier permanent A4 80 g/m² pour registres", "ramette de 500", 5, 750),
];

/// An order of `count` lines, of member or coordinator, that adds up.
pub(crate) fn order(count: usize, seed: u32) -> PurchaseOrder {
    let lines: Vec<OrderLine> = (0..count)
        .zip(ARTICLES.into_iter().cycle())
        .map(|(index, (reference, designation, unit, pack, price))| {
            let packs = u32::try_from(index).unwrap() % 5 + 1 + seed % 7;
            let quantity = quantity(packs * pack);
            let unit_price = UnitPrice::from_ten_thousandths(price * 100).unwrap();
            OrderLine {
                reference: reference.into(),
                designation: designation.into(),
                note: None,
                quantity,
                unit: unit.into(),
                packs: Some(Packs { size: Quantity::whole(pack), count: u64::from(packs) }),
                unit_price,
                vat_rate: rate("20"),
                net: unit_price.times(quantity).unwrap(),
            }
        })
        .collect();
    let freight = Net::from_cents(4500);
    let net = Net::sum(lines.iter().map(|line| line.net).chain([freight])).unwrap();
    let tax = rate("20").on(net).unwrap();
    let before = Net::from_cents(4_218_650);
    PurchaseOrder {
        letterhead: letterhead(),
        number: format!("2026-{:04}", 42 + seed),
        issued_on: day("2026-12-14"),
        amendment: None,
        contract: contract(),
        convention: convention(Some("5")),
        coordinator: coordinator(),
        committed_by: Committer::Member,
        buyer: member(),
        holder: holder(),
        prices: PriceState {
            schedule: "bordereau des prix n° 1".into(),
            in_force_from: day("2026-09-14"),
            revision: None,
        },
        lines,
        freight: Freight::Charged {
            amount: freight,
            vat_rate: rate("20"),
            franco: Some(Net::from_cents(500_000)),
        },
        vat: vec![OrderVat { rate: rate("20"), base: net, tax, exemption: None }],
        net,
        vat_total: tax,
        gross: net.with(tax).unwrap(),
        points: vec![DeliveryPoint {
            member: None,
            name: "Mairie, salle des archives".into(),
            address: lines_of_the_town_hall(),
            contact: Some("Mme Hélène Delattre, 03 21 00 17 73".into()),
            hours: Some("du lundi au vendredi, 9 h – 12 h".into()),
            access: Some("1er étage sans ascenseur ; hayon nécessaire".into()),
            deliver_by: day("2027-01-18"),
            goods: vec![],
        }],
        budget_account: Some("6064, fonctionnement".into()),
        signatory: Signatory {
            name: "Jean-Noël Lefebvre".into(),
            quality: "Maire".into(),
            signed_on: day("2026-12-11"),
        },
        gauge: Gauge {
            ceiling: Net::from_cents(12_000_000),
            before,
            after: before.plus(net).unwrap(),
        },
        terms: ContractTerms {
            general_conditions: "CCAG-FCS 2021, art. 3.7 et 14.1".into(),
            remark_days: 15,
            penalty_divisor: 1000,
            penalty_cap_percent: 10,
            penalty_exempt_up_to: Net::from_cents(100_000),
        },
    }
}

fn lines_of_the_town_hall() -> Vec<String> {
    lines("Place de la République|62173 Rivière-sur-Scarpe")
}

pub(crate) fn goods(order: &PurchaseOrder) -> Vec<Goods> {
    order
        .lines
        .iter()
        .map(|line| Goods {
            reference: line.reference.clone(),
            designation: line.designation.clone(),
            quantity: line.quantity,
            unit: line.unit.clone(),
            packs: line.packs,
        })
        .collect()
}

/// The coordinator's one order of model C, delivered to `points` members.
pub(crate) fn coordinator_order(points: usize) -> PurchaseOrder {
    let mut order = order(6, 3);
    order.committed_by = Committer::Coordinator { members: points };
    order.buyer = Buyer {
        name: letterhead().name,
        siret: coordinator().siret,
        address: letterhead().address,
        service_code: Some("ARCHIVES".into()),
        commitment_number: None,
    };
    order.budget_account = None;
    let names = ["Rivière-sur-Scarpe", "Œuf-en-Ternois", "Saint-Étienne-au-Mont", "Hô-les-Marais"];
    order.points = (0..points)
        .zip(names.into_iter().cycle())
        .map(|(index, name)| DeliveryPoint {
            member: Some(format!("Commune de {name}")),
            name: "Mairie".into(),
            address: lines(&format!("{}, rue de l’Église|62{:03} {name}", index + 1, 100 + index)),
            contact: (index % 3 > 0).then(|| "M. Baptiste Vasseur, 03 21 00 18 44".into()),
            hours: (index % 2 > 0).then(|| "mardi et jeudi, 14 h – 17 h".into()),
            access: None,
            deliver_by: day("2027-01-18"),
            goods: goods(&order).into_iter().skip(index % 4).collect(),
        })
        .collect();
    order
}

pub(crate) fn extract() -> DeliveryExtract {
    let order = order(6, 3);
    let buyer = member();
    let mut town_hall = order.points[0].clone();
    town_hall.goods = goods(&order).into_iter().take(4).collect();
    let annexe = DeliveryPoint {
        member: None,
        name: "Annexe des services techniques".into(),
        address: lines("ZA des Tilleuls, bâtiment C|62173 Rivière-sur-Scarpe"),
        contact: None,
        hours: None,
        access: Some("quai de déchargement".into()),
        deliver_by: day("2027-01-25"),
        goods: goods(&order).into_iter().skip(4).collect(),
    };
    DeliveryExtract {
        letterhead: letterhead(),
        number: "2026-0045/017".into(),
        issued_on: day("2026-12-14"),
        order_number: order.number,
        order_issued_on: day("2026-12-14"),
        contract: contract(),
        convention: convention(Some("5")),
        holder: holder(),
        member: Member { name: buyer.name, siret: Some(buyer.siret), address: buyer.address },
        points: vec![town_hall, annexe],
    }
}

/// `amount × weight ÷ total` in euros, cut after six decimals.
fn quotient(amount: Decimal, weight: Decimal, total: Decimal) -> Decimal {
    (amount * weight / total).trunc_with_scale(6)
}

/// The worked example of the domain: 327 boxes, freight 45.00, seen by the member of 40.
pub(crate) fn statement() -> AllocationStatement {
    let line = SharedLine {
        id: "1".into(),
        reference: Some("BOI-012".into()),
        label: "Boîte de conservation carton permanent, dos 10 cm".into(),
        vat_rate: rate("20"),
        unit: "unité".into(),
        unit_price: UnitPrice::from_ten_thousandths(18_700).unwrap(),
        base_quantity: Decimal::ONE,
        weight: quantity(40),
        total_weight: quantity(327),
        invoice_net: Net::from_cents(61_149),
        exact: "74.8".parse().unwrap(),
        net: Net::from_cents(7_480),
    };
    let mut statement = shared(vec![line], 4_500, 13_130);
    assert_eq!(statement.gross.cents(), 9_637, "domain, section 5");
    statement.sharers = 3;
    statement
}

/// A statement of `count` lines, whose shares round the running sum: none drifts.
pub(crate) fn long_statement(count: usize) -> AllocationStatement {
    let mut exactly = Decimal::ZERO;
    let lines = (0..count)
        .zip(ARTICLES.into_iter().cycle())
        .map(|(index, (reference, label, unit, pack, price))| {
            let seed = u32::try_from(index).unwrap();
            let (weight, total) = (quantity((seed % 5 + 1) * pack), quantity(pack * 312 + seed));
            let unit_price = UnitPrice::from_ten_thousandths(price * 100 + 37).unwrap();
            let net = unit_price.times(total).unwrap();
            let exact = quotient(net.0.to_decimal(), weight.decimal(), total.decimal());
            let before = Cents::rounded(exactly).unwrap();
            exactly += exact;
            let share = Cents::rounded(exactly).unwrap().checked_sub(before).unwrap();
            SharedLine {
                id: (index + 1).to_string(),
                reference: Some(reference.into()),
                label: label.into(),
                vat_rate: rate("20"),
                unit: unit.into(),
                unit_price,
                base_quantity: Decimal::ONE,
                weight,
                total_weight: total,
                invoice_net: net,
                exact,
                net: Net(share),
            }
        })
        .collect();
    shared(lines, 12_800, 0)
}

fn shared(lines: Vec<SharedLine>, freight: i64, printed_vat: i64) -> AllocationStatement {
    let ours: Decimal = lines.iter().map(|line| line.exact).sum();
    let all = Net::sum(lines.iter().map(|line| line.invoice_net)).unwrap();
    let freight = Net::from_cents(freight);
    let exact = quotient(freight.0.to_decimal(), ours, all.0.to_decimal());
    let charge = SharedCharge {
        label: "Frais de port".into(),
        vat_rate: rate("20"),
        key: AllocationKey::Net,
        weight: ours,
        total_weight: all.0.to_decimal(),
        invoice_amount: freight,
        exact,
        amount: match printed_vat {
            0 => {
                let nets = Net::sum(lines.iter().map(|line| line.net)).unwrap();
                Net(Cents::rounded(ours + exact).unwrap()).minus(nets).unwrap()
            }
            // The worked example: its last cent goes to the largest remainder, here.
            _ => Net(Cents(Cents::rounded(exact).unwrap().0 + 1)),
        },
    };
    let base = Net::sum(lines.iter().map(|line| line.net).chain([charge.amount])).unwrap();
    let invoice_base = all.plus(freight).unwrap();
    let invoice_tax = match printed_vat {
        0 => rate("20").on(invoice_base).unwrap(),
        printed => domain::money::Vat::from_cents(printed),
    };
    let exact_base = ours + exact;
    let exact_tax = quotient(invoice_tax.0.to_decimal(), exact_base, invoice_base.0.to_decimal());
    let tax = domain::money::Vat(Cents::rounded(exact_tax).unwrap());
    let gross = base.with(tax).unwrap();
    AllocationStatement {
        letterhead: letterhead(),
        number: "2027-0118".into(),
        issued_on: day("2027-02-02"),
        member: member(),
        invoice: SharedInvoice {
            number: "FA-2027-00123".into(),
            issued_on: day("2027-01-29"),
            kind: InvoiceKind::Invoice(380),
            supplier: Supplier { name: holder().name, siret: Some(holder().siret) },
            net: invoice_base,
            vat: invoice_tax,
            gross: invoice_base.with(invoice_tax).unwrap(),
            preceding: vec![],
        },
        order_number: Some("2026-0045".into()),
        contract: Some(contract()),
        convention: Some(convention(Some("6"))),
        sharers: 312,
        lines,
        charges: vec![charge],
        allowances: vec![],
        differences: vec![],
        net_difference: SharedTotal::default(),
        vat: vec![SharedVat {
            category: VatCategory::S,
            rate: rate("20"),
            invoice_base,
            invoice_tax,
            exact_base,
            base,
            exact_tax,
            tax,
            exemption: None,
        }],
        net: base,
        vat_total: tax,
        gross,
        prepaid: SharedTotal::default(),
        rounding: SharedTotal::default(),
        payable: gross.0,
        credits: vec![],
        payment: Payment::AwaitNotice { supplier_due_on: Some(day("2027-03-03")) },
        accounts: vec![AccountShare { account: supplies(), gross }],
        verification: "9f2c41d7b0e85a6613cd02f97ae4481b5d3c60ff1279e8a4b7d6c2103e9f5a88".into(),
        attachment: Some(Attachment {
            file_name: "FA-2027-00123.xml".into(),
            mime: "text/xml".into(),
            description: "Facture électronique du titulaire (UBL 2.1)".into(),
            modified_on: day("2027-01-29"),
            bytes: Arc::from(b"<Invoice><ID>FA-2027-00123</ID></Invoice>".as_slice()),
        }),
    }
}

fn supplies() -> BudgetAccount {
    BudgetAccount {
        nature: "6064".into(),
        label: "Fournitures administratives".into(),
        section: BudgetSection::Operating,
    }
}

pub(crate) fn lot_sheet(points: usize) -> LotSheet {
    let names = ["Ablain-la-Fontaine", "Boiry-Sainte-Aldegonde", "Œuf-en-Ternois", "Hô-les-Marais"];
    LotSheet {
        letterhead: letterhead(),
        procedure_reference: "2026-ARC".into(),
        procedure_title: "Fournitures et services d’archives".into(),
        lot: contract().lot,
        convention: convention(None),
        census_title: "Recensement des besoins 2027-2030".into(),
        established_on: day("2026-04-20"),
        years: vec![2027, 2028, 2029, 2030],
        members: points,
        packing: "Arrondies au paquet entier supérieur, par point de livraison, article et année."
            .into(),
        articles: ARTICLES
            .into_iter()
            .zip(1_u32..)
            .map(|((reference, designation, unit, pack, _), rank)| LotArticle {
                reference: reference.into(),
                designation: designation.into(),
                specification: Some("carton neutre à réserve alcaline, pH 7,5-10".into()),
                standards: (rank % 2 == 0).then(|| "NF EN ISO 16245 type A".into()),
                cpv: Some("30193700-5".into()),
                unit: unit.into(),
                pack: Some(quantity(pack)),
                members: points,
                by_year: (1..=4).map(|year| quantity(rank * year * pack * 13)).collect(),
            })
            .collect(),
        points: (0..points)
            .zip(names.into_iter().cycle())
            .map(|(index, name)| LotPoint {
                member: Member {
                    name: format!("Commune de {name}"),
                    siret: (index % 3 > 0).then(|| member().siret),
                    address: vec![],
                },
                name: "Mairie".into(),
                address: format!("{}, Grand-Rue, 62{:03} {name}", index + 1, 120 + index),
                access: (index % 2 == 0).then(|| "2e étage sans ascenseur".into()),
            })
            .collect(),
    }
}

pub(crate) fn receipt() -> NeedsReceipt {
    let line = |(reference, designation, unit, pack, price): (&str, &str, &str, u32, i64)| {
        let needed = [37, 40, 0, 12].map(|need| need * pack / 25);
        let packs: u32 = needed.iter().map(|need| need.div_ceil(pack)).sum();
        let unit_price = UnitPrice::from_ten_thousandths(price * 100).unwrap();
        let ordered = quantity(packs * pack);
        NeedsLine {
            reference: reference.into(),
            designation: designation.into(),
            unit: unit.into(),
            pack: Some(quantity(pack)),
            needed: needed.map(quantity).to_vec(),
            ordered,
            packs: Some(packs.into()),
            unit_price,
            vat_rate: rate("20"),
            net: unit_price.times(ordered).unwrap(),
        }
    };
    let points = vec![
        NeedsPoint {
            name: "Mairie".into(),
            address: "Place de la République, 62173 Rivière-sur-Scarpe".into(),
            access: Some("1er étage sans ascenseur".into()),
            lines: ARTICLES.into_iter().take(5).map(line).collect(),
        },
        NeedsPoint {
            name: "Annexe des services techniques".into(),
            address: "ZA des Tilleuls, 62173 Rivière-sur-Scarpe".into(),
            access: None,
            lines: ARTICLES.into_iter().skip(9).map(line).collect(),
        },
    ];
    let lines = points.iter().flat_map(|point| &point.lines);
    let net = Net::sum(lines.map(|line| line.net)).unwrap();
    let total = |net: Net| {
        let vat = rate("20").on(net).unwrap();
        NeedsTotal { net, vat, gross: net.with(vat).unwrap() }
    };
    // Three even years, and a last one that takes what is left.
    let whole = total(net);
    let year = total(Net::from_cents(net.cents() / 4));
    let rest = NeedsTotal {
        net: Net::from_cents(whole.net.cents() - 3 * year.net.cents()),
        vat: domain::money::Vat::from_cents(whole.vat.cents() - 3 * year.vat.cents()),
        gross: Gross::from_cents(whole.gross.cents() - 3 * year.gross.cents()),
    };
    let buyer = member();
    NeedsReceipt {
        letterhead: letterhead(),
        number: "2026-R-0231".into(),
        census_title: "Recensement des besoins 2027-2030".into(),
        closes_on: day("2026-12-15"),
        convention: convention(None),
        member: Member { name: buyer.name, siret: Some(buyer.siret), address: buyer.address },
        submitted_on: day("2026-11-24"),
        submitted_by: "Mme Hélène Delattre, secrétaire de mairie, par le formulaire en ligne"
            .into(),
        years: vec![2027, 2028, 2029, 2030],
        price_basis: "prix indicatifs du catalogue au 01/10/2026".into(),
        points,
        by_year: vec![year, year, year, rest],
        by_account: vec![AccountTotal { account: supplies(), total: whole }],
        total: whole,
    }
}
