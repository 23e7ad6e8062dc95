//! Conversions between enums that say the same in the domain and in the WIT package.

/// Writes both directions of a conversion between two enums whose variants have the same names.
macro_rules! same_variants {
    ($domain:ty, $wit:ty, $($variant:ident),+) => {
        impl From<$domain> for $wit {
            fn from(value: $domain) -> Self {
                match value { $(<$domain>::$variant => Self::$variant,)+ }
            }
        }

        impl From<$wit> for $domain {
            fn from(value: $wit) -> Self {
                match value { $(<$wit>::$variant => Self::$variant,)+ }
            }
        }
    };
}

pub(crate) use same_variants;
