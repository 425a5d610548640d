//! MCP's one function.

fn main() {
    runtime::serve(mcp::FUNCTIONS.iter().copied());
}
