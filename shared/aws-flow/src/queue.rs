//! Deliveries that wait, in SQS.

use std::sync::{Arc, LazyLock};

use app::base::ports::{FlowError, Queue};
use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use aws_types::SdkConfig;
use domain::OrganizationId;

/// Made at its first use: a client costs a cold start 0.8 million instructions, and most functions need few of them.
type LazyClient = Arc<LazyLock<Client, Box<dyn FnOnce() -> Client + Send>>>;

/// One queue.
#[derive(Clone)]
pub struct SqsQueue {
    client: LazyClient,
    url: String,
}

impl SqsQueue {
    /// The queue of this URL.
    pub fn new(config: &SdkConfig, url: impl Into<String>) -> Self {
        let config = config.clone();
        let client: LazyClient = Arc::new(LazyLock::new(Box::new(move || Client::new(&config))));
        Self { client, url: url.into() }
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(
        &self,
        organization_id: OrganizationId,
        body: String,
        delay_seconds: u16,
    ) -> Result<(), FlowError> {
        let request = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .delay_seconds(i32::from(delay_seconds.min(900)))
            // A fair queue gives the messages of quiet groups before those of a busy one. The rules that fill our queues
            // name the same groups.
            .message_group_id(organization_id.to_string());
        request
            .send()
            .await
            .map(drop)
            .map_err(|e| FlowError::Transient(format!("sqs: {}", e.code().unwrap_or("no answer"))))
    }
}
