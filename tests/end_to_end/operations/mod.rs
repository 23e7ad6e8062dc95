//! The service as an operator sees it: configuration, limits, clocks, tracing, and the separation of sites.

mod a_bad_configuration_is_explained;
mod a_request_can_be_traced_everywhere;
mod a_silent_service_delays_nobody_else;
mod callers_see_only_their_own_site;
mod clocks_that_disagree_stop_a_drain;
mod request_bodies_have_a_size_limit;
mod responses_have_a_size_limit;
mod slow_clients_delay_nobody_else;
mod two_legal_entities_share_nothing;
mod unknown_paths_and_methods_return_problems;
