//! Every document and every expression in `docs/mappings.md` is valid.

use tollbridge_rules::{FUNCTIONS, check};

use crate::problems_of;

const PAGE: &str = include_str!("../../../../docs/mappings.md");

#[test]
fn every_complete_document_is_valid() {
    let documents: Vec<&str> = PAGE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let whole: Vec<&&str> = documents.iter().filter(|document| document.starts_with("name = ")).collect();
    assert!(!whole.is_empty(), "the page shows a whole document");
    for document in whole {
        assert_eq!(check(document), [], "{document}");
    }
}

#[test]
fn every_expression_in_the_tables_is_valid() {
    let expressions: Vec<&str> =
        PAGE.lines().filter_map(|line| line.split_once("| e.g. `")?.1.strip_suffix("` |")).collect();
    assert!(expressions.len() > 10, "{expressions:?}");
    for expression in expressions {
        let expression = expression.replace("\\|", "|");
        assert_eq!(problems_of(&expression), Vec::<String>::new(), "{expression}");
    }
}

/// As Salesforce counts them, so that what is cut to the length of its field fits.
#[test]
fn texts_are_measured_and_cut_in_utf16_units() {
    let history = crate::histories::all_recorded().remove(0);
    for (expression, expected) in [
        ("\"a😀b\" | length | tostring", "\"4\""),
        ("\"a😀b\"[:2]", "\"a\""),
        ("\"a😀b\"[:3]", "\"a😀\""),
        ("\"a😀b\"[1:3]", "\"😀\""),
        ("\"a😀b\"[2:]", "\"b\""),
        ("\"abc\"[:-1]", "\"ab\""),
    ] {
        assert_eq!(crate::field_of(expression, &history).unwrap().as_deref(), Some(expected), "{expression}");
    }
}

#[test]
fn every_function_is_on_the_page() {
    for function in &FUNCTIONS {
        assert!(PAGE.contains(&format!("`{}", function.name)), "{} is not described", function.name);
    }
}
