//! Parses the payment methods of a site, with what each needs, and the sources of the customer's fields.

use tollbridge_connector::{METHOD_VALUE_NAMES, is_method_value_name, types};

use super::reader::{ConfigValue, id, or_default};
use super::{CustomerSources, MethodNeeds, RecordField};

/// The methods. Each is a service id, or a table with the id and what the method needs.
pub fn services(entry: &ConfigValue<'_>) -> Option<(Vec<types::Service>, Vec<MethodNeeds>)> {
    let written = entry.table()?.entries(|_| true);
    if written.is_empty() {
        entry.report("name at least one method, such as { checkout = 2031 }");
        return None;
    }
    let read: Vec<_> = written.iter().filter_map(|(name, entry)| service(name, entry)).collect();
    (read.len() == written.len()).then(|| read.into_iter().unzip())
}

fn service(name: &str, entry: &ConfigValue<'_>) -> Option<(types::Service, MethodNeeds)> {
    let mut needs = MethodNeeds { method: name.to_owned(), ..MethodNeeds::default() };
    let id = if entry.is_table() {
        let mut table = entry.table()?;
        let id = table.required("id").and_then(|entry| id(&entry));
        let needed = or_default(table.optional("needs"), Vec::new(), |entry| fields(&entry));
        let takes = or_default(table.optional("takes"), None, |entry| fields(&entry).map(Some));
        let data = or_default(table.optional("data"), Vec::new(), |entry| data(&entry));
        table.end();
        needs = MethodNeeds { needs: needed?, takes: takes?, data: data?, ..needs };
        id
    } else {
        id(entry)
    };
    Some((types::Service { name: name.to_owned(), id: id? }, needs))
}

fn fields(entry: &ConfigValue<'_>) -> Option<Vec<String>> {
    let wrong =
        "write a field of the customer, such as \"email\", or of the method, such as \"methodData.serviceData1\"";
    all(entry.list()?, |entry| entry.parse(|need| MethodNeeds::path(need).ok_or(wrong)))
}

fn data(entry: &ConfigValue<'_>) -> Option<Vec<(String, Vec<RecordField>)>> {
    all(entry.table()?.entries(|_| true), |(name, entry)| {
        if !is_method_value_name(name) {
            entry.report(&format!("not one of MaldoPay's values: they are {METHOD_VALUE_NAMES}"));
            return None;
        }
        Some(((*name).to_owned(), sources(entry)?))
    })
}

/// The site's own sources of the customer's fields.
pub fn customer(entry: &ConfigValue<'_>) -> Option<CustomerSources> {
    let mut read = CustomerSources::default();
    all(entry.table()?.entries(|_| true), |(name, entry)| {
        let sources = sources(entry)?;
        if !read.replace(name, sources) {
            entry.report("not a field of the customer: docs/http.md lists them");
            return None;
        }
        Some(())
    })?;
    Some(read)
}

/// One field of a record, or several in the order of precedence.
fn sources(entry: &ConfigValue<'_>) -> Option<Vec<RecordField>> {
    let wrong = "write a field of the Contact or the Account, such as \"contact.Email\"";
    all(entry.elements(), |entry| entry.parse(|path| RecordField::parse(path).ok_or(wrong)))
}

/// All parsed entries, or none where one is invalid. Every entry is parsed, so that all problems are reported.
fn all<E, T>(entries: Vec<E>, read: impl FnMut(&E) -> Option<T>) -> Option<Vec<T>> {
    let count = entries.len();
    let read: Vec<T> = entries.iter().filter_map(read).collect();
    (read.len() == count).then_some(read)
}
