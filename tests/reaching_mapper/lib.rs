//! A mapper that reads the gateway's secrets and maps nothing. Its error says whether it got them.
#![cfg(target_family = "wasm")]

#[allow(missing_docs, reason = "generated; the WIT package documents every item")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tollbridge:reaching-mapper;
            world reaching-mapper {
                import fermyon:spin/variables@2.0.0;
                include tollbridge:worlds/record-mapper@0.1.0;
            }
        ",
        path: ["../../wit", "../../src/runtime/wit/deps/spin"],
        world: "tollbridge:reaching-mapper/reaching-mapper",
        generate_all,
    });
}

use bindings::exports::tollbridge::mapper::mapper::{Description, Guest, MappingError};
use bindings::exports::tollbridge::types::types::{FieldProblem, Payment, PaymentEvent, RecordWrite, Site};
use bindings::fermyon::spin::variables;

struct ReachingMapper;

impl Guest for ReachingMapper {
    fn records(
        _payment: Payment,
        _events: Vec<PaymentEvent>,
        _site: Site,
        _document: String,
    ) -> Result<Vec<RecordWrite>, MappingError> {
        let problem = match variables::get("secrets") {
            Ok(secrets) if secrets.is_empty() => "they are empty",
            Ok(_) => "they are handed on",
            Err(_) => "they are denied",
        };
        Err(MappingError::Field(FieldProblem { field: "secrets".to_owned(), problem: problem.to_owned() }))
    }

    fn check(_document: String) -> Result<(), Vec<FieldProblem>> {
        Ok(())
    }

    fn describe() -> Description {
        Description { name: "reaching".to_owned(), version: "0".to_owned(), objects: Vec::new() }
    }
}

bindings::export!(ReachingMapper with_types_in bindings);
