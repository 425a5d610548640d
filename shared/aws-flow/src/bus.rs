//! Events on `EventBridge`.

use app::base::ports::{EventBus, FlowError, PublishedEvent};
use async_trait::async_trait;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::ProvideErrorMetadata as _;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_types::SdkConfig;
use serde_json::{Value, json};

/// One event bus.
#[derive(Clone)]
pub struct EventBridgeBus {
    client: Client,
    name: String,
}

/// What the events of this bus name as their source.
pub const SOURCE: &str = "countersign";

impl EventBridgeBus {
    /// The bus of this name.
    pub fn new(config: &SdkConfig, name: impl Into<String>) -> Self {
        Self { client: Client::new(config), name: name.into() }
    }
}

#[async_trait]
impl EventBus for EventBridgeBus {
    async fn publish(&self, events: &[PublishedEvent]) -> Result<Vec<usize>, FlowError> {
        let entries = events.iter().map(|event| {
            let parsed: Value = serde_json::from_str(&event.body).unwrap_or(Value::Null);
            let detail = json!({
                "organization_id": event.organization_id.to_string(),
                "event": parsed,
            });
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.name)
                .source(SOURCE)
                .detail_type(event.kind)
                .detail(detail.to_string())
                .build()
        });
        let answer =
            self.client.put_events().set_entries(Some(entries.collect())).send().await.map_err(|e| {
                FlowError::Transient(format!("eventbridge: {}", e.code().unwrap_or("no answer")))
            })?;
        let results = answer.entries.unwrap_or_default();
        Ok(results.iter().enumerate().filter(|(_, r)| r.error_code().is_some()).map(|(i, _)| i).collect())
    }
}
