//! Authenticates callers: a bearer key belongs to the sites that list its digest.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::config::{ApiKey, Config, Site};
use crate::http::message::Request;
use crate::http::problem::Problem;

fn unauthorized(detail: &str) -> Problem {
    Problem::new(401, "unauthorized", detail)
}

/// The digest of the request's bearer key.
fn digest(request: &Request) -> Result<ApiKey, Problem> {
    let header =
        request.header("authorization").ok_or_else(|| unauthorized("send Authorization: Bearer and the site's key"))?;
    let key = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim())
        .ok_or_else(|| unauthorized("the Authorization header is not Bearer and a key"))?;
    Ok(Sha256::digest(key.as_bytes()).into())
}

fn is_among(digest: &ApiKey, keys: &[ApiKey]) -> bool {
    keys.iter().fold(subtle::Choice::from(0), |known, key| known | key.ct_eq(digest)).into()
}

/// Whether the request's bearer key is one of these.
pub fn has_one_of(request: &Request, keys: &[ApiKey]) -> bool {
    digest(request).is_ok_and(|digest| is_among(&digest, keys))
}

/// The sites that a caller may act for.
pub struct Caller<'a> {
    sites: Vec<&'a Site>,
}

impl<'a> Caller<'a> {
    /// The caller with the request's bearer key. Every key of every site is compared, in constant time, so that the
    /// response time does not tell which one matches.
    /// # Errors
    /// There is no key, or no site lists it.
    pub fn of(request: &Request, config: &'a Config) -> Result<Self, Problem> {
        let digest = digest(request)?;
        let sites: Vec<_> = config.sites().filter(|site| is_among(&digest, &site.api_keys)).collect();
        if sites.is_empty() { Err(unauthorized("no site has this key")) } else { Ok(Self { sites }) }
    }

    /// The site of this name, if the caller may act for it.
    ///
    /// # Errors
    /// The caller may not, whether or not there is such a site.
    pub fn site(&self, name: &str) -> Result<&'a Site, Problem> {
        self.sites.iter().copied().find(|site| site.name.as_str() == name).ok_or_else(|| Problem {
            field: Some("site".to_owned()),
            ..Problem::new(403, "site_not_allowed", "this key has no right to this site")
        })
    }

    /// The site of a request that names none in its body: the one in `?site=`, or the caller's only one.
    ///
    /// # Errors
    /// The caller may not act for the named site, or names none and has several.
    pub fn only_site(&self, request: &Request) -> Result<&'a Site, Problem> {
        match (request.parameter("site"), self.sites.as_slice()) {
            (Some(name), _) => self.site(&name),
            (None, [site]) => Ok(site),
            (None, _) => Err(Problem {
                field: Some("site".to_owned()),
                ..Problem::new(400, "site_missing", "this key belongs to several sites: name one with ?site=")
            }),
        }
    }
}
