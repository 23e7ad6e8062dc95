//! The permission sets: what each gives, and why. The reasons are shown in `docs/salesforce.md`.

use tollbridge_records::VERSION_FIELD;

use crate::package_fields::FORMULA_FIELDS;
use crate::xml::{self, Element, parent, text};
use crate::{Files, Package, objects};

/// A permission set. It gives what is listed here and nothing else.
pub struct PermissionSet {
    /// The API name.
    pub name: &'static str,
    /// The name that people see.
    pub label: &'static str,
    /// The package that it is installed with.
    pub package: Package,
    /// Who gets it.
    pub description: &'static str,
    /// The objects whose records its holders may read, and perhaps write.
    pub objects: &'static [ObjectGrant],
    /// The fields that its holders see, and perhaps write.
    pub fields: &'static [FieldGrant],
    /// Permissions that belong to no object.
    pub user_permissions: &'static [UserPermission],
    /// The Apex classes of the actions that its holders may run.
    pub classes: &'static [ClassGrant],
    /// The tabs that its holders see.
    pub tabs: &'static [&'static str],
    /// The principal of an external credential that its holders call out as.
    pub principal: Option<&'static str>,
}

/// Which records of an object may be read, created and edited.
pub struct ObjectGrant {
    /// The object.
    pub object: &'static str,
    /// What may be done with the records that sharing lets a holder reach.
    pub access: &'static [Access],
    /// Why.
    pub reason: &'static str,
}

/// What may be done with a record. Reading is part of everything else. Nothing may delete records, or reach past sharing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read it.
    Read,
    /// Create one.
    Create,
    /// Edit it.
    Edit,
}

/// Which fields of an object are seen, and whether they may be edited.
pub struct FieldGrant {
    /// The object.
    pub object: &'static str,
    /// Which of its fields.
    pub fields: Fields,
    /// Why.
    pub reason: &'static str,
}

/// Some of the fields of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fields {
    /// Those that Tollbridge writes, to be written.
    Written,
    /// All, to be read.
    Seen,
    /// All but [`TECHNICAL`], to be read.
    SeenByPeople,
}

/// A permission that belongs to no object.
pub struct UserPermission {
    /// Its name in metadata.
    pub name: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// An Apex class that may be run. Classes that it calls need no grant of their own.
pub struct ClassGrant {
    /// Its name.
    pub name: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// Fields that say nothing to support or finance.
pub(crate) const TECHNICAL: [&str; 3] = ["Correlation_Id__c", "Digest__c", VERSION_FIELD];

const PAYMENT: &str = "MaldoPay_Payment__c";
const EVENT: &str = "MaldoPay_Event__c";
const READ: &[Access] = &[Access::Read];
const TABS: &[&str] = &[PAYMENT];

const NOTHING: PermissionSet = PermissionSet {
    name: "",
    label: "",
    package: Package::Core,
    description: "",
    objects: &[],
    fields: &[],
    user_permissions: &[],
    classes: &[],
    tabs: &[],
    principal: None,
};

const READ_PAYMENTS: &[ObjectGrant] = &[
    ObjectGrant { object: PAYMENT, access: READ, reason: "to see payments, in list views, on records and in reports" },
    ObjectGrant { object: EVENT, access: READ, reason: "to see what MaldoPay reported about a payment" },
];

const REVIEW_ACTIONS: &[ClassGrant] = &[
    ClassGrant { name: "TollbridgeResolveReview", reason: "it is the action *Resolve a MaldoPay Review*" },
    ClassGrant { name: "TollbridgeSyncAgain", reason: "it is the action *Sync a MaldoPay Payment Again*" },
];

/// All actions, in the order of their names.
const ACTIONS: &[ClassGrant] = &[
    ClassGrant { name: "TollbridgeAuthorize", reason: "it is the action *Authorize a MaldoPay Payment*" },
    ClassGrant { name: "TollbridgeCapture", reason: "it is the action *Capture a MaldoPay Payment*" },
    ClassGrant { name: "TollbridgePay", reason: "it is the action *Request a MaldoPay Payment*" },
    ClassGrant { name: "TollbridgeRefund", reason: "it is the action *Refund a MaldoPay Payment*" },
    ClassGrant { name: "TollbridgeResolveReview", reason: "it is the action *Resolve a MaldoPay Review*" },
    ClassGrant { name: "TollbridgeSyncAgain", reason: "it is the action *Sync a MaldoPay Payment Again*" },
    ClassGrant { name: "TollbridgeVoid", reason: "it is the action *Void a MaldoPay Payment*" },
];

const SEEN_BY_PEOPLE: &[FieldGrant] = &[
    FieldGrant {
        object: PAYMENT,
        fields: Fields::SeenByPeople,
        reason: "they say what happened, and what is left to do",
    },
    FieldGrant {
        object: EVENT,
        fields: Fields::SeenByPeople,
        reason: "they say what happened, and what is left to do",
    },
    FieldGrant {
        object: "Order",
        fields: Fields::SeenByPeople,
        reason: "they are the state and the sums of its payments",
    },
];

/// All permission sets.
pub const PERMISSION_SETS: [PermissionSet; 7] = [
    PermissionSet {
        name: "Tollbridge_Integration",
        label: "Tollbridge Integration",
        description: "For the user as whom Tollbridge writes. Give it to nobody else.",
        objects: &[
            ObjectGrant {
                object: PAYMENT,
                access: &[Access::Create, Access::Edit],
                reason: "Tollbridge upserts a payment by its reference",
            },
            ObjectGrant {
                object: EVENT,
                access: &[Access::Create, Access::Edit],
                reason: "Tollbridge upserts an event by its id; to repeat an upsert is to edit, although nothing changes",
            },
            ObjectGrant {
                object: "Order",
                access: &[Access::Edit],
                reason: "Tollbridge updates the sums on an Order, and a payment looks the Order up",
            },
            ObjectGrant { object: "Account", access: READ, reason: "Salesforce gives access to Orders only with this" },
        ],
        fields: &[
            FieldGrant { object: PAYMENT, fields: Fields::Written, reason: "Tollbridge writes them" },
            FieldGrant { object: EVENT, fields: Fields::Written, reason: "Tollbridge writes them" },
            FieldGrant { object: "Order", fields: Fields::Written, reason: "Tollbridge writes them" },
        ],
        user_permissions: &[
            UserPermission { name: "ApiEnabled", reason: "Tollbridge uses the REST interface" },
            UserPermission { name: "ApiUserOnly", reason: "nobody signs in to Salesforce's pages as this user" },
        ],
        ..NOTHING
    },
    PermissionSet {
        name: "Tollbridge_Refunder",
        label: "Tollbridge Refunder",
        description: "For people who capture, refund and void. They also need Tollbridge Credential Principal.",
        objects: READ_PAYMENTS,
        fields: SEEN_BY_PEOPLE,
        classes: ACTIONS,
        tabs: TABS,
        ..NOTHING
    },
    PermissionSet {
        name: "Tollbridge_Finance",
        label: "Tollbridge Finance",
        description: "For people who compare payments with the books. They see what happened, and move nothing.",
        objects: READ_PAYMENTS,
        fields: SEEN_BY_PEOPLE,
        tabs: TABS,
        ..NOTHING
    },
    PermissionSet {
        name: "Tollbridge_Admin",
        label: "Tollbridge Admin",
        description: "For the people who look after Tollbridge in Salesforce.",
        objects: READ_PAYMENTS,
        fields: &[
            FieldGrant { object: PAYMENT, fields: Fields::Seen, reason: "the technical ones help to trace a request" },
            FieldGrant { object: EVENT, fields: Fields::Seen, reason: "the technical ones help to trace a request" },
            FieldGrant {
                object: "Order",
                fields: Fields::Seen,
                reason: "they are the state and the sums of its payments",
            },
        ],
        classes: REVIEW_ACTIONS,
        tabs: TABS,
        ..NOTHING
    },
    // By itself, because together with access to Apex classes it fails to deploy.
    PermissionSet {
        name: "Tollbridge_Credential_Principal",
        label: "Tollbridge Credential Principal",
        description: "For everybody whose buttons or flows call Tollbridge.",
        objects: &[ObjectGrant {
            object: "UserExternalCredential",
            access: READ,
            reason: "Salesforce keeps Tollbridge's key there, and reads it as the user who calls",
        }],
        principal: Some("Tollbridge-Gateway"),
        ..NOTHING
    },
    PermissionSet {
        name: "Tollbridge_Invoice_Integration",
        label: "Tollbridge Invoice Integration",
        package: Package::Invoice,
        description: "Besides Tollbridge Integration, where payments are for Invoices.",
        objects: &[ObjectGrant {
            object: "Invoice",
            access: &[Access::Edit],
            reason: "Tollbridge updates the sums on an Invoice, and a payment looks the Invoice up",
        }],
        fields: &[
            FieldGrant { object: "Invoice", fields: Fields::Written, reason: "Tollbridge writes them" },
            FieldGrant { object: PAYMENT, fields: Fields::Written, reason: "it is the lookup to the Invoice" },
        ],
        ..NOTHING
    },
    PermissionSet {
        name: "Tollbridge_Invoice_Reader",
        label: "Tollbridge Invoice Reader",
        package: Package::Invoice,
        description: "Besides Tollbridge Refunder, Finance or Admin, where payments are for Invoices.",
        fields: &[
            FieldGrant {
                object: "Invoice",
                fields: Fields::SeenByPeople,
                reason: "they are the state and the sums of its payments",
            },
            FieldGrant { object: PAYMENT, fields: Fields::SeenByPeople, reason: "it is the lookup to the Invoice" },
        ],
        ..NOTHING
    },
];

/// The API names of the fields that a grant of a set is about: those of its package.
#[must_use]
pub fn granted_fields(set: &PermissionSet, grant: &FieldGrant) -> Vec<&'static str> {
    let of_package = objects::fields_of(grant.object).filter(|(package, _)| *package == set.package);
    let mut names: Vec<&str> = of_package.map(|(_, field)| field.name).collect();
    if grant.fields != Fields::Written && set.package == Package::Core {
        let formulas = FORMULA_FIELDS.into_iter().filter(|field| field.object == grant.object);
        names.extend(formulas.map(|field| field.name));
    }
    if grant.fields == Fields::SeenByPeople {
        names.retain(|name| !TECHNICAL.contains(name));
    }
    names.sort_unstable();
    names
}

pub(crate) fn write(files: &mut Files) {
    for set in PERMISSION_SETS {
        let path = format!("permissionsets/{}.permissionset-meta.xml", set.name);
        files.insert(set.package.path(&path), file(&set));
    }
}

fn file(set: &PermissionSet) -> String {
    let mut children: Vec<Element> = set.classes.iter().map(class_access).collect();
    children.push(text("description", set.description));
    children.push(text("hasActivationRequired", false));
    children.push(text("label", set.label));
    children.extend(set.principal.map(|principal| {
        let access = vec![text("enabled", true), text("externalCredentialPrincipal", principal)];
        parent("externalCredentialPrincipalAccesses", access)
    }));
    for grant in set.fields {
        children.extend(granted_fields(set, grant).into_iter().map(|name| field_permission(grant, name)));
    }
    children.extend(set.objects.iter().map(object_permission));
    children.extend(set.tabs.iter().map(|tab| {
        let setting = vec![text("tab", tab), text("visibility", "Visible")];
        parent("tabSettings", setting)
    }));
    children.extend(set.user_permissions.iter().map(|permission| {
        let enabled = vec![text("enabled", true), text("name", permission.name)];
        parent("userPermissions", enabled)
    }));
    xml::file("PermissionSet", children)
}

fn class_access(class: &ClassGrant) -> Element {
    parent("classAccesses", vec![text("apexClass", class.name), text("enabled", true)])
}

fn field_permission(grant: &FieldGrant, name: &str) -> Element {
    let permission = vec![
        text("editable", grant.fields == Fields::Written),
        text("field", format!("{}.{name}", grant.object)),
        text("readable", true),
    ];
    parent("fieldPermissions", permission)
}

fn object_permission(grant: &ObjectGrant) -> Element {
    let permission = vec![
        text("allowCreate", grant.access.contains(&Access::Create)),
        text("allowDelete", false),
        text("allowEdit", grant.access.contains(&Access::Edit)),
        text("allowRead", true),
        text("modifyAllRecords", false),
        text("object", grant.object),
        text("viewAllRecords", false),
    ];
    parent("objectPermissions", permission)
}
