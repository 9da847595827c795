//! Faults on operations `connect` and `accept`.

use std::io::ErrorKind;
use std::time::Duration;

use chaos_net::{
    ChaosManager, Disconnect, Error, Experiment, Failure, Fault, Phase, RateLimit, Slice,
    StreamSite,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::fixtures::{SECOND, injected, plain_tcp, radius, soon, start};

#[tokio::test]
async fn a_refused_connection_is_never_opened() {
    let (_chaos, site, guard) = start("connect", Fault::error(Failure::Refused));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connecting = TcpStream::connect(listener.local_addr().unwrap());
    let error = site.connect(connecting).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(injected(&error).operation(), "connect");
    assert_eq!(guard.injected(), 1);
    let next = tokio::time::timeout(SECOND / 20, listener.accept()).await;
    assert!(next.is_err(), "no client connected");
}

#[tokio::test]
async fn phase_after_opens_the_connection_and_then_loses_it() {
    let (chaos, site, guard) = start("connect", Fault::error(Failure::Unavailable));
    drop(guard);
    let lost = Experiment::new("lost")
        .fault(Fault::error(Failure::Reset))
        .blast_radius(radius("connect"))
        .phase(Phase::After);
    let guard = chaos.start(lost).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connecting = TcpStream::connect(listener.local_addr().unwrap());
    let error = site.connect(connecting).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let (mut peer, _) = soon(listener.accept()).await.unwrap();
    let error = soon(peer.read_u8()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(guard.injected(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_connect_works_after_its_latency() {
    let (_chaos, site, guard) = start("connect", Fault::latency(SECOND));
    let (near, mut far) = duplex(64);
    let begin = Instant::now();
    let mut stream = site.connect(async { Ok(near) }).await.unwrap();
    assert_eq!(begin.elapsed(), SECOND);
    stream.write_all(b"x").await.unwrap();
    assert_eq!(far.read_u8().await.unwrap(), b'x');
    assert_eq!(begin.elapsed(), SECOND, "only the connect is delayed");
    assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_stalled_connect_hangs_until_the_experiment_ends() {
    let (_chaos, site, guard) = start("connect", Fault::disconnect(Disconnect::Stall));
    let begin = Instant::now();
    let end = async {
        tokio::time::sleep(SECOND).await;
        drop(guard);
    };
    let connecting = async { Ok(duplex(64).0) };
    let (opened, ()) = tokio::join!(site.connect(connecting), end);
    assert!(opened.is_ok());
    assert_eq!(begin.elapsed(), SECOND);
}

#[tokio::test]
async fn an_accepted_connection_can_be_reset() {
    let (_chaos, site, guard) = start("accept", Fault::reset());
    let (near, mut far) = plain_tcp().await;
    let error = site.accept(near).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let error = soon(far.read_u8()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(guard.injected(), 1);
    drop(guard);
    assert!(site.accept(plain_tcp().await.0).await.is_ok());
}

#[tokio::test]
async fn a_real_failure_is_returned_unchanged() {
    let (_chaos, site, guard) = start("read", Fault::reset());
    let failing = async { Err::<TcpStream, _>(ErrorKind::NetworkDown.into()) };
    let error = site.connect(failing).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NetworkDown);
    assert_eq!(guard.injected(), 0);
}

#[test]
fn a_fault_that_no_named_operation_can_suffer_is_refused() {
    let chaos = ChaosManager::new();
    let _site = StreamSite::new(&chaos, "db");
    let second = Duration::from_secs(1);
    for (fault, phase, operation) in [
        (Fault::Panic, Phase::Before, "read"),
        (
            Fault::rate_limit(RateLimit::per_second(1).unwrap()),
            Phase::Before,
            "write",
        ),
        (Fault::latency(second), Phase::After, "read"),
        (Fault::reset(), Phase::During, "connect"),
        (
            Fault::disconnect(Disconnect::CutAfter(3)),
            Phase::Before,
            "connect",
        ),
        (
            Fault::slice(Slice::bytes(1).unwrap()),
            Phase::Before,
            "accept",
        ),
    ] {
        let never = Experiment::new("never")
            .fault(fault.clone())
            .blast_radius(radius(operation))
            .phase(phase);
        let error = chaos.start(never).unwrap_err();
        assert!(
            matches!(error, Error::NotSupported { .. }),
            "{fault:?}: {error}"
        );
        let place = format!("at `{operation}` in phase `{phase}`");
        assert!(error.to_string().contains(&place), "{error}");
    }
    for (fault, phase, operation) in [
        (Fault::Panic, Phase::Before, "*"),
        (Fault::latency(second), Phase::After, "connect"),
        (Fault::reset(), Phase::During, "read"),
    ] {
        let strikes = Experiment::new("strikes")
            .fault(fault.clone())
            .blast_radius(radius(operation))
            .phase(phase);
        assert!(
            chaos.start(strikes).is_ok(),
            "{fault:?} {phase} {operation}"
        );
    }
}

#[test]
fn an_operation_that_no_stream_has_is_explained() {
    let chaos = ChaosManager::new();
    let _site = StreamSite::new(&chaos, "db");
    let charges = radius("POST /charge");
    let _guard = chaos.inject(charges, Fault::reset()).unwrap();
    let caveats = |operation: &str| chaos.explain("db", operation).caveats;
    assert!(!caveats("POST /charge").is_empty());
    assert!(caveats("read").is_empty());
}

#[test]
fn a_fault_that_streams_do_not_support_is_refused() {
    let (chaos, _site, _guard) = start("read", Fault::reset());
    let after = Experiment::new("never")
        .fault(Fault::disconnect(Disconnect::Stall))
        .blast_radius(radius("read"))
        .phase(Phase::After);
    assert!(matches!(
        chaos.start(after),
        Err(Error::NotSupported { .. })
    ));
}
