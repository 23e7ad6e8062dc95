//! Describes how a component's function differs from the world's, with the location of the difference.

use wit_parser::{Function, Resolve, Result_, Type, TypeDefKind};

/// The types of a world and of a component.
pub struct TypeComparison<'a> {
    /// The world's types.
    pub expected: &'a Resolve,
    /// The component's types.
    pub actual: &'a Resolve,
}

impl TypeComparison<'_> {
    /// The first difference between two functions, if there is one.
    pub fn function(&self, expected: &Function, actual: &Function) -> Option<String> {
        if expected.kind.is_async() != actual.kind.is_async() {
            return Some("only one of it and the world's is async".to_owned());
        }
        let (wanted, given) = (parameters(expected), parameters(actual));
        if wanted != given {
            return Some(format!("it takes {given} where the world has {wanted}"));
        }
        for ((name, expected), (_, actual)) in expected.params.iter().zip(&actual.params) {
            if let Some(difference) = self.types(&format!("parameter {name}"), *expected, *actual) {
                return Some(difference);
            }
        }
        self.optional("the result", expected.result, actual.result)
    }

    fn types(&self, at: &str, expected: Type, actual: Type) -> Option<String> {
        let (expected, actual) = (resolved(self.expected, expected), resolved(self.actual, actual));
        let (Type::Id(expected_id), Type::Id(actual_id)) = (expected, actual) else {
            return (expected != actual).then(|| self.another(at, expected, actual));
        };
        let kinds = (
            self.expected.types.get(expected_id).map(|definition| &definition.kind)?,
            self.actual.types.get(actual_id).map(|definition| &definition.kind)?,
        );
        match kinds {
            (TypeDefKind::Record(expected), TypeDefKind::Record(actual)) => {
                let names = |record: &wit_parser::Record| -> Vec<(String, Option<Type>)> {
                    record.fields.iter().map(|field| (field.name.clone(), Some(field.ty))).collect()
                };
                self.parts(at, "field", &names(expected), &names(actual))
            }
            (TypeDefKind::Variant(expected), TypeDefKind::Variant(actual)) => {
                let names = |variant: &wit_parser::Variant| -> Vec<(String, Option<Type>)> {
                    variant.cases.iter().map(|case| (case.name.clone(), case.ty)).collect()
                };
                self.parts(at, "case", &names(expected), &names(actual))
            }
            (TypeDefKind::Enum(expected), TypeDefKind::Enum(actual)) => {
                let names = |cases: &wit_parser::Enum| -> Vec<(String, Option<Type>)> {
                    cases.cases.iter().map(|case| (case.name.clone(), None)).collect()
                };
                self.parts(at, "case", &names(expected), &names(actual))
            }
            (TypeDefKind::Option(expected), TypeDefKind::Option(actual))
            | (TypeDefKind::List(expected), TypeDefKind::List(actual)) => self.types(at, *expected, *actual),
            (TypeDefKind::Result(expected), TypeDefKind::Result(actual)) => self.results(at, expected, actual),
            // The public worlds have no other types. If one gets another, it compares by name.
            (expected, actual) if expected.as_str() == actual.as_str() => None,
            _ => Some(self.another(at, expected, actual)),
        }
    }

    fn results(&self, at: &str, expected: &Result_, actual: &Result_) -> Option<String> {
        self.optional(at, expected.ok, actual.ok)
            .or_else(|| self.optional(&format!("{at}, its error"), expected.err, actual.err))
    }

    fn optional(&self, at: &str, expected: Option<Type>, actual: Option<Type>) -> Option<String> {
        match (expected, actual) {
            (None, None) => None,
            (Some(expected), Some(actual)) => self.types(at, expected, actual),
            (Some(expected), None) => {
                Some(format!("{at}: it has none where the world has {}", named(self.expected, expected)))
            }
            (None, Some(actual)) => {
                Some(format!("{at}: it has {} where the world has none", named(self.actual, actual)))
            }
        }
    }

    /// Fields or cases by name and order, both of which belong to the type.
    fn parts(
        &self,
        at: &str,
        what: &str,
        expected: &[(String, Option<Type>)],
        actual: &[(String, Option<Type>)],
    ) -> Option<String> {
        let lacks = |parts: &[(String, Option<Type>)], name: &str| !parts.iter().any(|(part, _)| part == name);
        if let Some((name, _)) = expected.iter().find(|(name, _)| lacks(actual, name)) {
            return Some(format!("{at}: the {what} {name} is missing"));
        }
        if let Some((name, _)) = actual.iter().find(|(name, _)| lacks(expected, name)) {
            return Some(format!("{at}: the world has no {what} {name}"));
        }
        for ((name, expected), (actual_name, actual)) in expected.iter().zip(actual) {
            if name != actual_name {
                return Some(format!("{at}: the {what}s are in another order from {name} on"));
            }
            if let Some(difference) = self.optional(&format!("{at}: {name}"), *expected, *actual) {
                return Some(difference);
            }
        }
        None
    }

    fn another(&self, at: &str, expected: Type, actual: Type) -> String {
        format!("{at}: it is {} where the world has {}", named(self.actual, actual), named(self.expected, expected))
    }
}

fn parameters(function: &Function) -> String {
    let names: Vec<&str> = function.params.iter().map(|(name, _)| name.as_str()).collect();
    if names.is_empty() { "no parameter".to_owned() } else { format!("({})", names.join(", ")) }
}

/// The type behind all its aliases.
fn resolved(resolve: &Resolve, mut named: Type) -> Type {
    while let Type::Id(id) = named
        && let Some(TypeDefKind::Type(behind)) = resolve.types.get(id).map(|definition| &definition.kind)
    {
        named = *behind;
    }
    named
}

/// A type in words.
fn named(resolve: &Resolve, of: Type) -> String {
    match resolved(resolve, of) {
        Type::Bool => "bool".to_owned(),
        Type::U8 => "u8".to_owned(),
        Type::U16 => "u16".to_owned(),
        Type::U32 => "u32".to_owned(),
        Type::U64 => "u64".to_owned(),
        Type::S8 => "s8".to_owned(),
        Type::S16 => "s16".to_owned(),
        Type::S32 => "s32".to_owned(),
        Type::S64 => "s64".to_owned(),
        Type::F32 => "f32".to_owned(),
        Type::F64 => "f64".to_owned(),
        Type::Char => "char".to_owned(),
        Type::String => "string".to_owned(),
        Type::ErrorContext => "error-context".to_owned(),
        Type::Id(id) => {
            let Some(definition) = resolve.types.get(id) else { return "nothing".to_owned() };
            let kind = definition.kind.as_str();
            match (&definition.name, &definition.kind) {
                (Some(name), _) => format!("the {kind} {name}"),
                (None, TypeDefKind::Option(inner) | TypeDefKind::List(inner)) => {
                    format!("{kind}<{}>", named(resolve, *inner))
                }
                (None, _) => format!("a {kind}"),
            }
        }
    }
}
