//! A purchase with all its rooms: what somebody of any role can find in Travée, made by the use
//! cases.
//!
//! A first census was closed, two contracts awarded: bindings, which members order themselves
//! (model B), and boxes, which the CdG62 orders for all (model C). Both were ordered, delivered
//! and invoiced; a second window and a second census are open. On 10 September 2026, Arras and
//! Bapaume have one row of everything, so that whoever belongs to one can try the other's.

use std::collections::BTreeMap;

use domain::group::organisation::OrganisationKind;
use domain::ids::{CampaignId, ConventionId, InvoiceId, OrderWindowId, OrganisationId, PersonId};
use domain::money::Net;
use domain::orders::calendar::Period;
use domain::orders::delivery::{Decision, DeliveredLine, DeliveryNote, ShareKey, Verdict};
use domain::platform::role::Role;
use domain::quantity::Quantity;
use sea_orm::{ConnectionTrait, Statement};
use travee::store::Viewer;
use travee::store::orders::{StoredOrder, Which, load};
use travee::store::tenders::add_window;
use travee::usecases::App;
use travee::usecases::campaigns::{issue_receipts, open_census};
use travee::usecases::group::{add_sites, confirm_sirets, import_members, keep_convention_text};
use travee::usecases::invoices::{
    allocate, export_recharges, issue_statements, receive_invoice, validate,
};
use travee::usecases::orders::{
    close_window, decide_deliveries, draft_orders, issue_window, make_pack, record_deliveries,
    validate_orders,
};
use travee::usecases::platform::attachments::{NewFile, keep};

use crate::campaigns::on_day;
use crate::client::{Client, person};
use crate::fixtures::{ARRAS, BAPAUME, body, buyer, day, members, site};
use crate::harness::{Fresh, On};
use crate::invoicing::{Bill, CDG, HOLDER, second};
use crate::orders::{Deal, Shop, answer_sheet, approval};

/// The day it is.
pub(crate) const TODAY: &str = "2026-09-10";
const ORDERED: &str = "2026-08-03";
const DELIVERED: &str = "2026-08-20";

pub(crate) struct House {
    pub(crate) shop: Shop,
    /// On [`TODAY`].
    pub(crate) app: App,
    /// The census that is open.
    pub(crate) census: CampaignId,
    /// One person for each role; those of members are of Arras.
    pub(crate) people: BTreeMap<&'static str, PersonId>,
}

impl House {
    /// The whole of it.
    pub(crate) async fn open(on: On) -> Self {
        let house = Self::before_the_invoice(on).await;
        house.invoice_the_boxes().await;
        house
    }

    /// Without the CdG62's invoice, which is still to come.
    pub(crate) async fn before_the_invoice(on: On) -> Self {
        let shop = Shop::open(on, &Deal::bindings()).await;
        let closed = CampaignId(1);
        let boxes = shop.also(closed, &Deal::boxes()).await;
        issue_receipts(&shop.on("2026-06-02"), &buyer(), closed, |_, _| ()).await.unwrap();
        for window in [shop.window, boxes] {
            order(&shop, window).await;
        }
        let app = shop.on(TODAY);
        for (member, buyer_siret, number) in [(2, ARRAS, "M-1"), (3, BAPAUME, "M-2")] {
            let order = shop.order_of(member).await;
            deliberation(&app, shop.fresh(), &order).await;
            receive(&app, &bill_of(shop.fresh(), &order, number, buyer_siret).await).await;
        }
        let text = act("convention.pdf");
        keep_convention_text(&app, &buyer(), shop.world.group, text).await.unwrap();
        next_window(&shop, closed).await;
        let census = next_census(&shop).await;
        photographs(&app, shop.fresh(), &shop.world.bodies[2..4]).await;
        let people = people(&app, shop.fresh(), &shop.world.bodies).await;
        // Somebody of Bapaume, signed in: what is theirs is tried by those of Arras.
        let roles = [Role::MemberContact, Role::Signatory];
        let bapaume = shop.world.bodies[3];
        let theirs = person(shop.fresh(), "mairie@bapaume.example", bapaume, &roles).await;
        Client::of(&app, theirs).await;
        later(shop.fresh()).await;
        Self { shop, app, census, people }
    }

    pub(crate) fn fresh(&self) -> &Fresh {
        self.shop.fresh()
    }

    pub(crate) fn arras(&self) -> OrganisationId {
        self.shop.world.bodies[2]
    }

    pub(crate) fn bapaume(&self) -> OrganisationId {
        self.shop.world.bodies[3]
    }

    pub(crate) fn person(&self, role: Role) -> PersonId {
        self.people[role.code()]
    }

    /// A browser of whoever holds the role.
    pub(crate) async fn client(&self, role: Role) -> Client {
        Client::of(&self.app, self.person(role)).await
    }

    /// The CdG62's order of boxes.
    pub(crate) async fn boxes(&self) -> StoredOrder {
        let coordinator = self.shop.world.bodies[0];
        let all = load(
            &self.app.store,
            Viewer::Coordinator,
            &Which::Contract(domain::ids::ContractId(2)),
        );
        all.await.unwrap().into_iter().find(|stored| stored.order.buyer == coordinator).unwrap()
    }

    /// The e-invoice of the boxes, as its supplier sends it.
    pub(crate) async fn boxes_invoice(&self) -> Vec<u8> {
        bill_of(self.fresh(), &self.boxes().await, "F-2026-118", CDG).await
    }

    async fn invoice_the_boxes(&self) {
        let app = &self.app;
        let invoice = receive(app, &self.boxes_invoice().await).await;
        let made = allocate(app, &buyer(), invoice, &[]).await.unwrap();
        validate(app, &second(), invoice).await.unwrap();
        assert!(issue_statements(app, &buyer(), made[0], |_| ()).await.unwrap() > 0);
        export_recharges(app, &buyer(), "titres").await.unwrap();
    }
}

/// From drafts to what every member accepted.
async fn order(shop: &Shop, window: OrderWindowId) {
    draft_orders(&shop.on("2026-07-01"), &buyer(), window).await.unwrap();
    let app = shop.on(ORDERED);
    close_window(&app, &buyer(), window).await.unwrap();
    let which = Which::Window(window);
    let drafts = load(&app.store, Viewer::Coordinator, &which).await.unwrap();
    let approvals: Vec<_> = drafts.iter().map(|stored| approval(stored.id)).collect();
    let done = validate_orders(&app, &buyer(), &approvals).await.unwrap();
    assert_eq!(done.refused, []);
    issue_window(&app, &buyer(), window, &|_, _| {}).await.unwrap();
    make_pack(&app, &buyer(), window).await.unwrap();
    let later = shop.on(DELIVERED);
    let issued = load(&app.store, Viewer::Coordinator, &which).await.unwrap();
    let (mut notes, mut decisions) = (Vec::new(), Vec::new());
    for stored in &issued {
        let mut by_site: BTreeMap<_, Vec<DeliveredLine>> = BTreeMap::new();
        for line in &stored.order.lines {
            for share in &line.shares {
                let came = DeliveredLine {
                    position: line.position,
                    delivered: share.quantity,
                    turned_back: Quantity::ZERO,
                };
                by_site.entry((share.member, share.site)).or_default().push(came);
                let decision = Decision {
                    key: ShareKey::of(line.position, share),
                    verdict: Verdict::Accepted,
                    quantity: share.quantity,
                    reduction: Net::ZERO,
                    reason: String::new(),
                    by: "L. Petit".into(),
                    on: day(DELIVERED),
                };
                decisions.push((stored.id, decision));
            }
        }
        for ((member, site), lines) in by_site {
            let reference = format!("BL-{}-{site}", stored.id);
            let delivered_on = day(DELIVERED);
            notes.push((stored.id, DeliveryNote { reference, delivered_on, member, site, lines }));
        }
    }
    record_deliveries(&later, &buyer(), Viewer::Coordinator, &notes).await.unwrap();
    // Berck has not looked at what came yet.
    let berck = shop.world.bodies[4];
    decisions.retain(|(_, decision)| decision.key.member != berck || window != shop.window);
    decide_deliveries(&later, &buyer(), Viewer::Coordinator, &decisions).await.unwrap();
}

/// A photograph that each of these members added to its order.
async fn photographs(app: &App, fresh: &Fresh, members: &[OrganisationId]) {
    for member in members {
        let key = format!("pieces/order/photo-{member}");
        app.files.put(&key, b"\xff\xd8\xff\xe0".to_vec()).await.unwrap();
        let order = format!("(SELECT MIN(id) FROM purchase_order WHERE buyer_id = {member})");
        fresh
            .execute(&format!(
                "INSERT INTO attachment (subject, subject_id, organisation_id, kind, name, content_type, \
                 bytes, sha256, file_key, added_by, added_at) VALUES ('order', {order}, {member}, \
                 'delivery_photo', 'bon.jpg', 'image/jpeg', 4, '-', '{key}', 'essai', \
                 '2026-08-20 10:00:00+00:00')"
            ))
            .await;
    }
}

/// What the holder of a contract invoices for a whole order.
async fn bill_of(fresh: &Fresh, stored: &StoredOrder, number: &str, siret: &str) -> Vec<u8> {
    let mut billed = Vec::new();
    for line in &stored.order.lines {
        let version = line.article.version;
        let query = format!(
            "SELECT a.reference FROM article a JOIN article_version v ON v.article_id = a.id \
             WHERE v.id = {version}"
        );
        let reference = found(fresh, &query).await.unwrap();
        let quantity = line.quantity().unwrap().decimal().normalize().to_string();
        let price = line.article.price.decimal().normalize().to_string();
        let net = line.net().unwrap().cents();
        billed.push((reference, quantity, price, net));
    }
    let lines: Vec<_> =
        billed.iter().map(|(a, b, c, net)| (a.as_str(), b.as_str(), c.as_str(), *net)).collect();
    let order = stored.name();
    let net = Net::from_cents(lines.iter().map(|line| line.3).sum());
    let freight = stored.order.freight.map_or(0, |terms| terms.on(net).cents());
    let bill = Bill {
        number,
        order: &order,
        corrects: None,
        supplier: HOLDER,
        buyer: siret,
        lines: &lines,
        freight,
    };
    bill.xml()
}

/// The one text that a query answers, if it answers.
pub(crate) async fn found(fresh: &Fresh, query: &str) -> Option<String> {
    let db = fresh.raw().await;
    let statement = Statement::from_string(db.get_database_backend(), query);
    let row = db.query_one_raw(statement).await.unwrap_or_else(|error| panic!("{query}: {error}"));
    let text = row.map(|row| row.try_get_by_index(0).unwrap());
    db.close().await.unwrap();
    text
}

/// Work that failed and a letter that was sent, for the administrator; an offer, for the buyer.
async fn later(fresh: &Fresh) {
    let at = "'2026-09-09 08:00:00+00:00'";
    fresh
        .execute(
            "INSERT INTO bid (tender_lot_id, supplier_id, received_on, total_cents, awarded) \
             SELECT MIN(t.id), (SELECT MIN(o.id) FROM organisation o WHERE o.kind = 'supplier'), \
               '2026-05-20', 100000, FALSE FROM tender_lot t \
             WHERE NOT EXISTS (SELECT 1 FROM bid) HAVING MIN(t.id) IS NOT NULL",
        )
        .await;
    fresh
        .execute(&format!(
            "INSERT INTO job (kind, key, payload, state, attempts, run_at, done_units, total_units, \
               message, last_error, cancel_asked, asked_by, asked_at) \
             VALUES ('issue_receipts', '1', '{{}}', 'dead', 8, {at}, 1, 4, '', 'panne', FALSE, \
               'buyer@exemple.fr', {at})"
        ))
        .await;
    fresh
        .execute(&format!(
            "INSERT INTO mail (kind, key, to_address, to_name, subject, text, html, state, attempts, \
               next_at, queued_at, sent_at, message_id) \
             VALUES ('sign_in', 'essai', 'mairie@arras.example', 'Mairie d’Arras', 'Votre lien', \
               'Bonjour', '<p>Bonjour</p>', 'sent', 1, {at}, {at}, {at}, 'essai@travee')"
        ))
        .await;
}

fn act(name: &str) -> NewFile {
    NewFile {
        name: name.into(),
        content_type: "application/pdf",
        bytes: b"%PDF-1.4\n%%EOF\n".to_vec(),
    }
}

/// The deliberation by which the buyer of an order joined.
async fn deliberation(app: &App, fresh: &Fresh, order: &StoredOrder) {
    let buyer_id = order.order.buyer;
    let membership =
        format!("SELECT CAST(id AS TEXT) FROM membership WHERE organisation_id = {buyer_id}");
    let membership: i64 = found(fresh, &membership).await.unwrap().parse().unwrap();
    let act = act("deliberation.pdf");
    let tx = app.store.begin_write().await.unwrap();
    let whose = (Some(buyer_id), "deliberation");
    keep(app, &tx, &buyer(), ("membership", membership), whose, act).await.unwrap();
    tx.commit().await.unwrap();
}

async fn receive(app: &App, bytes: &[u8]) -> InvoiceId {
    let key = crate::fixtures::sha256(bytes);
    let freight_lines = std::collections::BTreeSet::new();
    let received =
        receive_invoice(app, &buyer(), bytes.to_vec(), day("2026-09-02"), &freight_lines, &key)
            .await
            .unwrap();
    assert!(received.findings.is_empty(), "{:?}", received.findings);
    received.invoice.unwrap()
}

/// The bindings of 2027, to be adjusted and validated by 5 October.
async fn next_window(shop: &Shop, campaign: CampaignId) {
    let tx = shop.world.app.store.begin_write().await.unwrap();
    let days = Period { from: day("2026-09-05"), to: day("2026-10-05") };
    let window = add_window(&tx, shop.contract, campaign, 2027, days).await.unwrap();
    tx.commit().await.unwrap();
    draft_orders(&shop.on("2026-09-05"), &buyer(), window).await.unwrap();
}

/// The census of 2028 and 2029: open, and Bapaume has answered.
async fn next_census(shop: &Shop) -> CampaignId {
    let world = &shop.world;
    let id = world.census_of("Besoins 2028-2029", "2026-09-01", "2026-12-15", 2028).await;
    let app = on_day(&world.app, "2026-09-01");
    open_census(&app, &buyer(), id).await.unwrap();
    let sheets = world.sheets(id, 3).await;
    let answer = world.needs(&[("BOI-001", ["50", "50"]), ("REL-001", ["4", "4"])]).await;
    answer_sheet(&app, sheets[0], answer).await;
    id
}

async fn people(
    app: &App,
    fresh: &Fresh,
    bodies: &[OrganisationId],
) -> BTreeMap<&'static str, PersonId> {
    let archives = body(OrganisationKind::DepartmentalArchives, "AD62", "22620001200012");
    import_members(app, &buyer(), vec![archives]).await.unwrap();
    let all = travee::store::group::organisations(&app.store, &[]).await.unwrap();
    let archives = all.iter().find(|one| one.organisation.name == "AD62").unwrap().id;
    let mut people = BTreeMap::new();
    for role in Role::ALL {
        let organisation = match role {
            Role::MemberContact | Role::Signatory | Role::MemberFinance | Role::MemberReader => {
                bodies[2]
            }
            Role::Buyer | Role::CoordinatorFinance | Role::Archivist | Role::Administrator => {
                bodies[0]
            }
            Role::Inspector => archives,
        };
        let email = format!("{}@exemple.fr", role.code());
        people.insert(role.code(), person(fresh, &email, organisation, &[*role]).await);
    }
    people
}

/// So many communes that joined the group, each with its mairie.
pub(crate) async fn newcomers(app: &App, group: ConventionId, count: i64) -> Vec<OrganisationId> {
    let communes = (1..=count).map(|number| {
        let siren = checked(&format!("2162{:04}", 9000 + number));
        let siret = checked(&format!("{siren}0001"));
        body(OrganisationKind::Commune, &format!("Commune {number}"), &siret)
    });
    import_members(app, &buyer(), communes.collect()).await.unwrap();
    let all = travee::store::group::organisations(&app.store, &[]).await.unwrap();
    let new: Vec<_> = all
        .iter()
        .filter(|one| one.organisation.name.starts_with("Commune "))
        .map(|one| one.id)
        .collect();
    assert_eq!(i64::try_from(new.len()).unwrap(), count);
    confirm_sirets(app, &buyer(), &new).await.unwrap();
    members(app, group, &new).await;
    let sites: Vec<_> = new.iter().map(|id| site(*id, "Mairie")).collect();
    add_sites(app, &buyer(), &sites).await.unwrap();
    new
}

/// The digits and the one that makes their Luhn sum right.
fn checked(digits: &str) -> String {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip(0..)
        .map(|(byte, at)| {
            let digit = u32::from(byte - b'0') * if at % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}
