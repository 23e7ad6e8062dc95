//! Parses a REST path, of a request or of a subrequest in a composite.

use percent_encoding::percent_decode_str;

/// A path below `/services/data/`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DataPath {
    /// The API version, such as `v67.0`.
    pub(crate) version: String,
    /// The decoded parts after the version.
    pub(crate) rest: Vec<String>,
}

impl DataPath {
    /// Parses a path and ignores the query.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let path = url.split_once('?').map_or(url, |(path, _)| path);
        let mut parts = path
            .strip_prefix("/services/data/")?
            .trim_end_matches('/')
            .split('/')
            .map(|part| percent_decode_str(part).decode_utf8().map(String::from));
        let version = parts.next()?.ok()?;
        let (major, minor) = version.strip_prefix('v')?.split_once('.')?;
        major.parse::<u32>().ok()?;
        minor.parse::<u32>().ok()?;
        let rest = parts.collect::<Result<Vec<_>, _>>().ok()?;
        Some(Self { version, rest })
    }

    /// The resource, such as `sobjects`, and the parts after it.
    pub(crate) fn split_first(&self) -> Option<(&str, &[String])> {
        let (first, rest) = self.rest.split_first()?;
        Some((first, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::DataPath;

    #[test]
    fn parts_are_decoded_after_the_path_is_split() {
        let path = DataPath::parse("/services/data/v67.0/sobjects/O/F/a%2Fb?x=y").unwrap();
        assert_eq!(path.version, "v67.0");
        assert_eq!(path.rest, ["sobjects", "O", "F", "a/b"]);
    }

    #[test]
    fn other_paths_are_not_parsed() {
        for url in [
            "",
            "/",
            "/services/data/67.0/x",
            "/services/data/vX.0/x",
            "http://h/services/data/v1.0/x",
            "/services/data/v1.0/%ff",
        ] {
            assert_eq!(DataPath::parse(url), None, "{url}");
        }
    }
}
