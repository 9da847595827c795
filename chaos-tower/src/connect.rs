//! Opens connections through other crates' connectors, with faults injected.

use std::error::Error;
use std::fmt;
use std::io;

use chaos_net::{ChaosStream, Socket, StreamSite};

use crate::box_error::BoxError;

/// Opens a connection, and injects the faults of a site; an error of the connector itself is returned unchanged.
pub(crate) async fn connect<T: Socket>(
    site: &StreamSite,
    connecting: impl Future<Output = Result<T, BoxError>>,
) -> Result<ChaosStream<T>, BoxError> {
    let connecting = async {
        connecting
            .await
            .map_err(|error| io::Error::other(ConnectorError(error)))
    };
    site.connect(connecting).await.map_err(|error| {
        error
            .downcast::<ConnectorError>()
            .map_or_else(BoxError::from, |error| error.0)
    })
}

/// An error of the connector itself, wrapped to pass through an `io::Error`.
#[derive(Debug)]
struct ConnectorError(BoxError);

impl fmt::Display for ConnectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for ConnectorError {}
