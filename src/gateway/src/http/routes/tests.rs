//! That every route is described, and that its name in the log is its path.

use std::collections::BTreeSet;

use super::Route;

const TABLE: &str = include_str!("../routes.rs");
const PAGES: [&str; 2] = [include_str!("../../../../../docs/http.md"), include_str!("../../../../../docs/mappings.md")];

/// Method and path of every route of the table, as `GET /v1/payments/{ref}`.
fn routes() -> BTreeSet<String> {
    let (_, table) = TABLE.split_once("fn matched(").unwrap();
    let texts: Vec<&str> = table.split('"').skip(1).step_by(2).collect();
    let pairs = texts.windows(2).filter(|pair| pair[1].starts_with('/'));
    pairs.map(|pair| format!("{} {}", pair[0], pair[1])).collect()
}

/// Method and path of every route in the first column of the pages' tables.
fn described() -> BTreeSet<String> {
    let mut described = BTreeSet::new();
    for row in PAGES.into_iter().flat_map(str::lines).filter_map(|line| line.strip_prefix("| `")) {
        let cell = row.split(" | ").next().unwrap();
        let mut codes = cell.split('`').step_by(2).map(|code| code.split('?').next().unwrap());
        let Some(route) = codes.next().filter(|code| code.contains(" /")) else { continue };
        let (parent, _) = route.rsplit_once('/').unwrap();
        described.extend(codes.filter_map(|code| code.strip_prefix('…')).map(|last| format!("{parent}{last}")));
        described.insert(route.to_owned());
    }
    described
}

#[test]
fn the_pages_describe_every_route_and_no_other() {
    assert!(routes().len() > 20, "{:?}", routes());
    assert_eq!(described(), routes());
}

#[test]
fn the_name_of_a_route_in_the_log_is_its_path() {
    for route in routes() {
        let (method, name) = route.split_once(' ').unwrap();
        let path = ["ref", "site", "name"]
            .iter()
            .fold(name.to_owned(), |path, part| path.replace(&format!("{{{part}}}"), "tb1"));
        let path = path.replace("{version}", "1");
        let (_, logged) = Route::of(method, &path).unwrap_or_else(|problem| panic!("{route}: {}", problem.code));
        assert_eq!(logged, name);
    }
}
