//! What `config` says of the site's methods, of what each needs, and of where a customer is read from.

use tollbridge_connector::types;

use super::customer::is_method_value;
use super::reader::Entry;
use super::site::{id, or};
use super::{CustomerSources, MethodNeeds, RecordField};

/// The methods: each a service id, or a table with it and what the method needs.
pub fn services(entry: &Entry<'_>) -> Option<(Vec<types::Service>, Vec<MethodNeeds>)> {
    let written = entry.table()?.named(|_| true);
    if written.is_empty() {
        entry.wrong("name at least one method, such as { checkout = 2031 }");
        return None;
    }
    let read: Vec<_> = written.iter().filter_map(|(name, entry)| service(name, entry)).collect();
    (read.len() == written.len()).then(|| read.into_iter().unzip())
}

fn service(name: &str, entry: &Entry<'_>) -> Option<(types::Service, MethodNeeds)> {
    let mut needs = MethodNeeds { method: name.to_owned(), ..MethodNeeds::default() };
    let id = if entry.is_table() {
        let mut table = entry.table()?;
        let id = table.required("id").and_then(|entry| id(&entry));
        let needed = or(table.optional("needs"), Vec::new(), |entry| fields(&entry));
        let takes = or(table.optional("takes"), None, |entry| fields(&entry).map(Some));
        let data = or(table.optional("data"), Vec::new(), |entry| data(&entry));
        table.end();
        needs = MethodNeeds { needs: needed?, takes: takes?, data: data?, ..needs };
        id
    } else {
        id(entry)
    };
    Some((types::Service { name: name.to_owned(), id: id? }, needs))
}

fn fields(entry: &Entry<'_>) -> Option<Vec<String>> {
    let wrong = "write a field of the customer, such as \"email\", or \"methodData.serviceData1\" to 8";
    all(entry.list()?, |entry| entry.read(|need| MethodNeeds::path(need).ok_or(wrong)))
}

fn data(entry: &Entry<'_>) -> Option<Vec<(String, Vec<RecordField>)>> {
    all(entry.table()?.named(|_| true), |(name, entry)| {
        if !is_method_value(name) {
            entry.wrong("not a value of MaldoPay's: they are serviceData1 to serviceData8");
            return None;
        }
        Some(((*name).to_owned(), sources(entry)?))
    })
}

/// Where the fields of a customer are read from, where the site says so.
pub fn customer(entry: &Entry<'_>) -> Option<CustomerSources> {
    let mut read = CustomerSources::default();
    all(entry.table()?.named(|_| true), |(name, entry)| {
        let sources = sources(entry)?;
        if !read.replace(name, sources) {
            entry.wrong("not a field of the customer: docs/http.md lists them");
            return None;
        }
        Some(())
    })?;
    Some(read)
}

/// One field of a record, or several in the order in which they are tried.
fn sources(entry: &Entry<'_>) -> Option<Vec<RecordField>> {
    let wrong = "write a field of the Contact or the Account, such as \"contact.Email\"";
    all(entry.elements(), |entry| entry.read(|path| RecordField::parse(path).ok_or(wrong)))
}

/// All of these read, or none where one of them is wrong; each is read, so that all that is wrong is found.
fn all<E, T>(entries: Vec<E>, read: impl FnMut(&E) -> Option<T>) -> Option<Vec<T>> {
    let count = entries.len();
    let read: Vec<T> = entries.iter().filter_map(read).collect();
    (read.len() == count).then_some(read)
}
