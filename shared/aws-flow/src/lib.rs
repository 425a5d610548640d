//! Workflows in Step Functions, events on `EventBridge`, deliveries in SQS.

pub mod bus;
pub mod queue;
pub mod workflow;

pub use bus::EventBridgeBus;
pub use queue::SqsQueue;
pub use workflow::StepFunctions;
