//! Queues, in SQS.

use std::sync::{Arc, LazyLock};

use app::base::ports::{Backlog, FlowError, Queue, Taken};
use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, MessageSystemAttributeName,
};
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
        request.send().await.map(drop).map_err(|e| transient(&e))
    }
}

#[async_trait]
impl Backlog for SqsQueue {
    async fn take(&self) -> Result<Vec<Taken>, FlowError> {
        let times = MessageSystemAttributeName::ApproximateReceiveCount;
        let request = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(10)
            // Without waiting, SQS asks some of its servers, and may give nothing where there is something.
            .wait_time_seconds(1)
            .message_system_attribute_names(times.clone());
        let answer = request.send().await.map_err(|e| transient(&e))?;
        let taken = answer.messages.unwrap_or_default().into_iter().map(|message| {
            let counted = message.attributes.as_ref().and_then(|all| all.get(&times)?.parse().ok());
            Taken {
                handle: message.receipt_handle.unwrap_or_default(),
                body: message.body.unwrap_or_default(),
                times: counted.unwrap_or(1),
            }
        });
        Ok(taken.collect())
    }

    async fn done(&self, handles: &[String]) -> Result<(), FlowError> {
        let entry = |(n, handle): (usize, &String)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(n.to_string()).receipt_handle(handle);
            entry.build().map_err(|e| FlowError::Permanent(e.to_string()))
        };
        let entries = handles.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>()?;
        let request = self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries));
        // Of those that stay, each comes once more, and changes nothing then.
        request.send().await.map(drop).map_err(|e| transient(&e))
    }

    async fn give_back(&self, handles: &[String]) -> Result<(), FlowError> {
        let entry = |(n, handle): (usize, &String)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(n.to_string())
                .receipt_handle(handle)
                .visibility_timeout(0);
            entry.build().map_err(|e| FlowError::Permanent(e.to_string()))
        };
        let entries = handles.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>()?;
        let request =
            self.client.change_message_visibility_batch().queue_url(&self.url).set_entries(Some(entries));
        request.send().await.map(drop).map_err(|e| transient(&e))
    }
}

fn transient(error: &impl ProvideErrorMetadata) -> FlowError {
    FlowError::Transient(format!("sqs: {}", error.code().unwrap_or("no answer")))
}
