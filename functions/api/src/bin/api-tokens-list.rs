//! `GET /v1/tokens`

fn main() {
    runtime::http::serve(&api::tokens::list::ENDPOINT, api::ports);
}
