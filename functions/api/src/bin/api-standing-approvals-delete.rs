//! `DELETE /v1/standing-approvals/{standing_approval_id}`

fn main() {
    runtime::http::serve(&api::standing_approvals::delete::ENDPOINT, api::ports);
}
