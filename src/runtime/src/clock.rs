//! The wall clock that the component sees: this machine's, or for tests one that runs ahead of it, so that leases, retries
//! and schedules of days come due at once. The monotonic clock, and with it every time limit, stays real.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use wasmtime_wasi::HostWallClock;

/// How far the component's wall clock is ahead. It is not, until it is told to; a clone is the same clock.
#[derive(Clone, Debug, Default)]
pub struct ClockOffset {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// In milliseconds. Of a file that cannot be read, the last offset that it held: a clock does not jump back.
    offset: AtomicU64,
    file: Option<PathBuf>,
}

/// Why a file holds no offset.
#[derive(Debug, thiserror::Error)]
pub enum ClockOffsetError {
    /// The file cannot be read.
    #[error("cannot read the clock's offset from `{path}`: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It holds something else.
    #[error("`{path}` holds no offset of the clock: write a whole number of milliseconds, such as 60000")]
    NoNumber {
        /// The file.
        path: PathBuf,
    },
}

impl ClockOffset {
    /// The offset that a file holds, as a whole number of milliseconds. It is read anew whenever the time is asked for, so
    /// that another process can move the clock.
    ///
    /// # Errors
    /// The file holds none now.
    pub fn of_file(path: PathBuf) -> Result<ClockOffset, ClockOffsetError> {
        let text = std::fs::read_to_string(&path)
            .map_err(|source| ClockOffsetError::Unreadable { path: path.clone(), source })?;
        let offset = parsed(&text).ok_or_else(|| ClockOffsetError::NoNumber { path: path.clone() })?;
        Ok(ClockOffset { inner: Arc::new(Inner { offset: AtomicU64::new(offset), file: Some(path) }) })
    }

    /// Moves the clock on, for every application that is served with it.
    pub fn advance(&self, by: Duration) {
        self.inner.offset.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    pub(crate) fn offset(&self) -> Duration {
        let written = self.inner.file.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        if let Some(offset) = written.as_deref().and_then(parsed) {
            self.inner.offset.store(offset, Ordering::SeqCst);
        }
        Duration::from_millis(self.inner.offset.load(Ordering::SeqCst))
    }
}

fn parsed(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

impl HostWallClock for ClockOffset {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        // A machine whose clock stands before 1970 has none that could be used.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        now.saturating_add(self.offset())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ahead(clock: &ClockOffset) -> u64 {
        let machine = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        clock.now().saturating_sub(machine).as_secs()
    }

    #[test]
    fn runs_with_the_machine_until_it_is_moved() {
        let clock = ClockOffset::default();
        assert_eq!(ahead(&clock), 0);
        clock.clone().advance(Duration::from_secs(3600));
        assert_eq!(ahead(&clock), 3600);
    }

    #[test]
    fn follows_a_file_and_keeps_the_last_offset_that_it_held() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("offset");
        std::fs::write(&file, "60000\n").unwrap();
        let clock = ClockOffset::of_file(file.clone()).unwrap();
        assert_eq!(ahead(&clock), 60);
        std::fs::write(&file, "120000").unwrap();
        assert_eq!(ahead(&clock), 120);
        for broken in ["", "soon", "-1"] {
            std::fs::write(&file, broken).unwrap();
            assert_eq!(ahead(&clock), 120);
            let error = ClockOffset::of_file(file.clone()).unwrap_err().to_string();
            assert!(error.contains("holds no offset"), "{error}");
        }
        std::fs::remove_file(&file).unwrap();
        assert_eq!(ahead(&clock), 120);
        assert!(ClockOffset::of_file(file).unwrap_err().to_string().contains("cannot read"));
    }
}
