//! The member's census through its pages: what is typed is never lost, what is shown is what is
//! sent and what the receipt says, and nobody reaches another member's sheet.

mod answering;
mod bounds;
mod signing;

use domain::ids::{CampaignId, SiteId};
use domain::platform::role::Role;
use travee::store::Viewer;
use travee::store::campaigns as store;

use crate::campaigns::World;
use crate::client::{Answer, Client};
use crate::harness::On;

/// A census that runs, and a référent of Bapaume, which has one delivery point.
struct Town {
    world: World,
    census: CampaignId,
    client: Client,
}

const BAPAUME: usize = 3;
const ARRAS: usize = 2;

impl Town {
    async fn new(on: On) -> Self {
        let world = World::new(on).await;
        let census = world.open().await;
        let client = world.client(BAPAUME, Role::MemberContact).await;
        Self { world, census, client }
    }

    fn path(&self, screen: &str) -> String {
        format!("/campagnes/{}{screen}", self.census)
    }

    async fn site(&self, body: usize) -> SiteId {
        self.world.keys(self.census, body).await[0].site
    }

    async fn field(&self, reference: &str) -> String {
        format!("a{}", self.world.article(reference).await)
    }

    async fn sheet(&self, body: usize) -> store::StoredSheet {
        let census = store::census(&self.world.app.store, self.census).await.unwrap();
        let viewer = Viewer::Member(self.world.bodies[body]);
        store::sheets(&self.world.app.store, viewer, &census, None).await.unwrap().remove(0)
    }
}

impl World {
    async fn client(&self, body: usize, role: Role) -> Client {
        Client::with(&self.app, &self.fresh, self.bodies[body], &[role]).await
    }

    async fn keys(&self, census: CampaignId, body: usize) -> Vec<store::SheetKey> {
        let viewer = Viewer::Member(self.bodies[body]);
        store::sheet_keys(&self.app.store, viewer, census).await.unwrap()
    }
}

/// The value of a hidden field.
fn hidden(answer: &Answer, name: &str) -> String {
    let text = answer.text();
    let at = text.find(&format!("name=\"{name}\" value=\"")).expect("the hidden field");
    let rest = &text[at..];
    let value = rest.split("value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}
