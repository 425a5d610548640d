//! Connected accounts, one function of which this process is.

fn main() {
    runtime::serve(accounts::ENDPOINTS.iter().map(|endpoint| endpoint as _));
}
