//! What is found at ports of all kinds.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use chaos_admin::{Address, Admin};
use chaos_core::{ChaosManager, Role};
use chaos_lab::control::RemoteControl;
use chaos_lab::discovery::{Found, State, look_at, look_at_ports};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

async fn serve(app: Router) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, app).await });
    port
}

async fn state(port: u16) -> State {
    let mut found = look_at_ports(&[port]).await;
    assert_eq!(found[0].url, format!("http://127.0.0.1:{port}"));
    found.remove(0).state
}

#[tokio::test]
async fn the_first_path_of_health_that_exists_decides() {
    let named = async || "{\"status\":\"up\",\"service\":\"or\\u001b[31mders\"}";
    let app = Router::new()
        .route("/api/health", get(named))
        .route("/", get(async || "welcome"));
    let healthy = state(serve(app).await).await;
    assert!(healthy.is_healthy() && healthy.answers() && healthy.advice().is_none());
    // What a terminal would take for a command is left out.
    let expected = "healthy: or[31mders, /api/health answers 200";
    assert_eq!(healthy.to_string(), expected);

    let unwell = async || StatusCode::SERVICE_UNAVAILABLE;
    let app = Router::new()
        .route("/healthz", get(unwell))
        .route("/", get(async || "welcome"));
    let unwell = state(serve(app).await).await;
    assert_eq!(unwell.to_string(), "not healthy: /healthz answers 503");
    assert!(!unwell.is_healthy() && unwell.answers());
}

#[tokio::test]
async fn what_is_no_healthy_service_gets_a_diagnosis_and_an_advice() {
    let without_health = serve(Router::new()).await;
    let talks_first = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other_protocol = talks_first.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = talks_first.accept().await {
            let _ = stream.write_all(b"SSH-2.0-x\r\n").await;
        }
    });
    // The system accepts connections that nothing takes over.
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = deaf.local_addr().unwrap().port();
    let closed = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let found = look_at_ports(&[without_health, other_protocol, silent, closed]).await;
    let [a, b, c, d] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(a.state, State::WithoutHealth);
    assert!(matches!(b.state, State::NotHttp { .. }), "{b:?}");
    assert_eq!(c.state, State::Silent);
    assert_eq!(d.state, State::Closed);
    assert!(a.state.answers() && !b.state.answers() && !c.state.answers());
    assert!(found.iter().all(|one| one.state.advice().is_some()));
    let lost = look_at("http://nowhere.invalid").await.unwrap();
    assert!(matches!(lost.state, State::Unreachable { .. }), "{lost:?}");
}

#[tokio::test]
async fn a_url_may_have_a_path_and_must_be_plain() {
    let app = Router::new().nest(
        "/shop",
        Router::new().route("/health", get(async || "well")),
    );
    let port = serve(app).await;
    let Found { address, state, .. } = look_at(&format!("http://127.0.0.1:{port}/shop/"))
        .await
        .unwrap();
    assert!(state.is_healthy(), "{state:?}");
    assert_eq!(address, format!("127.0.0.1:{port}"));
    let error = look_at("https://127.0.0.1").await.unwrap_err().to_string();
    assert!(error.contains("name the plain port"), "{error}");
}

const TOKEN: &str = "a-token-of-16-characters";

#[tokio::test]
async fn an_api_is_known_by_its_answer_and_no_other_service_gets_the_token() {
    let answers = async |address: String| {
        let control = RemoteControl::new(&address).unwrap();
        control.token(TOKEN).unwrap().answers().await
    };
    let chaos = ChaosManager::new();
    let loopback = || Address::Tcp("127.0.0.1:0".parse().unwrap());
    let admin = Admin::new(&chaos).token(Role::Operator, "anna", TOKEN);
    let with_tokens = admin.unwrap().listen(loopback()).serve().unwrap();
    assert!(answers(with_tokens.addresses()[0].to_string()).await);
    let directory = tempfile::tempdir().unwrap();
    let socket = Address::Unix(directory.path().join("chaos.sock"));
    let open = Admin::new(&chaos).listen(socket).serve().unwrap();
    assert!(answers(open.addresses()[0].to_string()).await);

    // It refuses strangers as well, and would be pleased to have a token.
    let stranger = async |headers: HeaderMap| {
        assert!(!headers.contains_key("authorization"));
        (
            StatusCode::UNAUTHORIZED,
            "{\"title\":\"Unauthorized\",\"status\":401}",
        )
    };
    let port = serve(Router::new().fallback(stranger)).await;
    assert!(!answers(format!("127.0.0.1:{port}")).await);
}
