//! A web service on Redis: unique names, sessions, a rate-limited endpoint with a cache, a
//! leaderboard page and a background queue.
//!
//! `cargo run --example web` serves until it is ended, and prints its address:
//!
//! | request | |
//! |---|---|
//! | `GET /` | the leaderboard, for a browser |
//! | `POST /sign-up?name=ada` | takes a name, which only one user can have |
//! | `POST /log-in?name=ada` | begins a session and sets its cookie |
//! | `GET /me` | the user of the session, which then lives longer |
//! | `POST /log-out` | ends all sessions of the user |
//! | `POST /score?points=5` | adds points |
//! | `GET /quote` | a value that is slow to load, at most 20 times a second for each user |
//! | `POST /mail` | leaves a letter to a background worker |
//! | `GET /stats` | what has happened, as JSON |

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json as Body, Router};
use redis::aio::MultiplexedConnection;
use redis_model::connection::Dedicated;
use redis_model::embedded::Server;
use redis_model::patterns::{
    Cache, Keep, Leaderboard, Period, Queue, RateLimit, RateLimiter, Sessions,
};
use redis_model::structures::{Counter, Value};
use redis_model::{Operation, RedisModel};
use serde::Deserialize;
use tokio::net::TcpListener;

#[derive(Debug, RedisModel)]
#[redis(key = "web:user:{id}")]
struct User {
    id: u64,
    name: String,
}

/// The number of requests in a session.
type Requests = u32;

#[derive(Clone)]
struct App {
    con: MultiplexedConnection,
    sessions: Sessions<Requests>,
    quotes: Cache<String>,
    board: Leaderboard<String>,
    letters: Queue<String>,
    sent: Counter<u64>,
    ids: Counter<u64>,
}

const QUOTES: RateLimit = RateLimit::fixed_window(20, Duration::from_secs(1));

impl App {
    fn new(con: MultiplexedConnection) -> Self {
        Self {
            con,
            sessions: Sessions::at("web:session", Duration::from_secs(1800)),
            quotes: Cache::new("web:quote", Duration::from_secs(60)),
            board: Leaderboard::at("web:board")
                .keep(Keep::Sum)
                .periods([Period::Day, Period::AllTime]),
            letters: Queue::new("web:letters"),
            sent: Counter::at("web:sent"),
            ids: Counter::at("web:ids"),
        }
    }

    /// Returns the user of the request's session.
    async fn user(&self, headers: &HeaderMap) -> Result<User, Failure> {
        let token = token(headers).ok_or(Failure(StatusCode::UNAUTHORIZED))?;
        let session = self.sessions.get(token).run_on(&self.con).await?;
        let id = session.and_then(|session| session.user).and_then(|user| user.parse().ok());
        let id: u64 = id.ok_or(Failure(StatusCode::UNAUTHORIZED))?;
        User::get(id).run_on(&self.con).await?.ok_or(Failure(StatusCode::UNAUTHORIZED))
    }
}

/// A status in place of a page. Errors of Redis name keys and never what is stored, so they
/// can be logged.
struct Failure(StatusCode);

impl From<redis_model::Error> for Failure {
    fn from(error: redis_model::Error) -> Self {
        eprintln!("{error}");
        let overloaded = error.is_connection() || error.is_transient();
        Self(if overloaded {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        })
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

#[derive(Deserialize)]
struct Points {
    points: u32,
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix("session="))
}

/// The owner of a name. A name that is taken is not there twice, whoever asks at the same time.
fn owner(name: &str) -> Value<u64> {
    Value::at(format!("web:name:{name}"))
}

async fn sign_up(
    State(app): State<App>,
    Query(Name { name }): Query<Name>,
) -> Result<String, Failure> {
    if name.is_empty() || !name.chars().all(char::is_alphanumeric) {
        return Err(Failure(StatusCode::BAD_REQUEST));
    }
    let id = app.ids.incr(1).run_on(&app.con).await?;
    if !owner(&name).set_if_absent(id).run_on(&app.con).await? {
        return Err(Failure(StatusCode::CONFLICT));
    }
    User { id, name }.save().run_on(&app.con).await?;
    Ok(id.to_string())
}

/// Begins a session. A real service checks a password or a passkey first.
async fn log_in(
    State(app): State<App>,
    Query(Name { name }): Query<Name>,
) -> Result<Response, Failure> {
    let id = owner(&name).get().run_on(&app.con).await?.ok_or(Failure(StatusCode::FORBIDDEN))?;
    let token = app.sessions.create_for(id, 0).run_on(&app.con).await?;
    let cookie = format!("session={}; HttpOnly; SameSite=Lax; Path=/", token.as_str());
    Ok(([(header::SET_COOKIE, cookie)], "welcome").into_response())
}

async fn log_out(State(app): State<App>, headers: HeaderMap) -> Result<String, Failure> {
    let user = app.user(&headers).await?;
    Ok(app.sessions.revoke_all(user.id).run_on(&app.con).await?.to_string())
}

async fn me(State(app): State<App>, headers: HeaderMap) -> Result<String, Failure> {
    Ok(app.user(&headers).await?.name)
}

async fn score(
    State(app): State<App>,
    Query(Points { points }): Query<Points>,
    headers: HeaderMap,
) -> Result<String, Failure> {
    let user = app.user(&headers).await?;
    let standings = app.board.submit(user.name, points.into()).run_on(&app.con).await?;
    Ok(standings.last().map_or_else(String::new, |all_time| all_time.score.to_string()))
}

async fn quote(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failure> {
    let user = app.user(&headers).await?;
    let limiter = RateLimiter::at(format!("web:quotes:{}", user.id), QUOTES);
    let decision = limiter.acquire().run_on(&app.con).await?;
    if !decision.allowed {
        let seconds = decision.retry_after.as_secs_f64().ceil().to_string();
        return Ok(
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)]).into_response()
        );
    }
    let quote = app.quotes.get_or_load_async("today", || async {
        // In place of a slow service.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok::<_, std::io::Error>("Weeks of coding can save you hours of planning.".to_owned())
    });
    let mut quote = quote;
    Ok(quote.run_on(&app.con).await?.into_response())
}

async fn mail(State(app): State<App>, headers: HeaderMap) -> Result<StatusCode, Failure> {
    let user = app.user(&headers).await?;
    app.letters.push(user.name).run_on(&app.con).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn stats(State(app): State<App>) -> Result<Body<BTreeMap<&'static str, u64>>, Failure> {
    let all_time = app.board.ranking(Period::AllTime);
    let (sent, players) = (app.sent.get(), all_time.len()).run_on(&app.con).await?;
    let metrics = app.quotes.metrics();
    let players = u64::try_from(players).unwrap_or(u64::MAX);
    Ok(Body(BTreeMap::from([("sent", sent), ("players", players), ("loads", metrics.loads)])))
}

/// Names consist of letters and digits, so the page needs no escaping.
async fn page(State(app): State<App>) -> Result<Html<String>, Failure> {
    let mut rows = String::new();
    for entry in app.board.ranking(Period::AllTime).top(10).run_on(&app.con).await? {
        let entry = entry?;
        rows += &format!("<tr><td>{}<td>{}<td>{}\n", entry.rank + 1, entry.player, entry.score);
    }
    Ok(Html(format!(
        "<!doctype html><title>Leaderboard</title><h1>Leaderboard</h1>\n\
         <table><tr><th>Rank<th>Player<th>Points\n{rows}</table>"
    )))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The server that REDIS_URL names, or a private one that ends with this program.
    let server = Server::named_or_private()?;
    let client = server.client()?;
    let app = App::new(client.get_multiplexed_async_connection().await?);

    // A letter that was taken by a worker that died is taken again.
    let (letters, sent, con) = (app.letters.clone(), app.sent.clone(), app.con.clone());
    let mut own = Dedicated::open(&client).await?;
    tokio::spawn(async move {
        let mut worker = letters.work_async(|_letter| {
            let (sent, con) = (sent.clone(), con.clone());
            async move { sent.incr(1).run_on(&con).await.map(drop) }
        });
        worker.run_async(&mut own).await
    });

    let router = Router::new()
        .route("/", get(page))
        .route("/sign-up", post(sign_up))
        .route("/log-in", post(log_in))
        .route("/log-out", post(log_out))
        .route("/me", get(me))
        .route("/score", post(score))
        .route("/quote", get(quote))
        .route("/mail", post(mail))
        .route("/stats", get(stats))
        .with_state(app);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}
