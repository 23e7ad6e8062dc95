//! The wall clock that the component sees: this machine's, or in tests one that runs ahead, so that leases, retries and
//! schedules of days come due at once. The monotonic clock, and with it every time limit, stays real.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use wasmtime_wasi::HostWallClock;

/// How far the component's wall clock is ahead; zero by default. Clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct ClockOffset {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// In milliseconds. While a file cannot be read, its last offset remains: a clock must not jump back.
    offset: AtomicU64,
    file: Option<PathBuf>,
}

/// Why a file contains no offset.
#[derive(Debug, thiserror::Error)]
pub enum ClockOffsetError {
    /// The file cannot be read.
    #[error("cannot read the clock's offset from `{path}`: {source}")]
    Unreadable {
        /// The file's path.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file does not contain a number.
    #[error("`{path}` contains no clock offset: write a whole number of milliseconds, such as 60000")]
    NoNumber {
        /// The file's path.
        path: PathBuf,
    },
}

impl ClockOffset {
    /// The offset in a file, as a whole number of milliseconds. Every query of the time reads the file again, so that
    /// another process can move the clock.
    ///
    /// # Errors
    /// The file contains no offset now.
    pub fn of_file(path: PathBuf) -> Result<ClockOffset, ClockOffsetError> {
        let text = std::fs::read_to_string(&path)
            .map_err(|source| ClockOffsetError::Unreadable { path: path.clone(), source })?;
        let offset = parsed(&text).ok_or_else(|| ClockOffsetError::NoNumber { path: path.clone() })?;
        Ok(ClockOffset { inner: Arc::new(Inner { offset: AtomicU64::new(offset), file: Some(path) }) })
    }

    /// Moves the clock forward for every application that is served with it.
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
        // A clock before 1970 is unusable.
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
    fn follows_the_machines_clock_until_it_is_moved() {
        let clock = ClockOffset::default();
        assert_eq!(ahead(&clock), 0);
        clock.clone().advance(Duration::from_secs(3600));
        assert_eq!(ahead(&clock), 3600);
    }

    #[test]
    fn follows_a_file_and_keeps_its_last_valid_offset() {
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
            assert!(error.contains("contains no clock offset"), "{error}");
        }
        std::fs::remove_file(&file).unwrap();
        assert_eq!(ahead(&clock), 120);
        assert!(ClockOffset::of_file(file).unwrap_err().to_string().contains("cannot read"));
    }
}
