//! The exports of the component, each implemented by another module.

#[allow(missing_docs, reason = "generated; the WIT package documents every item")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tollbridge:records;
            world records { export tollbridge:mapper/mapper@0.1.0; }
        ",
        path: "../../wit",
        with: { "tollbridge:types/types@0.1.0": tollbridge_connector::types },
    });
}

use bindings::exports::tollbridge::mapper::mapper;
use tollbridge_connector::types::{FieldProblem, Payment, PaymentEvent, RecordWrite, Site};

struct Records;

fn no_document() -> FieldProblem {
    FieldProblem { field: "document".to_owned(), problem: "this mapper is compiled and takes no document".to_owned() }
}

impl mapper::Guest for Records {
    fn records(
        payment: Payment,
        events: Vec<PaymentEvent>,
        site: Site,
        document: String,
    ) -> Result<Vec<RecordWrite>, mapper::MappingError> {
        if !document.is_empty() {
            return Err(mapper::MappingError::Field(no_document()));
        }
        crate::records(&payment, &events, &site)
            .map_err(|error| mapper::MappingError::Field(FieldProblem { field: error.field, problem: error.problem }))
    }

    fn check(document: String) -> Result<(), Vec<FieldProblem>> {
        if document.is_empty() {
            return Ok(());
        }
        Err(vec![no_document()])
    }

    fn describe() -> mapper::Description {
        mapper::Description {
            name: "records".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            objects: crate::OBJECTS.map(str::to_owned).to_vec(),
        }
    }
}

bindings::export!(Records with_types_in bindings);
