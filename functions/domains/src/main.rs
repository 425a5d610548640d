//! Domains of organizations, one function of which this process is.

fn main() {
    let routes = domains::ENDPOINTS.iter().map(|endpoint| endpoint as _);
    runtime::serve(routes.chain(domains::FUNCTIONS.iter().copied()));
}
