//! Every page, by every role that may see it, as everybody must be able to use it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::header;
use domain::platform::role::Role;
use travee::usecases::Site;

use super::axe::{AXE, Faults, unseen_focus};
use super::driver::Window;
use super::site::{Open, open};
use crate::client::{Answer, Client};
use crate::harness::On;
use crate::house::House;
use crate::routes::{For, TABLE};
use crate::rows::address;

/// A page as one reader sees it.
pub(super) struct Seen {
    pub(super) path: &'static str,
    address: String,
    pub(super) reader: String,
    cookie: Option<String>,
    /// Nobody came to this path before.
    pub(super) first: bool,
}

/// What a page is about, without what is new each time it is asked for. The head and the foot are
/// those of its reader, and stand on each of that reader's pages.
fn lasting(answer: &Answer) -> String {
    let text = answer.text();
    let (_, main) = text.split_once("<main").expect("a page has a main part");
    main.lines().filter(|line| !line.contains("name=\"cle\"")).collect::<Vec<_>>().join("\n")
}

/// A house that is a demonstration, too: its mailbox and its page of all parts are walked.
pub(super) async fn demonstration() -> House {
    let mut house = House::open(On::Sqlite).await;
    house.fresh().execute("INSERT INTO setting (name, value) VALUES ('demo', 'built')").await;
    house.app.site = Arc::new(Site { demo: true, ..Site::clone(&house.app.site) });
    house
}

/// Every page that differs from those before it: roles that see the same see it once.
pub(super) async fn seen(open: &Open) -> Vec<Seen> {
    let mut clients = vec![("nobody".to_owned(), None, Client::new(&open.app))];
    for role in Role::ALL {
        let client = Client::of(&open.app, open.house.person(*role)).await;
        clients.push((role.code().to_owned(), Some(*role), client));
    }
    let (mut seen, mut known) = (Vec::new(), BTreeSet::new());
    for (method, path, who) in TABLE {
        if *method != "GET" {
            continue;
        }
        let Some(page) = address(&open.house, path, open.house.arras()).await else { continue };
        let mut first = true;
        for (reader, role, client) in &clients {
            let may = role.map_or(*who == For::All, |role| who.includes(role));
            if !may {
                continue;
            }
            let answer = client.get(&page).await;
            let kind = answer.headers.get(header::CONTENT_TYPE);
            let html = kind.is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"));
            if html && answer.status.is_success() && known.insert(lasting(&answer)) {
                let (address, reader, cookie) =
                    (page.clone(), reader.clone(), client.cookie.clone());
                seen.push(Seen { path, address, reader, cookie, first });
                first = false;
            }
        }
    }
    // The reader changes seldom.
    seen.sort_by(|one, other| one.reader.cmp(&other.reader));
    seen
}

impl Open {
    pub(super) async fn show(&self, page: &Seen, signed_in: &mut Option<String>) {
        if *signed_in != page.cookie {
            self.browser.sign_in(page.cookie.as_deref()).await;
            signed_in.clone_from(&page.cookie);
        }
        self.browser.goto(&page.address).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_used_by_everybody_on_a_telephone() {
    let open = open(demonstration().await).await;
    let pages = seen(&open).await;
    let browser = &open.browser;
    browser.carry(AXE).await;
    let (mut found, mut signed_in) = (Faults::default(), None);
    browser.look_through(Window::TELEPHONE).await;
    for page in &pages {
        open.show(page, &mut signed_in).await;
        let name = format!("{} for {}", page.path, page.reader);
        found.judge(browser, &name, Window::TELEPHONE).await;
        found.add(&name, unseen_focus(browser).await);
    }
    println!("{} pages as several roles see them", pages.len());
    found.none();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_used_at_a_desk_zoomed_and_in_the_dark() {
    let open = open(demonstration().await).await;
    let pages = seen(&open).await;
    let firsts: Vec<&Seen> = pages.iter().filter(|page| page.first).collect();
    let browser = &open.browser;
    browser.carry(AXE).await;
    let (mut found, mut signed_in) = (Faults::default(), None);
    browser.look_through(Window::DESK).await;
    for page in &firsts {
        open.show(page, &mut signed_in).await;
        found.judge(browser, page.path, Window::DESK).await;
    }
    // Zoom and darkness are the style sheet's: a part of the pages shows them.
    for (window, from) in
        [(Window::ZOOMED, 0), (Window::DESK.dark(), 1), (Window::TELEPHONE.dark(), 2)]
    {
        browser.look_through(window).await;
        for page in firsts.iter().skip(from).step_by(3) {
            open.show(page, &mut signed_in).await;
            found.judge(browser, page.path, window).await;
        }
    }
    println!("{} pages", firsts.len());
    found.none();
}

/// Empties what can be typed in the first form of the page that has such a field, and sends it;
/// whether there was one.
const SEND_EMPTY: &str = "
    const typed = 'input:not([type=hidden]):not([type=radio]):not([type=checkbox]):not([type=file])'
      + ':not([type=submit]):not([type=search]), textarea';
    for (const form of document.querySelectorAll('main form')) {
      const fields = form.querySelectorAll(typed);
      if (form.method !== 'post' || fields.length === 0) continue;
      fields.forEach(field => { field.value = field.type === 'date' ? '' : field.value && '???'; });
      form.noValidate = true;
      form.requestSubmit();
      return true;
    }
    return false;";

#[tokio::test(flavor = "multi_thread")]
async fn pages_in_error_can_be_used_too() {
    let open = open(demonstration().await).await;
    let pages = seen(&open).await;
    let browser = &open.browser;
    browser.carry(AXE).await;
    browser.look_through(Window::TELEPHONE).await;
    let (mut found, mut signed_in, mut sent) = (Faults::default(), None, 0);
    for page in pages.iter().filter(|page| page.first) {
        open.show(page, &mut signed_in).await;
        if browser.ask(SEND_EMPTY).await != true {
            continue;
        }
        sent += 1;
        // The page that answers, whichever it is.
        browser.settles().await;
        let name = format!("{} sent with nothing right", page.path);
        found.judge(browser, &name, Window::TELEPHONE).await;
        // Some forms sign the reader out.
        signed_in = Some(String::new());
    }
    browser.goto("/nulle-part").await;
    found.judge(browser, "a page that is not there", Window::TELEPHONE).await;
    open.become_one(Role::MemberReader).await;
    browser.goto("/gestion/membres").await;
    found.judge(browser, "a page that is refused", Window::TELEPHONE).await;
    println!("{sent} forms sent with nothing right");
    found.none();
}
