//! A batch of lines as `CloudWatch` hands it over: JSON, compressed, in base 64
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>).

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Timestamp;
use domain::base::digest::Digest;
use domain::ledger::requests::RequestLine;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;

/// A batch is at most so large, in bytes of its JSON. Lambda takes no event from `CloudWatch` that is larger than 1 MB, and lines of a log
/// become ten times smaller at best.
pub(crate) const MAX_BYTES: usize = 16 * 1024 * 1024;

/// What a batch holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Batch {
    /// Requests.
    pub(crate) lines: Vec<RequestLine>,
    /// So many lines were none of a request that somebody made.
    pub(crate) others: usize,
}

/// Why a batch can't be read. What it holds is no part of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// It has no `awslogs.data`.
    #[error("the event is no batch of a log")]
    NoBatch,
    /// It is not in base 64.
    #[error("a batch is not in base 64")]
    NotBase64,
    /// It is not compressed, or cut short.
    #[error("a batch can't be decompressed")]
    NotCompressed,
    /// It is larger than [`MAX_BYTES`].
    #[error("a batch is too large")]
    TooLarge,
    /// It is not the JSON of a batch.
    #[error("a batch is of another form")]
    OtherForm,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    message_type: String,
    #[serde(default)]
    log_group: String,
    #[serde(default)]
    log_stream: String,
    #[serde(default)]
    log_events: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    timestamp: i64,
    message: String,
}

/// Reads an event of a subscription. What `CloudWatch` sends to see whether anybody is there holds nothing.
pub(crate) fn read(event: &Value) -> Result<Batch, Unreadable> {
    let data = event.pointer("/awslogs/data").and_then(Value::as_str).ok_or(Unreadable::NoBatch)?;
    let compressed = BASE64.decode(data).map_err(|_| Unreadable::NotBase64)?;
    let mut json = vec![];
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let read = GzDecoder::new(&*compressed).take(most).read_to_end(&mut json);
    if json.len() > MAX_BYTES {
        return Err(Unreadable::TooLarge);
    }
    read.map_err(|_| Unreadable::NotCompressed)?;
    let told: Told = serde_json::from_slice(&json).map_err(|_| Unreadable::OtherForm)?;
    match told.message_type.as_str() {
        "DATA_MESSAGE" => {}
        "CONTROL_MESSAGE" => return Ok(Batch::default()),
        _ => return Err(Unreadable::OtherForm),
    }
    let mut batch = Batch::default();
    for Line { id, timestamp, message } in told.log_events {
        let name = [b"request", told.log_group.as_bytes(), told.log_stream.as_bytes(), id.as_bytes()];
        let at = Timestamp::from_millisecond(timestamp).ok();
        match at.and_then(|at| wire::ledger::requests::read_line(Digest::of_parts(&name), at, &message)) {
            Some(line) => batch.lines.push(line),
            None => batch.others += 1,
        }
    }
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;

    const EXAMPLE: &str = include_str!("../../../events/background-logs.json");

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(vec![], Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn event(bytes: &[u8]) -> Value {
        json!({ "awslogs": { "data": BASE64.encode(bytes) } })
    }

    fn told(batch: &Value) -> Result<Batch, Unreadable> {
        read(&event(&compressed(batch.to_string().as_bytes())))
    }

    /// The batch of the example, as JSON.
    fn example() -> Value {
        let event: Value = serde_json::from_str(EXAMPLE).unwrap();
        let data = BASE64.decode(event["awslogs"]["data"].as_str().unwrap()).unwrap();
        let mut json = String::new();
        GzDecoder::new(&*data).read_to_string(&mut json).unwrap();
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn the_example_holds_requests_under_ids_of_their_own() {
        let batch = read(&serde_json::from_str(EXAMPLE).unwrap()).unwrap();
        assert_eq!((batch.lines.len(), batch.others), (2, 0));
        assert_ne!(batch.lines[0].id, batch.lines[1].id);
        assert_eq!(batch.lines[0].operation, "messages_list");
        assert_eq!(told(&example()), Ok(batch.clone()), "the same again has the same ids");
        let mut elsewhere = example();
        elsewhere["logStream"] = json!("another");
        assert!(
            told(&elsewhere).unwrap().lines.iter().all(|line| !batch.lines.iter().any(|it| it.id == line.id))
        );
    }

    #[test]
    fn what_is_no_batch_is_refused_whatever_it_is() {
        let good = compressed(example().to_string().as_bytes());
        for (bad, expected) in [
            (json!(null), Unreadable::NoBatch),
            (json!({"Records": []}), Unreadable::NoBatch),
            (json!({"awslogs": {"data": 7}}), Unreadable::NoBatch),
            (json!({"awslogs": {"data": "not base 64!"}}), Unreadable::NotBase64),
            (event(b""), Unreadable::NotCompressed),
            (event(b"{\"messageType\":\"DATA_MESSAGE\"}"), Unreadable::NotCompressed),
            (event(&good[..good.len() / 2]), Unreadable::NotCompressed),
            (event(&good[..good.len() - 1]), Unreadable::NotCompressed),
            (event(&compressed(b"")), Unreadable::OtherForm),
            (event(&compressed(b"[]")), Unreadable::OtherForm),
            (event(&compressed(b"{\"messageType\":")), Unreadable::OtherForm),
            (event(&compressed(b"\xff\xfe")), Unreadable::OtherForm),
            (event(&compressed(b"{\"messageType\":\"OTHER\"}")), Unreadable::OtherForm),
        ] {
            assert_eq!(read(&bad), Err(expected), "{bad}");
        }
        for altered in
            [json!("x"), json!([7]), json!([{"id": 1, "timestamp": 1, "message": ""}]), json!([{"id": ""}])]
        {
            let mut batch = example();
            batch["logEvents"] = altered;
            assert_eq!(told(&batch), Err(Unreadable::OtherForm));
        }
    }

    #[test]
    fn what_becomes_too_large_is_not_unpacked() {
        let bomb = compressed(&vec![b' '; 4 * MAX_BYTES]);
        assert!(bomb.len() < 512 * 1024, "{}", bomb.len());
        assert_eq!(read(&event(&bomb)), Err(Unreadable::TooLarge));
        let mut just = example().to_string().into_bytes();
        just.resize(MAX_BYTES, b' ');
        assert!(read(&event(&compressed(&just))).is_ok());
        just.push(b' ');
        assert_eq!(read(&event(&compressed(&just))), Err(Unreadable::TooLarge));
    }

    #[test]
    fn a_control_message_holds_nothing() {
        let control = json!({
            "messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": "",
            "subscriptionFilters": [],
            "logEvents": [{"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE: Checking health of destination"}],
        });
        assert_eq!(told(&control), Ok(Batch::default()));
    }

    #[test]
    fn lines_of_other_shapes_keep_none_from_being_read() {
        let mut batch = example();
        let lines = batch["logEvents"].as_array_mut().unwrap();
        let good = lines[0].clone();
        for message in ["", "START RequestId: x Version: $LATEST", "{", "null", &"x".repeat(1_000_000)] {
            let mut line = good.clone();
            line["message"] = json!(message);
            lines.push(line);
        }
        let mut never = good;
        never["timestamp"] = json!(i64::MAX);
        lines.push(never);
        let read = told(&batch).unwrap();
        assert_eq!((read.lines.len(), read.others), (2, 6));
    }
}
