//! Workflows in Step Functions, events on `EventBridge`, deliveries in SQS, functions in Lambda.

pub mod bus;
pub mod queue;
pub mod sandbox;
pub mod workflow;

pub use bus::EventBridgeBus;
pub use queue::SqsQueue;
pub use sandbox::LambdaSandbox;
pub use workflow::StepFunctions;
