//! `GET /v1/standing-approvals`

fn main() {
    runtime::http::serve(&api::standing_approvals::list::ENDPOINT, api::ports);
}
