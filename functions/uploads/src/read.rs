//! S3 tells that the file of an upload is there: it is read, and deleted.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use app::Ports;
use app::base::error::Refusal;
use app::base::ports::{Sheets, UploadOf};
use app::gate::uploads::{self, Reader};
use assembly::Aws;
use async_trait::async_trait;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use domain::base::id::Id as _;
use domain::gate::sheet::{Sheet, Unreadable};
use domain::{OrganizationId, UploadId};
use futures_util::future::BoxFuture;
use runtime::apart::{self, Ended};
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::CHILD;

/// A file has so long. Lambda ends the function later.
const LIMIT: Duration = Duration::from_mins(1);

/// What the function needs.
pub struct Context {
    ports: Ports,
    sheets: Arc<dyn Sheets>,
    reader: Apart,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "uploads-read", context, handle };

fn context() -> Context {
    let aws = Aws::from_environment();
    let program = std::env::current_exe().unwrap_or_else(|error| panic!("where this program is: {error}"));
    Context { ports: aws.ports(), sheets: aws.sheets(), reader: Apart { program } }
}

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let event: EventBridgeEvent = serde_json::from_value(event).map_err(TaskError::permanent)?;
        if let Some(of) = written(&event.detail) {
            uploads::read(&context.ports, &*context.sheets, &context.reader, of).await?;
        } else {
            tracing::error!("an event that names no file of an upload");
        }
        Ok(json!({}))
    })
}

/// Of which upload a file was written, as S3 says (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>).
fn written(detail: &Value) -> Option<UploadOf> {
    let rest = detail["object"]["key"].as_str()?.strip_prefix("files/")?;
    let (organization, id) = rest.split_once('/')?;
    Some((OrganizationId::parse(organization).ok()?, UploadId::parse(id).ok()?))
}

/// Reads a file in a process of its own.
struct Apart {
    program: PathBuf,
}

#[async_trait]
impl Reader for Apart {
    async fn read(&self, file: &[u8], filename: &str) -> Result<Result<Sheet, Unreadable>, Refusal> {
        let mut child = Command::new(&self.program);
        // It knows nothing of where it runs, least of all the credentials of the role.
        child.arg(CHILD).env_clear();
        let name: String = filename.chars().filter(|c| !c.is_control()).collect();
        let order = [name.as_bytes(), b"\n", file].concat();
        let found = match apart::run(child, &order, aws_data::MAX_SHEET as u64, LIMIT).await {
            Ended::Answered(answer) => understood(&answer).unwrap_or(Err(Unreadable::Broken)),
            Ended::Late => Err(Unreadable::TooLong),
            Ended::Broken => Err(Unreadable::Broken),
            Ended::NeverBegan => return Err(Refusal::Unavailable("no process could be started".to_owned())),
        };
        let word = found.as_ref().map_or_else(|why| why.code(), |_| "ok");
        tracing::info!(found = word, bytes = file.len(), "read a sheet");
        Ok(found)
    }
}

/// What the process wrote. None where it is not of that form.
fn understood(answer: &[u8]) -> Option<Result<Sheet, Unreadable>> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    match std::str::from_utf8(&answer[..end]).ok()? {
        "ok" => Some(Ok(aws_data::read_sheet(&answer[end + 1..])?)),
        code => Some(Err(Unreadable::named(code)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_names_the_upload_whose_file_was_written() {
        let (organization, id) = ("org_01kc1x5e3r0000000000000001", "upl_01kc1x5e3r0000000000000001");
        let detail = |key: String| json!({ "object": { "key": key } });
        let named = written(&detail(format!("files/{organization}/{id}")));
        assert_eq!(named, OrganizationId::parse(organization).ok().zip(UploadId::parse(id).ok()));
        for key in [format!("rows/{organization}/{id}/x"), format!("files/{id}"), String::new()] {
            assert_eq!(written(&detail(key)), None);
        }
        assert_eq!(written(&json!({})), None);
    }

    #[test]
    fn what_a_process_wrote_is_believed_as_far_as_its_form_goes() {
        assert_eq!(understood(b"file_broken\n"), Some(Err(Unreadable::Broken)));
        let sheet = b"ok\n{\"kind\":\",\",\"columns\":[\"a\"]}\n{\"n\":2,\"c\":[\"x\"]}\n";
        assert_eq!(understood(sheet).unwrap().unwrap().rows[0].cells[0].text, "x");
        for other in [b"".as_slice(), b"ok", b"ok\n", b"ok\n{}", b"nonsense\n", b"\xff\n"] {
            assert_eq!(understood(other), None);
        }
    }
}
