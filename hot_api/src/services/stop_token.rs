//! How a service is asked to end.

use crate::lock::lock;
use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Says whether a service has to end. Cheap to clone; usable from any thread and from async code.
///
/// ```
/// use hot_api::services::StopToken;
/// use std::time::Duration;
///
/// /// Returns how many of the files were indexed.
/// fn index(files: &[&str], stop: &StopToken) -> usize {
///     files.iter().take_while(|_file| !stop.is_requested()).count()
/// }
///
/// // A service has its token from `cx.stop()`; nobody asks this one to end.
/// let stop = StopToken::default();
/// assert_eq!(index(&["a.txt", "b.txt"], &stop), 2);
/// assert!(!stop.wait(Duration::from_millis(5)), "the pause was not cut short");
/// ```
#[derive(Clone, Default)]
pub struct StopToken {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_requested: bool,
    /// Of futures that wait, by number.
    wakers: BTreeMap<u64, Waker>,
    last: u64,
}

impl fmt::Debug for StopToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopToken").field("is_requested", &self.is_requested()).finish()
    }
}

impl StopToken {
    /// Whether the service has to end: finish what is at hand, take on nothing new, and return.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.state().is_requested
    }

    /// Blocks for `timeout`, or until the service has to end. Returns whether it has to. With `Duration::MAX` it waits
    /// for nothing but the end.
    pub fn wait(&self, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.state();
        while !state.is_requested {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            match left {
                Some(Duration::ZERO) => return false,
                left => {
                    let left = left.unwrap_or(Duration::MAX);
                    let waited = self.shared.changed.wait_timeout(state, left);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        true
    }

    /// Completes when the service has to end. Works in every runtime, and may be dropped before it completes.
    ///
    /// ```
    /// # use hot_api::services::StopToken;
    /// /// Beside other futures: `tokio::select! { () = stop.requested() => …, … }`
    /// async fn end(stop: StopToken) {
    ///     stop.requested().await;
    ///     println!("closing connections");
    /// }
    /// # use std::task::{Context, Waker};
    /// # let mut waiting = std::pin::pin!(end(StopToken::default()));
    /// # assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// ```
    pub async fn requested(&self) {
        Requested { token: self, number: None }.await;
    }

    /// Whoever blocks goes on. Any thread. Returns what wakes those that wait in async code: code of their runtime,
    /// which may keep something for each thread that it runs on.
    #[must_use = "those that wait in async code are not woken otherwise"]
    pub(crate) fn request(&self) -> Vec<Waker> {
        let mut state = self.state();
        state.is_requested = true;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.shared.changed.notify_all();
        wakers.into_values().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }
}

struct Requested<'a> {
    token: &'a StopToken,
    /// Of its waker, once it waits.
    number: Option<u64>,
}

impl Drop for Requested<'_> {
    fn drop(&mut self) {
        let number = self.number.take();
        let waker = number.and_then(|number| self.token.state().wakers.remove(&number));
        // Without the lock: it is code of a runtime.
        drop(waker);
    }
}

impl Future for Requested<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let token = self.token;
        let mut state = token.state();
        if state.is_requested {
            return Poll::Ready(());
        }
        let number = *self.number.get_or_insert_with(|| {
            state.last += 1;
            state.last
        });
        let before = state.wakers.insert(number, waker);
        drop(state);
        drop(before);
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    const LONG: Duration = Duration::from_secs(30);

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_request_ends_every_kind_of_waiting() {
        let token = StopToken::default();
        assert!(!token.wait(Duration::from_millis(1)) && !token.is_requested());
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&count));
        let mut cx = Context::from_waker(&waker);
        // Whoever has given up waiting leaves nothing behind.
        for _ in 0..3 {
            let mut given_up = Box::pin(token.requested());
            assert_eq!(given_up.as_mut().poll(&mut cx), Poll::Pending);
        }
        assert_eq!(token.state().wakers.len(), 0);
        let mut waiting = Box::pin(token.requested());
        for _ in 0..3 {
            assert_eq!(waiting.as_mut().poll(&mut cx), Poll::Pending);
        }
        assert_eq!(token.state().wakers.len(), 1);
        let blocked = token.clone();
        let thread = std::thread::spawn(move || blocked.wait(LONG));
        let wakers = token.request();
        assert!(thread.join().expect("no panic"));
        assert_eq!(count.0.load(Ordering::SeqCst), 0, "that is for a thread of the module");
        wakers.into_iter().for_each(Waker::wake);
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert_eq!(Box::pin(token.requested()).as_mut().poll(&mut cx), Poll::Ready(()));
        assert!(token.wait(Duration::MAX) && token.is_requested());
    }
}
