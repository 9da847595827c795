//! Marks requests with the site whose layer they passed, to report a layer that is applied twice.

use chaos_core::Site;
use chaos_core::adapter::Misuse;
use http::Extensions;

/// The site whose layer a request has passed.
#[derive(Clone)]
struct Passed(Site);

/// Marks a request, and reports one that has passed another layer of this site.
pub(crate) fn detect(site: &Site, extensions: &mut Extensions) {
    if site.seek_second_layer()
        && let Some(Passed(earlier)) = extensions.insert(Passed(site.clone()))
        && earlier == *site
    {
        site.report(Misuse::SecondLayer);
    }
}
