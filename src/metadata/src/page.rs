//! The section of `docs/salesforce.md` that says what each permission set gives.

use crate::permission_sets::{Access, Fields, PERMISSION_SETS, PermissionSet, granted_fields};

/// A heading and a table for each permission set.
#[must_use]
pub fn permission_sets() -> String {
    PERMISSION_SETS.iter().map(section).collect::<Vec<_>>().join("\n")
}

fn section(set: &PermissionSet) -> String {
    let mut rows: Vec<(String, &str)> = Vec::new();
    for permission in set.user_permissions {
        rows.push((format!("the permission `{}`", permission.name), permission.reason));
    }
    for grant in set.objects {
        let may = match grant.access {
            [Access::Read] => "read",
            [Access::Edit] => "read and edit",
            [Access::Create, Access::Edit] => "read, create and edit",
            _ => "read and write",
        };
        rows.push((format!("{may} records of `{}`", grant.object), grant.reason));
    }
    for grant in set.fields {
        let object = grant.object;
        let names = granted_fields(set, grant);
        let may = match (names.as_slice(), grant.fields) {
            ([name], Fields::Written) => format!("edit the field `{name}` of `{object}`"),
            ([name], Fields::Seen | Fields::SeenByPeople) => format!("read the field `{name}` of `{object}`"),
            (_, Fields::Written) => format!("edit the fields of `{object}` in the table below"),
            (_, Fields::Seen) => format!("read every field of `{object}`"),
            (_, Fields::SeenByPeople) => format!("read the fields of `{object}`, except the technical ones"),
        };
        rows.push((may, grant.reason));
    }
    for class in set.classes {
        rows.push((format!("run the class `{}`", class.name), class.reason));
    }
    for tab in set.tabs {
        rows.push((format!("the tab of `{tab}`"), "to find the list views"));
    }
    if let Some(principal) = set.principal {
        rows.push((
            format!("the principal `{principal}`"),
            "Salesforce adds Tollbridge's key to the call only with this",
        ));
    }
    let rows: String = rows.iter().map(|(what, why)| format!("| {what} | {why} |\n")).collect();
    format!("### {}\n\n`{}`. {}\n\n| it gives | because |\n|---|---|\n{rows}", set.label, set.name, set.description)
}
