//! The contract suite on both stores: the one in memory, and the one on `DynamoDB` (dynoxide, in this process).

use std::net::SocketAddr;

use aws_data::DynamoTable;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use aws_types::SdkConfig;
use testkit::MemoryStore;
use tests::aws_config;

#[tokio::test]
async fn the_store_in_memory_keeps_the_contract() {
    testkit::contract::run(&MemoryStore::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_on_dynamodb_keeps_the_contract() {
    let config = aws_config(&format!("http://{}", serve_dynamodb().await));
    create_table(&config).await;
    testkit::contract::run(&DynamoTable::new(&config, "contract")).await;
}

async fn serve_dynamodb() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let database = dynoxide::Database::memory().unwrap();
    tokio::spawn(async move { dynoxide::server::serve_on(listener, database).await });
    address
}

/// The table as `template.yaml` has it: a conformance test compares the two.
async fn create_table(config: &SdkConfig) {
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let attribute = |name: &str, kind| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    };
    let index = |name: &str, hash: &str, range: &str, projection| {
        GlobalSecondaryIndex::builder()
            .index_name(name)
            .key_schema(key(hash, KeyType::Hash))
            .key_schema(key(range, KeyType::Range))
            .projection(Projection::builder().projection_type(projection).build())
            .build()
            .unwrap()
    };
    aws_sdk_dynamodb::Client::new(config)
        .create_table()
        .table_name("contract")
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S))
        .attribute_definitions(attribute("sk", ScalarAttributeType::S))
        .attribute_definitions(attribute("list", ScalarAttributeType::S))
        .attribute_definitions(attribute("list_at", ScalarAttributeType::S))
        .attribute_definitions(attribute("open", ScalarAttributeType::S))
        .attribute_definitions(attribute("open_at", ScalarAttributeType::S))
        .attribute_definitions(attribute("recent", ScalarAttributeType::S))
        .attribute_definitions(attribute("recent_at", ScalarAttributeType::S))
        .attribute_definitions(attribute("watch", ScalarAttributeType::S))
        .attribute_definitions(attribute("watch_at", ScalarAttributeType::N))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .global_secondary_indexes(index("lists", "list", "list_at", ProjectionType::All))
        .global_secondary_indexes(index("open", "open", "open_at", ProjectionType::KeysOnly))
        .global_secondary_indexes(index("recent", "recent", "recent_at", ProjectionType::KeysOnly))
        .global_secondary_indexes(index("watch", "watch", "watch_at", ProjectionType::KeysOnly))
        .send()
        .await
        .unwrap();
}
