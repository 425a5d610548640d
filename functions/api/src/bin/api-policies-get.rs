//! `GET /v1/policies/{policy_id}`

fn main() {
    runtime::http::serve(&api::policies::get::ENDPOINT, api::ports);
}
