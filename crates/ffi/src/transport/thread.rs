//! The worker thread itself. On Unix it is the system's own and not the standard library's, whose `spawn` leaves a variable
//! with a destructor on the caller's thread: glibc then keeps the library loaded until that thread ends.

#[cfg(not(unix))]
pub(super) use portable::Thread;
#[cfg(unix)]
pub(super) use posix::Thread;

#[cfg(unix)]
mod posix {
    use std::ffi::c_void;
    use std::io;
    use std::mem::MaybeUninit;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::ptr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// As much as the standard library gives, whatever the system's default is.
    const STACK_BYTES: usize = 2 * 1024 * 1024;

    /// A thread that is joined when it is dropped.
    pub(in crate::transport) struct Thread {
        handle: libc::pthread_t,
        has_ended: Arc<AtomicBool>,
    }

    // SAFETY: a handle of a thread may be used on any thread; it is joined once, in `drop`.
    unsafe impl Send for Thread {}

    struct Work {
        work: Box<dyn FnOnce() + Send>,
        has_ended: Arc<AtomicBool>,
    }

    impl Thread {
        pub(in crate::transport) fn start(work: impl FnOnce() + Send + 'static) -> io::Result<Self> {
            let has_ended = Arc::new(AtomicBool::new(false));
            let work = Box::new(Work { work: Box::new(work), has_ended: Arc::clone(&has_ended) });
            let work = Box::into_raw(work);
            let mut handle = MaybeUninit::uninit();
            let mut attributes = MaybeUninit::uninit();
            // SAFETY: the attributes are initialised before they are used and destroyed after; `enter` takes over the
            // work, once.
            let error = unsafe {
                libc::pthread_attr_init(attributes.as_mut_ptr());
                libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), STACK_BYTES);
                let error = libc::pthread_create(handle.as_mut_ptr(), attributes.as_ptr(), enter, work.cast());
                libc::pthread_attr_destroy(attributes.as_mut_ptr());
                error
            };
            if error != 0 {
                // SAFETY: no thread was made, so that nobody else has the work.
                drop(unsafe { Box::from_raw(work) });
                return Err(io::Error::from_raw_os_error(error));
            }
            // SAFETY: written by the call that succeeded.
            Ok(Self { handle: unsafe { handle.assume_init() }, has_ended })
        }

        pub(in crate::transport) fn has_ended(&self) -> bool {
            self.has_ended.load(Ordering::Acquire)
        }
    }

    impl Drop for Thread {
        fn drop(&mut self) {
            // SAFETY: made by `start`, not detached, and joined nowhere else.
            unsafe { libc::pthread_join(self.handle, ptr::null_mut()) };
        }
    }

    extern "C" fn enter(work: *mut c_void) -> *mut c_void {
        // SAFETY: from `start`, which gave it away.
        let Work { work, has_ended } = *unsafe { Box::from_raw(work.cast::<Work>()) };
        let mut all = MaybeUninit::uninit();
        // SAFETY: the set is filled before it is used. Signals are for the threads of the program.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), ptr::null_mut());
        }
        // That it ended is all that the client has to know of a fault.
        let _ = catch_unwind(AssertUnwindSafe(work));
        has_ended.store(true, Ordering::Release);
        ptr::null_mut()
    }
}

#[cfg(not(unix))]
mod portable {
    use std::io;
    use std::thread::JoinHandle;

    /// A thread that is joined when it is dropped.
    pub(in crate::transport) struct Thread(Option<JoinHandle<()>>);

    impl Thread {
        pub(in crate::transport) fn start(work: impl FnOnce() + Send + 'static) -> io::Result<Self> {
            let thread = std::thread::Builder::new().name("matchport".to_owned());
            thread.spawn(work).map(|handle| Self(Some(handle)))
        }

        pub(in crate::transport) fn has_ended(&self) -> bool {
            self.0.as_ref().is_none_or(JoinHandle::is_finished)
        }
    }

    impl Drop for Thread {
        fn drop(&mut self) {
            if let Some(handle) = self.0.take() {
                // A worker that ended by a fault has ended all the same.
                let _ = handle.join();
            }
        }
    }
}
