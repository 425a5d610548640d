//! `POST /v1/tokens/{token_id}/resume`

fn main() {
    runtime::http::serve(&api::tokens::resume::ENDPOINT, api::ports);
}
