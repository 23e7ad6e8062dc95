//! What needs a person: `GET /v1/reviews` lists it, `POST /v1/reviews/{ref}/resolve` has it tried again, accepts it or
//! assigns it to a record.

mod accept;
mod assign;
mod list;
mod resolve;
mod waiting;

pub use list::list;
pub use resolve::resolve;
pub use waiting::Waiting;
