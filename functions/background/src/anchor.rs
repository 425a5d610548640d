//! Every five minutes: the end of each audit chain that grew is written down where nothing that writes the table can change it.

use std::sync::Arc;

use app::base::ports::{Anchors, Signer};
use app::base::trail::Trail;
use app::ledger::anchor::{Form, Known, Means, run};
use assembly::Aws;
use futures_util::future::BoxFuture;
use runtime::environment::SystemClock;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};
use wire::ledger::{anchors, signature};

/// What the function needs.
pub struct Context {
    trail: Arc<dyn Trail>,
    anchors: Arc<dyn Anchors>,
    signer: Arc<dyn Signer>,
    known: Known,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-anchor", context, handle };

const FORM: Form = Form {
    text: anchors::anchor,
    document: |text, signature| {
        wire::base::parts::text(&signature::signed(signature::SignedText::Anchor(text), signature))
    },
};

/// From the environment.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    Context { trail: aws.trail(), anchors: aws.anchors(), signer: aws.signer(), known: Known::default() }
}

fn handle(context: &Context, _event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let Context { trail, anchors, signer, known } = context;
        let means = Means { clock: &SystemClock, trail: &**trail, anchors: &**anchors, signer: &**signer };
        let ran = run(&means, known, FORM).await?;
        tracing::info!(anchored = ran.anchored, failed = ran.failed, left = ran.left, "anchored");
        if ran.failed > 0 {
            return Err(TaskError::transient(format!("{} chains could not be anchored", ran.failed)));
        }
        Ok(json!({ "anchored": ran.anchored, "left": ran.left }))
    })
}

#[cfg(test)]
mod tests {
    use app::base::ports::Signature;
    use domain::ledger::audit::Head;
    use domain::{OrganizationId, Timestamp};

    use super::*;

    #[test]
    fn the_document_holds_the_text_that_was_signed() {
        let organization_id = OrganizationId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let head = Head { sequence: 7, ..Head::genesis(organization_id) };
        let text = (FORM.text)(&head, Timestamp::UNIX_EPOCH);
        let told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            told,
            json!({
                "form": "countersign-anchor-1",
                "organization_id": organization_id.to_string(),
                "sequence": 7,
                "hash": head.hash.to_string(),
                "chained_at": "1970-01-01T00:00:00.000Z",
                "anchored_at": "1970-01-01T00:00:00.000Z",
            })
        );
        let signature = Signature { key_id: "key".into(), signature: vec![1] };
        let document: Value = serde_json::from_str(&(FORM.document)(&text, &signature)).unwrap();
        assert_eq!((&document["anchor"], &document["algorithm"]), (&json!(text), &json!("ECDSA_SHA_256")));
    }
}
