//! `POST /v1/policies/simulate`

fn main() {
    runtime::http::serve(&api::policies::simulate::ENDPOINT, api::ports);
}
