//! All tests that need more than one crate. Those under `stack` need a running stack: `make test` starts one.

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
