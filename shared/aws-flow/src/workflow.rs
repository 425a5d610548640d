//! The clock of a held send, in Step Functions. Its definition is `infra/send-workflow.asl.json`.

use std::sync::{Arc, LazyLock};

use app::ports::{FlowError, Workflow};
use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_types::SdkConfig;
use domain::seal::Ticket;
use jiff::Timestamp;
use serde_json::json;

/// Made at its first use: a client costs a cold start 0.8 million instructions, and most functions need few of them.
type LazyClient = Arc<LazyLock<Client, Box<dyn FnOnce() -> Client + Send>>>;

/// One state machine.
#[derive(Clone)]
pub struct StepFunctions {
    client: LazyClient,
    arn: String,
}

impl StepFunctions {
    /// The state machine of this ARN.
    pub fn new(config: &SdkConfig, arn: impl Into<String>) -> Self {
        let config = config.clone();
        let client: LazyClient = Arc::new(LazyLock::new(Box::new(move || Client::new(&config))));
        Self { client, arn: arn.into() }
    }
}

/// What an execution carries: ids, a digest and a time. No address, no content, no secret.
fn input(ticket: &Ticket, send_at: Option<Timestamp>) -> String {
    json!({
        "organization_id": ticket.organization_id.to_string(),
        "inbox_id": ticket.inbox_id.to_string(),
        "message_id": ticket.message_id.to_string(),
        "approval_id": ticket.approval_id.to_string(),
        "digest": ticket.digest.to_string(),
        // A wait until a time that is over ends at once.
        "send_at": send_at.unwrap_or(Timestamp::UNIX_EPOCH).to_string(),
    })
    .to_string()
}

fn failed<E, R>(error: &SdkError<E, R>) -> FlowError
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    match error.code() {
        Some("TaskDoesNotExist" | "TaskTimedOut" | "InvalidToken") => FlowError::Gone,
        Some(
            code @ ("StateMachineDoesNotExist"
            | "InvalidArn"
            | "InvalidName"
            | "InvalidExecutionInput"
            | "AccessDeniedException"),
        ) => FlowError::Permanent(format!("sfn: {code}")),
        Some(code) => FlowError::Transient(format!("sfn: {code}")),
        None => FlowError::Transient("sfn: no answer".to_owned()),
    }
}

#[async_trait]
impl Workflow for StepFunctions {
    async fn start(&self, ticket: &Ticket, send_at: Option<Timestamp>, run: u32) -> Result<(), FlowError> {
        let request = self
            .client
            .start_execution()
            .state_machine_arn(&self.arn)
            .name(format!("{}-{run}", ticket.approval_id))
            .input(input(ticket, send_at));
        match request.send().await {
            Ok(_) => Ok(()),
            // The same run was started before: that is what was asked for.
            Err(error) if error.code() == Some("ExecutionAlreadyExists") => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn resume(
        &self,
        task_token: &str,
        ticket: &Ticket,
        send_at: Option<Timestamp>,
    ) -> Result<(), FlowError> {
        let request = self.client.send_task_success().task_token(task_token).output(input(ticket, send_at));
        request.send().await.map(drop).map_err(|e| failed(&e))
    }

    async fn close(&self, task_token: &str) -> Result<(), FlowError> {
        let request = self.client.send_task_failure().task_token(task_token).error("NotApproved");
        request.send().await.map(drop).map_err(|e| failed(&e))
    }
}
