//! Exports the functions of the world `record-mapper`; each calls the module that implements it.

use std::cell::RefCell;
use std::rc::Rc;

#[allow(missing_docs, reason = "generated; the WIT package documents every item")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tollbridge:rules;
            world rules { export tollbridge:mapper/mapper@0.1.0; }
        ",
        path: "../../wit",
        with: { "tollbridge:types/types@0.1.0": tollbridge_connector::types },
    });
}

use bindings::exports::tollbridge::mapper::mapper;
use tollbridge_connector::types::{FieldProblem, Payment, PaymentEvent, RecordWrite, Site};

use crate::{CompiledMapping, DEFAULT_DOCUMENT, DocumentProblem};

struct Rules;

thread_local! {
    /// The last document and its mapping: an instance often maps several times with the same one.
    static LAST: RefCell<Option<(String, Rc<CompiledMapping>)>> = const { RefCell::new(None) };
}

/// The mapping of a document; an empty document selects the default.
fn mapping(document: &str) -> Result<Rc<CompiledMapping>, Vec<DocumentProblem>> {
    let document = if document.is_empty() { DEFAULT_DOCUMENT } else { document };
    let last =
        LAST.with_borrow(|last| last.as_ref().filter(|(text, _)| text == document).map(|(_, last)| Rc::clone(last)));
    if let Some(last) = last {
        return Ok(last);
    }
    let mapping = Rc::new(CompiledMapping::read(document)?);
    LAST.set(Some((document.to_owned(), Rc::clone(&mapping))));
    Ok(mapping)
}

fn field_problem(problem: &DocumentProblem) -> FieldProblem {
    FieldProblem { field: problem.location(), problem: problem.problem.clone() }
}

impl mapper::Guest for Rules {
    fn records(
        payment: Payment,
        events: Vec<PaymentEvent>,
        site: Site,
        document: String,
    ) -> Result<Vec<RecordWrite>, mapper::MappingError> {
        let mapping = mapping(&document).map_err(|problems| {
            let problem = problems.first().map_or_else(
                || FieldProblem { field: "document".to_owned(), problem: "cannot be read".to_owned() },
                field_problem,
            );
            mapper::MappingError::Field(problem)
        })?;
        mapping.records(&payment, &events, &site).map_err(|error| {
            if error.missing {
                mapper::MappingError::Missing(error.place)
            } else {
                mapper::MappingError::Field(FieldProblem { field: error.place, problem: error.problem })
            }
        })
    }

    fn check(document: String) -> Result<(), Vec<FieldProblem>> {
        let problems = crate::check(&document);
        if problems.is_empty() { Ok(()) } else { Err(problems.iter().map(field_problem).collect()) }
    }

    fn describe() -> mapper::Description {
        let objects = mapping("").map(|mapping| mapping.objects().into_iter().map(str::to_owned).collect());
        mapper::Description {
            name: "rules".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            objects: objects.unwrap_or_default(),
        }
    }
}

bindings::export!(Rules with_types_in bindings);
