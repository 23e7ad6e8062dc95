//! Conversions between the enums that the domain and the WIT package have in common.

/// Writes both directions of a conversion between two enums whose variants have the same names. A variant with a
/// payload names it: `Failed(stage)`.
macro_rules! same_variants {
    ($domain:ty, $wit:ty, $($variant:ident $(($payload:ident))?),+) => {
        impl From<$domain> for $wit {
            fn from(value: $domain) -> Self {
                type Domain = $domain;
                match value { $(Domain::$variant $(($payload))? => Self::$variant $(($payload.into()))?,)+ }
            }
        }

        impl From<$wit> for $domain {
            fn from(value: $wit) -> Self {
                type Wit = $wit;
                match value { $(Wit::$variant $(($payload))? => Self::$variant $(($payload.into()))?,)+ }
            }
        }
    };
}

pub(crate) use same_variants;
