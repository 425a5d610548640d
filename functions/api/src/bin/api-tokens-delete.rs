//! `DELETE /v1/tokens/{token_id}`

fn main() {
    runtime::http::serve(&api::tokens::delete::ENDPOINT, api::ports);
}
