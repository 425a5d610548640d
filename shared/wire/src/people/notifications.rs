//! What somebody wants to be told of by mail, and when they are left alone.

use std::borrow::Cow;
use std::collections::BTreeSet;

use app::base::error::Refusal;
use app::people::notifications::Choice as Chosen;
use domain::base::code::Code;
use domain::people::notifications::{Mails, Notifications, Quiet};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::base::request::{self, Faults, Field, request};
use crate::base::values::{Choice, ClockTime, List, OrNull, TimeZoneName, WeekDay};

request! {
    /// What changes of what one is told of; what is left out stays.
    pub struct UpdateNotifications {
        /// Which of the mails that wait for one's vote: `each`, a digest of each hour (`hourly`) or day (`daily`), or none but those that
        /// press (`pressing`): suspicious ones, and those that expire soon.
        mails: Option<Choice<Mails>>,
        /// When the digest of a day comes, such as `08:00`.
        daily_at: Option<ClockTime>,
        /// The clock of all this: a name of the IANA time zone database, such as `Europe/Berlin`.
        time_zone: Option<TimeZoneName>,
        /// When one is told of nothing but suspicious mail, and of what expires before they end or within an hour of it; `null` for never.
        quiet_hours: Option<OrNull<QuietGiven>>,
    }
}

request! {
    /// A part of the week within which one is left alone.
    pub struct OwnQuietHours {
        /// Days on which they begin, `mon` to `sun`; all of them where this is left out.
        days: Option<List<WeekDay, 7>>,
        /// A time of day such as `22:00`.
        from: ClockTime,
        /// Until before this time of day; where it is before `from`, that of the next day.
        to: ClockTime,
    }
}

/// Reads [`UpdateNotifications`].
pub fn update(body: &[u8]) -> Result<Chosen, Refusal> {
    let UpdateNotifications { mails, daily_at, time_zone, quiet_hours } = request::body(body)?;
    Ok(Chosen {
        mails: mails.map(|mails| mails.0),
        // Midnight has two names.
        daily_at: daily_at.map(|at| at.0 % 1_440),
        time_zone: time_zone.map(|name| name.0),
        quiet: quiet_hours.map(|hours| hours.0.map(|given| given.0)),
    })
}

/// Quiet hours that are some.
pub struct QuietGiven(pub Quiet);

impl Field for QuietGiven {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let OwnQuietHours { days, from, to } = OwnQuietHours::read(value, faults)?;
        // A clock in a form has no 24:00: midnight is an end as well.
        let to = if to.0 == 0 { 1_440 } else { to.0 };
        let differ = from.0 != to && from.0 != 1_440;
        if !differ {
            faults.note_at("to", Code::InvalidTime, "must be another time than from, which is before 24:00");
        }
        let days: BTreeSet<i8> =
            days.map_or_else(|| (1..=7).collect(), |days| days.0.into_iter().map(|day| day.0).collect());
        if days.is_empty() {
            let message = "must name a day on which they begin, or be left out for every day";
            faults.note_at("days", Code::Required, message);
        }
        (differ && !days.is_empty()).then_some(Self(Quiet { days, from: from.0, to }))
    }
}

impl JsonSchema for QuietGiven {
    fn schema_name() -> Cow<'static, str> {
        OwnQuietHours::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        OwnQuietHours::json_schema(generator)
    }
}

/// What somebody is told of by mail. Security alerts nobody switches off.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Notifications")]
pub struct NotificationsView {
    /// Which of the mails that wait for their vote.
    mails: Choice<Mails>,
    /// When the digest of a day comes.
    daily_at: ClockTime,
    /// The clock of all this.
    time_zone: TimeZoneName,
    /// When they are left alone.
    quiet_hours: Option<OwnQuietHoursView>,
}

/// A part of the week within which somebody is left alone.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MyQuietHours")]
pub struct OwnQuietHoursView {
    /// Days on which they begin.
    days: Vec<WeekDay>,
    from: ClockTime,
    /// Until before this time of day; where it is before `from`, that of the next day.
    to: ClockTime,
}

/// What somebody is told of by mail.
pub fn notifications(own: &Notifications) -> NotificationsView {
    NotificationsView {
        mails: Choice(own.mails),
        daily_at: ClockTime(own.daily_at),
        time_zone: TimeZoneName(own.time_zone.clone()),
        quiet_hours: own.quiet.as_ref().map(|quiet| OwnQuietHoursView {
            days: quiet.days.iter().copied().map(WeekDay).collect(),
            from: ClockTime(quiet.from),
            to: ClockTime(quiet.to),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_are_read_and_all_that_is_wrong_is_named() {
        let read = |body: &str| update(body.as_bytes());
        let night = r#"{"time_zone": "Europe/Berlin", "quiet_hours": {"days": ["mon", "sun"], "from": "22:00", "to": "07:00"}}"#;
        let chosen = read(night).unwrap();
        let quiet = Quiet { days: [1, 7].into(), from: 22 * 60, to: 7 * 60 };
        assert_eq!((chosen.quiet, chosen.time_zone.as_deref()), (Some(Some(quiet)), Some("Europe/Berlin")));
        let day = read(r#"{"quiet_hours": {"from": "00:00", "to": "00:00"}}"#).unwrap().quiet;
        assert_eq!(day, Some(Some(Quiet { days: (1..=7).collect(), from: 0, to: 1_440 })));
        assert_eq!(read(r#"{"quiet_hours": null}"#).unwrap().quiet, Some(None));
        assert_eq!(read("{}").unwrap(), Chosen::default());
        for (body, field, code) in [
            (r#"{"mails": "never"}"#, "mails", Code::UnknownChoice),
            (r#"{"daily_at": "8"}"#, "daily_at", Code::InvalidTime),
            (r#"{"time_zone": "Mars/Crater"}"#, "time_zone", Code::UnknownTimeZone),
            (r#"{"quiet_hours": {"from": "09:00", "to": "09:00"}}"#, "quiet_hours.to", Code::InvalidTime),
            (r#"{"quiet_hours": {"from": "09:00"}}"#, "quiet_hours.to", Code::Required),
            (
                r#"{"quiet_hours": {"from": "09:00", "to": "10:00", "days": []}}"#,
                "quiet_hours.days",
                Code::Required,
            ),
            (
                r#"{"quiet_hours": {"from": "09:00", "to": "10:00", "days": ["wed", "soon"]}}"#,
                "quiet_hours.days[1]",
                Code::UnknownChoice,
            ),
        ] {
            let Err(Refusal::Invalid(errors)) = read(body) else { panic!("{body}") };
            let found: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code)).collect();
            assert_eq!(found, [(field, code)], "{body}");
        }
        let Err(Refusal::Invalid(errors)) = read(r#"{"mails": 1, "time_zone": "x", "more": 1}"#) else {
            panic!()
        };
        assert_eq!(errors.len(), 3, "all of it at once");
    }
}
