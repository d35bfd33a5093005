//! Polls a future again at once when it woke itself while being polled, instead of going through the scheduler.
//!
//! hyper hands a body to its reader by waking the connection's own task, twice for each request with a body. On a
//! runtime with several threads each of those wakes another thread too, to see whether there is work to take over; for
//! a start that takes a few microseconds, that was a third of its time.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use pin_project_lite::pin_project;

/// After so many polls others get their turn, whatever happens.
const MOST_POLLS: usize = 8;

const IDLE: u8 = 0;
const POLLED: u8 = 1;
const WOKEN: u8 = 2;

pin_project! {
    /// The future, and the waker that it sees.
    pub(super) struct Again<F> {
        #[pin]
        future: F,
        notice: Arc<Notice>,
        waker: Waker,
    }
}

impl<F> Again<F> {
    pub(super) fn new(future: F) -> Self {
        let notice = Arc::new(Notice { state: AtomicU8::new(IDLE), outer: AtomicWaker::new() });
        Self { future, waker: Waker::from(Arc::clone(&notice)), notice }
    }
}

impl<F: Future> Future for Again<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        this.notice.outer.register(context.waker());
        for _ in 0..MOST_POLLS {
            this.notice.state.store(POLLED, Ordering::SeqCst);
            let mut inner = Context::from_waker(this.waker);
            if let Poll::Ready(output) = this.future.as_mut().poll(&mut inner) {
                return Poll::Ready(output);
            }
            if this.notice.state.swap(IDLE, Ordering::SeqCst) != WOKEN {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Takes note of a wake during a poll, and passes all others on.
struct Notice {
    state: AtomicU8,
    outer: AtomicWaker,
}

impl Wake for Notice {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // From any thread: a wake during a poll is seen at its end, one after it goes to the task.
        if self.state.compare_exchange(POLLED, WOKEN, Ordering::SeqCst, Ordering::SeqCst) == Err(IDLE) {
            self.outer.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Polls a future that wakes itself `wakes` times, and gives its polls, the outer wakes, and whether it is done.
    fn poll(wakes: usize) -> (usize, usize, bool) {
        let mut polls = 0;
        let future = std::future::poll_fn(|context| {
            polls += 1;
            if polls > wakes {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        });
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&count));
        let mut again = Box::pin(Again::new(future));
        let is_done = again.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        drop(again);
        (polls, count.0.load(Ordering::SeqCst), is_done)
    }

    #[test]
    fn a_future_that_wakes_itself_is_polled_again_at_once_but_not_for_ever() {
        assert_eq!(poll(3), (4, 0, true));
        assert_eq!(poll(100), (MOST_POLLS, 1, false));
    }

    #[test]
    fn a_wake_from_elsewhere_reaches_the_task() {
        let mut inner = None;
        let mut again = Box::pin(Again::new(std::future::poll_fn(|context| {
            inner = Some(context.waker().clone());
            Poll::<()>::Pending
        })));
        let count = Arc::new(Count(AtomicUsize::new(0)));
        assert!(again.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(&count)))).is_pending());
        drop(again);
        inner.take().expect("a waker").wake();
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
    }
}
