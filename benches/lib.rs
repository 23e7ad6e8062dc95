//! Counts how often this process asks the system to make a file durable, and slows that down on request.
//!
//! On Linux the two functions below replace those of the C library in the program. Every caller by name, such as the
//! SQLite that is built in, is counted, and the call is passed on to the system.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

static SYNCS: AtomicU64 = AtomicU64::new(0);

/// The delay of each sync, in microseconds.
static DELAY: AtomicU64 = AtomicU64::new(0);

/// Delays every `fsync` and `fdatasync` by this much from now on, like a slower disk.
pub fn slow_syncs_by(delay: Duration) {
    DELAY.store(u64::try_from(delay.as_micros()).unwrap_or(u64::MAX), Ordering::SeqCst);
}

/// How many `fsync` and `fdatasync` calls there were so far; `None` where they cannot be counted.
#[must_use]
pub fn syncs() -> Option<u64> {
    // Make one call here, to find out whether calls are counted at all.
    let before = SYNCS.load(Ordering::SeqCst);
    let file = std::env::current_exe().and_then(std::fs::File::open).ok()?;
    file.sync_data().ok()?;
    let own = SYNCS.load(Ordering::SeqCst).saturating_sub(before);
    if own == 0 {
        return None;
    }
    Some(SYNCS.fetch_sub(1, Ordering::SeqCst).saturating_sub(1))
}

#[cfg(target_os = "linux")]
mod counted {
    use std::ffi::{c_int, c_long};
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    #[unsafe(no_mangle)]
    extern "C" fn fsync(descriptor: c_int) -> c_int {
        pass_on(libc::SYS_fsync, descriptor)
    }

    #[unsafe(no_mangle)]
    extern "C" fn fdatasync(descriptor: c_int) -> c_int {
        pass_on(libc::SYS_fdatasync, descriptor)
    }

    fn pass_on(call: c_long, descriptor: c_int) -> c_int {
        super::SYNCS.fetch_add(1, Ordering::SeqCst);
        let delay = super::DELAY.load(Ordering::SeqCst);
        if delay > 0 {
            std::thread::sleep(Duration::from_micros(delay));
        }
        // SAFETY: both calls accept one descriptor, and the system checks that it is valid.
        let result = unsafe { libc::syscall(call, descriptor) };
        c_int::try_from(result).unwrap_or(-1)
    }
}
