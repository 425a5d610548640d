//! `/console/notifications`: what somebody is told of by mail, and when they are left alone.

use app::Refusal;
use app::people::notifications;
use askama::Template;
use domain::base::hours::{DAYS, write_clock};
use domain::people::notifications::{Mails, Notifications};
use runtime::http::{Request, Response};
use serde_json::{Value, json};

use super::render;
use crate::Context;
use crate::fields::Wrong;
use crate::guard::{self, Form};
use crate::page::{Back, Get, Menu, Page};
use crate::shell::{Frame, Shell};
use crate::visit::Visit;

/// The page, and its form.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/notifications",
    menu: Menu::Setting(91, "Your notifications"),
    get: Get::Page(|context, request, _| Box::pin(show(context, request))),
    post: Some(|context, request, _| Box::pin(choose(context, request))),
    back: Back::Here(&[]),
    ..Page::NEW
}];

const ADDRESS: &str = "/console/notifications";

/// What the boxes of days are called before their number.
const DAY: &str = "day.";

#[derive(Template)]
#[template(path = "notifications.html")]
struct NotificationsPage {
    shell: Shell,
    saved: bool,
    wrong: Wrong,
    /// What is wrong with no field of the form.
    alert: String,
    csrf: String,
    typed: Typed,
}

/// The fields, as they are or were typed.
struct Typed {
    mails: String,
    daily_at: String,
    time_zone: String,
    quiet: bool,
    from: String,
    to: String,
    days: [bool; 7],
}

/// Something to check.
struct Choice {
    name: String,
    word: &'static str,
    checked: bool,
}

const WORDS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Typed {
    fn of(own: &Notifications) -> Self {
        let quiet = own.quiet.as_ref();
        // A clock in a form has no 24:00.
        let clock = |minute: u16| write_clock(minute % 1_440);
        let mut days = [true; 7];
        for (day, on) in (1_i8..).zip(&mut days) {
            *on = quiet.is_none_or(|quiet| quiet.days.contains(&day));
        }
        Self {
            mails: own.mails.as_str().to_owned(),
            daily_at: clock(own.daily_at),
            time_zone: own.time_zone.clone(),
            quiet: quiet.is_some(),
            from: clock(quiet.map_or(22 * 60, |quiet| quiet.from)),
            to: clock(quiet.map_or(7 * 60, |quiet| quiet.to)),
            days,
        }
    }

    fn read(form: &Form) -> Self {
        let mut days = [false; 7];
        for (day, on) in DAYS.iter().zip(&mut days) {
            *on = !form.field(&format!("{DAY}{day}")).is_empty();
        }
        let text = |name: &str| form.field(name).trim().to_owned();
        Self {
            mails: text("mails"),
            daily_at: text("daily_at"),
            time_zone: text("time_zone"),
            quiet: form.field("quiet") == "yes",
            from: text("from"),
            to: text("to"),
            days,
        }
    }

    /// The same as the API is told it.
    fn body(&self) -> Vec<u8> {
        let days: Vec<_> = DAYS.iter().zip(self.days).filter(|(_, on)| *on).map(|(day, _)| day).collect();
        let quiet = || json!({ "days": days, "from": self.from, "to": self.to });
        json!({
            "mails": self.mails,
            "daily_at": self.daily_at,
            "time_zone": self.time_zone,
            "quiet_hours": if self.quiet { quiet() } else { Value::Null },
        })
        .to_string()
        .into_bytes()
    }

    fn boxes(&self) -> Vec<Choice> {
        let day = |((name, word), checked): ((&str, &'static str), bool)| Choice {
            name: format!("{DAY}{name}"),
            word,
            checked,
        };
        DAYS.into_iter().zip(WORDS).zip(self.days).map(day).collect()
    }

    /// Which mails, each in words.
    fn modes(&self) -> Vec<Choice> {
        [
            (Mails::Each, "Every mail that wants my vote, at once; many within an hour come together"),
            (Mails::Hourly, "One mail an hour with all of them"),
            (Mails::Daily, "One mail a day with all of them"),
            (Mails::Pressing, "Only what is suspicious, or expires within a day"),
        ]
        .into_iter()
        .map(|(mails, word)| Choice {
            name: mails.as_str().to_owned(),
            word,
            checked: self.mails == mails.as_str(),
        })
        .collect()
    }
}

async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let own = notifications::get(&visit.ports, &visit.session).await?;
    let saved = request.query.get("notice").is_some_and(|notice| notice == "saved");
    page(&visit, 200, Typed::of(&own), Wrong::default(), saved).await
}

async fn page(
    visit: &Visit,
    status: u16,
    typed: Typed,
    wrong: Wrong,
    saved: bool,
) -> Result<Response, Refusal> {
    let page = NotificationsPage {
        shell: Frame::of(visit).await?.shell,
        saved,
        alert: wrong.beside(&["mails", "daily_at", "time_zone", "quiet_hours"]),
        wrong,
        csrf: visit.session.form_token(),
        typed,
    };
    Ok(guard::html(status, render(&page)?))
}

/// Chooses. What is wrong stands beside its field, and nothing of what was typed is lost.
async fn choose(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let typed = Typed::read(&form);
    let chosen = match wire::people::notifications::update(&typed.body()) {
        Ok(choice) => notifications::choose(&visit.ports, &visit.session, &choice).await,
        Err(refusal) => Err(refusal),
    };
    match chosen {
        Ok(_) => Ok(guard::see_other(&format!("{ADDRESS}?notice=saved"))),
        Err(Refusal::Invalid(errors)) => page(&visit, 422, typed, Wrong::new(&errors), false).await,
        Err(refusal) => Err(refusal),
    }
}
