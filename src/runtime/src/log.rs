//! Where the component's standard output and standard error go.

use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

/// Where what the component prints goes.
#[derive(Clone, Debug, Default)]
pub enum Log {
    /// To the standard output and standard error of this program.
    #[default]
    Inherit,
    /// Into memory, to be looked at by a test.
    Capture(CapturedLog),
}

/// What a component printed, standard output and standard error together. A clone shows the same text.
#[derive(Clone, Debug)]
pub struct CapturedLog {
    pipe: MemoryOutputPipe,
}

/// A test that prints more than this is no longer read by anybody; printing then fails in the component.
const CAPACITY: usize = 64 * 1024 * 1024;

impl CapturedLog {
    /// An empty log.
    pub fn new() -> CapturedLog {
        CapturedLog { pipe: MemoryOutputPipe::new(CAPACITY) }
    }

    /// Everything that was printed so far.
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
