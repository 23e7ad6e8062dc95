//! Documents that try to loop, fill memory, read the environment or break the call to Salesforce.

use std::time::Instant;

use tollbridge_connector::types::Payment;
use tollbridge_rules::{CompiledMapping, FUNCTIONS, check};

use crate::histories::recorded;
use crate::{field_of, one_field, problems_of};

#[test]
fn loops_and_access_to_the_environment_are_refused() {
    for expression in [
        "def f: f; f",
        "def f: g; def g: 1; f",
        "def a: def b: a; b; a",
        "def f(x): x; f(1)",
        "repeat(.)",
        "until(false; .)",
        "while(true; .)",
        "recurse",
        "..",
        "limit(3; repeat(.))",
        "range(1000000)",
        "range(.payment.version)",
        "range(0; 10)",
        "env",
        "$ENV",
        "$ENV.PATH",
        "input",
        "inputs",
        "input_filename",
        "now",
        "debug",
        "debug(.)",
        "stderr",
        "halt",
        "halt_error(1)",
        "test(\"(a+)+$\")",
        "gsub(\"a\"; \"b\")",
        "combinations",
        "splits(\"a\")",
        "explode",
        "getpath([\"a\"])",
        ".payment.status = 1",
        ".payment.status |= 1",
        ".a += 1",
        "del(.payment)",
        "label $out | break $out",
        "@base64",
        "@json \"x\"",
        "error(.payment.reference)",
        "error(\"\\(.payment.reference)\")",
        "import \"a\" as a; 1",
        "include \"a\"; 1",
        "a::b",
        "expression0",
        "input_line_number",
        "$__loc__",
        "ltrimstr",
        "splits",
        "getpath(.)",
        "reduce .events[] as $e (.; .,.)",
        "1e9",
        "12345678901234567890",
    ] {
        assert!(!problems_of(expression).is_empty(), "{expression} is taken");
        assert!(CompiledMapping::read(&one_field(expression)).is_err(), "{expression} is run");
    }
}

#[test]
fn expressions_that_multiply_by_their_text_alone_are_refused() {
    let doubled = vec!["(.,.)"; 20].join(" | ");
    let nested = (0..20).fold("1".to_owned(), |inner, _| format!("[{inner},{inner}]").chars().take(4_000).collect());
    let product = ["(1,2,3)"; 12].join(" + ");
    let object = format!("{{a: {product}, b: {product}}}");
    let text = format!("\"{}\"", "\\(1,2)".repeat(14));
    for expression in [doubled, nested, product, object, text] {
        assert!(!problems_of(&expression).is_empty(), "{expression} is taken");
    }
}

/// Each of these has a small text and a large effect.
#[test]
fn expressions_that_grow_at_run_time_are_stopped() {
    let history = recorded("order", "charged-settled-and-partly-refunded");
    for expression in [
        "reduce range(100) as $i (\"x\"; . + .)",
        "reduce range(100) as $i ([1]; . + .)",
        "reduce range(100) as $i ([1]; [.[], .[]]) | length",
        "[range(100)] | map([range(100)]) | map(map([range(100)])) | length",
        "[range(100) | range(100) | range(100)] | length",
        "[range(100) | range(100) | range(100) | try error(\"x\") catch 1] | length",
        "first(range(100) | range(100) | range(100) | range(100) | select(false)) // 1",
        "reduce range(100) as $i (1; [.])",
        "reduce range(15) as $i ([1]; [., ., ., ., ., ., ., .]) | tojson",
        "reduce range(15) as $i ([1]; [., ., ., ., ., ., ., .]) | . == (. + [])",
        "reduce range(15) as $i ([1]; [., ., ., ., ., ., ., .]) as $a | \
         reduce range(15) as $i ([1]; [., ., ., ., ., ., ., .]) | . == $a",
        "(reduce range(15) as $i (\"x\"; . + .)) as $x | [range(100) | range(100)] | map($x) | join(\"\")",
        "(reduce range(15) as $i (\"x\"; . + .)) as $x | [range(100) | $x + $x] | length",
        "(reduce range(15) as $i (\"\\\"\"; . + .)) | tojson | tojson | tojson | tojson",
        "(reduce range(16) as $i (\"x\"; . + .)) | split(\"x\") | length",
        "(reduce range(15) as $i (\"x\"; . + .)) as $x | [range(100)] | join($x)",
    ] {
        let started = Instant::now();
        let refused = match field_of(expression, &history) {
            Err(error) => error.to_string(),
            Ok(value) => panic!("{expression} gives {:?}", value.map(|value| value.len())),
        };
        assert!(started.elapsed().as_secs() < 5, "{expression} took {:?}", started.elapsed());
        assert!(!refused.contains("xxxx"), "{refused}");
    }
}

#[test]
fn long_values_are_refused_by_name() {
    let history = recorded("order", "charged-settled-and-partly-refunded");
    let error = field_of("reduce range(16) as $i (\"x\"; . + .)", &history).unwrap_err();
    assert_eq!(error.place, "one: record one: Value__c");
    assert!(error.problem.contains("65536 bytes"), "{error}");

    // Many long fields together exceed the limit.
    let field = "reduce range(15) as $i (\"x\"; . + .)";
    let fields: String = (0..20).map(|index| format!("F{index}__c = '{field}'\n")).collect();
    let document = one_field("1").replace("Always__c", &format!("{fields}Always__c"));
    let payment: Payment = history.payment(3).unwrap();
    let error = CompiledMapping::read(&document).unwrap().records(&payment, &[], &history.site).unwrap_err();
    assert!(error.problem.contains("524288 bytes"), "{error}");
}

#[test]
fn a_whole_document_has_its_own_limit() {
    let history = recorded("order", "charged-settled-and-partly-refunded");
    let field = "[range(40) | range(40)] | length";
    let fields: String = (0..100).map(|index| format!("F{index}__c = '{field}'\n")).collect();
    let document = one_field("1").replace("Always__c", &format!("{fields}Always__c"));
    let payment: Payment = history.payment(3).unwrap();
    let error = CompiledMapping::read(&document).unwrap().records(&payment, &[], &history.site).unwrap_err();
    assert!(error.problem.contains("the whole document takes more than"), "{error}");
}

#[test]
fn deep_and_long_expressions_are_refused_without_a_stack_overflow() {
    // A component has one megabyte of stack or less.
    let run = || {
        for (open, close) in [("(", ")"), ("[", "]"), ("{a:", "}"), ("\"\\(", ")\""), ("[{a:(", ")}]")] {
            for depth in [10, 23, 24, 200, 1_300] {
                let expression = format!("{}1{}", open.repeat(depth), close.repeat(depth));
                drop(check(&one_field(&expression)));
                let _ = CompiledMapping::read(&one_field(&expression));
            }
        }
        for repeated in [
            "- ",
            "try ",
            "if 1 then ",
            "reduce ",
            ". as $x | ",
            "1 | ",
            "1, ",
            "1 + ",
            "1 // ",
            ".a?",
            ".a",
            "[0]",
            "def f: ",
            "label $x | ",
            "1 as [$a] | ",
            "try error(\"x\") catch ",
            "if 1 then 1 else ",
            "1 and ",
        ] {
            for times in [50, 130, 199, 399, 1_000] {
                for end in ["1", "", "1 end", " end"] {
                    let expression = format!("{}{end}", repeated.repeat(times));
                    drop(check(&one_field(&expression)));
                    if let Ok(mapping) = CompiledMapping::read(&one_field(&expression)) {
                        let history = recorded("order", "charged-settled-and-partly-refunded");
                        let payment: Payment = history.payment(3).unwrap();
                        let _ = mapping.records(&payment, &[], &history.site);
                    }
                }
            }
        }
    };
    std::thread::Builder::new().stack_size(4 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn keys_cannot_redirect_a_call() {
    let history = recorded("order", "charged-settled-and-partly-refunded");
    let payment: Payment = history.payment(3).unwrap();
    for value in
        ["'\"../x\"'", "'\"a/b\"'", "'\"\"'", "'\"a b\"'", "'\"a?x=1\"'", "'true'", "'.payment.captured'", "'[1]'"]
    {
        let document = one_field("1").replace("'.payment.reference'", value);
        let mapping = CompiledMapping::read(&document).unwrap();
        let error = mapping.records(&payment, &[], &history.site).unwrap_err();
        assert!(error.place.ends_with("external_id"), "{value}: {error}");
        assert!(!error.missing);
    }
    for value in ["'null'", "'empty'"] {
        let document = one_field("1").replace("'.payment.reference'", value);
        let error = CompiledMapping::read(&document).unwrap().records(&payment, &[], &history.site).unwrap_err();
        assert!(error.missing, "{value}");
    }
}

#[test]
fn errors_never_show_a_value_of_the_payment() {
    let history = recorded("order", "disputed-and-charged-back-in-a-currency-without-decimals");
    let secret = "not as described";
    for expression in [
        "last(.events[]) | .reason | tonumber",
        "last(.events[]) | .reason + 1",
        "last(.events[]) | .reason | .x",
        "last(.events[]) as $e | .payment[$e.reason]",
        "last(.events[]) as $e | .payment.amount[$e.reason]",
        "last(.events[]) as $e | {($e.reason): 1, b: 2}",
        "last(.events[]) as $e | [$e.reason]",
        "last(.events[]) | .reason | keys",
        "last(.events[]) | .reason as $r | [1] | has($r)",
        "last(.events[]) | .reason | - .",
        "last(.events[]) | .reason | map(.)",
        "last(.events[]) | .reason | .[\"a\":]",
    ] {
        let error = field_of(expression, &history).map(|value| panic!("{expression} gives {value:?}")).unwrap_err();
        assert!(!error.to_string().contains(secret), "{error}");
    }
}

#[test]
fn errors_name_the_place_and_values_that_are_not_a_customers() {
    let history = recorded("order", "disputed-and-charged-back-in-a-currency-without-decimals");
    for (expression, says) in [
        (".payment.attempt | split(\",\")", "the number 1"),
        ("\"5551112233\" | tonumber | keys", "a number of 10 characters"),
        (".payment.superseded | keys", "false"),
        (".payment.source.number | keys", "a text of 8 characters"),
        (".events | ascii_upcase", "a list of "),
        (".payment.captured | keys | tonumber", "a list of 3"),
        (".payment.source | tonumber", "an object"),
        (".payment.reason_code | .[:2] | minor(.)", "a text of 2 characters"),
    ] {
        let error = field_of(expression, &history).map(|value| panic!("{expression} gives {value:?}")).unwrap_err();
        assert_eq!(error.place, "one: record one: Value__c", "{expression}");
        assert!(error.problem.contains(says), "{expression}: {error}");
    }
}

#[test]
fn no_offered_function_is_also_refused() {
    let names: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    for name in ["env", "now", "input", "debug", "halt", "repeat", "recurse", "test", "limit", "path", "getpath"] {
        assert!(!names.contains(&name), "{name}");
    }
}

/// 32 KiB of text.
const LONG: &str = "(reduce range(15) as $i (\"x\"; . + .)) as $x";

/// Each of these reads a long text repeatedly. Apart from the text, each takes few steps.
#[test]
fn reading_text_counts_by_its_length() {
    let history = recorded("order", "charged-settled-and-partly-refunded");
    for look in [
        "($x | contains(\"y\"))",
        "($x | split(\"y\"))",
        "($x | startswith(\"y\"))",
        "($x | endswith($x))",
        "($x | ltrimstr(\"y\"))",
        "($x | rtrimstr(\"y\"))",
        "($x | trim)",
        "($x | ascii_downcase)",
        "($x | length)",
        "($x | .[:1])",
        "($x | .[-1:])",
        "(try ($x | tonumber) catch 1)",
        "(try ($x | keys) catch 1)",
        "(try ([$x, $x, $x] | tojson) catch 1)",
        "(try ([$x, $x, $x] | join(\"\")) catch 1)",
        "([$x] | contains($y))",
        "($x == $y)",
        "($x < $y)",
        "([$x] == [$y])",
        "({a: $x} == {a: $y})",
        "($x + \"\")",
        "\"a\\($x)\"",
        "{($x): 1}",
        "({} | has($x))",
        "({} | .[$x])",
    ] {
        // Another text of the same length.
        let expression = format!("{LONG} | ($x + \"\") as $y | [range(60) | {look} | select(false)] | length");
        let error = field_of(&expression, &history).map(|value| panic!("{look} gives {value:?}")).unwrap_err();
        assert!(error.problem.contains("steps") || error.problem.contains("bytes"), "{look}: {error}");
    }
}

/// Evaluations that read and create nothing count as well.
#[test]
fn the_text_of_an_expression_counts_for_each_item() {
    let history = recorded("order", "charged-settled-and-partly-refunded");
    let nothing = vec!["."; 150].join(" | ");
    let tries = format!("{}.", "try ".repeat(150));
    let lists = vec!["[empty]"; 75].join(" | ");
    for each in [nothing, tries, lists] {
        let over = |list: &str| field_of(&format!("[{list} | {each} | empty] | length"), &history);
        assert_eq!(over("range(10)").unwrap().as_deref(), Some("0"), "{each}");
        let error = over("range(100) | range(10)").unwrap_err();
        assert!(error.problem.contains("steps"), "{each}: {error}");
    }
}

/// A document of a few kilobytes with many fields, each within its own limits, was the worst case.
#[test]
fn a_document_has_one_count_for_all_its_fields() {
    let history = recorded("order", "charged-settled-and-partly-refunded");
    let payment: Payment = history.payment(3).unwrap();
    let field = "(reduce range(14) as $i (\"x\"; . + .)) as $x | [range(20) | $x | contains(\"y\")] | length";
    let fields: String = (0..75).map(|index| format!("F{index}__c = '{field}'\n")).collect();
    let document = one_field("1").replace("Always__c", &format!("{fields}Always__c"));
    assert!((6_000..8_000).contains(&document.len()), "{}", document.len());
    assert_eq!(field_of(field, &history).unwrap().as_deref(), Some("20"), "one alone is well");
    let (given, steps) = CompiledMapping::read(&document).unwrap().measured(&payment, &[], &history.site);
    let error = given.unwrap_err();
    assert!(error.problem.contains("the whole document takes more than"), "{error}");
    assert!(steps >= 100_000, "{steps}");
}

#[test]
fn the_profiles_use_a_small_part_of_the_steps() {
    for (profile, history) in [
        ("order", "charged-settled-and-partly-refunded"),
        ("order", "disputed-and-charged-back-in-a-currency-without-decimals"),
    ] {
        let history = recorded(profile, history);
        let payment: Payment = history.payment(history.entries.len()).unwrap();
        let events = history.events(0..history.entries.len());
        let mapping = CompiledMapping::read(tollbridge_rules::DEFAULT_DOCUMENT).unwrap();
        let (given, steps) = mapping.measured(&payment, &events, &history.site);
        assert!(given.is_ok());
        assert!(steps < 10_000, "{steps}");
    }
}
