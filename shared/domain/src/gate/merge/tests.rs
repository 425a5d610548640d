use jiff::civil::date;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const NOW: &str = "2026-11-01T12:00:00Z";

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn row(cells: &[&str]) -> SheetRow {
    let cells = cells.iter().map(|text| Cell { text: (*text).to_owned(), at: None }).collect();
    SheetRow { number: 2, cells, ..SheetRow::default() }
}

fn plan(mapping: &[(&str, &str)], subject: &str, text: &str) -> Plan {
    Plan {
        mapping: mapping.iter().map(|(name, column)| ((*name).to_owned(), (*column).to_owned())).collect(),
        words: Words { subject: Some(subject.to_owned()), text: Some(text.to_owned()), html: None },
        time_zone: "Europe/Berlin".to_owned(),
        time: Plan::TIME,
        date_order: None,
        send_at: None,
        follow_ups: vec![],
        duplicates: false,
        unsubscribe: false,
    }
}

fn codes(result: Result<RowMails, Vec<RowError>>) -> Vec<&'static str> {
    result.map_or_else(|wrong| wrong.iter().map(|it| it.code).collect(), |_| vec![])
}

#[test]
fn values_stand_in_the_place_of_variables() {
    let columns = columns(&["Email", "First name", "Sum"]);
    let plan = plan(
        &[("to", "Email"), ("amount", "Sum")],
        "For {{ first_name | you }}",
        "{{First_Name|Friend}}: {{amount}} {{email}}",
    );
    let merge = Merge::new(&plan, &columns).unwrap();
    assert_eq!(merge.asked(), ["amount", "email", "first_name"].into());
    assert_eq!(merge.used(), [0, 1, 2].into());
    let made = merge.row(&row(&["\u{A0} ann@example.com\u{200B}", " Ann ", "{{sum}}"]), at(NOW)).unwrap();
    assert_eq!((made.to.address.as_str(), &made.to.name), ("ann@example.com", &None));
    let [mail] = &made.mails[..] else { panic!("{made:?}") };
    assert_eq!(mail.subject.as_str(), "For Ann");
    assert_eq!(mail.text.as_deref(), Some("Ann: {{sum}} ann@example.com"), "a value is no template");
    let made = merge.row(&row(&["Ann <ann@example.com>", "", "1"]), at(NOW)).unwrap();
    assert_eq!(made.to.name.as_ref().map(HeaderText::as_str), Some("Ann"));
    assert_eq!(made.mails[0].text.as_deref(), Some("Friend: 1 Ann <ann@example.com>"));
}

#[test]
fn a_row_says_all_that_is_wrong_with_it() {
    let columns = columns(&["Email", "Name", "Note"]);
    let plan = plan(&[("to", "Email"), ("name", "Name")], "To {{name}}", "{{note}} {{other}}");
    let merge = Merge::new(&plan, &columns).unwrap();
    let wrong = |cells: &[&str]| codes(merge.row(&row(cells), at(NOW)));
    assert_eq!(
        wrong(&["", "", ""]),
        ["address_missing", "variable_empty", "variable_empty", "unknown_variable"]
    );
    assert_eq!(wrong(&["nobody", "A", "n"]), ["address_invalid", "unknown_variable"]);
    assert_eq!(wrong(&["a@example.com; b@example.com", "A", "n"]), ["several_addresses", "unknown_variable"]);
    let broken = "Ann\r\nBcc: x@evil.example";
    assert_eq!(
        wrong(&["a@example.com", broken, "n"]),
        ["name_invalid", "unknown_variable", "subject_invalid"]
    );
}

#[test]
fn nothing_that_a_value_says_is_html() {
    let columns = columns(&["Email", "Link"]);
    let mut plan = plan(&[("to", "Email")], "Hi", "x");
    plan.words.html = Some("<a href=\"{{link}}\">{{link}}</a><p title={{link}}>".to_owned());
    let merge = Merge::new(&plan, &columns).unwrap();
    let made = merge.row(&row(&["a@example.com", "\"><script>x='1'`"]), at(NOW)).unwrap();
    let escaped = "&quot;&gt;&lt;script&gt;x&#61;&#39;1&#39;&#96;";
    let expected = format!("<a href=\"{escaped}\">{escaped}</a><p title={escaped}>");
    assert_eq!(made.mails[0].html.as_deref(), Some(expected.as_str()));
}

#[test]
fn what_is_more_than_a_name_is_no_variable() {
    let error = |text: &str| Template::parse(text).unwrap_err();
    assert_eq!(error("a\n{{open"), InvalidTemplate::Open(2));
    assert_eq!(error("{{a {{b}} }}"), InvalidTemplate::Nested(1));
    assert_eq!(error("{{{a}}}"), InvalidTemplate::Nested(1));
    for text in ["{{#each rows}}", "{{> partial}}", "{{a.b}}", "{{}}", "{{a b}}", "{{1st}}", "{{% if x %}}"] {
        assert!(matches!(error(text), InvalidTemplate::NoName(1, _)), "{text}");
    }
    assert_eq!(error(&"{{a}}".repeat(201)), InvalidTemplate::TooMany);
    assert_eq!(error(&" ".repeat(MAX_TEMPLATE + 1)), InvalidTemplate::TooLong);
    let css = "<style>@media x { p { color: red }}</style>{{a|}}";
    let template = Template::parse(css).unwrap();
    assert_eq!(template.variables(), ["a"].into());
}

#[test]
fn a_plan_that_does_not_fit_says_where() {
    let columns = columns(&["Email", "Text"]);
    let mut plan =
        plan(&[("to", "Mail"), ("text", "Text"), ("A b", "Email"), ("follow_up_2", "Email")], "", "{{x");
    plan.time_zone = "Mars/Base".to_owned();
    plan.follow_ups =
        vec![FollowUp { after_days: 0, words: Words { text: Some("x".to_owned()), ..Words::default() } }];
    let wrong = Merge::new(&plan, &columns).unwrap_err();
    let fields: Vec<_> = wrong.iter().map(|it| it.field.as_str()).collect();
    let expected = [
        "mapping.A b",
        "mapping.to",
        "mapping.follow_up_2",
        "time_zone",
        "text",
        "subject",
        "follow_ups[0].subject",
        "follow_ups[0].after_days",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn dates_are_read_as_people_write_them() {
    let day = |y, m, d| Ok(When::Day(date(y, m, d)));
    assert_eq!(read_date("2026-11-30", None), day(2026, 11, 30));
    assert_eq!(read_date("30.11.2026", None), day(2026, 11, 30));
    assert_eq!(read_date("3.4.2026", None), day(2026, 4, 3));
    assert_eq!(read_date("2026/11/30", None), day(2026, 11, 30));
    assert_eq!(read_date("11/30/2026", None), day(2026, 11, 30));
    assert_eq!(read_date("30/11/2026", None), day(2026, 11, 30));
    assert_eq!(read_date("4/4/2026", None), day(2026, 4, 4));
    assert_eq!(read_date("03/04/2026", None), Err(NoDate::Ambiguous));
    assert_eq!(read_date("03/04/2026", Some(DateOrder::DayFirst)), day(2026, 4, 3));
    assert_eq!(read_date("03/04/2026", Some(DateOrder::MonthFirst)), day(2026, 3, 4));
    let civil = |hour, minute| Ok(When::Civil(date(2026, 11, 30).at(hour, minute, 0, 0)));
    for text in ["2026-11-30 14:05", "2026-11-30T14:05:00", "30.11.2026, 14:05", "30.11.2026 2:05 PM"] {
        assert_eq!(read_date(text, None), civil(14, 5), "{text}");
    }
    assert_eq!(read_date("2026-11-30 12 am", None), civil(0, 0));
    assert_eq!(read_date("2026-11-30T14:05:00+02:00", None), Ok(When::Instant(at("2026-11-30T12:05:00Z"))));
    for text in ["30.02.2026", "2026-02-30", "31/31/2026", "2026-13-01"] {
        assert_eq!(read_date(text, None), Err(NoDate::NoSuchDay), "{text}");
    }
    for text in [
        "",
        "soon",
        "46336",
        "2026",
        "11-30",
        "2026-11-30 25:00",
        "2026-11-30 13 pm",
        "1/2/3/4",
        "2026-11-30 +5:00",
        "2026-+1-30",
        "--",
        "99999999-1-1",
    ] {
        assert!(matches!(read_date(text, None), Err(NoDate::Unreadable | NoDate::NoSuchDay)), "{text}");
    }
}

#[test]
fn a_day_is_nine_in_the_morning_where_the_plan_is() {
    let columns = columns(&["Email", "Date"]);
    let plan = plan(&[("to", "Email"), ("send_at", "Date")], "Hi", "x");
    let merge = Merge::new(&plan, &columns).unwrap();
    let when =
        |text: &str| merge.row(&row(&["a@example.com", text]), at(NOW)).map(|made| made.mails[0].send_at);
    assert_eq!(when("2026-11-30"), Ok(Some(at("2026-11-30T08:00:00Z"))));
    assert_eq!(when("2027-06-30"), Ok(Some(at("2027-06-30T07:00:00Z"))), "in summer time");
    let cell = |at: DateTime| {
        let mut row = row(&["a@example.com", "shown otherwise"]);
        row.cells[1].at = Some(at);
        row
    };
    let of_cell = |civil| merge.row(&cell(civil), at(NOW)).map(|made| made.mails[0].send_at);
    assert_eq!(of_cell(date(2026, 11, 30).at(0, 0, 0, 0)), Ok(Some(at("2026-11-30T08:00:00Z"))));
    assert_eq!(of_cell(date(2026, 11, 30).at(18, 30, 0, 0)), Ok(Some(at("2026-11-30T17:30:00Z"))));
    let wrong = |text: &str| codes(merge.row(&row(&["a@example.com", text]), at(NOW)));
    assert_eq!(wrong("30.02.2027"), ["date_invalid"]);
    assert_eq!(wrong("2026-10-31"), ["date_past"]);
    assert_eq!(wrong("2027-10-31"), ["date_too_far"]);
    assert_eq!(wrong(""), ["date_missing"]);
    assert_eq!(wrong("next week"), ["date_invalid"]);
    assert_eq!(wrong("02/03/2027"), ["date_ambiguous"]);
}

#[test]
fn a_time_that_the_clocks_leave_out_is_none() {
    let names = columns(&["Email", "Date"]);
    let given = plan(&[("to", "Email"), ("send_at", "Date")], "a", "b");
    let given = Plan { time_zone: "Europe/Berlin".to_owned(), ..given };
    let merge = Merge::new(&given, &names).unwrap();
    let made = |date: &str| merge.row(&row(&["ann@example.org", date]), at("2026-11-01T00:00:00Z"));
    assert_eq!(codes(made("2027-03-28 02:30")), ["date_invalid"]);
    let sent = |date: &str| made(date).unwrap().mails[0].send_at.unwrap();
    assert_eq!(sent("2027-03-28 03:30"), at("2027-03-28T01:30:00Z"));
}

#[test]
fn what_a_reader_sees_of_an_address_is_said() {
    let names = columns(&["Email", "Note"]);
    let said = |text: &str| {
        let given = plan(&[("to", "Email")], "a", text);
        Merge::new(&given, &names).unwrap().said()
    };
    assert_eq!(said("Hello {{note}}"), [1].into());
    assert_eq!(said("Hello {{email}}"), [0].into());
    let given = plan(&[("to", "Email"), ("name", "Email")], "a", "b");
    assert_eq!(Merge::new(&given, &names).unwrap().said(), [0].into());
}

#[test]
fn mails_follow_after_days_or_at_their_own_dates() {
    let columns = columns(&["Email", "Date", "Again"]);
    let mut plan = plan(&[("to", "Email"), ("send_at", "Date"), ("follow_up_2", "Again")], "One", "1");
    let further = |after_days, subject: &str| FollowUp {
        after_days,
        words: Words { subject: Some(subject.to_owned()), text: Some("{{email}}".to_owned()), html: None },
    };
    plan.follow_ups = vec![further(3, "Two"), further(0, "Three")];
    let merge = Merge::new(&plan, &columns).unwrap();
    let made = merge.row(&row(&["a@example.com", "2026-11-30", "2026-12-24 10:00"]), at(NOW)).unwrap();
    let times: Vec<_> = made.mails.iter().map(|mail| mail.send_at.unwrap().to_string()).collect();
    assert_eq!(times, ["2026-11-30T08:00:00Z", "2026-12-03T08:00:00Z", "2026-12-24T09:00:00Z"]);
    assert_eq!(merge.row(&row(&["a@example.com", "2026-11-30", ""]), at(NOW)).unwrap().mails.len(), 2);
    assert_eq!(
        codes(merge.row(&row(&["a@example.com", "2026-11-30", "2026-12-01"]), at(NOW))),
        ["date_order"]
    );
}

#[test]
fn a_broken_cell_matters_where_its_column_is_used() {
    let columns = columns(&["Email", "Sum", "Other"]);
    let plan = plan(&[("to", "Email")], "Hi", "{{sum}}");
    let merge = Merge::new(&plan, &columns).unwrap();
    let with = |problems: Vec<CellProblem>| {
        let row = SheetRow { problems, ..row(&["a@example.com", "1", ""]) };
        codes(merge.row(&row, at(NOW)))
    };
    let error = |place| CellProblem::ErrorValue(place, "#N/A".to_owned());
    assert_eq!(with(vec![error(1)]), ["cell_error"]);
    assert_eq!(with(vec![error(2), CellProblem::TooLong(2)]), [""; 0]);
    assert_eq!(with(vec![CellProblem::TooManyCells("x".to_owned())]), ["too_many_cells"]);
}

#[test]
fn columns_are_guessed_by_name_and_by_what_they_hold() {
    let columns = columns(&["Contact", "Kontakt", "Betreff", "Date"]);
    let rows = [row(&["Ann", "ann@example.com", "Hi", "2026-11-30"])];
    let guesses = guess(&columns, &rows);
    let found = |field: &str| guesses.get(field).map(String::as_str);
    assert_eq!((found("to"), found("name")), (Some("Kontakt"), Some("Contact")));
    assert_eq!((found("subject"), found("send_at"), found("text")), (Some("Betreff"), Some("Date"), None));
    let rows = [row(&["Ann", "x", "Hi", "soon"])];
    assert_eq!(guess(&columns, &rows).get("to"), None);
    assert_eq!(guess(&columns, &rows).get("send_at"), None);
}

#[test]
fn of_two_columns_with_one_name_somebody_says_which_is_meant() {
    let columns = columns(&["Email", "Amount", "Amount (€)"]);
    let mut plan = plan(&[("to", "Email")], "For you", "{{amount}}");
    let wrong = Merge::new(&plan, &columns).unwrap_err();
    assert_eq!(wrong.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(), ["mapping.amount"]);
    assert!(wrong[0].message.contains("\"Amount (€)\""), "{}", wrong[0].message);
    plan.mapping.insert("amount".to_owned(), "Amount (€)".to_owned());
    let merge = Merge::new(&plan, &columns).unwrap();
    let made = merge.row(&row(&["a@example.com", "1", "2"]), at(NOW)).unwrap();
    assert_eq!(made.mails[0].text.as_deref(), Some("2"));
    // One that nobody asks for is nobody's concern.
    plan.words.text = Some("Hello".to_owned());
    plan.mapping.remove("amount");
    assert!(Merge::new(&plan, &columns).is_ok());
}

#[test]
fn words_that_a_column_gives_go_as_they_are() {
    let columns = columns(&["Email", "Words"]);
    let mut plan = plan(&[("to", "Email"), ("text", "Words")], "Hi", "");
    plan.words.text = None;
    let merge = Merge::new(&plan, &columns).unwrap();
    let made = merge.row(&row(&["a@example.com", "Hello {Ann}"]), at(NOW)).unwrap();
    assert_eq!(made.mails[0].text.as_deref(), Some("Hello {Ann}"));
    assert_eq!(codes(merge.row(&row(&["a@example.com", "Hello {{email}}"]), at(NOW))), ["template_invalid"]);
    assert_eq!(codes(merge.row(&row(&["a@example.com", ""]), at(NOW))), ["text_missing"]);
}

#[test]
fn a_time_of_all_mails_is_as_good_as_one_of_a_cell() {
    let columns = columns(&["Email"]);
    let mut plan = plan(&[("to", "Email")], "Hi", "Hello");
    let tried =
        |plan: &Plan| codes(Merge::new(plan, &columns).unwrap().row(&row(&["a@example.com"]), at(NOW)));
    plan.send_at = Some(at("2026-10-31T12:00:00Z"));
    assert_eq!(tried(&plan), ["date_past"]);
    plan.send_at = Some(at("2027-11-01T12:00:00Z"));
    assert_eq!(tried(&plan), ["date_too_far"]);
    plan.send_at = Some(at("2027-06-01T12:00:00Z"));
    let words = Words { subject: Some("Again".to_owned()), text: Some("Hello".to_owned()), html: None };
    plan.follow_ups = vec![FollowUp { after_days: 180, words }];
    assert_eq!(tried(&plan), ["date_too_far"], "what follows as well");
}
