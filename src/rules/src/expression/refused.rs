//! The parts of jq that documents may not use, with the reasons. Any other name is simply unknown.

/// Why this function is refused.
pub fn function(name: &str) -> Option<&'static str> {
    Some(match name {
        "now" | "localtime" | "mktime" | "gmtime" | "strftime" | "strptime" | "todate" | "fromdate" | "date" => {
            "a mapping does not know the time of day: use the times of the input, such as .payment.updated_at, and cut a \
             date out of one with .payment.updated_at[:10]"
        }
        "env" | "input" | "inputs" | "input_filename" | "input_line_number" | "get_search_list" => {
            "a mapping can read only its input"
        }
        "debug" | "stderr" | "halt" | "halt_error" => "a mapping has no output besides its records",
        "repeat" | "until" | "while" | "recurse" | "recurse_down" | "limit" | "skip" | "nth" | "combinations"
        | "walk" | "paths" | "leaf_paths" | "path" | "getpath" | "flatten" | "transpose" => {
            "it could go on for long: name the facts that you need, or go through a list with map(...)"
        }
        "test" | "match" | "capture" | "scan" | "sub" | "gsub" | "splits" | "ascii" | "explode" | "implode"
        | "matches" => {
            "patterns are not part of mappings: use split, startswith, endswith, ltrimstr, rtrimstr or contains"
        }
        "add" | "floor" | "round" | "ceil" | "sqrt" | "pow" | "log" | "abs" | "fabs" | "infinite" | "nan" | "sum" => {
            "a mapping does not calculate with fractions: use money_add(a; b), money_subtract(a; b), decimal(a) and \
             minor(a), which are exact"
        }
        "setpath" | "delpaths" | "del" | "map_values" | "with_entries" | "to_entries" | "from_entries" | "pick" => {
            "values are not changed in place: make a new object, such as {Name: .payment.reference}"
        }
        "import" | "include" | "modulemeta" => "a mapping is one document",
        _ => return None,
    })
}

/// Why this variable is refused.
pub fn variable(name: &str) -> Option<&'static str> {
    match name {
        "$ENV" | "$__prog_args" | "$__loc__" => Some("a mapping can read only its input"),
        _ => None,
    }
}
