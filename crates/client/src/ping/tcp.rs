//! The time that a TCP connection takes, where ICMP is forbidden.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::PingError;

/// The time until a connection is there or refused: either is an answer after one round trip.
pub(super) async fn connect(address: IpAddr, port: u16, patience: Duration) -> Result<Duration, PingError> {
    let began = Instant::now();
    match timeout(patience, TcpStream::connect((address, port))).await {
        Err(_) => Err(PingError::TimedOut),
        Ok(Ok(_)) => Ok(began.elapsed()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(began.elapsed()),
        Ok(Err(error)) => Err(PingError::Unreachable(error.to_string())),
    }
}
