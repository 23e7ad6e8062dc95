//! x
use super::doubles::*;
#[test]
fn smoke() {
    let world = World::new();
    let r = world.charge("k1");
    println!("{:#}", world.payment(&r));
    for l in world.timeline.all() { println!("{l}"); }
    println!("{:#?}", world.network.salesforce.last());
    for (i, (k, res)) in [("DISPUTE","CONFIRMED"),("DISPUTE","DECLINED")].into_iter().enumerate() {
        let ops = world.store.operations();
        world.receive(&callback(&r, k, res, "1", 60 + i as u32));
        println!("{} {:?}", world.payment(&r)["status"], world.store.writes_since(ops));
    println!("{:#?}", world.network.salesforce.last());
    }
}
