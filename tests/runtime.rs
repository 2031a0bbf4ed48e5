//! One async runtime for a whole run of tests.

use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;

use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

pub(crate) fn runtime() -> &'static Runtime {
    &RUNTIME
}

/// Runs a future to its end. It is boxed, so that tokio's part is compiled once and not
/// for each future.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut output = None;
    let run: Pin<Box<dyn Future<Output = ()> + '_>> =
        Box::pin(async { output = Some(future.await) });
    runtime().block_on(run);
    output.expect("the future has ended")
}
