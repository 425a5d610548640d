//! All tests that need more than one crate, by the rooms of the code; what spans them all stands outside. Those under `stack`
//! need a running stack: `make test` starts one.

#![expect(clippy::unwrap_used, reason = "a test that can't go on panics")]

mod architecture;
mod authenticator;
mod conformance;
mod contract;
mod described;
mod openapi;

mod people {
    mod alerts;
    mod email;
    mod limits;
    mod own_sessions;
    mod passkeys;
    mod resets;
    mod second_factor;
    mod setup;
    mod sign_in;
    mod tokens;
}

mod mailbox {
    mod accounts;
    mod domains;
    mod findings;
    mod screening;
    mod search;
    mod trash;
    mod unclaimed;
}

mod gate {
    mod barred;
    mod comments;
    mod drafts;
    mod files;
    mod forward;
    mod groups;
    mod invitations;
    mod links;
    mod notices;
    mod policies;
    mod quiet;
    mod rate;
    mod registrations;
    mod seats;
    mod shown;
    mod signing_keys;
    mod unsubscribe;
    mod uploads;
    mod votes;
    mod way_out;
}

mod delivery {
    mod counted;
    mod crowd;
    mod deliveries;
    mod feed;
    mod webhooks;
}

mod ledger {
    mod audit;
    mod requests;
}

mod stack {
    mod bad_input;
    mod browser;
    mod faults;
    mod mcp;

    mod people {
        pub(super) mod access;
        pub(super) mod console;
        pub(super) mod members;
        mod openid;
        mod own_sessions;
        mod owners;
        pub(super) mod passkeys;
        mod persons;
        pub(super) mod second_factor;
        mod setup;
        mod sign_in;
        mod sign_up;
        mod signed_votes;
        mod signing_keys;
        mod tokens;
    }

    mod mailbox {
        mod accounts;
        mod attachments;
        mod batch;
        pub(super) mod corpus;
        mod domains;
        mod drafts;
        pub(super) mod inbound;
        mod inboxes;
        mod lists;
        mod mail_servers;
        mod screening;
        mod search;
        mod trash;
    }

    mod gate {
        mod approvers;
        mod barred;
        mod decisions;
        mod groups;
        mod html;
        pub(super) mod notify;
        mod policies;
        mod policy_pages;
        mod previews;
        mod sending;
        mod shown;
        mod unsubscribe;
        mod uploads;
        mod writing;
    }

    mod delivery {
        mod events;
        mod webhooks;
    }

    mod ledger {
        pub(super) mod audit;
        pub(super) mod logs;
    }
}
