//! Time on a real server, over a unix socket and over TCP.

mod patterns;
mod structures;
mod throughput;
mod transport;
mod updates;

use std::error::Error;
use std::net::TcpListener;

use redis::{Client, Connection};
use redis_model::embedded::Server;

use crate::Options;
use crate::lines::Lines;
use crate::report::Row;

/// A server, with clients of its socket and of its port.
pub struct Servers {
    server: Server,
    pub unix: Client,
    pub tcp: Client,
}

impl Servers {
    pub fn start() -> Result<Self, Box<dyn Error>> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
        let server = Server::options().argument("--port").argument(&port).start()?;
        let (unix, tcp) = (server.client()?, Client::open(format!("redis://127.0.0.1:{port}/"))?);
        Ok(Self { server, unix, tcp })
    }

    /// Returns the path of the socket.
    pub fn socket(&self) -> &str {
        self.server.url().strip_prefix("redis+unix://").expect("a private server's URL")
    }

    /// Returns two connections to the socket: ours and the other.
    pub fn pair(&self) -> redis::RedisResult<(Connection, Connection)> {
        Ok((self.unix.get_connection()?, self.unix.get_connection()?))
    }
}

pub fn run(options: &Options) -> Result<Vec<Row>, Box<dyn Error>> {
    let servers = Servers::start()?;
    let mut lines = Lines::new("server", options);
    updates::server_time(&servers, &mut lines)?;
    updates::writers(&servers, &mut lines)?;
    updates::transactions(&servers, &mut lines)?;
    updates::edits(&servers, &mut lines)?;
    transport::run("unix", &servers.unix, &mut lines)?;
    transport::run("TCP", &servers.tcp, &mut lines)?;
    throughput::run(&servers, &mut lines)?;
    structures::run(&servers, &mut lines)?;
    patterns::run(&servers, &mut lines)?;
    Ok(lines.rows)
}
