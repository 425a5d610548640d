//! `GET /v1/audit/verify`

fn main() {
    runtime::http::serve(&api::audit::verify::ENDPOINT, api::anchored_ports);
}
