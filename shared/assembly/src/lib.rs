//! The one place where adapters are put behind ports, from a function's environment.
//!
//! A function names in `template.yaml` the resources that it may use. A port whose resource is not named is [`Unnamed`], and says so at
//! every call: its role lacks the permission anyway.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{Blobs, DataKeys, Settings, Signer, Unnamed, Workflow};
use aws_data::{DynamoTable, KmsDataKeys, KmsSigner, S3Anchors, S3Blobs};
use aws_flow::StepFunctions;
use aws_types::SdkConfig;
use runtime::environment::{SystemClock, SystemRandom, required, setting};

/// The ports of a function.
pub fn ports(config: &SdkConfig) -> Ports {
    let table = table(config);
    let region = required("AWS_REGION");
    let message_id_domain = if region == "us-east-1" {
        "email.amazonses.com".to_owned()
    } else {
        format!("{region}.amazonses.com")
    };
    let blobs: Arc<dyn Blobs> = match setting("MAIL_BUCKET") {
        Some(bucket) => Arc::new(S3Blobs::new(&runtime::aws::large(config), bucket)),
        None => Arc::new(Unnamed("MAIL_BUCKET")),
    };
    let workflow: Arc<dyn Workflow> = match setting("SEND_WORKFLOW_ARN") {
        Some(arn) => Arc::new(StepFunctions::new(config, arn)),
        None => Arc::new(Unnamed("SEND_WORKFLOW_ARN")),
    };
    let data_keys: Arc<dyn DataKeys> = match setting("KEY_ID") {
        Some(key) => Arc::new(KmsDataKeys::new(config, key)),
        None => Arc::new(Unnamed("KEY_ID")),
    };
    Ports {
        store: Arc::new(table.clone()),
        directory: Arc::new(table.clone()),
        trail: Arc::new(table),
        blobs,
        workflow,
        data_keys,
        anchors: Arc::new(Unnamed("ANCHOR_BUCKET")),
        signer: Arc::new(Unnamed("SIGNING_KEY_ID")),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        settings: Arc::new(Settings {
            mail_domain: setting("MAIL_DOMAIN").unwrap_or_default(),
            message_id_domain,
            allow_loopback_webhooks: setting("ALLOW_LOOPBACK_WEBHOOKS").as_deref() == Some("true"),
        }),
    }
}

/// The same with a key that signs. What only one function needs is linked into that one: each call of an SDK that is linked
/// is paid for at every cold start.
pub fn signing_ports(config: &SdkConfig) -> Ports {
    Ports { signer: signer(config), ..ports(config) }
}

/// The same with a view of the anchors.
pub fn anchored_ports(config: &SdkConfig) -> Ports {
    Ports { anchors: Arc::new(S3Anchors::new(config, required("ANCHOR_BUCKET"))), ..ports(config) }
}

/// The same with what writes anchors: a key that signs, and the place where they lie.
pub fn anchoring_ports(config: &SdkConfig) -> Ports {
    Ports { signer: signer(config), ..anchored_ports(config) }
}

/// The table of a function.
pub fn table(config: &SdkConfig) -> DynamoTable {
    DynamoTable::new(config, required("TABLE"))
}

fn signer(config: &SdkConfig) -> Arc<dyn Signer> {
    Arc::new(KmsSigner::new(config, required("SIGNING_KEY_ID")))
}
