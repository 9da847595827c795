//! A client of the API on a unix socket.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// A client with a connection for each request.
pub(crate) struct ApiClient(PathBuf);

/// The time after which a reply counts as one that never comes.
const NEVER: Duration = Duration::from_secs(10);

impl ApiClient {
    pub(crate) fn new(socket: impl Into<PathBuf>) -> Self {
        Self(socket.into())
    }

    /// Sends a request, and returns the status of the reply once it has arrived as a whole.
    pub(crate) fn send(&self, method: &str, path: &str, json: &str) -> io::Result<u16> {
        let mut stream = self.connect()?;
        let length = json.len();
        let request = format!(
            "{method} /chaos/v1{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{json}"
        );
        stream.write_all(request.as_bytes())?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply)?;
        let status = reply
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        status.ok_or_else(|| io::Error::other(format!("no reply: {reply:?}")))
    }

    /// Sends the beginning of a request, and closes the connection.
    pub(crate) fn break_off(&self) -> io::Result<()> {
        self.connect()?
            .write_all(b"GET /chaos/v1/status HTTP/1.1\r\nho")
    }

    fn connect(&self) -> io::Result<UnixStream> {
        let stream = UnixStream::connect(&self.0)?;
        stream.set_read_timeout(Some(NEVER))?;
        Ok(stream)
    }
}
