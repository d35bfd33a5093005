//! How a thread of the caller's wakes the worker without entering its runtime: that would leave the runtime's variables on
//! that thread, which keep the library from being unloaded until the thread ends.

#[cfg(not(unix))]
pub(super) use notify::{Waker, Woken, pair};
#[cfg(unix)]
pub(super) use pipe::{Waker, Woken, pair};

#[cfg(unix)]
mod pipe {
    use std::io::{self, PipeReader, PipeWriter, Write};
    use std::os::fd::OwnedFd;

    use tokio::net::unix::pipe::Receiver;

    /// The caller's end.
    pub(in crate::transport) struct Waker(PipeWriter);

    /// The worker's end.
    pub(in crate::transport) struct Woken(PipeReader);

    pub(in crate::transport) fn pair() -> io::Result<(Waker, Woken)> {
        let (reader, writer) = io::pipe()?;
        Ok((Waker(writer), Woken(reader)))
    }

    impl Waker {
        pub(in crate::transport) fn wake(&self) {
            // A worker that has gone needs no waking. The pipe can't be full: there is a byte for each queue that was
            // empty, and the worker empties both.
            let _ = (&self.0).write(&[1]);
        }
    }

    impl Woken {
        /// What to wait for, within the runtime.
        pub(in crate::transport) fn listen(self) -> io::Result<Listener> {
            Ok(Listener(Receiver::from_owned_fd(OwnedFd::from(self.0))?))
        }
    }

    pub(in crate::transport) struct Listener(Receiver);

    impl Listener {
        pub(in crate::transport) async fn woken(&self) {
            let mut bytes = [0; 64];
            loop {
                if self.0.readable().await.is_err() {
                    return;
                }
                match self.0.try_read(&mut bytes) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Ok(_) | Err(_) => return,
                }
            }
        }
    }
}

#[cfg(not(unix))]
mod notify {
    use std::io;
    use std::sync::Arc;

    use tokio::sync::Notify;

    /// The caller's end.
    pub(in crate::transport) struct Waker(Arc<Notify>);

    /// The worker's end.
    pub(in crate::transport) struct Woken(Arc<Notify>);

    pub(in crate::transport) fn pair() -> io::Result<(Waker, Woken)> {
        let notify = Arc::new(Notify::new());
        Ok((Waker(Arc::clone(&notify)), Woken(notify)))
    }

    impl Waker {
        pub(in crate::transport) fn wake(&self) {
            self.0.notify_one();
        }
    }

    impl Woken {
        /// What to wait for, within the runtime.
        pub(in crate::transport) fn listen(self) -> io::Result<Listener> {
            Ok(Listener(self.0))
        }
    }

    pub(in crate::transport) struct Listener(Arc<Notify>);

    impl Listener {
        pub(in crate::transport) async fn woken(&self) {
            self.0.notified().await;
        }
    }
}
