//! The routes under `/v1`, one of which this process serves.

fn main() {
    let unmatched = [&api::unmatched::ENDPOINT];
    runtime::serve(api::ENDPOINTS.iter().chain(unmatched).map(|endpoint| endpoint as _));
}
