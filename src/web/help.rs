//! Help for everybody, and two sentences for each page: what it is for, what to do on it.

use axum::extract::State;
use axum::response::Response;
use minijinja::{Value, context};

use super::Pages;
use super::agent::Visitor;
use super::error::PageError;
use super::routes::Routes;
use crate::usecases::letterhead;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/aide", async |State(pages): State<Pages>, visitor: Visitor| {
            show(&pages, &visitor, "pages/help/help.html").await
        })
        .get("/accessibilite", async |State(pages): State<Pages>, visitor: Visitor| {
            show(&pages, &visitor, "pages/help/accessibility.html").await
        })
        .get("/confidentialite", async |State(pages): State<Pages>, visitor: Visitor| {
            show(&pages, &visitor, "pages/help/privacy.html").await
        })
        .get("/plan-du-site", async |State(pages): State<Pages>, visitor: Visitor| {
            show(&pages, &visitor, "pages/help/map.html").await
        })
        .get("/mentions-legales", legal)
}

async fn show(pages: &Pages, visitor: &Visitor, template: &str) -> Result<Response, PageError> {
    let contact = letterhead::contact(&pages.app).await?;
    pages.public(visitor, template, context! { contact => contact })
}

async fn legal(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, PageError> {
    let contact = letterhead::contact(&pages.app).await?;
    let editor = match letterhead::coordinator(&pages.app).await? {
        Some(head) => context! {
            name => head.name,
            siret => head.siret.map(|siret| siret.spaced()),
            address => head.address,
        },
        None => context! {
            name => "Centre de gestion de la fonction publique territoriale du Pas-de-Calais",
            siret => None::<String>,
            address => Vec::<Value>::new(),
        },
    };
    let values = context! { contact => contact, editor => editor };
    pages.public(&visitor, "pages/help/legal.html", values)
}

/// By the beginning of the route, as the router knows it; the longest that fits says it.
const HELP: &[(&str, &str)] = &[
    (
        "/campagnes",
        "Cette page dit à quels recensements votre organisme répond, et jusqu’à quand. Ouvrez celui qui est en cours.",
    ),
    (
        "/campagnes/{id}",
        "Ce recensement demande ce dont votre organisme aura besoin ; répondre n’engage à rien. Suivez les étapes dans l’ordre, tout s’enregistre au fur et à mesure.",
    ),
    (
        "/campagnes/{id}/besoins",
        "Saisissez une quantité pour chaque article utile, laissez les autres vides. Le nombre de paquets et le prix s’affichent sous la quantité.",
    ),
    (
        "/campagnes/{id}/livraison",
        "Dites où livrer et comment le camion peut y accéder. Ces renseignements vont au fournisseur avec la commande.",
    ),
    (
        "/campagnes/{id}/verification",
        "Relisez ce que vous avez saisi, puis envoyez. Vous pourrez encore modifier votre réponse jusqu’à la date de clôture.",
    ),
    (
        "/campagnes/{id}/signature",
        "Le signataire valide les besoins de l’organisme. Sans compte, il signe le récépissé sur papier et vous déposez le document numérisé.",
    ),
    (
        "/commandes",
        "Vos bons de commande, du brouillon à la livraison. Les brouillons sont à relire et à valider avant la date indiquée.",
    ),
    (
        "/commandes/{id}",
        "Le détail d’une commande et ses documents. Le bouton principal dit ce que vous pouvez faire maintenant.",
    ),
    (
        "/commandes/{id}/validation",
        "Valider engage votre organisme pour le montant affiché. Après l’émission, la commande ne change plus que par un avenant.",
    ),
    (
        "/livraisons",
        "Ce qui doit arriver et ce qui est arrivé. Ouvrez une livraison pour saisir ce que vous avez reçu.",
    ),
    (
        "/livraisons/{order}",
        "Comptez ce qui est livré et saisissez-le, avec une réserve et une photo si quelque chose manque. La facture ne portera que sur ce que vous acceptez.",
    ),
    (
        "/factures",
        "Ce que votre organisme doit, à qui et avant quand. Chaque relevé s’ouvre et se télécharge.",
    ),
    (
        "/factures/depot",
        "Déposez ici la facture que Chorus Pro a reçue pour votre organisme, en XML ou en PDF. Travée la vérifie et dit ce qui ne va pas.",
    ),
    (
        "/factures/{id}",
        "Votre part de la facture, ligne par ligne. « Comment ce centime a été attribué » montre le calcul.",
    ),
    (
        "/documents",
        "Tous les documents émis pour votre organisme, par année. Téléchargez-les un par un ou tous ensemble.",
    ),
    (
        "/adhesion",
        "L’adhésion de votre organisme au groupement, ses lots et ses documents. Pour un changement, appelez le CdG62.",
    ),
    (
        "/lieux",
        "Les lieux où les fournisseurs livrent. Tenez-les à jour : ils figurent sur chaque commande.",
    ),
    (
        "/equipe",
        "Les personnes de votre organisme qui utilisent Travée, et leur rôle. Invitez, changez un rôle ou retirez une personne qui part.",
    ),
    (
        "/equipe/pouvoirs",
        "Qui peut signer une commande de votre organisme, et par quel acte. Après une élection, enregistrez le nouveau pouvoir.",
    ),
    (
        "/compte",
        "Vos coordonnées, votre mot de passe, vos appareils. Ce que vous changez ici ne change rien pour les autres.",
    ),
    (
        "/compte/organisme",
        "Vous agissez pour un organisme à la fois : son nom est en haut de chaque page. Vous pouvez en changer à tout moment.",
    ),
    (
        "/compte/double-authentification",
        "Un code de votre téléphone protège votre compte, même si votre mot de passe est connu. Gardez les codes de secours dans un lieu sûr.",
    ),
    (
        "/connexion",
        "Saisissez votre adresse : un lien de connexion vous est envoyé. Vous n’avez pas besoin de mot de passe.",
    ),
    (
        "/connexion/reprise",
        "Ce que vous aviez saisi attend dans l’autre onglet. Revenez-y, puis choisissez « Envoyer de nouveau ».",
    ),
    (
        "/mot-de-passe",
        "Choisissez une phrase facile à retenir et longue, douze caractères au moins. Elle ne sert que pour Travée.",
    ),
    ("/invitation", "On vous a donné un rôle dans Travée. Acceptez l’invitation pour entrer."),
    (
        "/r/",
        "Ce lien ouvre un seul recensement, pour toutes les personnes qui lisent cette boîte aux lettres. Dites qui répond.",
    ),
    (
        "/envois/",
        "Téléchargez ici les commandes qui vous sont adressées, puis accusez-en réception. Ce lien ne donne rien d’autre.",
    ),
    (
        "/recherche",
        "Cherchez un nom, un numéro ou une référence dans tout ce que vous pouvez voir. Ouvrez un résultat pour aller à sa page.",
    ),
    (
        "/taches",
        "Ce travail se fait en arrière-plan et continue si vous quittez la page. Le résultat s’affiche ici à la fin.",
    ),
    (
        "/notifications",
        "Ce qui s’est passé pour vos organismes. Ouvrez une ligne pour aller à la page concernée.",
    ),
    (
        "/gestion/recensements",
        "Les recensements, étape par étape, de la préparation à la facture. Chaque étape dit ce qui manque avant la suivante.",
    ),
    (
        "/gestion/catalogue",
        "Les articles, leurs conditionnements et leurs prix indicatifs. Un changement crée une version datée ; rien de passé ne change.",
    ),
    (
        "/gestion/marches",
        "Les marchés, leurs prix et ce qui reste avant leur maximum. Ouvrez un marché pour ses bordereaux et ses révisions.",
    ),
    (
        "/gestion/",
        "Cette page sert à conduire les achats du groupement. Chaque action montre en chiffres ce qu’elle fera avant de le faire.",
    ),
    (
        "/gestion/conventions",
        "Les conventions qui fondent le groupement : leurs lots, et qui y a adhéré. Chaque adhésion va de la délibération à l’admission.",
    ),
    (
        "/gestion/membres",
        "Les membres du groupement, leurs contacts et leur activité. La fiche d’un membre réunit tout ce qui le concerne.",
    ),
    (
        "/comptabilite",
        "Les factures reçues et ce que leurs contrôles ont dit. Ouvrez une facture pour la rapprocher, la répartir et la faire valider par une autre personne.",
    ),
    (
        "/administration/",
        "Cette page est réservée à l’administrateur. Chaque changement est inscrit au journal.",
    ),
    (
        "/administration/taches",
        "Les travaux en arrière-plan. Un travail arrêté se relance sans rien refaire deux fois.",
    ),
    (
        "/administration/courriels",
        "Les courriels envoyés et ceux qui ne sont pas partis. Corrigez l’adresse, puis renvoyez.",
    ),
    (
        "/demo/",
        "Cette page n’existe que dans la démonstration. Elle montre les courriels et les codes que les personnes recevraient.",
    ),
    ("/", "Cette page dit ce qui vous attend et jusqu’à quand. Commencez par la première ligne."),
];

/// What helps on the page of this route.
pub(super) fn of(route: &str) -> Option<&'static str> {
    if route == "/" {
        return HELP.last().map(|(_, words)| *words);
    }
    HELP.iter()
        .filter(|(begin, _)| *begin != "/" && route.starts_with(begin))
        .max_by_key(|(begin, _)| begin.len())
        .map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is no page, or helps by itself.
    const WITHOUT: [&str; 8] = [
        "/actifs/",
        "/healthz",
        "/readyz",
        "/aide",
        "/accessibilite",
        "/confidentialite",
        "/plan-du-site",
        "/mentions-legales",
    ];

    #[test]
    fn every_page_has_its_help_in_two_sentences() {
        for route in super::super::route_list() {
            let plain = WITHOUT.iter().any(|begin| route.path.starts_with(begin));
            if route.method == "GET" && !plain {
                assert!(of(route.path).is_some(), "no help on {}", route.path);
            }
        }
        for (begin, words) in HELP {
            let sentences = words.matches(['.', '?']).count();
            assert_eq!(sentences, 2, "{begin}: {words}");
        }
    }
}
