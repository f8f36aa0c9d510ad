//! Where an organisation is reached by e-mail, as reminders reach it.

use crate::store::platform::reminders::may_answer;

/// Somebody who may answer for `organisation` on `day` with an account, else a contact, a référent
/// first; null where no e-mail reaches it. Both are expressions of the statement around.
pub(super) fn address(organisation: &str, day: &str) -> String {
    format!(
        "COALESCE((SELECT MIN(p.email) FROM role_grant g JOIN person p ON p.id = g.person_id \
           WHERE g.organisation_id = {organisation} AND {}), \
         (SELECT r.email FROM contact r WHERE r.organisation_id = {organisation} \
           AND r.email IS NOT NULL AND r.site_id IS NULL \
           ORDER BY CASE WHEN r.role = 'referent' THEN 0 ELSE 1 END, r.id LIMIT 1))",
        may_answer(day)
    )
}
