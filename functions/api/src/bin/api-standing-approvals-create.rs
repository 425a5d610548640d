//! `POST /v1/standing-approvals`

fn main() {
    runtime::http::serve(&api::standing_approvals::create::ENDPOINT, api::ports);
}
