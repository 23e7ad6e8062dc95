//! Whether the server keeps what it acknowledged: what the ledger promises rests on that.

/// What is said to whoever starts the runtime, if a setting is weaker than it should be. A server that does not show
/// its settings is not judged.
pub(super) fn weakness(append: Option<&str>, sync: Option<&str>, eviction: Option<&str>) -> Option<String> {
    let lost = match (append, sync) {
        (Some(append), _) if append != "yes" => Some(format!("has `appendonly {append}`")),
        (Some(_), Some(sync)) if sync != "always" => Some(format!("has `appendfsync {sync}`")),
        _ => None,
    };
    if let Some(lost) = lost {
        return Some(format!(
            "{lost}: what was acknowledged may be lost when it stops; set `appendonly yes` and `appendfsync always`"
        ));
    }
    let evicting = eviction.filter(|policy| policy.starts_with("allkeys"))?;
    Some(format!(
        "has `maxmemory-policy {evicting}`: it throws away entries of the ledger when its memory is full; set \
         `maxmemory-policy noeviction`"
    ))
}

#[cfg(test)]
mod tests {
    use super::weakness;

    #[test]
    fn only_a_server_that_may_lose_something_is_named() {
        assert_eq!(weakness(Some("yes"), Some("always"), Some("noeviction")), None);
        assert_eq!(weakness(Some("yes"), Some("always"), Some("volatile-lru")), None, "nothing of ours is volatile");
        assert_eq!(weakness(None, None, None), None, "it does not say");
    }

    #[test]
    fn what_is_weak_and_what_to_set_is_said() {
        for (append, sync, eviction, named) in [
            ("no", "always", "noeviction", "`appendonly no`"),
            ("yes", "everysec", "noeviction", "`appendfsync everysec`"),
            ("yes", "no", "allkeys-lru", "`appendfsync no`"),
            ("yes", "always", "allkeys-lru", "`maxmemory-policy allkeys-lru`"),
        ] {
            let said = weakness(Some(append), Some(sync), Some(eviction)).unwrap();
            assert!(said.contains(named) && said.contains("set `"), "{said}");
        }
    }
}
