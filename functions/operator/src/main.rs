//! What only whoever owns the AWS account may do.

fn main() {
    runtime::serve(operator::FUNCTIONS.iter().copied());
}
