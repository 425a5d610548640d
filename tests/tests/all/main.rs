//! All tests that need more than one crate. Those under `stack` need a running stack: `make test` starts one.

#![expect(clippy::unwrap_used, reason = "a test that can't go on panics")]

mod architecture;
mod audit;
mod conformance;
mod contract;
mod deliveries;
mod findings;
mod gate;
mod links;
mod policies;
mod shown;
mod sign_in;
mod tokens;
mod unclaimed;
mod votes;

mod stack {
    mod access;
    mod attachments;
    mod audit;
    mod bad_input;
    mod browser;
    mod corpus;
    mod faults;
    mod gate;
    mod html;
    mod inbound;
    mod notify;
    mod persons;
    mod policies;
    mod sending;
    mod shown;
    mod sign_in;
    mod webhooks;
}
