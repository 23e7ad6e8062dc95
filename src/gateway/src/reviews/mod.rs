//! What needs a person: `GET /v1/reviews` lists it, `POST /v1/reviews/{ref}/resolve` has it tried again or accepts it.

mod list;
mod resolve;

pub use list::list;
pub use resolve::resolve;
