//! The one place where adapters are put behind ports, from a function's environment.
//!
//! A function names in `template.yaml` the resources that it may use, and asks here for the ports to them and for no other: one
//! whose resource the template does not name ends the function's first start, with the name of what is missing.

use std::sync::Arc;

use app::Ports;
use app::base::feed::Feed;
use app::base::ports::{
    Anchors, Authenticators, Backlog, Blobs, Carriage, DataKeys, Departures, Eraser, KeyLinks, KeyLogWriter,
    KeyLogs, Queue, Sandbox, Settings, Sheets, SignUp, Signer, Workflow,
};
use app::base::store::{Directory, Store, Watch};
use app::base::trail::Trail;
use app::gate::rate::Places;
use app::gate::submit::Sending;
use app::gate::uploads::Planning;
use app::people::openid::{ClientSecret, OpenIdBook};
use aws_data::{
    DynamoTable, KmsClientSecret, KmsDataKeys, KmsSigner, S3Anchors, S3Blobs, S3KeyLogs, S3Sheets,
};
use aws_flow::{LambdaSandbox, SqsQueue, StepFunctions};
use aws_types::SdkConfig;
use passkeys::WebAuthn;
use providers::Carried;
use runtime::environment::{SystemClock, SystemRandom, require, setting};

/// The account that a function runs in, as its environment names it.
///
/// Each port is a method: an SDK call that no function of a group asks for is not linked into its binary, where it would be
/// paid for at every cold start.
pub struct Aws {
    /// How AWS is called.
    pub config: SdkConfig,
    table: DynamoTable,
}

impl Aws {
    /// From the environment.
    ///
    /// # Panics
    /// Where the table is not named.
    pub fn from_environment() -> Self {
        let config = runtime::aws::config();
        let table = DynamoTable::new(&config, require("TABLE"));
        Self { config, table }
    }

    /// What every use case may touch.
    pub fn ports(&self) -> Ports {
        let region = require("AWS_REGION");
        let message_id_domain = if region == "us-east-1" {
            "email.amazonses.com".to_owned()
        } else {
            format!("{region}.amazonses.com")
        };
        Ports {
            store: Arc::new(self.table.clone()),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            rates: Arc::default(),
            settings: Arc::new(Settings {
                mail_domain: setting("MAIL_DOMAIN").unwrap_or_default(),
                region,
                message_id_domain,
                public_url: setting("PUBLIC_URL").map(|url| url.trim_end_matches('/').to_owned()),
                sign_up: setting("SIGN_UP").as_deref().map(SignUp::parse).unwrap_or_default(),
                allow_loopback_webhooks: setting("ALLOW_LOOPBACK_WEBHOOKS").as_deref() == Some("true"),
            }),
        }
    }

    /// Records.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.table.clone())
    }

    /// What submitting a mail takes.
    pub fn sending(&self) -> Sending {
        Sending {
            ports: self.ports(),
            blobs: self.blobs(),
            directory: self.directory(),
            workflow: self.workflow(),
            logs: self.key_logs(),
            carriage: self.carriage(),
        }
    }

    /// What providers of connected accounts can be given: no call of anybody.
    pub fn carriage(&self) -> Arc<dyn Carriage> {
        Arc::new(Carried)
    }

    /// Key logs, to be read.
    pub fn key_logs(&self) -> Arc<dyn KeyLogs> {
        Arc::new(self.key_log_bucket())
    }

    /// Key logs, with the notes of what went.
    pub fn departures(&self) -> Arc<dyn Departures> {
        Arc::new(self.key_log_bucket())
    }

    /// Key logs, to be written.
    pub fn key_log_writer(&self) -> Arc<dyn KeyLogWriter> {
        Arc::new(self.key_log_bucket())
    }

    /// Links that register keys.
    pub fn key_links(&self) -> Arc<dyn KeyLinks> {
        Arc::new(self.key_log_bucket())
    }

    fn key_log_bucket(&self) -> S3KeyLogs {
        S3KeyLogs::new(&self.config, require("KEY_LOG_BUCKET"))
    }

    /// Logins and addresses.
    pub fn directory(&self) -> Arc<dyn Directory> {
        Arc::new(self.table.clone())
    }

    /// What waits for its time.
    pub fn watch(&self) -> Arc<dyn Watch> {
        Arc::new(self.table.clone())
    }

    /// The rate at which the account may send.
    pub fn places(&self) -> Arc<dyn Places> {
        Arc::new(self.table.clone())
    }

    /// The audit chains.
    pub fn trail(&self) -> Arc<dyn Trail> {
        Arc::new(self.table.clone())
    }

    /// The feeds of events.
    pub fn feed(&self) -> Arc<dyn Feed> {
        Arc::new(self.table.clone())
    }

    /// Objects.
    pub fn blobs(&self) -> Arc<dyn Blobs> {
        Arc::new(S3Blobs::new(&runtime::aws::large(&self.config), require("MAIL_BUCKET")))
    }

    /// Files of uploads, and what was read of them.
    pub fn sheets(&self) -> Arc<dyn Sheets> {
        Arc::new(S3Sheets::new(&runtime::aws::large(&self.config), require("SHEET_BUCKET")))
    }

    /// What planning the mails of an upload takes.
    pub fn planning(&self) -> Planning {
        Planning { sheets: self.sheets(), directory: self.directory(), blobs: self.blobs() }
    }

    /// What deletes objects.
    pub fn eraser(&self) -> Arc<dyn Eraser> {
        Arc::new(S3Blobs::new(&self.config, require("MAIL_BUCKET")))
    }

    /// Where mails wait that are to get into the search index, or out of it.
    pub fn index_queue(&self) -> Arc<dyn Queue> {
        Arc::new(SqsQueue::new(&self.config, require("INDEX_QUEUE_URL")))
    }

    /// Where those wait who are to be told something by mail.
    pub fn notify_queue(&self) -> Arc<dyn Queue> {
        Arc::new(SqsQueue::new(&self.config, require("NOTIFY_QUEUE_URL")))
    }

    /// The same as [`Self::index_queue`], for whoever empties it.
    pub fn index_backlog(&self) -> Arc<dyn Backlog> {
        Arc::new(SqsQueue::new(&self.config, require("INDEX_QUEUE_URL")))
    }

    /// What makes previews of files.
    pub fn previews(&self) -> Arc<dyn Sandbox> {
        Arc::new(LambdaSandbox::new(&runtime::aws::large(&self.config), require("PREVIEW_FUNCTION")))
    }

    /// Workflows.
    pub fn workflow(&self) -> Arc<dyn Workflow> {
        Arc::new(StepFunctions::new(&self.config, require("SEND_WORKFLOW_ARN")))
    }

    /// Data keys.
    pub fn data_keys(&self) -> Arc<dyn DataKeys> {
        Arc::new(KmsDataKeys::new(&self.config, require("KEY_ID")))
    }

    /// What browsers say of passkeys, checked: no call of AWS.
    pub fn authenticators(&self) -> Arc<dyn Authenticators> {
        Arc::new(WebAuthn)
    }

    /// Ways to a provider of `OpenID` Connect, and whose account there opens what.
    pub fn openid_book(&self) -> Arc<dyn OpenIdBook> {
        Arc::new(self.table.clone())
    }

    /// The secret that we show that provider, which an operator encrypted.
    pub fn client_secret(&self, encrypted: Vec<u8>) -> Arc<dyn ClientSecret> {
        Arc::new(KmsClientSecret::new(&self.config, require("KEY_ID"), encrypted))
    }

    /// Where the chains are anchored.
    pub fn anchors(&self) -> Arc<dyn Anchors> {
        Arc::new(S3Anchors::new(&self.config, require("ANCHOR_BUCKET")))
    }

    /// Signatures.
    pub fn signer(&self) -> Arc<dyn Signer> {
        Arc::new(KmsSigner::new(&self.config, require("SIGNING_KEY_ID")))
    }
}
