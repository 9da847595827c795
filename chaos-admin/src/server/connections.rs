//! The open connections of one address, of which there is always room for one more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The open connections of one address.
///
/// When there are too many, the one that has waited longest for its client gives way: silent clients keep no other one
/// from halting.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    /// The next number of a connection or a request.
    next: u64,
    by_number: BTreeMap<u64, Connection>,
}

#[derive(Debug)]
struct Connection {
    /// Its number, or that of its latest request.
    latest: u64,
    /// The number of replies that are not sent yet.
    replying: usize,
    /// Closes the connection when it is dropped.
    _open: oneshot::Sender<()>,
}

/// The place of a connection, which is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    connections: Arc<Connections>,
}

/// A reply that is not sent yet.
#[derive(Debug)]
pub(super) struct Replying(Arc<Place>);

/// The number of connections at a time on one address, so that those of one can't lock out the others.
const MOST: usize = 256;

impl Connections {
    /// Makes a place for a connection, which must close once the receiver reports that the sender is gone.
    pub(super) fn enter(self: &Arc<Self>) -> (Arc<Place>, oneshot::Receiver<()>) {
        let (open, closed) = oneshot::channel();
        let mut all = self.lock();
        if all.by_number.len() >= MOST {
            let by_patience = |(_, one): &(&u64, &Connection)| (one.replying > 0, one.latest);
            let longest = all.by_number.iter().min_by_key(by_patience);
            if let Some(number) = longest.map(|(number, _)| *number) {
                all.by_number.remove(&number);
            }
        }
        let number = all.number();
        let connection = Connection {
            latest: number,
            replying: 0,
            _open: open,
        };
        all.by_number.insert(number, connection);
        drop(all);
        let place = Place {
            number,
            connections: Arc::clone(self),
        };
        (Arc::new(place), closed)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl Place {
    /// Notes that a request has come in; its reply is sent when the returned value is dropped.
    pub(super) fn replying(self: &Arc<Self>) -> Replying {
        let mut all = self.connections.lock();
        let latest = all.number();
        if let Some(connection) = all.by_number.get_mut(&self.number) {
            connection.latest = latest;
            connection.replying += 1;
        }
        drop(all);
        Replying(Arc::clone(self))
    }
}

impl Drop for Replying {
    fn drop(&mut self) {
        let mut all = self.0.connections.lock();
        if let Some(connection) = all.by_number.get_mut(&self.0.number) {
            connection.replying -= 1;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().by_number.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    #[test]
    fn the_connection_that_waits_longest_gives_way() {
        let connections = Arc::new(Connections::default());
        let mut open: Vec<_> = (0..MOST).map(|_| connections.enter()).collect();
        // The first one is answered now, and the second one was answered last.
        let _replying = open[0].0.replying();
        drop(open[1].0.replying());
        let _one_more = connections.enter();
        let _another = connections.enter();
        let is_closed =
            |closed: &mut oneshot::Receiver<()>| closed.try_recv() == Err(TryRecvError::Closed);
        let closed = open.iter_mut().map(|(_, closed)| is_closed(closed));
        let closed: Vec<_> = closed.enumerate().filter(|(_, closed)| *closed).collect();
        assert_eq!(closed, [(2, true), (3, true)]);
    }

    #[test]
    fn a_connection_that_ends_makes_room() {
        let connections = Arc::new(Connections::default());
        let mut open: Vec<_> = (0..MOST).map(|_| connections.enter()).collect();
        open.pop();
        open.push(connections.enter());
        assert_eq!(open[0].1.try_recv(), Err(TryRecvError::Empty));
    }
}
