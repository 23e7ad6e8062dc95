//! Counts how often this process asks the system to make a file durable, and makes that slower where it is told to.
//!
//! On Linux the two functions below stand in the program in place of the C library's: whoever calls them by name, as the
//! SQLite that is built into the program does, is counted and passed on to the system.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

static SYNCS: AtomicU64 = AtomicU64::new(0);

/// How much longer each of them takes, in microseconds.
static SLOWER: AtomicU64 = AtomicU64::new(0);

/// Lets every `fsync` and `fdatasync` take so much longer from now on, as on a slower disk.
pub fn slow_syncs_by(delay: Duration) {
    SLOWER.store(u64::try_from(delay.as_micros()).unwrap_or(u64::MAX), Ordering::SeqCst);
}

/// How many `fsync` and `fdatasync` there were so far; none where they cannot be counted.
#[must_use]
pub fn syncs() -> Option<u64> {
    // One is made here, so that a count that does not count is never shown.
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
        passed_on(libc::SYS_fsync, descriptor)
    }

    #[unsafe(no_mangle)]
    extern "C" fn fdatasync(descriptor: c_int) -> c_int {
        passed_on(libc::SYS_fdatasync, descriptor)
    }

    fn passed_on(call: c_long, descriptor: c_int) -> c_int {
        super::SYNCS.fetch_add(1, Ordering::SeqCst);
        let slower = super::SLOWER.load(Ordering::SeqCst);
        if slower > 0 {
            std::thread::sleep(Duration::from_micros(slower));
        }
        // SAFETY: both calls take one descriptor, and the system checks that it is one.
        let result = unsafe { libc::syscall(call, descriptor) };
        c_int::try_from(result).unwrap_or(-1)
    }
}
