//! The real router on a real socket, for one test.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::platform::role::Role;
use tokio::net::TcpListener;
use travee::usecases::{App, Site};

use super::driver::Browser;
use crate::client::Client;
use crate::house::House;

/// The house, its pages served, and a browser before them.
pub(crate) struct Open {
    pub(crate) house: House,
    /// As it is served: links of its e-mails lead to the socket.
    pub(crate) app: App,
    pub(crate) browser: Browser,
}

/// Serves `app` on a socket until the test ends; where.
pub(crate) async fn serve(app: &App) -> (String, App) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let site = Arc::new(Site { base_url: base_url.clone(), ..(*app.site).clone() });
    let app = App { site, ..app.clone() };
    let router = travee::web::router(app.clone(), BTreeSet::new()).unwrap();
    tokio::spawn(travee::web::serve(
        listener,
        router,
        travee::web::Bounds::default(),
        std::future::pending(),
    ));
    (base_url, app)
}

/// Serves `house` until the test ends.
pub(crate) async fn open(house: House) -> Open {
    let (base_url, app) = serve(&house.app).await;
    let browser = Browser::open(&base_url).await;
    Open { house, app, browser }
}

impl Open {
    /// The browser becomes whoever holds the role.
    pub(crate) async fn become_one(&self, role: Role) {
        let client = Client::of(&self.app, self.house.person(role)).await;
        self.browser.sign_in(client.cookie.as_deref()).await;
    }
}
