//! Directs the component's standard output and standard error.

use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

/// The destination of the component's output.
#[derive(Clone, Debug, Default)]
pub enum Log {
    /// The standard output and standard error of this process.
    #[default]
    Inherit,
    /// Memory, for tests.
    Capture(CapturedLog),
}

/// A component's output, standard output and standard error combined. Clones share the text.
#[derive(Clone, Debug)]
pub struct CapturedLog {
    pipe: MemoryOutputPipe,
}

/// More than any test reads. Beyond it, the component's writes fail.
const CAPACITY: usize = 64 * 1024 * 1024;

impl CapturedLog {
    /// An empty log.
    pub fn new() -> CapturedLog {
        CapturedLog { pipe: MemoryOutputPipe::new(CAPACITY) }
    }

    /// The whole output so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.pipe.contents()).into_owned()
    }
}

impl Default for CapturedLog {
    fn default() -> Self {
        CapturedLog::new()
    }
}

impl Log {
    pub(crate) fn attach(&self, context: &mut WasiCtxBuilder) {
        match self {
            Log::Inherit => {
                context.inherit_stdout();
                context.inherit_stderr();
            }
            Log::Capture(log) => {
                context.stdout(log.pipe.clone());
                context.stderr(log.pipe.clone());
            }
        }
    }
}
