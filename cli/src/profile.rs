//! Where the time of a command goes.

use tracing::subscriber::DefaultGuard;
use tracing_forest::ForestLayer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

/// Prints every stage on stderr as it ends, with the stages inside it and their shares, until the guard is dropped.
pub fn start() -> DefaultGuard {
    let printer = tracing_forest::printer::Printer::new().writer(std::io::stderr);
    let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO).with(ForestLayer::from(printer));
    tracing::subscriber::set_default(subscriber)
}
