//! Checks that the server keeps acknowledged writes; the ledger's guarantees depend on it.

use crate::store::StoreSetting;

pub(super) const APPEND: &str = "appendonly";
pub(super) const SYNC: &str = "appendfsync";
pub(super) const EVICTION: &str = "maxmemory-policy";

/// The warning for the operator if a setting may lose writes. A server that hides its settings is not judged.
pub(in crate::store) fn weakness(settings: &[StoreSetting]) -> Option<String> {
    let value = |name: &str| settings.iter().find(|setting| setting.name == name)?.value.as_deref();
    judged(value(APPEND), value(SYNC), value(EVICTION))
}

fn judged(append: Option<&str>, sync: Option<&str>, eviction: Option<&str>) -> Option<String> {
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
    use super::judged;

    #[test]
    fn only_a_server_that_may_lose_writes_gets_a_warning() {
        assert_eq!(judged(Some("yes"), Some("always"), Some("noeviction")), None);
        assert_eq!(judged(Some("yes"), Some("always"), Some("volatile-lru")), None, "nothing of ours is volatile");
        assert_eq!(judged(None, None, None), None, "it does not say");
    }

    #[test]
    fn the_warning_names_the_setting_and_the_fix() {
        for (append, sync, eviction, named) in [
            ("no", "always", "noeviction", "`appendonly no`"),
            ("yes", "everysec", "noeviction", "`appendfsync everysec`"),
            ("yes", "no", "allkeys-lru", "`appendfsync no`"),
            ("yes", "always", "allkeys-lru", "`maxmemory-policy allkeys-lru`"),
        ] {
            let said = judged(Some(append), Some(sync), Some(eviction)).unwrap();
            assert!(said.contains(named) && said.contains("set `"), "{said}");
        }
    }
}
