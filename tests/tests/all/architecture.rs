//! Which crate may use which: read from cargo, compared with the table of `ARCHITECTURE.md`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate -> the crates of ours that it may depend on. Anything else is an architectural event: change this table, and
/// say why in `ARCHITECTURE.md`.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("mail", &["domain"]),
    ("app", &["domain", "mail"]),
    ("wire", &["app", "domain"]),
    ("runtime", &["app", "domain", "wire"]),
    ("aws-data", &["app", "domain"]),
    ("aws-flow", &["app", "domain"]),
    ("aws-mail", &["app", "domain"]),
    ("assembly", &["app", "aws-data", "aws-flow", "runtime"]),
    ("api", &["app", "assembly", "domain", "runtime", "wire"]),
    ("console", &["app", "assembly", "domain", "runtime", "wire"]),
    ("inbound", &["app", "assembly", "domain", "runtime"]),
    ("dispatch", &["app", "assembly", "aws-flow", "aws-mail", "domain", "runtime"]),
    ("background", &["app", "assembly", "aws-data", "aws-flow", "domain", "runtime", "wire"]),
    ("operator", &["app", "assembly", "runtime", "wire"]),
    ("testkit", &["app", "domain"]),
];

/// Crates that must stay free of what lies beyond them, by name of an outside crate.
const NEVER: &[(&str, &[&str])] = &[
    ("domain", &["serde", "tokio", "async-trait", "tracing", "getrandom", "aws-types"]),
    ("mail", &["tokio", "async-trait", "tracing", "getrandom", "serde"]),
    ("app", &["serde", "serde_json", "lambda_runtime", "aws-types", "getrandom"]),
];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(root).no_deps().exec().unwrap();
    let normal = |dependency: &&cargo_metadata::Dependency| dependency.kind == DependencyKind::Normal;
    metadata
        .packages
        .iter()
        .map(|p| (p.name.to_string(), p.dependencies.iter().filter(normal).map(|d| d.name.clone()).collect()))
        .collect()
}

#[test]
fn crates_use_only_what_the_table_allows() {
    let all = dependencies();
    let ours: BTreeSet<_> = all.keys().cloned().collect();
    let table: BTreeSet<_> =
        MAY_USE.iter().map(|(name, _)| (*name).to_owned()).chain(["tests".to_owned()]).collect();
    assert_eq!(ours, table, "every crate stands in the table, and nothing else");
    let mut wrong = vec![];
    for (name, allowed) in MAY_USE {
        for used in all[*name].intersection(&ours) {
            if !allowed.contains(&used.as_str()) {
                wrong.push(format!("{name} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_pure_crates_stay_pure() {
    let all = dependencies();
    for (name, never) in NEVER {
        let used: Vec<_> = never.iter().filter(|outside| all[*name].contains(**outside)).collect();
        assert!(used.is_empty(), "{name} uses {used:?}");
    }
}

#[test]
fn only_the_dispatch_group_can_reach_ses() {
    let users: Vec<_> = dependencies().into_iter().filter(|(_, uses)| uses.contains("aws-mail")).collect();
    assert_eq!(users.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["dispatch"]);
    let linkers: Vec<_> =
        dependencies().into_iter().filter(|(_, uses)| uses.contains("aws-sdk-sesv2")).collect();
    assert_eq!(linkers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["aws-mail"]);
}
