//! `PUT /v1/policies/{policy_id}`

fn main() {
    runtime::http::serve(&api::policies::replace::ENDPOINT, api::ports);
}
