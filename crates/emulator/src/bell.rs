//! Tells whoever looks on that something has happened. When nobody does, ringing costs a load.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Rung by whoever changes something, waited for by whoever looks on.
#[derive(Default)]
pub(crate) struct Bell {
    /// Whether anybody waits.
    is_armed: AtomicBool,
    rung: Notify,
}

impl Bell {
    /// Something has happened, and can be seen already.
    pub(crate) fn ring(&self) {
        // Against the store below: either this sees that somebody waits, or they see what has happened.
        if self.is_armed.load(Ordering::SeqCst) && self.is_armed.swap(false, Ordering::SeqCst) {
            self.rung.notify_waiters();
        }
    }

    /// Waits until `look` finds something. It is asked at once, and again after each ring.
    pub(crate) async fn wait_for<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        loop {
            let rung = self.rung.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            self.is_armed.store(true, Ordering::SeqCst);
            if let Some(found) = look() {
                return found;
            }
            rung.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[tokio::test]
    async fn all_who_wait_are_told_and_nothing_is_missed() {
        let (bell, count) = (Bell::default(), AtomicU64::new(0));
        bell.ring();
        let (bell, count) = (&bell, &count);
        let seen =
            |at_least| bell.wait_for(move || Some(count.load(Ordering::SeqCst)).filter(|count| *count >= at_least));
        let rings = async {
            for _ in 0..3 {
                count.fetch_add(1, Ordering::SeqCst);
                bell.ring();
                tokio::task::yield_now().await;
            }
        };
        let (one, three, ()) = tokio::join!(seen(1), seen(3), rings);
        assert!(one >= 1 && three == 3);
        assert_eq!(seen(2).await, 3, "what is there already needs no ring");
    }
}
