//! Faults in calls with common error types.

use std::error::Error as StdError;
use std::io;

use chaos_core::{
    BlastRadius, ChaosManager, ExperimentGuard, Failure, Fault, InjectedFault, Phase, Site,
};

/// A site at which every operation fails with `failure` before its call.
fn failing(failure: Failure) -> (ChaosManager, Site, ExperimentGuard) {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let guard = chaos
        .inject(BlastRadius::points_at("pms"), Fault::error(failure))
        .unwrap();
    (chaos, site, guard)
}

fn injected<'a>(error: &'a (dyn StdError + 'static)) -> &'a InjectedFault {
    error.downcast_ref().expect("an injected fault")
}

#[tokio::test]
async fn a_call_may_return_the_injected_fault() {
    let (_chaos, site, guard) = failing(Failure::Refused);
    let fault = site.point("reserve").await.unwrap_err();
    assert_eq!(fault.failure(), &Failure::Refused);
    assert_eq!(fault.experiment(), guard.name());
    let reply: Result<(), InjectedFault> = site.around("reserve", async { Ok(()) }).await;
    assert_eq!(reply.unwrap_err().failure(), &Failure::Refused);
}

#[tokio::test]
async fn io_errors_have_the_kind_of_the_real_error() {
    async fn reserve(site: &Site) -> io::Result<u32> {
        site.point("ask").await?;
        site.around("reserve", async { Ok(101) }).await
    }
    for (failure, kind) in [
        (Failure::Refused, io::ErrorKind::ConnectionRefused),
        (Failure::Reset, io::ErrorKind::ConnectionReset),
        (Failure::TimedOut, io::ErrorKind::TimedOut),
    ] {
        let (_chaos, site, guard) = failing(failure);
        let error = reserve(&site).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(injected(error.get_ref().unwrap()).failure(), &failure);
        drop(guard);
        assert_eq!(reserve(&site).await.unwrap(), 101);
    }
}

#[tokio::test]
async fn the_error_of_the_call_passes_unchanged() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let not_found = || async { Err::<(), _>(io::Error::from(io::ErrorKind::NotFound)) };
    let error = site.around("reserve", not_found()).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    let slow = Fault::latency(std::time::Duration::from_micros(1));
    let guard = chaos.inject(BlastRadius::points_at("pms"), slow).unwrap();
    let error = site.around("reserve", not_found()).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert_eq!(guard.injected(), 1);
}

#[tokio::test]
async fn boxed_errors_contain_the_fault() {
    async fn reserve(site: &Site) -> Result<u32, Box<dyn StdError>> {
        site.point("ask").await?;
        Ok(101)
    }
    async fn around(site: &Site) -> Result<u32, Box<dyn StdError + Send + Sync>> {
        site.around("reserve", async { Ok(101) }).await
    }
    let (_chaos, site, guard) = failing(Failure::Overloaded);
    let error = reserve(&site).await.unwrap_err();
    assert_eq!(injected(&*error).failure(), &Failure::Overloaded);
    let error = around(&site).await.unwrap_err();
    assert_eq!(injected(&*error).failure(), &Failure::Overloaded);
    drop(guard);
    assert_eq!(
        reserve(&site).await.unwrap() + around(&site).await.unwrap(),
        202
    );
}

#[tokio::test]
async fn anyhow_errors_contain_the_fault() {
    async fn reserve(site: &Site) -> anyhow::Result<u32> {
        site.point("ask").await?;
        site.around("reserve", async { Ok(101) }).await
    }
    let (_chaos, site, guard) = failing(Failure::Deadlock);
    let error = reserve(&site).await.unwrap_err();
    let fault: &InjectedFault = error.downcast_ref().unwrap();
    assert_eq!(
        (fault.failure(), fault.operation()),
        (&Failure::Deadlock, "ask")
    );
    drop(guard);
    assert_eq!(reserve(&site).await.unwrap(), 101);
}

/// A typical error type of a service with HTTP calls.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the bank can't be reached")]
    Bank(#[from] reqwest::Error),
    #[error("the bank is broken")]
    Broken(#[from] InjectedFault),
}

#[tokio::test]
async fn an_error_enum_contains_the_fault() {
    async fn charge(site: &Site, url: &str) -> Result<reqwest::Request, Error> {
        let call = async { Ok(reqwest::Client::new().get(url).build()?) };
        site.around("charge", call).await
    }
    let (_chaos, site, guard) = failing(Failure::Unavailable);
    let error = charge(&site, "http://bank/").await.unwrap_err();
    assert!(matches!(&error, Error::Broken(fault) if fault.failure() == &Failure::Unavailable));
    assert_eq!(injected(error.source().unwrap()).service(), "pms");
    drop(guard);
    let error = charge(&site, "not a url").await.unwrap_err();
    assert!(matches!(error, Error::Bank(error) if error.is_builder()));
    assert_eq!(
        charge(&site, "http://bank/").await.unwrap().url().path(),
        "/"
    );
}

#[tokio::test]
async fn a_closure_turns_the_fault_into_a_sqlx_error() {
    async fn query(site: &Site) -> Result<u32, sqlx::Error> {
        let call = async { Ok(101) };
        let lost = |fault: InjectedFault| sqlx::Error::Io(fault.into());
        site.around_with("SELECT rooms", call, lost).await
    }
    let (_chaos, site, guard) = failing(Failure::Reset);
    let error = query(&site).await.unwrap_err();
    assert!(
        matches!(&error, sqlx::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionReset),
        "{error}"
    );
    drop(guard);
    assert_eq!(query(&site).await.unwrap(), 101);
}

#[tokio::test]
async fn a_closure_turns_the_fault_into_a_tonic_status() {
    async fn rooms(site: &Site) -> Result<tonic::Response<u32>, tonic::Status> {
        let call = async { Ok(tonic::Response::new(101)) };
        let unavailable = |fault: InjectedFault| tonic::Status::unavailable(fault.to_string());
        site.around_with("Rooms/List", call, unavailable).await
    }
    let (_chaos, site, guard) = failing(Failure::Unavailable);
    let status = rooms(&site).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unavailable);
    assert!(status.message().contains("Rooms/List"), "{status}");
    drop(guard);
    assert_eq!(rooms(&site).await.unwrap().into_inner(), 101);
}

#[test]
fn blocking_calls_return_the_same_errors() {
    fn reserve(site: &Site, done: &mut u32) -> io::Result<u32> {
        site.point_blocking("ask")?;
        site.around_blocking("reserve", || {
            *done += 1;
            Ok(101)
        })
    }
    let (chaos, site, guard) = failing(Failure::Refused);
    let mut done = 0;
    let error = reserve(&site, &mut done).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    let error = site
        .around_blocking_with("reserve", || Ok(1), |fault| fault.to_string())
        .unwrap_err();
    assert!(error.contains("reserve"), "{error}");
    drop(guard);
    assert_eq!(done, 0);
    assert_eq!(reserve(&site, &mut done).unwrap(), 101);

    let lost = chaos_core::Experiment::new("the reply is lost")
        .fault(Fault::error(Failure::Reset))
        .blast_radius(BlastRadius::points_at("pms").operation("reserve"))
        .phase(Phase::After);
    let _guard = chaos.start(lost).unwrap();
    let error = reserve(&site, &mut done).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(done, 2, "the work must be done");
}
