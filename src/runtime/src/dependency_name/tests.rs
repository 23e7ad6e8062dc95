//! Names that Spin parses, the imports that they match, and names that it refuses.

use super::*;

fn name(text: &str) -> DependencyName {
    text.parse().unwrap()
}

#[test]
fn matches_what_it_does_not_exclude() {
    for (dependency, import) in [
        ("foo:bar/baz@0.1.0", "foo:bar/baz@0.1.0"),
        ("foo:bar/baz", "foo:bar/baz@0.1.0"),
        ("foo:bar/baz", "foo:bar/baz"),
        ("foo:bar", "foo:bar/baz@0.1.0"),
        ("foo:bar", "foo:bar/baz"),
        ("foo:bar@0.1.0", "foo:bar/baz@0.1.0"),
        ("foo-bar", "foo-bar"),
    ] {
        assert_eq!(name(dependency).supplies(import), Ok(true), "{dependency} {import}");
    }
    for (dependency, import) in [
        ("foo:bar/baz@0.1.0", "foo:bar/baz"),
        ("foo:bar/baz@0.1.0", "foo:bar/baz@0.1.1"),
        ("foo:bar/baz", "foo:bar/bub"),
        ("foo:bar", "foo:bub/bib"),
        ("foo:bar@0.1.0", "foo:bar/baz"),
        ("foo:bar/baz", "foo-bar"),
        ("baz", "foo:bar/baz"),
    ] {
        assert_eq!(name(dependency).supplies(import), Ok(false), "{dependency} {import}");
    }
    assert_eq!(name("foo").supplies("foo:bar"), Err(ImportNameError::Interface("foo:bar".to_owned())));
    assert_eq!(name("foo").supplies("a:b/c@1"), Err(ImportNameError::Version("a:b/c@1".to_owned())));
}

#[test]
fn displays_as_it_was_parsed_and_registers_by_its_package() {
    for (text, registered) in [
        ("foo:bar/baz@0.1.0", "foo:bar"),
        ("foo:bar/baz", "foo:bar"),
        ("foo:bar@0.1.0", "foo:bar"),
        ("foo:bar", "foo:bar"),
        ("foo-bar", "foo-bar"),
    ] {
        assert_eq!(name(text).to_string(), text);
        assert_eq!(name(text).registered(), registered);
    }
}

#[test]
fn conflicts_with_names_that_may_match_the_same_import() {
    for (one, other, conflicts) in [
        ("foo:bar", "foo:bar/baz", true),
        ("foo:bar@0.1.0", "foo:bar@0.1.9", true),
        ("foo:bar/baz@1.0.0", "foo:bar/baz@1.9.0", true),
        ("foo:bar/baz", "foo:bar/baz@1.0.0", true),
        ("foo:bar/baz@1.0.0", "foo:bar/baz@2.0.0", false),
        ("foo:bar@0.1.0", "foo:bar@0.2.0", false),
        ("foo:bar/baz@1.0.0-rc1", "foo:bar/baz@1.0.0-rc2", false),
        ("foo:bar/baz", "foo:bar/bub", false),
        ("foo:bar", "foo:bub", false),
        ("foo", "foo:bar", false),
    ] {
        assert_eq!(name(one).conflicts_with(&name(other)), conflicts, "{one} {other}");
        assert_eq!(name(other).conflicts_with(&name(one)), conflicts, "{other} {one}");
    }
}

#[test]
fn refuses_in_spins_words() {
    for (text, words) in [
        ("", "empty"),
        ("foo_bar", "words must be separated with '-', not '_'"),
        ("foo--bar", "'-'-separated words must not be empty"),
        ("1foo", "'-'-separated words must start with an ASCII letter; got '1'"),
        ("foo@1.0.0", "'-'-separated words may only contain alphanumeric ASCII; got '@'"),
        ("fooBar", "'-'-separated words must be all lowercase or all UPPERCASE; got \"fooBar\""),
        ("foo/bar", "invalid package ref: missing expected ':'"),
        (":bar", "invalid label: labels may not be empty"),
        ("foo:Bar", "invalid label: dash-separated words must begin with an ASCII lowercase letter"),
        ("foo:bar/", "empty"),
        ("foo:bar@1", "unexpected end of input while parsing major version number"),
    ] {
        assert_eq!(text.parse::<DependencyName>().unwrap_err().to_string(), words, "{text}");
    }
}
