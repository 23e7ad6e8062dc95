//! Inspects a file: the world that it belongs to, its imports, and everything that does not match the world.

use wasmparser::Parser;
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{Function, Interface, InterfaceId, Resolve, WorldId, WorldItem, WorldKey};

use super::types::TypeComparison;
use super::world::{PublicPackages, WORLDS, World};

/// The result of an inspection.
pub struct Inspection {
    /// What the component is checked against.
    pub role: Role,
    /// The component's imports.
    pub imports: Vec<String>,
    /// The exports that belong to the world, interfaces with their functions.
    pub exports: Vec<String>,
    /// Other exports, which the gateway never calls.
    pub besides: Vec<String>,
    /// Everything that is wrong. If it is empty, a manifest can name the component.
    pub problems: Vec<String>,
}

/// The place of a component in the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is plugged into the gateway, and is of this world.
    Plugin(World),
    /// It is the gateway, into which the others are plugged.
    Gateway,
    /// None that is known.
    Unknown,
}

impl Role {
    /// The name of its world.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plugin(world) => world.name(),
            Self::Gateway => "gateway",
            Self::Unknown => "none that is known",
        }
    }
}

/// The beginnings of what the gateway may import: Spin and the manifest's dependencies supply it.
const SUPPLIED_TO_THE_GATEWAY: [&str; 6] = [
    "wasi:",
    "fermyon:spin/",
    "tollbridge:types/types@",
    "tollbridge:provider/provider@",
    "tollbridge:mapper/mapper@",
    "tollbridge:document-mapper/mapper@",
];

/// The kind of a file.
pub enum File {
    /// Not a component, for this reason.
    Other(String),
    /// A component.
    Component(Inspection),
}

/// Inspects the content of a file. The world follows from the exports unless the caller names one.
///
/// # Errors
/// The public worlds cannot be read.
pub fn inspect(bytes: &[u8], asked: Option<World>) -> anyhow::Result<File> {
    if Parser::is_core_wasm(bytes) {
        return Ok(File::Other(
            "it is a core module, not a component: encode it for its world, as `wasm-tools component new` does"
                .to_owned(),
        ));
    }
    if !Parser::is_component(bytes) {
        return Ok(File::Other("it is not WebAssembly".to_owned()));
    }
    let (resolve, id) = match decode(bytes) {
        Ok(DecodedWasm::Component(resolve, id)) => (resolve, id),
        Ok(DecodedWasm::WitPackage(..)) => {
            return Ok(File::Other("it is a WIT package in binary form, not a component".to_owned()));
        }
        Err(error) => return Ok(File::Other(format!("it is damaged: {error:#}"))),
    };
    Ok(File::Component(DecodedComponent { resolve: &resolve, id }.inspect(bytes, asked)?))
}

struct DecodedComponent<'a> {
    resolve: &'a Resolve,
    id: WorldId,
}

impl DecodedComponent<'_> {
    fn inspect(&self, bytes: &[u8], asked: Option<World>) -> anyhow::Result<Inspection> {
        let public = PublicPackages::read()?;
        let world = asked.or_else(|| self.made_for());
        let imports = self.imports();
        if world.is_none() && self.is_gateway(&imports) {
            return Ok(self.gateway(imports));
        }
        let mut problems: Vec<String> = imports.iter().map(|import| not_to_import(import, world)).collect();
        let mut exports = Vec::new();
        let mut besides: Vec<String> = self.exports().map(|(name, _)| name).collect();
        if let Some(world) = world {
            let id = public.world(world)?;
            let exported = public.resolve.worlds.get(id).map(|world| &world.exports);
            for (name, expected) in interfaces(&public.resolve, exported.into_iter().flatten()) {
                match self.fits(&public, world, &name, expected) {
                    Ok(export) => exports.push(export),
                    Err(found) => problems.extend(found),
                }
                besides.retain(|export| *export != name);
            }
            // The comparisons above give better messages, but do not cover every possible difference.
            if problems.is_empty()
                && let Err(error) = wit_component::targets(&public.resolve, id, bytes)
            {
                problems.push(format!("it is not of the world {}: {error:#}", world.name()));
            }
        } else {
            let wanted: Vec<String> =
                WORLDS.iter().map(|world| format!("{} (for a {})", world.interface(), world.name())).collect();
            problems.push(format!("it exports neither {}", wanted.join(" nor ")));
        }
        let role = world.map_or(Role::Unknown, Role::Plugin);
        Ok(Inspection { role, imports, exports, besides, problems })
    }

    /// Whether it serves HTTP requests and uses components such as Tollbridge's.
    fn is_gateway(&self, imports: &[String]) -> bool {
        self.exports().any(|(export, _)| unversioned(&export) == "wasi:http/incoming-handler")
            && imports.iter().any(|import| import.starts_with("tollbridge:"))
    }

    fn gateway(&self, imports: Vec<String>) -> Inspection {
        let is_supplied = |import: &String| SUPPLIED_TO_THE_GATEWAY.iter().any(|begin| import.starts_with(begin));
        let problems = imports.iter().filter(|import| !is_supplied(import));
        let problems = problems
            .map(|import| format!("it imports {import}, which neither Spin nor a dependency of the manifest supplies"));
        Inspection {
            role: Role::Gateway,
            problems: problems.collect(),
            exports: self.exports().map(|(export, _)| export).collect(),
            besides: Vec::new(),
            imports,
        }
    }

    /// The world whose own interface the component exports, in any version, including under its former name.
    fn made_for(&self) -> Option<World> {
        let exports = |name: &str| self.exports().any(|(export, _)| unversioned(&export) == name);
        let present = WORLDS.into_iter().find(|world| exports(world.interface()));
        present.or_else(|| WORLDS.into_iter().find(|world| exports(&former(world.interface()))))
    }

    fn imports(&self) -> Vec<String> {
        let imports = self.resolve.worlds.get(self.id).map(|world| &world.imports);
        imports.into_iter().flatten().map(|(key, _)| self.resolve.name_world_key(key)).collect()
    }

    fn exports(&self) -> impl Iterator<Item = (String, &WorldItem)> {
        let exports = self.resolve.worlds.get(self.id).map(|world| &world.exports);
        exports.into_iter().flatten().map(|(key, item)| (self.resolve.name_world_key(key), item))
    }

    /// The export's description, or how it differs from the interface of the world.
    fn fits(
        &self,
        public: &PublicPackages,
        world: World,
        name: &str,
        expected: &Interface,
    ) -> Result<String, Vec<String>> {
        let interface = self.exports().find(|(export, _)| export == name).and_then(|(_, item)| match item {
            WorldItem::Interface { id, .. } => self.resolve.interfaces.get(*id),
            WorldItem::Function(_) | WorldItem::Type(_) => None,
        });
        let Some(actual) = interface else {
            let exported =
                |wanted: &str| self.exports().map(|(export, _)| export).find(|export| unversioned(export) == wanted);
            return Err(vec![if let Some(other) = exported(unversioned(name)) {
                format!("it exports {other}, and the gateway calls {name}: build it with that version")
            } else if let Some(other) = exported(&former(unversioned(name))) {
                format!(
                    "it exports {other}, which is now {name}: build it for the world {} of the present wit/",
                    public.full_name(world)
                )
            } else {
                format!("it does not export {name}")
            }]);
        };
        let sides = TypeComparison { expected: &public.resolve, actual: self.resolve };
        let problem = |(name, expected): (&String, &Function)| match actual.functions.get(name) {
            None => Some(format!("it does not export the function {name}")),
            Some(actual) => sides.function(expected, actual).map(|difference| format!("{name}: {difference}")),
        };
        let problems: Vec<String> = expected.functions.iter().filter_map(problem).collect();
        if !problems.is_empty() {
            return Err(problems.into_iter().map(|problem| format!("{name}: {problem}")).collect());
        }
        let functions: Vec<&str> = expected.functions.keys().map(String::as_str).collect();
        Ok(if functions.is_empty() { name.to_owned() } else { format!("{name}: {}", functions.join(", ")) })
    }
}

/// The error for a forbidden import.
fn not_to_import(import: &str, world: Option<World>) -> String {
    let who = match world {
        Some(World::RecordMapper) => "a mapper",
        Some(World::PaymentProvider) => "a provider",
        None => "such a component",
    };
    let what_to_do = if import.starts_with("tollbridge:") {
        "build it for the public world, which exports its types"
    } else if import.starts_with("wasi:") {
        "build it without WASI, so that nothing of a payment can leave it"
    } else {
        "no component supplies it"
    };
    format!("it imports {import}, and {who} may import nothing: {what_to_do}")
}

/// The interfaces among imports or exports, by name.
fn interfaces<'r>(
    resolve: &'r Resolve,
    items: impl IntoIterator<Item = (&'r WorldKey, &'r WorldItem)>,
) -> Vec<(String, &'r Interface)> {
    let interface = |id: &InterfaceId| resolve.interfaces.get(*id);
    items
        .into_iter()
        .filter_map(|(key, item)| match item {
            WorldItem::Interface { id, .. } => Some((resolve.name_world_key(key), interface(id)?)),
            WorldItem::Function(_) | WorldItem::Type(_) => None,
        })
        .collect()
}

/// The name of an interface from the time when one package contained all of them.
fn former(interface: &str) -> String {
    let (_, name) = interface.split_once('/').unwrap_or(("", interface));
    format!("tollbridge:connector/{name}")
}

fn unversioned(name: &str) -> &str {
    name.split_once('@').map_or(name, |(name, _)| name)
}
