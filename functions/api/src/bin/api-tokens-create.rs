//! `POST /v1/tokens`

fn main() {
    runtime::http::serve(&api::tokens::create::ENDPOINT, api::ports);
}
