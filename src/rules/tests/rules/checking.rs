//! `check` finds every problem, and says where it is and what to do.

use tollbridge_rules::check;

use crate::{one_field, problems_of};

#[test]
fn all_problems_are_found_at_once_with_their_lines() {
    let document = "name = \"Bad Name\"\nversoin = 1\n\n[[record]]\nname = \"a\"\nobject = \"Bad Object\"\neach = \"events\"\n\
                    mode = \"upsert\"\nid = '.payment.source.id'\n\n[record.fields]\nId = '1'\nA__c = 1\nB-c = '.payment'\n\
                    \n[[record]]\nname = \"b\"\nobject = \"B__c\"\neach = \"payment\"\nmode = \"update\"\n\
                    id = '.payment.sorce.id'\n\n[record.fields]\nA__c = '.payment.statsu'\nB__c = 'ascii_downcse'\n";
    let problems = check(document);
    let lines: Vec<(usize, &str)> = problems.iter().map(|problem| (problem.line, problem.place.as_str())).collect();
    assert_eq!(
        lines,
        [
            (1, "name"),
            (2, ""),
            (4, "record a"),
            (6, "record a: object"),
            (7, "record a: each"),
            (12, "record a: Id"),
            (13, "record a: A__c"),
            (14, "record a: B-c"),
            (21, "record b: id"),
            (24, "record b: A__c"),
            (25, "record b: B__c"),
        ],
        "{problems:#?}"
    );
    let all: String = problems.iter().map(|problem| format!("{}\n", problem.problem)).collect();
    for says in ["did you mean `source`?", "did you mean `status`?", "did you mean `ascii_downcase`?"] {
        assert!(all.contains(says), "{says} in\n{all}");
    }
}

#[test]
fn the_line_within_a_long_expression_is_found() {
    let document = one_field("if .payment.superseded\nthen .payment.statsu\nelse null end");
    let problems = check(&document);
    let line = document.lines().position(|line| line.contains("statsu")).unwrap() + 1;
    assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [line]);
}

#[test]
fn unknown_names_are_found_anywhere_in_an_expression() {
    for (expression, says) in [
        (".paymnt.status", "`payment`"),
        (".payment.capturd.amount", "`captured`"),
        (".payment.captured.amout", "`amount`"),
        (".payment | .statsu", "`status`"),
        (".events | map(.kidn)", "`kind`"),
        (".events[] | select(.kimd == \"captured\") | .id", "`kind`"),
        (".payment as $p | $p.statsu", "`status`"),
        (".payment as $p | $q.status", "`$p`"),
        (".payment as {status: $s, statsu: $t} | $s", "`status`"),
        ("first(.events[]).kindd", "`kind`"),
        (".event.id", "each = \"event\""),
        ("if .site.nam then 1 else 2 end", "`name`"),
        ("\"\\(.payment.statsu)\"", "`status`"),
        ("{a: .payment.statsu}", "`status`"),
        (".payment.source.nmber // 1", "`number`"),
        (".payment.status.x", "in text"),
        ("reduce .events[] as $e (0; $e.knd)", "`kind`"),
        ("join(1; 2)", "takes 1 argument"),
        ("lenth", "`length`"),
    ] {
        let problems = problems_of(expression);
        assert!(problems.iter().any(|problem| problem.contains(says)), "{expression}: {problems:?}");
    }
}

#[test]
fn syntax_errors_are_explained_in_words() {
    for (expression, says) in [
        ("", "is empty"),
        ("(1", "`(` is not closed"),
        ("[1", "`[` is not closed"),
        ("\"a", "a text is not closed"),
        ("1 +", "the end"),
        ("if 1 then 2", "every `if` needs an `end`"),
        ("if 1", "`then` after `if`"),
        (". payment &", "cannot stand here"),
        (".payment.status \"x\"", "found"),
        ("'x'", "double quotes"),
        ("1 as x | 2", "a variable"),
        ("\"\\q\"", "backslash"),
        ("foo(", "is not closed"),
    ] {
        let problems = problems_of(expression);
        assert!(problems.iter().any(|problem| problem.contains(says)), "{expression}: {problems:?}");
    }
}

#[test]
fn any_text_is_checked_without_a_panic() {
    use proptest::prelude::*;
    let config = ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(text in "([.\\[\\](){}|,;:\"\\\\$@#?/<>=+*%-]| |payment|if|then|else|end|as|reduce|map|[0-9a-zé'])*")| {
        drop(check(&text));
        drop(check(&one_field(&text.replace("'''", ""))));
    });
}

#[test]
fn the_empty_document_selects_the_default() {
    assert_eq!(check(""), []);
    assert_eq!(check(tollbridge_rules::DEFAULT_DOCUMENT), []);
    assert!(!check(" ").is_empty());
}
