//! `DELETE /v1/sessions/current`

fn main() {
    runtime::http::serve(&api::sessions::delete::ENDPOINT, api::ports);
}
