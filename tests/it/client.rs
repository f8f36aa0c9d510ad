//! A browser without a screen: keeps its cookie, follows nothing, asks the real router.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use domain::ids::{CampaignId, OrganisationId, PersonId};
use domain::platform::role::Role;
use sea_orm::{ConnectionTrait, Statement};
use tower::ServiceExt;
use travee::usecases::App;
use travee::usecases::platform::sessions::{Holder, Place, open};

use crate::harness::Fresh;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.status, self.location(), self.text())
    }
}

impl Answer {
    /// The body as text, every space a plain one, a slash a slash.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes)
            .replace(['\u{a0}', '\u{202f}'], " ")
            .replace("&#x2f;", "/")
    }

    /// Where a redirect leads.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// Fails unless the page was shown and holds all of these words.
    #[track_caller]
    pub(crate) fn shows(self, words: &[&str]) -> Self {
        let text = self.text();
        assert_eq!(self.status, StatusCode::OK, "{text}");
        for words in words {
            assert!(text.contains(words), "« {words} » is missing from: {text}");
        }
        self
    }

    /// Fails unless it leads to `path`.
    #[track_caller]
    pub(crate) fn leads_to(self, path: &str) -> Self {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        assert_eq!(self.location(), path);
        self
    }
}

/// One browser. Clone it to have two of the same person.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) router: Router,
    pub(crate) cookie: Option<String>,
}

impl Client {
    /// A browser where nobody is signed in.
    pub(crate) fn new(app: &App) -> Self {
        let router = travee::web::router(app.clone(), BTreeSet::new()).unwrap();
        Self { router, cookie: None }
    }

    /// A browser of somebody, second factor given.
    pub(crate) async fn of(app: &App, person: PersonId) -> Self {
        Self::new(app).beside(app, person).await
    }

    /// A browser of somebody else at the same service, with a session of its own.
    pub(crate) async fn beside(&self, app: &App, person: PersonId) -> Self {
        let holder = Holder::Person { id: person, second_factor: true };
        let token = open(app, holder, &Place::default()).await.unwrap();
        Self { router: self.router.clone(), cookie: Some(format!("travee={token}")) }
    }

    /// A browser of somebody new who holds these roles in one organisation.
    pub(crate) async fn with(
        app: &App,
        fresh: &Fresh,
        organisation: OrganisationId,
        roles: &[Role],
    ) -> Self {
        let name = roles.first().map_or("personne", |role| role.code());
        let email = format!("{name}.{organisation}@exemple.fr");
        Self::of(app, person(fresh, &email, organisation, roles).await).await
    }

    /// A browser that opened a census's shared link.
    pub(crate) async fn of_link(
        app: &App,
        organisation: OrganisationId,
        campaign: CampaignId,
    ) -> Self {
        let holder = Holder::Census { organisation, campaign };
        let token = open(app, holder, &Place::default()).await.unwrap();
        Self { cookie: Some(format!("travee={token}")), ..Self::new(app) }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    /// Sends a form as a browser does from a page of ours.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, &[("sec-fetch-site", "same-origin")], fields).await
    }

    /// Sends a form with files: (field, name, bytes).
    pub(crate) async fn upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Answer {
        const EDGE: &str = "----bord";
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!(
                "--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        for (field, name, bytes) in files {
            let head = format!(
                "--{EDGE}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{EDGE}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={EDGE}");
        self.ask(Method::POST, path, Some((kind, body))).await
    }

    /// Sends an empty form that says where it comes from only by these headers.
    pub(crate) async fn post_from(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, headers, None).await
    }

    /// Sends a form that says where it comes from only by these headers.
    pub(crate) async fn post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Answer {
        let kind = "application/x-www-form-urlencoded".to_owned();
        self.send(Method::POST, path, headers, Some((kind, encoded(fields)))).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<(String, Vec<u8>)>) -> Answer {
        self.send(method, path, &[("sec-fetch-site", "same-origin")], body).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(String, Vec<u8>)>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "travee.test")
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let body = match body {
            None => Body::empty(),
            Some((kind, bytes)) => {
                request = request.header(header::CONTENT_TYPE, kind);
                Body::from(bytes)
            }
        };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }
}

fn encoded(fields: &[(&str, &str)]) -> Vec<u8> {
    let coded: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", coded(name), coded(value))).collect();
    coded.join("&").into_bytes()
}

fn coded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Somebody who holds these roles in one organisation since 2026.
pub(crate) async fn person(
    fresh: &Fresh,
    email: &str,
    organisation: OrganisationId,
    roles: &[Role],
) -> PersonId {
    let db = fresh.raw().await;
    let now = "2026-01-01 00:00:00+00:00";
    db.execute_unprepared(&format!(
        "INSERT INTO person (email, name, created_at) VALUES ('{email}', 'Camille Dupont', '{now}')"
    ))
    .await
    .unwrap();
    let found = Statement::from_string(
        db.get_database_backend(),
        format!("SELECT id FROM person WHERE email = '{email}'"),
    );
    let row = db.query_one_raw(found).await.unwrap().unwrap();
    let id: i64 = row.try_get("", "id").unwrap();
    for role in roles {
        db.execute_unprepared(&format!(
            "INSERT INTO role_grant (person_id, organisation_id, role, from_day, given_by) \
             VALUES ({id}, {organisation}, '{}', '2026-01-01', 'essai')",
            role.code()
        ))
        .await
        .unwrap();
    }
    db.close().await.unwrap();
    PersonId(id)
}
