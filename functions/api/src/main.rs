//! The routes under `/v1`, one of which this process serves.

fn main() {
    runtime::serve(api::ENDPOINTS.iter().map(|endpoint| endpoint as _));
}
