//! Writes the key log.

fn main() {
    runtime::serve(keys::ENDPOINTS.iter().map(|endpoint| endpoint as _));
}
