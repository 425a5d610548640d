//! What pages learn by themselves of what happened meanwhile, and what somebody chooses to be told of by mail.

use super::*;

impl Console {
    /// The event that the script of a page gets.
    async fn event(&self, who: u8, query: &str) -> Value {
        let answer = self.get(who, &format!("/console/live?{query}")).await;
        assert_eq!(answer.status(), 200, "{}", answer.body());
        assert_eq!(answer.header("content-type"), "text/event-stream; charset=utf-8");
        let body = answer.body().strip_prefix("retry: 5000\nevent: queue\ndata: ").unwrap();
        serde_json::from_str(body.strip_suffix("\n\n").unwrap()).unwrap()
    }

    /// What the script of a page asks with.
    async fn asks(&self, who: u8, address: &str) -> String {
        let shown = self.get(who, address).await;
        let rest =
            shown.body().split("data-meanwhile=\"").nth(1).unwrap_or_else(|| panic!("{}", shown.body()));
        unescaped(rest.split('"').next().unwrap())
    }
}

#[tokio::test]
async fn the_list_says_what_is_new_and_moves_nothing() {
    let console = Console::new().await;
    let first = console.hold(EDITOR, draft()).await;
    let asks = console.asks(APPROVER, "/console/approvals").await;
    let seen = console.event(APPROVER, &asks).await;
    assert_eq!((&seen["mine"], &seen["waiting"], &seen["said"]), (&"1".into(), &1.into(), &"".into()));
    assert_eq!(console.event(VIEWER, &asks).await["mine"], "0", "a viewer decides nothing");
    console.world.pass(1);
    console.hold(EDITOR, draft()).await;
    assert_eq!(console.event(APPROVER, &asks).await["said"], "1 new mail waits.");
    console.hold(EDITOR, draft()).await;
    let two = console.event(APPROVER, &asks).await;
    assert_eq!((&two["mine"], &two["said"]), (&"3".into(), &"2 new mails wait.".into()));
    let asks = console.asks(APPROVER, "/console/approvals").await;
    console.decide(OTHER_APPROVER, &first, "approve", "").await;
    assert_eq!(console.event(APPROVER, &asks).await["said"], "The list has changed.");
    // Without a page of either kind there are the counts alone.
    let counts = console.event(APPROVER, "").await;
    assert_eq!((&counts["mine"], &counts["said"]), (&"2".into(), &"".into()));
    let nonsense = console.event(APPROVER, "since=soon&seen=1&approval=apr_1").await;
    assert_eq!(nonsense["said"], "");
}

#[tokio::test]
async fn the_page_of_a_mail_says_who_decided_meanwhile() {
    let console = Console::new().await;
    for (verdict, said) in [
        ("approve", "Approved by member4@example.com meanwhile."),
        ("reject", "Rejected by member4@example.com meanwhile: it is never sent."),
        ("cancel", "Cancelled by member4@example.com meanwhile: it is never sent."),
    ] {
        let approval = console.hold(EDITOR, draft()).await;
        let asks = console.asks(APPROVER, &page(&approval)).await;
        assert_eq!(console.event(APPROVER, &asks).await["said"], "");
        console.decide(OTHER_APPROVER, &approval, verdict, "no").await;
        assert_eq!(console.event(APPROVER, &asks).await["said"], said);
        // The page as it is from then on knows it.
        let asks = console.asks(APPROVER, &page(&approval)).await;
        assert_eq!(console.event(APPROVER, &asks).await["said"], "");
    }
    let approval = console.hold(EDITOR, draft()).await;
    let asks = console.asks(APPROVER, &page(&approval)).await;
    let past = Approval { expires_at: console.world.ports.now(), ..console.stored(&approval) };
    console.world.ports.store.commit(Change::new(samples::organization_id(1)).update(past)).await.unwrap();
    assert_eq!(console.event(APPROVER, &asks).await["said"], "It expired meanwhile: it is never sent.");
}

#[tokio::test]
async fn a_page_that_is_left_open_prolongs_no_session() {
    let console = Console::new().await;
    let used = || {
        let contents = console.world.store.contents();
        let found = contents.records.values().find_map(|record| match record {
            Record::Session(one) if one.hash == session(APPROVER).0.hash => Some(one.used_at),
            _ => None,
        });
        found.unwrap()
    };
    let before = used();
    console.world.pass(3 * 3_600);
    console.event(APPROVER, "").await;
    assert_eq!(used(), before);
    console.get(APPROVER, "/console/approvals").await;
    assert!(used() > before);
    console.world.pass(13 * 3_600);
    let over = console.get(APPROVER, "/console/live").await;
    assert_eq!((over.status(), over.header("location").starts_with("/console/sign-in")), (303, true));
}

#[tokio::test]
async fn somebody_chooses_what_they_are_told_of_and_loses_nothing_of_what_was_typed() {
    let console = Console::new().await;
    let here = "/console/notifications";
    let shown = console.get(VIEWER, here).await;
    assert!(shown.body().contains("value=\"each\" checked") && shown.body().contains("value=\"UTC\""));
    let csrf = token(VIEWER);
    let typed = [
        ("csrf", csrf.as_str()),
        ("mails", "daily"),
        ("daily_at", "07:30"),
        ("time_zone", "Europe/Berlin"),
        ("quiet", "yes"),
        ("from", "20:00"),
        ("to", "06:00"),
        ("day.fri", "yes"),
    ];
    let saved = console.post(Some(VIEWER), here, &typed).await;
    assert_eq!(saved.header("location"), "/console/notifications?notice=saved");
    let shown = console.get(VIEWER, saved.header("location")).await;
    for part in [
        "value=\"daily\" checked",
        "value=\"07:30\"",
        "value=\"Europe/Berlin\"",
        "value=\"20:00\"",
        "name=\"day.fri\" value=\"yes\" checked",
        "Saved.",
    ] {
        assert!(shown.body().contains(part), "{part}: {}", shown.body());
    }
    assert!(!shown.body().contains("name=\"day.mon\" value=\"yes\" checked"));
    let mut wrong = typed;
    (wrong[3].1, wrong[5].1) = ("Mars/Crater", "06:00");
    let refused = console.post(Some(VIEWER), here, &wrong).await;
    assert_eq!(refused.status(), 422);
    for part in
        ["Nothing was saved yet", "IANA time zone database", "value=\"Mars/Crater\"", "value=\"07:30\""]
    {
        assert!(refused.body().contains(part), "{part}: {}", refused.body());
    }
    assert!(
        console.get(APPROVER, here).await.body().contains("value=\"each\" checked"),
        "each for themselves"
    );
}
