//! Reviews: `GET /v1/reviews` lists the payments that need a person, and `POST /v1/reviews/{ref}/resolve` retries,
//! accepts or assigns one.

mod accept;
mod assign;
mod decision_sync;
mod list;
mod reasons;
mod resolve;

pub use list::list;
pub use reasons::ReviewReasons;
pub use resolve::resolve;
