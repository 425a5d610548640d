//! `POST /v1/tokens/{token_id}/pause`

fn main() {
    runtime::http::serve(&api::tokens::pause::ENDPOINT, api::ports);
}
