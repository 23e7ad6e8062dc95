//! The public worlds of `wit/`, embedded at build time.

use anyhow::Context as _;
use wit_parser::{PackageId, Resolve, WorldId};

/// The packages of the worlds, each after those that it uses.
const INTERFACES: [(&str, &str); 3] = [
    ("types.wit", include_str!("../../../../wit/deps/types.wit")),
    ("mapper.wit", include_str!("../../../../wit/deps/mapper.wit")),
    ("provider.wit", include_str!("../../../../wit/deps/provider.wit")),
];

/// The package of the worlds.
const PACKAGE: (&str, &str) = ("worlds.wit", include_str!("../../../../wit/worlds.wit"));

/// The public worlds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum World {
    /// Maps payments to records.
    RecordMapper,
    /// Implements a payment provider's wire format.
    PaymentProvider,
}

pub const WORLDS: [World; 2] = [World::RecordMapper, World::PaymentProvider];

impl World {
    /// The world's name in its package.
    pub fn name(self) -> &'static str {
        match self {
            Self::RecordMapper => "record-mapper",
            Self::PaymentProvider => "payment-provider",
        }
    }

    /// The interface that only this world exports, without its version.
    pub fn interface(self) -> &'static str {
        match self {
            Self::RecordMapper => "tollbridge:mapper/mapper",
            Self::PaymentProvider => "tollbridge:provider/provider",
        }
    }
}

/// The parsed public packages.
pub struct PublicPackages {
    /// The types of the packages.
    pub resolve: Resolve,
    package: PackageId,
}

impl PublicPackages {
    /// Parses the embedded packages.
    ///
    /// # Errors
    /// An embedded package is invalid.
    pub fn read() -> anyhow::Result<Self> {
        let mut resolve = Resolve::default();
        for (name, text) in INTERFACES {
            resolve.push_str(name, text)?;
        }
        let (name, text) = PACKAGE;
        let package = resolve.push_str(name, text)?;
        Ok(Self { resolve, package })
    }

    /// The name of a world with its package and version.
    pub fn full_name(&self, world: World) -> String {
        let name = world.name();
        self.resolve
            .packages
            .get(self.package)
            .map_or_else(|| name.to_owned(), |package| package.name.interface_id(name))
    }

    /// The id of a world.
    ///
    /// # Errors
    /// The package of the worlds does not contain it.
    pub fn world(&self, world: World) -> anyhow::Result<WorldId> {
        let name = world.name();
        self.resolve.select_world(&[self.package], Some(name)).with_context(|| format!("no world {name}"))
    }
}
