//! A site's own mapping documents.

mod a_hostile_document_delays_nobody;
mod a_site_has_its_own_mapping;
