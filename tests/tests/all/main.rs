//! All tests that need more than one crate. Those under `stack` need a running stack: `make test` starts one.

#![expect(clippy::unwrap_used, reason = "a test that can't go on panics")]

mod architecture;
mod conformance;
mod contract;
mod gate;

mod stack {
    mod access;
    mod attachments;
    mod bad_input;
    mod browser;
    mod corpus;
    mod faults;
    mod inbound;
    mod sending;
    mod webhooks;
}
