//! Every minute: mails that came in or went out get into the search index of their inbox, and words of deleted ones leave it. Events of
//! the bus wait for that in a queue, which is emptied by the clock: by one execution, however many wait.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{Backlog, Blobs};
use app::base::store::Watch;
use app::mailbox::index::{News, Said, keep};
use assembly::Aws;
use domain::base::id::Id;
use domain::mailbox::index::read_gone_message;
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

/// What the function needs.
pub struct Context {
    ports: Ports,
    blobs: Arc<dyn Blobs>,
    watch: Arc<dyn Watch>,
    backlog: Arc<dyn Backlog>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "inbound-index", context, handle };

/// From the environment.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    Context { ports: aws.ports(), blobs: aws.blobs(), watch: aws.watch(), backlog: aws.index_backlog() }
}

fn handle(context: &Context, _event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let Context { ports, blobs, watch, backlog } = context;
        let added = keep(ports, &**blobs, &**watch, &**backlog, &read).await?;
        tracing::info!(added, "indexed");
        Ok(json!({ "added": added }))
    })
}

/// What a message says of which mail, and where that is: an event of the bus, or what the purge says.
fn read(body: &str) -> Option<Said> {
    fn id<T: Id>(value: &Value, pointer: &str) -> Option<T> {
        T::parse(value.pointer(pointer)?.as_str()?).ok()
    }
    if let Some((place, id)) = read_gone_message(body) {
        return Some((place, News::Gone, id));
    }
    let value: Value = serde_json::from_str(body).ok()?;
    let detail = value.get("detail")?;
    let place = (id(detail, "/organization_id")?, id(detail, "/event/data/message/inbox_id")?);
    Some((place, News::Came, id(detail, "/event/data/message/id")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_mail() {
        let (org, inbox, id) = (
            "org_01kc1x5e3r0000000000000001",
            "inb_01kc1x5e3r0000000000000001",
            "msg_01kc1x5e3r0000000000000002",
        );
        let mail = format!(r#"{{"id":"{id}","inbox_id":"{inbox}"}}"#);
        let detail = format!(r#"{{"organization_id":"{org}","event":{{"data":{{"message":{mail}}}}}}}"#);
        let (place, news, named) = read(&format!(r#"{{"detail":{detail}}}"#)).unwrap();
        assert_eq!(
            (place.1.to_string(), news, named.to_string()),
            (inbox.to_owned(), News::Came, id.to_owned())
        );
        let gone = read(&format!("{org}/{inbox}/{id}")).unwrap();
        assert_eq!(gone, (place, News::Gone, named));
        let long = format!("{org}/{inbox}/{id}/{id}");
        for bad in
            ["", "{}", r#"{"detail":{}}"#, r#"{"detail":{"organization_id":"org_x"}}"#, "a/b/c", org, &long]
        {
            assert_eq!(read(bad), None);
        }
    }
}
