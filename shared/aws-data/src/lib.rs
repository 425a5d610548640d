//! Records in `DynamoDB`, objects in S3, data keys in KMS.
//!
//! | module | what |
//! | --- | --- |
//! | `layout` | where a record lies in the table: the one place that knows keys and indexes |
//! | `records` | the stored form of each domain type: a rename in the domain can't break stored mail |
//! | [`table`] | the store, the directory, the watch and the audit trail on one DynamoDB table |
//! | [`stream`] | events and audit entries out of the table's stream |
//! | [`objects`] | the bucket |
//! | [`anchors`] | heads of audit chains in a bucket of their own, under Object Lock |
//! | [`keys`] | data keys and signatures |

pub mod anchors;
pub mod keys;
mod layout;
pub mod objects;
mod records;
pub mod stream;
pub mod table;

pub use anchors::S3Anchors;
pub use keys::{KmsDataKeys, KmsSigner};
pub use objects::S3Blobs;
pub use table::DynamoTable;
