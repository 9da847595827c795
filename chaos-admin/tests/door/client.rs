//! A client that writes requests byte by byte, so that invalid ones can be sent, too.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;

use chaos_admin::Address;
use serde_json::Value;

/// A client of one address.
pub(crate) struct Client(Address);

/// A whole reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

pub(crate) trait Stream: Read + Write + Send {
    /// Closes the half of the connection in which requests are sent.
    fn close_sending(&self);
}

impl Stream for TcpStream {
    fn close_sending(&self) {
        let _ = self.shutdown(Shutdown::Write);
    }
}

impl Stream for UnixStream {
    fn close_sending(&self) {
        let _ = self.shutdown(Shutdown::Write);
    }
}

impl Client {
    pub(crate) fn new(address: Address) -> Self {
        Self(address)
    }

    pub(crate) fn connect(&self) -> Box<dyn Stream> {
        match &self.0 {
            Address::Unix(path) => Box::new(UnixStream::connect(path).unwrap()),
            Address::Tcp(address) => Box::new(TcpStream::connect(address).unwrap()),
            other => panic!("{other}"),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], "")
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Reply {
        self.send("POST", path, &[("content-type", "application/json")], body)
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let has_host = headers.iter().any(|(name, _)| *name == "host");
        let mut head = format!("{method} /chaos/v1{path} HTTP/1.1\r\nconnection: close\r\n");
        if !has_host {
            head.push_str("host: localhost\r\n");
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        self.send_bytes(head.as_bytes())
    }

    /// Sends these bytes, and reads until the connection is closed.
    pub(crate) fn send_bytes(&self, bytes: &[u8]) -> Reply {
        let mut stream = self.connect();
        // A server that refuses a request may close before it has read all of it.
        let _ = stream.write_all(bytes);
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        Reply::parse(&String::from_utf8_lossy(&reply))
    }

    /// Sends the beginning of a request, and waits until the server has closed the connection.
    pub(crate) fn break_off(&self) {
        let Address::Unix(path) = &self.0 else {
            panic!("{}", self.0);
        };
        let mut stream = UnixStream::connect(path).unwrap();
        stream.write_all(b"GET /chaos").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }

    /// Opens a feed, and returns its lines.
    pub(crate) fn lines(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> impl Iterator<Item = String> + use<> {
        let mut stream = self.connect();
        let mut head = format!("GET /chaos/v1{path} HTTP/1.1\r\nhost: localhost\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        BufReader::new(stream).lines().map_while(Result::ok)
    }
}

impl Reply {
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status = status.and_then(|status| status.parse().ok());
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        Self {
            status: status.unwrap_or_else(|| panic!("no reply: {text:?}")),
            headers,
            body: body.to_owned(),
        }
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}
