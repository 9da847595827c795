//! Connects of other crates' connectors under the faults of a site.

use std::error::Error;
use std::fmt;
use std::io;

use chaos_net::{ChaosStream, Socket, StreamSite};

use crate::BoxError;

/// Opens a connection under the faults of a site; an error of `opening` comes out as it is.
pub(crate) async fn connect<T: Socket>(
    site: &StreamSite,
    opening: impl Future<Output = Result<T, BoxError>>,
) -> Result<ChaosStream<T>, BoxError> {
    let opening = async { opening.await.map_err(|error| io::Error::other(Own(error))) };
    site.connect(opening).await.map_err(|error| {
        error
            .downcast::<Own>()
            .map_or_else(BoxError::from, |own| own.0)
    })
}

/// An error of the connector's own, on its way through an `io::Error`.
#[derive(Debug)]
struct Own(BoxError);

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Own {}
