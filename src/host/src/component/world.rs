//! The public worlds of `wit/`, as this program was built with them.

use std::path::Path;

use anyhow::Context as _;
use wit_parser::{PackageId, Resolve, SourceMap, WorldId};

/// The package, file by file.
const FILES: [(&str, &str); 4] = [
    ("types.wit", include_str!("../../../../wit/types.wit")),
    ("mapper.wit", include_str!("../../../../wit/mapper.wit")),
    ("provider.wit", include_str!("../../../../wit/provider.wit")),
    ("worlds.wit", include_str!("../../../../wit/worlds.wit")),
];

/// What a component can be to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum World {
    /// It makes records of payments.
    RecordMapper,
    /// It speaks a payment provider's wire format.
    PaymentProvider,
}

/// Every world.
pub const WORLDS: [World; 2] = [World::RecordMapper, World::PaymentProvider];

impl World {
    /// Its name in the package.
    pub fn name(self) -> &'static str {
        match self {
            Self::RecordMapper => "record-mapper",
            Self::PaymentProvider => "payment-provider",
        }
    }

    /// The interface that no other world exports.
    pub fn interface(self) -> &'static str {
        match self {
            Self::RecordMapper => "mapper",
            Self::PaymentProvider => "provider",
        }
    }
}

/// The public package.
pub struct Public {
    /// Its types.
    pub resolve: Resolve,
    package: PackageId,
}

impl Public {
    /// Reads it.
    ///
    /// # Errors
    /// This program was built with a package that is none.
    pub fn read() -> anyhow::Result<Self> {
        let mut files = SourceMap::new();
        for (name, text) in FILES {
            files.push(Path::new(name), text);
        }
        let mut resolve = Resolve::default();
        let package = resolve.push_group(files.parse()?)?;
        Ok(Self { resolve, package })
    }

    /// A world of it.
    ///
    /// # Errors
    /// The package does not have it.
    pub fn world(&self, world: World) -> anyhow::Result<WorldId> {
        let name = world.name();
        self.resolve.select_world(&[self.package], Some(name)).with_context(|| format!("no world {name}"))
    }
}
