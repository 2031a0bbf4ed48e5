//! URLs of the crate `url`.

use url::Url;

use crate::error::ValueError;

displayed! {
    Url: "not an absolute URL", checked by check;
}

/// Refuses a URL whose parts were set such that its text is parsed as another URL.
fn check(url: &Url) -> Result<(), ValueError> {
    match url.as_str().parse::<Url>() {
        Ok(read) if read == *url => Ok(()),
        _ => Err(ValueError::new("a URL that is not the same when it is parsed cannot be stored")),
    }
}
