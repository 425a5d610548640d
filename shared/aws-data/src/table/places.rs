//! The places of the rate of SES, and of those of connected accounts: an item for each second, which time to live removes.

use app::base::store::StoreError;
use app::gate::rate::Places;
use async_trait::async_trait;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use domain::OrganizationId;
use domain::gate::rate::{Lane, Later, Second};

use crate::base::field::Corrupt;
use crate::base::item::{Place, corrupt, key, number, place, text};
use crate::table::{DynamoTable, classify};

/// The kind of these items.
const KIND: &str = "send_rate";
/// An item is kept for so long after its second, in seconds.
const KEPT: i64 = 3_600;

/// Where the places of a second are counted: each second is a partition of its own, so that none is busy for longer.
pub(crate) fn at(lane: Lane, second: i64) -> Place {
    let of = match lane {
        Lane::Ses => String::new(),
        Lane::Account(id) => format!("{id}/"),
    };
    place(format!("send-rate/{of}{second}"), "places")
}

impl DynamoTable {
    fn count_places(&self, lane: Lane, second: i64, places: u32) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&at(lane, second))))
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_names("#all", "all")
            .expression_attribute_values(":kind", text(KIND))
            .expression_attribute_values(":ttl", number(second + KEPT))
            .expression_attribute_values(":places", number(places))
    }
}

#[async_trait]
impl Places for DynamoTable {
    async fn take(
        &self,
        organization_id: OrganizationId,
        second: Second,
        places: u32,
    ) -> Result<Option<u64>, StoreError> {
        let taken = self
            .count_places(second.lane, second.number, places)
            .update_expression("SET #kind = :kind, #ttl = :ttl ADD #all :places, #own :places")
            .condition_expression(
                "(attribute_not_exists(#all) OR #all < :most) AND (attribute_not_exists(#own) OR #own < :share)",
            )
            .expression_attribute_names("#own", organization_id.to_string())
            .expression_attribute_values(":most", number(second.places))
            .expression_attribute_values(":share", number(second.share))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        match taken {
            Ok(taken) => {
                let taken = taken.attributes.unwrap_or_default();
                let all = taken.get("all").and_then(|value| value.as_n().ok()?.parse().ok());
                all.map(Some).ok_or_else(|| corrupt(&Corrupt("all")))
            }
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
            Err(error) => Err(classify(&error)),
        }
    }

    async fn fill(&self, later: Later, organization_id: Option<OrganizationId>) -> Result<(), StoreError> {
        let request = self.count_places(later.lane, later.number, later.places);
        let request = match organization_id {
            Some(id) => request
                .update_expression("SET #kind = :kind, #ttl = :ttl ADD #all :places, #own :own")
                .expression_attribute_names("#own", id.to_string())
                .expression_attribute_values(":own", number(later.own)),
            None => request.update_expression("SET #kind = :kind, #ttl = :ttl ADD #all :places"),
        };
        request.send().await.map(|_| ()).map_err(|error| classify(&error))
    }
}
