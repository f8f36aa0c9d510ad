//! Who may go where: every route of the router, role by role.
//!
//! Each route has one line: its method and path, and who gets it. A route without a line, or a
//! line without a route, fails. Paths are asked with rows that do not exist (`999`): whoever may
//! come in gets anything but a refusal; whoever may not gets 403; whoever is not signed in is
//! asked to. The tests of an area ask for rows of others: always 404. The table makes it long.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use domain::group::organisation::OrganisationKind;
use domain::platform::role::Role;
use rstest::rstest;
use travee::usecases::group::import_members;

use crate::client::{Client, person};
use crate::fixtures::{app_on, body, buyer, organisations};
use crate::harness::On;

/// Who gets a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Also whoever is not signed in.
    All,
    /// Everybody signed in.
    SignedIn,
    /// Whoever holds one of these roles.
    Roles(&'static [Role]),
}

use Role::{
    Administrator, Archivist, Buyer, CoordinatorFinance, Inspector, MemberContact, MemberFinance,
    MemberReader, Signatory,
};

/// All roles of members: they read all of their own.
const OWN: For = For::Roles(&[MemberContact, Signatory, MemberFinance, MemberReader]);
/// Those who write needs, adjust orders, receive deliveries.
const WRITERS: For = For::Roles(&[MemberContact, Signatory]);
const SIGNATORY: For = For::Roles(&[Signatory]);
const FINANCE: For = For::Roles(&[MemberFinance]);
/// Everybody of the CdG62 reads members, needs and deliveries.
const CDG: For = For::Roles(&[Buyer, CoordinatorFinance, Archivist, Administrator]);
/// Catalogue, contracts, orders, invoices: the archivists do not.
const PURCHASES: For = For::Roles(&[Buyer, CoordinatorFinance, Administrator]);
const BUYER: For = For::Roles(&[Buyer]);
const ACCOUNTANT: For = For::Roles(&[CoordinatorFinance]);
const PEOPLE: For = For::Roles(&[Buyer, Administrator]);
const ADMINISTRATOR: For = For::Roles(&[Administrator]);

/// One line a route.
pub(crate) const TABLE: &[(&str, &str, For)] = &[
    // platform
    ("GET", "/", For::SignedIn),
    ("GET", "/healthz", For::All),
    ("GET", "/readyz", For::All),
    ("GET", "/actifs/{mark}/{*name}", For::All),
    ("GET", "/administration/taches", ADMINISTRATOR),
    ("GET", "/administration/taches/{id}", ADMINISTRATOR),
    ("POST", "/administration/taches/{id}/annulation", ADMINISTRATOR),
    ("POST", "/administration/taches/{id}/relance", ADMINISTRATOR),
    ("GET", "/administration/courriels", ADMINISTRATOR),
    ("GET", "/administration/courriels/{id}", ADMINISTRATOR),
    ("POST", "/administration/courriels/{id}/renvoi", ADMINISTRATOR),
    ("POST", "/administration/courriels/{id}/retour", ADMINISTRATOR),
    ("GET", "/taches/{id}", For::SignedIn),
    ("POST", "/taches/{id}/annulation", For::SignedIn),
    ("GET", "/taches/{id}/fichier", For::SignedIn),
    ("GET", "/gestion/recensements/{id}/lettres", BUYER),
    ("GET", "/gestion/adresses", PEOPLE),
    ("POST", "/notifications/lues", For::SignedIn),
    ("GET", "/demo/courriels", For::All),
    ("GET", "/demo/courriels/{id}", For::All),
    ("GET", "/demo/composants", For::All),
    ("GET", "/administration/parametres", ADMINISTRATOR),
    ("POST", "/administration/parametres", ADMINISTRATOR),
    ("GET", "/administration/references", ADMINISTRATOR),
    ("GET", "/administration/references/taux", ADMINISTRATOR),
    ("POST", "/administration/references/taux", ADMINISTRATOR),
    ("GET", "/aide", For::All),
    ("GET", "/accessibilite", For::All),
    ("GET", "/confidentialite", For::All),
    ("GET", "/plan-du-site", For::All),
    ("GET", "/mentions-legales", For::All),
    ("GET", "/recherche", For::SignedIn),
    // orders
    ("GET", "/commandes", OWN),
    ("GET", "/commandes/{id}", OWN),
    ("GET", "/commandes/{id}/quantites", WRITERS),
    ("POST", "/commandes/{id}/quantites", WRITERS),
    ("GET", "/commandes/{id}/validation", WRITERS),
    ("POST", "/commandes/{id}/validation", SIGNATORY),
    ("POST", "/commandes/{id}/signature-papier", WRITERS),
    ("POST", "/commandes/{id}/references", FINANCE),
    ("GET", "/livraisons", OWN),
    ("GET", "/livraisons/{order}/reception", WRITERS),
    ("POST", "/livraisons/{order}/reception", WRITERS),
    ("POST", "/livraisons/{order}/decisions", WRITERS),
    ("GET", "/livraisons/pieces/{id}", OWN),
    // invoices
    ("GET", "/factures", OWN),
    ("GET", "/factures/depot", FINANCE),
    ("POST", "/factures/depot", FINANCE),
    ("GET", "/factures/{id}", OWN),
    ("GET", "/factures/{id}/paiement", FINANCE),
    ("POST", "/factures/{id}/paiement", FINANCE),
    // finance
    ("GET", "/comptabilite", PURCHASES),
    ("GET", "/comptabilite/depot", ACCOUNTANT),
    ("POST", "/comptabilite/depot", ACCOUNTANT),
    ("GET", "/comptabilite/factures/{id}", PURCHASES),
    ("GET", "/comptabilite/factures/{id}/original", PURCHASES),
    ("GET", "/comptabilite/factures/{id}/etapes/{step}", ACCOUNTANT),
    ("POST", "/comptabilite/factures/{id}/etapes/{step}", ACCOUNTANT),
    ("GET", "/comptabilite/factures/{id}/repartition", PURCHASES),
    ("POST", "/comptabilite/factures/{id}/repartition", ACCOUNTANT),
    ("GET", "/comptabilite/factures/{id}/repartition/comparaison", PURCHASES),
    ("GET", "/comptabilite/factures/{id}/precisions", ACCOUNTANT),
    ("POST", "/comptabilite/factures/{id}/precisions", ACCOUNTANT),
    ("POST", "/comptabilite/factures/{id}/precisions/apercu", ACCOUNTANT),
    ("GET", "/comptabilite/factures/{id}/releves", PURCHASES),
    ("POST", "/comptabilite/factures/{id}/releves", ACCOUNTANT),
    ("GET", "/comptabilite/factures/{id}/releves.zip", PURCHASES),
    ("GET", "/comptabilite/releves/{id}", PURCHASES),
    ("GET", "/comptabilite/echeances", PURCHASES),
    ("GET", "/comptabilite/titres", PURCHASES),
    ("POST", "/comptabilite/titres", ACCOUNTANT),
    ("GET", "/comptabilite/titres/{id}", PURCHASES),
    ("GET", "/comptabilite/annees", PURCHASES),
    ("GET", "/comptabilite/annees/{year}", PURCHASES),
    // papers
    ("GET", "/documents", OWN),
    ("GET", "/documents/{id}", OWN),
    ("GET", "/documents/annee/{year}", OWN),
    // the buyer's censuses
    ("GET", "/gestion/recensements", CDG),
    ("POST", "/gestion/recensements", BUYER),
    ("GET", "/gestion/recensements/nouveau", BUYER),
    ("GET", "/gestion/recensements/{id}", CDG),
    ("GET", "/gestion/recensements/{id}/modification", BUYER),
    ("POST", "/gestion/recensements/{id}/modification", BUYER),
    ("GET", "/gestion/recensements/{id}/ouverture", BUYER),
    ("POST", "/gestion/recensements/{id}/ouverture", BUYER),
    ("GET", "/gestion/recensements/{id}/calendrier", BUYER),
    ("POST", "/gestion/recensements/{id}/calendrier", BUYER),
    ("GET", "/gestion/recensements/{id}/cloture", BUYER),
    ("POST", "/gestion/recensements/{id}/cloture", BUYER),
    ("GET", "/gestion/recensements/{id}/reouverture", BUYER),
    ("POST", "/gestion/recensements/{id}/reouverture", BUYER),
    ("GET", "/gestion/recensements/{id}/arret", BUYER),
    ("POST", "/gestion/recensements/{id}/arret", BUYER),
    ("GET", "/gestion/recensements/{id}/annulation", BUYER),
    ("POST", "/gestion/recensements/{id}/annulation", BUYER),
    ("POST", "/gestion/recensements/{id}/fiches", BUYER),
    ("POST", "/gestion/recensements/{id}/recepisses", BUYER),
    ("GET", "/gestion/recensements/{id}/reponses", CDG),
    ("GET", "/gestion/recensements/{id}/epci", CDG),
    ("GET", "/gestion/recensements/{id}/silencieux", CDG),
    ("POST", "/gestion/recensements/{id}/relance", BUYER),
    ("GET", "/gestion/recensements/{id}/membres/{member}", CDG),
    ("GET", "/gestion/recensements/{id}/fiches/{sheet}", BUYER),
    ("POST", "/gestion/recensements/{id}/fiches/{sheet}", BUYER),
    ("POST", "/gestion/recensements/{id}/fiches/{sheet}/reouverture", BUYER),
    ("GET", "/gestion/recensements/{id}/anomalies", CDG),
    ("GET", "/gestion/recensements/{id}/consolidation", CDG),
    ("GET", "/gestion/recensements/{id}/consolidation/{article}", CDG),
    ("GET", "/gestion/recensements/{id}/consultation", BUYER),
    ("POST", "/gestion/recensements/{id}/consultation", BUYER),
    // consultations
    ("GET", "/gestion/procedures", PURCHASES),
    ("GET", "/gestion/procedures/{id}", PURCHASES),
    ("POST", "/gestion/procedures/{id}/fiches", BUYER),
    ("GET", "/gestion/procedures/lots/{id}", PURCHASES),
    ("GET", "/gestion/procedures/lots/{id}/offre", BUYER),
    ("POST", "/gestion/procedures/lots/{id}/offre", BUYER),
    ("GET", "/gestion/procedures/offres/{id}/attribution", BUYER),
    ("POST", "/gestion/procedures/offres/{id}/attribution", BUYER),
    // catalogue
    ("GET", "/gestion/catalogue", PURCHASES),
    ("GET", "/gestion/catalogue/{id}", PURCHASES),
    ("GET", "/gestion/catalogue/{id}/version", BUYER),
    ("POST", "/gestion/catalogue/{id}/version", BUYER),
    ("POST", "/gestion/catalogue/{id}/retrait", BUYER),
    ("GET", "/gestion/catalogue/fichier", BUYER),
    ("POST", "/gestion/catalogue/fichier/apercu", BUYER),
    ("POST", "/gestion/catalogue/fichier", BUYER),
    // accounts
    ("GET", "/connexion", For::All),
    ("POST", "/connexion", For::All),
    ("GET", "/connexion/lien/{token}", For::All),
    ("POST", "/connexion/lien/{token}", For::All),
    ("GET", "/connexion/mot-de-passe", For::All),
    ("POST", "/connexion/mot-de-passe", For::All),
    ("GET", "/connexion/reprise", For::SignedIn),
    ("POST", "/deconnexion", For::All),
    ("GET", "/connexion/code", For::SignedIn),
    ("POST", "/connexion/code", For::SignedIn),
    ("GET", "/mot-de-passe-oublie", For::All),
    ("POST", "/mot-de-passe-oublie", For::All),
    ("GET", "/mot-de-passe/{token}", For::All),
    ("POST", "/mot-de-passe/{token}", For::All),
    ("GET", "/invitation/{token}", For::All),
    ("POST", "/invitation/{token}", For::All),
    ("GET", "/r/{token}", For::All),
    ("POST", "/r/{token}", For::All),
    ("GET", "/compte", For::SignedIn),
    ("GET", "/compte/coordonnees", For::SignedIn),
    ("POST", "/compte/coordonnees", For::SignedIn),
    ("GET", "/compte/adresse", For::SignedIn),
    ("POST", "/compte/adresse", For::SignedIn),
    ("GET", "/compte/adresse/{token}", For::All),
    ("POST", "/compte/adresse/{token}", For::All),
    ("GET", "/compte/mot-de-passe", For::SignedIn),
    ("POST", "/compte/mot-de-passe", For::SignedIn),
    ("POST", "/compte/appareils/{id}/deconnexion", For::SignedIn),
    ("POST", "/compte/deconnexion-partout", For::SignedIn),
    ("GET", "/compte/organisme", For::SignedIn),
    ("POST", "/compte/organisme", For::SignedIn),
    ("GET", "/compte/double-authentification", For::SignedIn),
    ("POST", "/compte/double-authentification", For::SignedIn),
    ("GET", "/compte/double-authentification/image", For::SignedIn),
    ("POST", "/compte/double-authentification/retrait", For::SignedIn),
    ("POST", "/compte/codes-de-secours", For::SignedIn),
    ("GET", "/equipe", WRITERS),
    ("GET", "/equipe/pouvoirs", WRITERS),
    ("POST", "/equipe/pouvoirs", SIGNATORY),
    ("POST", "/equipe/pouvoirs/{contact}/fin", SIGNATORY),
    ("GET", "/gestion/membres/{id}/pouvoirs", BUYER),
    ("POST", "/gestion/membres/{id}/pouvoirs", BUYER),
    ("POST", "/gestion/membres/{id}/pouvoirs/{contact}/fin", BUYER),
    ("GET", "/equipe/invitation", WRITERS),
    ("POST", "/equipe/invitation", WRITERS),
    ("GET", "/equipe/{person}", WRITERS),
    ("POST", "/equipe/{person}/retrait", WRITERS),
    ("POST", "/equipe/{person}/roles/{grant}/retrait", WRITERS),
    ("POST", "/equipe/{person}/invitation", WRITERS),
    ("GET", "/gestion/membres/{id}/equipe", PEOPLE),
    ("GET", "/gestion/membres/{id}/equipe/invitation", PEOPLE),
    ("POST", "/gestion/membres/{id}/equipe/invitation", PEOPLE),
    ("GET", "/gestion/membres/{id}/equipe/{person}", PEOPLE),
    ("POST", "/gestion/membres/{id}/equipe/{person}/retrait", PEOPLE),
    ("POST", "/gestion/membres/{id}/equipe/{person}/roles/{grant}/retrait", PEOPLE),
    ("POST", "/gestion/membres/{id}/equipe/{person}/invitation", PEOPLE),
    ("GET", "/administration/organismes/{id}/equipe", ADMINISTRATOR),
    ("GET", "/administration/organismes/{id}/equipe/invitation", ADMINISTRATOR),
    ("POST", "/administration/organismes/{id}/equipe/invitation", ADMINISTRATOR),
    ("GET", "/administration/organismes/{id}/equipe/{person}", ADMINISTRATOR),
    ("POST", "/administration/organismes/{id}/equipe/{person}/retrait", ADMINISTRATOR),
    (
        "POST",
        "/administration/organismes/{id}/equipe/{person}/roles/{grant}/retrait",
        ADMINISTRATOR,
    ),
    ("POST", "/administration/organismes/{id}/equipe/{person}/invitation", ADMINISTRATOR),
    ("GET", "/administration/personnes", ADMINISTRATOR),
    ("GET", "/administration/personnes/{id}", ADMINISTRATOR),
    ("POST", "/administration/personnes/{id}/blocage", ADMINISTRATOR),
    ("POST", "/administration/personnes/{id}/retablissement", ADMINISTRATOR),
    ("POST", "/administration/personnes/{id}/double-authentification", ADMINISTRATOR),
    // census: the member answers; a shared link reads and writes too, tested in census_pages
    ("GET", "/campagnes", OWN),
    ("GET", "/campagnes/{id}", OWN),
    ("POST", "/campagnes/{id}/reprise", WRITERS),
    ("POST", "/campagnes/{id}/modification", WRITERS),
    ("GET", "/campagnes/{id}/neant", WRITERS),
    ("POST", "/campagnes/{id}/neant", WRITERS),
    ("GET", "/campagnes/{id}/livraison", WRITERS),
    ("POST", "/campagnes/{id}/livraison", WRITERS),
    ("GET", "/campagnes/{id}/livraison/{lieu}", WRITERS),
    ("POST", "/campagnes/{id}/livraison/{lieu}", WRITERS),
    ("GET", "/campagnes/{id}/besoins", WRITERS),
    ("POST", "/campagnes/{id}/besoins", WRITERS),
    ("POST", "/campagnes/{id}/brouillon", WRITERS),
    ("GET", "/campagnes/{id}/verification", WRITERS),
    ("POST", "/campagnes/{id}/verification", WRITERS),
    ("GET", "/campagnes/{id}/merci", OWN),
    ("GET", "/campagnes/{id}/recepisse", OWN),
    ("GET", "/campagnes/{id}/signature", WRITERS),
    ("POST", "/campagnes/{id}/signature", SIGNATORY),
    ("POST", "/campagnes/{id}/signature-papier", WRITERS),
    // delivery points and membership
    ("GET", "/lieux", OWN),
    ("GET", "/lieux/nouveau", WRITERS),
    ("POST", "/lieux/nouveau", WRITERS),
    ("GET", "/lieux/{id}", WRITERS),
    ("POST", "/lieux/{id}", WRITERS),
    ("GET", "/lieux/{id}/retrait", WRITERS),
    ("POST", "/lieux/{id}/retrait", WRITERS),
    ("GET", "/adhesion", OWN),
    ("GET", "/adhesion/pieces/{id}", OWN),
    // buying
    ("GET", "/gestion/marches/{id}", PURCHASES),
    ("GET", "/gestion/marches", PURCHASES),
    ("GET", "/gestion/conventions", CDG),
    ("GET", "/gestion/conventions/{id}", CDG),
    ("POST", "/gestion/conventions/{id}/texte", BUYER),
    ("GET", "/gestion/textes/{id}", CDG),
    ("GET", "/gestion/livraisons", CDG),
    ("GET", "/gestion/livraisons/{id}", CDG),
    ("POST", "/gestion/livraisons/{id}", BUYER),
    ("GET", "/gestion/fenetres/{id}/emission", BUYER),
    ("POST", "/gestion/fenetres/{id}/emission", BUYER),
    ("POST", "/gestion/fenetres/{id}/emission/arret", BUYER),
    ("GET", "/gestion/journal", BUYER),
    ("GET", "/administration/journal", ADMINISTRATOR),
    ("POST", "/administration/journal/verification", ADMINISTRATOR),
    ("GET", "/gestion/membres/{id}", CDG),
    ("POST", "/gestion/membres/{id}/siret/confirmation", BUYER),
    ("GET", "/gestion/membres/{id}/siret", BUYER),
    ("POST", "/gestion/membres/{id}/siret", BUYER),
    ("GET", "/gestion/membres/{id}/contacts/{contact}", BUYER),
    ("POST", "/gestion/membres/{id}/contacts/{contact}", BUYER),
    ("POST", "/gestion/membres/{id}/contacts/{contact}/retrait", BUYER),
    ("GET", "/gestion/membres", CDG),
    ("GET", "/gestion/membres/nouveau", BUYER),
    ("POST", "/gestion/membres/nouveau", BUYER),
    ("GET", "/gestion/membres/fichier", BUYER),
    ("POST", "/gestion/membres/fichier/apercu", BUYER),
    ("POST", "/gestion/membres/fichier", BUYER),
    ("GET", "/gestion/conventions/{id}/adhesions", BUYER),
    ("POST", "/gestion/conventions/{id}/adhesions/apercu", BUYER),
    ("POST", "/gestion/conventions/{id}/adhesions", BUYER),
    ("GET", "/gestion/conventions/nouvelle", BUYER),
    ("POST", "/gestion/conventions/nouvelle", BUYER),
    ("GET", "/gestion/conventions/{id}/membres/{membre}", CDG),
    ("POST", "/gestion/conventions/{id}/membres/{membre}/invitation", BUYER),
    ("POST", "/gestion/conventions/{id}/membres/{membre}/deliberation", BUYER),
    ("POST", "/gestion/conventions/{id}/membres/{membre}/signature", BUYER),
    ("POST", "/gestion/conventions/{id}/membres/{membre}/admission", BUYER),
    ("GET", "/gestion/conventions/{id}/membres/{membre}/retrait", BUYER),
    ("POST", "/gestion/conventions/{id}/membres/{membre}/retrait", BUYER),
    ("GET", "/gestion/deliberations/{id}", CDG),
    ("GET", "/gestion/membres/reunion", BUYER),
    ("POST", "/gestion/membres/reunion/apercu", BUYER),
    ("POST", "/gestion/membres/reunion", BUYER),
    ("POST", "/gestion/membres/reunion/commune", BUYER),
    ("GET", "/gestion/commandes/{id}", PURCHASES),
    ("GET", "/gestion/commandes/{id}/parts", PURCHASES),
    ("GET", "/gestion/commandes/{id}/signature", BUYER),
    ("POST", "/gestion/commandes/{id}/signature", BUYER),
    ("GET", "/gestion/commandes/{id}/signature-papier", BUYER),
    ("POST", "/gestion/commandes/{id}/signature-papier", BUYER),
    ("GET", "/gestion/pieces/{id}", CDG),
    ("GET", "/gestion/commandes/{id}/emission", BUYER),
    ("POST", "/gestion/commandes/{id}/emission", BUYER),
    ("GET", "/gestion/commandes/{id}/annulation", BUYER),
    ("POST", "/gestion/commandes/{id}/annulation", BUYER),
    ("GET", "/gestion/commandes/{id}/solde", BUYER),
    ("POST", "/gestion/commandes/{id}/solde", BUYER),
    ("GET", "/gestion/commandes/{id}/avenant", BUYER),
    ("POST", "/gestion/commandes/{id}/avenant/apercu", BUYER),
    ("POST", "/gestion/commandes/{id}/avenant", BUYER),
    ("GET", "/gestion/commandes", PURCHASES),
    ("GET", "/gestion/fenetres/{id}/envois", BUYER),
    ("POST", "/gestion/fenetres/{id}/envois", BUYER),
    ("GET", "/gestion/fenetres/{id}/envois/{rang}", PURCHASES),
    ("GET", "/gestion/fenetres/{id}/envois/{rang}/depart", BUYER),
    ("POST", "/gestion/fenetres/{id}/envois/{rang}/depart", BUYER),
    ("POST", "/gestion/fenetres/{id}/envois/{rang}/reception", BUYER),
    // the holder of a contract takes its orders by a link
    ("GET", "/envois/{token}", For::All),
    ("POST", "/envois/{token}", For::All),
    ("GET", "/envois/fichier/{token}", For::All),
    ("GET", "/gestion/documents/{id}", CDG),
    ("GET", "/gestion/fenetres/{id}/documents", PURCHASES),
    ("GET", "/gestion/marches/{id}/revision", BUYER),
    ("POST", "/gestion/marches/{id}/revision/apercu", BUYER),
    ("POST", "/gestion/marches/{id}/revision", BUYER),
    ("GET", "/gestion/marches/{id}/fenetres/nouvelle", BUYER),
    ("POST", "/gestion/marches/{id}/fenetres", BUYER),
    ("GET", "/gestion/fenetres/{id}", PURCHASES),
    ("GET", "/gestion/fenetres/{id}/brouillons", BUYER),
    ("POST", "/gestion/fenetres/{id}/brouillons", BUYER),
    ("POST", "/gestion/fenetres/{id}/recalcul", BUYER),
    ("GET", "/gestion/fenetres/{id}/cloture", BUYER),
    ("POST", "/gestion/fenetres/{id}/cloture", BUYER),
];

impl For {
    pub(crate) fn includes(self, role: Role) -> bool {
        match self {
            Self::All | Self::SignedIn => true,
            Self::Roles(roles) => roles.contains(&role),
        }
    }
}

#[test]
fn every_route_has_its_line_and_every_line_its_route() {
    let routes: BTreeSet<(&str, &str)> =
        travee::web::route_list().iter().map(|route| (route.method, route.path)).collect();
    let lines: BTreeSet<(&str, &str)> =
        TABLE.iter().map(|(method, path, _)| (*method, *path)).collect();
    let missing: Vec<_> = routes.difference(&lines).collect();
    let stale: Vec<_> = lines.difference(&routes).collect();
    assert!(missing.is_empty(), "routes without a line in this table: {missing:?}");
    assert!(stale.is_empty(), "lines without a route: {stale:?}");
    assert_eq!(TABLE.len(), lines.len(), "a route stands twice in the table");
}

/// The path with rows that do not exist.
fn asked(path: &str) -> String {
    let mut asked = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}').unwrap();
        asked.push_str(before);
        asked.push_str("999");
        rest = after;
    }
    asked + rest
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn each_role_gets_its_routes_and_no_other(#[values(On::Sqlite, On::Postgres)] on: On) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let archives = body(OrganisationKind::DepartmentalArchives, "AD62", "22620001200012");
    import_members(&app, &buyer(), vec![archives]).await.unwrap();
    let all = travee::store::group::organisations(&app.store, &[]).await.unwrap();
    let archives = all.iter().find(|one| one.organisation.name == "AD62").unwrap().id;
    let mut people = Vec::new();
    for role in Role::ALL {
        let organisation = match role {
            MemberContact | Signatory | MemberFinance | MemberReader => ids[2],
            Buyer | CoordinatorFinance | Archivist | Administrator => ids[0],
            Inspector => archives,
        };
        let email = format!("{}@exemple.fr", role.code());
        people.push((*role, person(&fresh, &email, organisation, &[*role]).await));
    }
    let stranger = Client::new(&app);
    let mut walked = 0;
    for (method, path, who) in TABLE {
        let path = asked(path);
        let go = async |client: &Client| match *method {
            "GET" => client.get(&path).await,
            _ => client.post(&path, &[]).await,
        };
        let answer = go(&stranger).await;
        let sent_away = answer.location().starts_with("/connexion?suite=");
        assert_eq!(sent_away, *who != For::All, "{method} {path} for a stranger: {answer:?}");
        for (role, person) in &people {
            // A session each: some routes end it.
            let answer = go(&stranger.beside(&app, *person).await).await;
            let refused = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(refused, !who.includes(*role), "{method} {path} for {role}: {answer:?}");
            assert!(!answer.status.is_server_error(), "{method} {path} for {role}: {answer:?}");
            walked += 1;
        }
    }
    assert_eq!(walked, TABLE.len() * Role::ALL.len());
    println!("{walked} pairs of route and role walked");
}
