//! Decisions on one connection, drawn by its number.

use chaos_core::adapter::{Armed, ConnectionRecord, Decision, Flow, Needs};
use chaos_core::{Operation, Phase, Scope, Site};

use crate::delay_line::DELAYED_ROOM;

/// Decides on one connection of a site: each experiment draws once for all operations of the connection.
#[derive(Debug)]
pub(crate) struct ConnectionDraws {
    site: Site,
    number: u64,
    /// What names the connection in place of its number.
    pub(crate) key: Option<String>,
    delayed_room: usize,
    end: ConnectionEnd,
    /// Created when an experiment first affects the connection.
    identity: Option<Armed<Box<ConnectionIdentity>>>,
}

/// Which end of the connection a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ConnectionEnd {
    /// That of the site, whose operations are named after what it does.
    #[default]
    Site,
    /// The other one: what is read here, the site has written.
    Peer,
}

/// A site of connections, and the most bytes that may wait for a delay in each direction of one.
#[derive(Debug, Clone)]
pub(crate) struct DelayedSite {
    pub(crate) site: Site,
    pub(crate) delayed_room: usize,
}

impl DelayedSite {
    pub(crate) fn new(site: Site) -> Self {
        Self {
            site,
            delayed_room: DELAYED_ROOM,
        }
    }
}

/// How experiments and their journals know the connection.
#[derive(Debug)]
struct ConnectionIdentity {
    record: ConnectionRecord,
    scope: Scope,
}

impl ConnectionDraws {
    pub(crate) fn new(site: &DelayedSite) -> Self {
        let DelayedSite { site, delayed_room } = site.clone();
        Self {
            number: site.number_next(),
            key: None,
            delayed_room,
            end: ConnectionEnd::default(),
            site,
            identity: None,
        }
    }

    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// Returns the most bytes that may wait for a delay in each direction.
    pub(crate) fn delayed_room(&self) -> usize {
        self.delayed_room
    }

    pub(crate) fn end(&self) -> ConnectionEnd {
        self.end
    }

    /// Names the operations as the other end does.
    pub(crate) fn move_to(&mut self, end: ConnectionEnd) {
        self.end = end;
    }

    /// Returns the site's needs, if an experiment there needs decisions.
    #[inline]
    pub(crate) fn needs(&self) -> Option<Needs> {
        self.site.needs().filter(|needs| needs.decision())
    }

    /// Decides on one phase of an operation.
    pub(crate) fn decide(&mut self, operation: &str, phase: Phase) -> Decision {
        let Some(needs) = self.needs() else {
            return Decision::NONE;
        };
        let (site, operation) = self.operation(operation, needs);
        site.decide(&operation.only(phase))
    }

    /// Adds the experiments on an operation to a flow, including those that started since the last call.
    pub(crate) fn follow(&mut self, flow: &mut Flow, operation: &str) {
        match self.needs() {
            None => *flow = Flow::STRAIGHT,
            Some(needs) => {
                let (site, operation) = self.operation(operation, needs);
                flow.follow(site, &operation);
            }
        }
    }

    /// Adds the experiments on what is read from this end.
    pub(crate) fn follow_reads(&mut self, flow: &mut Flow) {
        self.follow(
            flow,
            match self.end {
                ConnectionEnd::Site => "read",
                ConnectionEnd::Peer => "write",
            },
        );
    }

    /// Adds the experiments on what is written to this end.
    pub(crate) fn follow_writes(&mut self, flow: &mut Flow) {
        self.follow(
            flow,
            match self.end {
                ConnectionEnd::Site => "write",
                ConnectionEnd::Peer => "read",
            },
        );
    }

    fn operation<'a>(&'a mut self, name: &'a str, needs: Needs) -> (&'a Site, Operation<'a>) {
        let (number, key) = (self.number, &self.key);
        let identity = self.identity.get_or_insert_with(|| {
            let key = key.clone();
            needs.arm(Box::new(ConnectionIdentity {
                record: ConnectionRecord::new(number),
                scope: Scope::new(key.unwrap_or_else(|| format!("connection {number}"))),
            }))
        });
        let ConnectionIdentity { record, scope } = &**identity.get();
        let operation = Operation::new(name).within(scope).on(record);
        (&self.site, operation)
    }
}
