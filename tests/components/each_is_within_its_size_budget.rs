//! Every request starts a fresh instance, so each request pays for a component's size.

use crate::component;

#[test]
fn no_component_is_larger_than_its_budget() {
    let pure = [("maldopay", 320_000), ("records", 300_000), ("rules", 1_200_000)];
    let gateways = [("gateway", 1_780_000), ("gateway-redis", 1_780_000)];
    for (name, budget) in pure.into_iter().chain(gateways) {
        let size = component(name).len();
        assert!(size <= budget, "{name} has {size} bytes, more than {budget}");
        assert!(size > 10_000, "{name} has only {size} bytes and cannot be the whole component");
    }
}
