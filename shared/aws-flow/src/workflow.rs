//! The clock of a held send, in Step Functions. Its definition is `infra/send-workflow.asl.json`.

use std::sync::{Arc, LazyLock};

use app::base::ports::{FlowError, Workflow};
use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_types::SdkConfig;
use domain::gate::seal::Ticket;
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
        "send_at": whole_seconds(send_at.unwrap_or(Timestamp::UNIX_EPOCH)).to_string(),
    })
    .to_string()
}

/// The first whole second at which it is due: a wait of Step Functions leaves the fraction away, and would end before
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html>).
fn whole_seconds(at: Timestamp) -> Timestamp {
    let seconds = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    Timestamp::from_second(seconds).unwrap_or(at)
}

fn classify<E, R>(error: &SdkError<E, R>) -> FlowError
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
            Err(error) => Err(classify(&error)),
        }
    }

    async fn resume(
        &self,
        task_token: &str,
        ticket: &Ticket,
        send_at: Option<Timestamp>,
    ) -> Result<(), FlowError> {
        let request = self.client.send_task_success().task_token(task_token).output(input(ticket, send_at));
        request.send().await.map(drop).map_err(|e| classify(&e))
    }

    async fn close(&self, task_token: &str) -> Result<(), FlowError> {
        let request = self.client.send_task_failure().task_token(task_token).error("NotApproved");
        request.send().await.map(drop).map_err(|e| classify(&e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_never_ends_before_a_mail_is_due() {
        for (due, waits) in [
            ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z"),
            ("2026-03-01T09:00:00.001Z", "2026-03-01T09:00:01Z"),
            ("2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00Z"),
        ] {
            let due: Timestamp = due.parse().unwrap();
            assert_eq!(whole_seconds(due).to_string(), waits);
        }
    }
}
