//! Resets of TCP connections.

use std::io;

use tokio::net::TcpStream;

use crate::socket::Socket;

impl Socket for TcpStream {
    fn reset_on_close(&self) -> io::Result<()> {
        self.set_zero_linger()
    }

    fn reset(&self) -> io::Result<()> {
        self.reset_on_close()?;
        // Linux resets a connection when its socket is disconnected, and wakes the tasks that wait for it.
        #[cfg(target_os = "linux")]
        rustix::net::connect_unspec(self)?;
        Ok(())
    }
}
