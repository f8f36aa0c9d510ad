//! From an issued order to what its papers print.
//!
//! Everything printed is read once for a whole window; a paper takes its words from the order
//! as it was issued, so that the same order gives the same bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use domain::group::contact::Contact;
use domain::group::siret_history::ConfirmedSiret;
use domain::group::site::DeliveryPoint as Site;
use domain::ids::{ArticleVersionId, ContactId, OrganisationId, PriceScheduleId, SiteId};
use domain::money::Net;
use domain::orders::order::{OrderLine, Printable};
use domain::orders::totals::totals;
use domain::quantity::Quantity;

use crate::documents::delivery_extract::DeliveryExtract;
use crate::documents::parties::{
    Buyer, ContractRef, ConventionRef, DeliveryPoint, Goods, Letterhead, LotRef, Member, Packs,
    Party, Signatory,
};
use crate::documents::purchase_order as paper;
use crate::documents::purchase_order::{
    Amendment, Committer, ContractTerms, Freight, Gauge, OrderVat, PriceState, PurchaseOrder,
};
use crate::store::group::{self, Listed};
use crate::store::orders::{self as store, ArticleText, StoredOrder, Window};
use crate::store::tenders::{self, SchedulePrices};
use crate::store::{Access, reference};
use crate::usecases::campaigns::convention_ref;
use crate::usecases::{App, Refusal, UseCaseError, letterhead};

/// The general conditions that every contract of the group refers to, whose figures are the
/// dated rows `ccag_figure`.
const GENERAL_CONDITIONS: &str = "CCAG-FCS 2021";

/// What the papers of one window are made from.
pub(super) struct Desk {
    pub(super) window: Window,
    letterhead: Letterhead,
    contract: ContractRef,
    convention: ConventionRef,
    terms: ContractTerms,
    bodies: HashMap<OrganisationId, Listed>,
    sites: BTreeMap<SiteId, Site>,
    contacts: BTreeMap<ContactId, Contact>,
    articles: HashMap<ArticleVersionId, ArticleText>,
    schedules: HashMap<PriceScheduleId, SchedulePrices>,
}

fn missing(what: &'static str, id: impl std::fmt::Display) -> UseCaseError {
    crate::store::StoreError::NotFound { what, id: id.to_string() }.into()
}

/// Street lines, then postcode and town.
fn address_lines(address: &domain::group::address::PostalAddress) -> Vec<String> {
    let mut lines = address.lines.clone();
    lines.push(format!("{} {}", address.postcode, address.town));
    lines
}

fn shown(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

impl Desk {
    /// Reads what the papers of `window` print; `orders` say by which price schedules.
    pub(super) async fn of(
        app: &App,
        on: &impl Access,
        window: Window,
        orders: &[StoredOrder],
    ) -> Result<Self, UseCaseError> {
        let terms = &window.contract;
        let figures = reference::ccag_figures(on).await?;
        let penalty = reference::penalty_terms(&figures, terms.notified_on)
            .ok_or_else(|| missing("CCAG figures", terms.notified_on))?;
        let remark_days = figures
            .iter()
            .find(|row| row.value.0 == "comment_delay" && row.holds_on(terms.notified_on))
            .and_then(|row| row.value.1.try_into().ok())
            .ok_or_else(|| missing("CCAG figures", terms.notified_on))?;
        let agreement = group::convention(on, terms.convention)
            .await?
            .ok_or_else(|| missing("convention", terms.convention))?;
        let mut schedules = HashMap::new();
        for id in orders.iter().map(|stored| stored.schedule).collect::<BTreeSet<_>>() {
            schedules.insert(id, tenders::schedule(on, id).await?);
        }
        let bodies = group::organisations(on, &[]).await?;
        Ok(Self {
            letterhead: letterhead::of(app, on, terms.coordinator).await?,
            contract: ContractRef {
                number: terms.agreement.terms().number.clone(),
                title: terms.title.clone(),
                lot: LotRef {
                    number: terms.agreement.terms().lot.to_string(),
                    title: terms.lot_title.clone(),
                },
                notified_on: Some(terms.notified_on),
            },
            convention: convention_ref(
                &agreement.convention.terms().reference,
                agreement.convention.terms().from,
            ),
            terms: ContractTerms {
                general_conditions: GENERAL_CONDITIONS.to_owned(),
                remark_days,
                penalty_divisor: penalty.divisor,
                penalty_cap_percent: penalty.cap_percent,
                penalty_exempt_up_to: penalty.exemption,
            },
            bodies: bodies.into_iter().map(|body| (body.id, body)).collect(),
            sites: group::sites(on, None).await?,
            contacts: group::contacts(on, None).await?,
            articles: store::article_texts(on, terms.id).await?,
            schedules,
            window,
        })
    }

    pub(super) fn body(&self, id: OrganisationId) -> Result<&Listed, UseCaseError> {
        self.bodies.get(&id).ok_or_else(|| missing("organisation", id))
    }

    pub(super) fn site(&self, id: SiteId) -> Result<&Site, UseCaseError> {
        self.sites.get(&id).ok_or_else(|| missing("site", id))
    }

    pub(super) fn name(&self, id: OrganisationId) -> String {
        self.bodies.get(&id).map(|body| body.organisation.name.clone()).unwrap_or_default()
    }

    /// The SIRET of `id` that a paper of `day` may carry, or the refusal that names it.
    pub(super) fn confirmed(
        &self,
        id: OrganisationId,
        day: NaiveDate,
    ) -> Result<ConfirmedSiret, Refusal> {
        let body = self.body(id).map_err(|error| Refusal::new("organisme", error.in_french()))?;
        body.organisation.sirets.confirmed_on(day).map_err(|error| {
            let name = &body.organisation.name;
            Refusal::new("siret_non_confirme", format!("{name} : {}", error.for_the_reader()))
        })
    }

    fn address(&self, id: OrganisationId) -> Vec<String> {
        let address = self.bodies.get(&id).and_then(|body| body.organisation.address.as_ref());
        address.map(address_lines).unwrap_or_default()
    }

    fn party(&self, id: OrganisationId, siret: &ConfirmedSiret) -> Result<Party, UseCaseError> {
        let contact = self.contacts.values().find(|person| person.organisation == id);
        let contact = contact.and_then(|person| match &person.email {
            Some(email) => Some(email.as_str().to_owned()),
            None => shown(&person.phone),
        });
        Ok(Party {
            name: self.body(id)?.organisation.name.clone(),
            siret: siret.siret().clone(),
            address: self.address(id),
            contact,
        })
    }

    fn article(&self, line: &OrderLine) -> Result<&ArticleText, UseCaseError> {
        let version = line.article.version;
        self.articles.get(&version).ok_or_else(|| missing("article version", version))
    }

    /// Packs, where `quantity` is whole ones of more than one unit.
    fn packs(article: &ArticleText, quantity: Quantity) -> Option<Packs> {
        let size = article.pack()?;
        let count = quantity.decimal().checked_div(size.decimal())?;
        let count = if count.fract().is_zero() { u64::try_from(count).ok()? } else { return None };
        Some(Packs { size, count })
    }

    pub(super) fn goods(
        &self,
        line: &OrderLine,
        quantity: Quantity,
    ) -> Result<Goods, UseCaseError> {
        let article = self.article(line)?;
        Ok(Goods {
            reference: article.reference.clone(),
            designation: article.label.clone(),
            quantity,
            unit: article.unit_label.clone(),
            packs: Self::packs(article, quantity),
        })
    }

    /// The delivery points of `lines`, by name of the member, then of the point; each with its
    /// goods, but for the only point of an order.
    fn points(
        &self,
        lines: &[OrderLine],
        deliver_by: NaiveDate,
        name_members: bool,
    ) -> Result<Vec<DeliveryPoint>, UseCaseError> {
        let mut goods: BTreeMap<(OrganisationId, SiteId), Vec<Goods>> = BTreeMap::new();
        for line in lines {
            for share in &line.shares {
                let place = goods.entry((share.member, share.site)).or_default();
                place.push(self.goods(line, share.quantity)?);
            }
        }
        let mut points = goods
            .into_iter()
            .map(|((member, site), goods)| {
                let point = self.site(site)?;
                let person = point.contact.and_then(|id| self.contacts.get(&id)).or_else(|| {
                    self.contacts.values().find(|person| person.organisation == member)
                });
                Ok(DeliveryPoint {
                    member: name_members.then(|| self.name(member)),
                    name: point.name.clone(),
                    address: address_lines(&point.address),
                    contact: person
                        .and_then(|person| shown(&format!("{} {}", person.name, person.phone))),
                    hours: shown(&point.access.hours),
                    access: shown(&point.access.constraints),
                    deliver_by,
                    goods,
                })
            })
            .collect::<Result<Vec<_>, UseCaseError>>()?;
        points.sort_by(|a, b| (&a.member, &a.name).cmp(&(&b.member, &b.name)));
        Ok(points)
    }

    fn line(
        &self,
        line: &OrderLine,
        prices: &SchedulePrices,
    ) -> Result<paper::OrderLine, UseCaseError> {
        let article = self.article(line)?;
        let quantity = line.quantity().map_err(UseCaseError::failed("adding up a line"))?;
        let sold = prices.articles.values().find(|sold| sold.version == line.article.version);
        let tier = sold
            .and_then(|sold| sold.line.tiers.iter().find(|tier| tier.price == line.article.price));
        Ok(paper::OrderLine {
            reference: article.reference.clone(),
            designation: article.label.clone(),
            note: tier.map(|tier| format!("prix dès {}", tier.from)),
            quantity,
            unit: article.unit_label.clone(),
            packs: Self::packs(article, quantity),
            unit_price: line.article.price,
            vat_rate: line.article.taxation.rate,
            net: line.net().map_err(UseCaseError::failed("pricing a line"))?,
        })
    }

    /// The purchase order, or its amendment; `before` is what the contract's orders issued
    /// earlier count for.
    pub(super) fn purchase_order(
        &self,
        stored: &StoredOrder,
        printable: &Printable<'_>,
        (buyer, holder): (&ConfirmedSiret, &ConfirmedSiret),
        before: Net,
        amendment: Option<Amendment>,
    ) -> Result<PurchaseOrder, UseCaseError> {
        let (order, issue) = (printable.order(), printable.issue());
        let contract = &self.window.contract;
        let sums = totals(order).map_err(UseCaseError::failed("totalling an order"))?;
        let prices = self
            .schedules
            .get(&stored.schedule)
            .ok_or_else(|| missing("price schedule", stored.schedule))?;
        let coordinator = self.confirmed(contract.coordinator, issue.on);
        let coordinator = coordinator.map_err(|refusal| UseCaseError::Refused(vec![refusal]))?;
        let exemption = contract.vat_exemption.as_ref();
        let vat = sums.rates.iter().map(|rate| OrderVat {
            rate: rate.taxation.rate,
            base: rate.net,
            tax: rate.vat,
            exemption: exemption
                .filter(|_| rate.taxation.category == domain::vat::VatCategory::E)
                .cloned(),
        });
        let freight = match order.freight {
            None => Freight::Included,
            Some(terms) if sums.freight == Net::ZERO => {
                Freight::FrancoReached { from: terms.franco.unwrap_or(Net::ZERO) }
            }
            Some(terms) => Freight::Charged {
                amount: sums.freight,
                vat_rate: terms.taxation.rate,
                franco: terms.franco,
            },
        };
        let pays = order.model.coordinator_pays();
        let mut points = self.points(&order.lines, issue.deliver_by, pays)?;
        if let [only] = points.as_mut_slice() {
            only.goods.clear();
        }
        let signature = printable.signature();
        let lines = order.lines.iter().map(|line| self.line(line, prices));
        Ok(PurchaseOrder {
            letterhead: self.letterhead.clone(),
            number: issue.number.to_string(),
            issued_on: issue.on,
            amendment,
            contract: self.contract.clone(),
            convention: self.convention.clone(),
            coordinator: self.party(contract.coordinator, &coordinator)?,
            committed_by: if pays {
                Committer::Coordinator { members: order.members().len() }
            } else {
                Committer::Member
            },
            buyer: Buyer {
                name: self.name(order.buyer),
                siret: buyer.siret().clone(),
                address: self.address(order.buyer),
                service_code: order.service_code.clone(),
                commitment_number: order.commitment_number.clone(),
            },
            holder: self.party(self.window.holder(), holder)?,
            prices: PriceState {
                schedule: format!("bordereau des prix n°\u{a0}{}", prices.rank),
                in_force_from: prices.from,
                revision: prices.coefficient.as_ref().map(|coefficient| {
                    format!("révisés, coefficient {}", coefficient.replace('.', ","))
                }),
            },
            lines: lines.collect::<Result<_, _>>()?,
            freight,
            vat: vat.collect(),
            net: sums.net,
            vat_total: sums.vat,
            gross: sums.gross,
            points,
            budget_account: stored.budget_account.clone(),
            signatory: Signatory {
                name: signature.name.clone(),
                quality: signature.quality.clone(),
                signed_on: signature.on,
            },
            gauge: Gauge {
                ceiling: contract.agreement.terms().ceiling,
                before,
                after: before
                    .plus(sums.net)
                    .map_err(UseCaseError::failed("adding up a contract"))?,
            },
            terms: self.terms.clone(),
        })
    }

    /// The delivery extract of `member`, under its own number.
    pub(super) fn delivery_extract(
        &self,
        printable: &Printable<'_>,
        member: OrganisationId,
        number: String,
    ) -> Result<DeliveryExtract, UseCaseError> {
        let (order, issue) = (printable.order(), printable.issue());
        let refused = |refusal| UseCaseError::Refused(vec![refusal]);
        let holder = self.window.holder();
        let siret = self.confirmed(holder, issue.on).map_err(refused)?;
        let own = self.confirmed(member, issue.on).map_err(refused)?;
        Ok(DeliveryExtract {
            letterhead: self.letterhead.clone(),
            number,
            issued_on: issue.on,
            order_number: issue.number.to_string(),
            order_issued_on: issue.on,
            contract: self.contract.clone(),
            convention: self.convention.clone(),
            holder: self.party(holder, &siret)?,
            member: Member {
                name: self.name(member),
                siret: Some(own.siret().clone()),
                address: self.address(member),
            },
            points: self.points(&order.extract(member), issue.deliver_by, false)?,
        })
    }
}
