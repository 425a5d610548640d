//! `DELETE /v1/policies/{policy_id}`

fn main() {
    runtime::http::serve(&api::policies::delete::ENDPOINT, api::ports);
}
