//! Functions that are invoked, in Lambda.

use std::sync::{Arc, LazyLock};

use app::base::ports::{FlowError, Sandbox};
use async_trait::async_trait;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::primitives::Blob;
use aws_types::SdkConfig;
use bytes::Bytes;

/// Made at its first use, as that of a queue.
type LazyClient = Arc<LazyLock<Client, Box<dyn FnOnce() -> Client + Send>>>;

/// One function.
#[derive(Clone)]
pub struct LambdaSandbox {
    client: LazyClient,
    function: String,
}

impl LambdaSandbox {
    /// The function of this name. `config` lets a call take as long as the function has.
    pub fn new(config: &SdkConfig, function: impl Into<String>) -> Self {
        let config = config.clone();
        let client: LazyClient = Arc::new(LazyLock::new(Box::new(move || Client::new(&config))));
        Self { client, function: function.into() }
    }
}

#[async_trait]
impl Sandbox for LambdaSandbox {
    async fn run(&self, order: String) -> Result<Bytes, FlowError> {
        let request = self.client.invoke().function_name(&self.function).payload(Blob::new(order));
        let answer = request.send().await.map_err(|error| {
            FlowError::Transient(format!("lambda: {}", error.code().unwrap_or("no answer")))
        })?;
        if let Some(how) = answer.function_error {
            return Err(FlowError::Permanent(format!("lambda: {how}")));
        }
        Ok(answer.payload.map(Blob::into_inner).unwrap_or_default().into())
    }
}
