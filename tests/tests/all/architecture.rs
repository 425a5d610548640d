//! Which crate may use which: read from cargo, compared with the table of `ARCHITECTURE.md`. And inside the crates that have
//! rooms, which room may use which: read from the sources.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate -> the crates of ours that it may depend on. Anything else is an architectural event: change this table, and
/// say why in `ARCHITECTURE.md`.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("mail", &["domain"]),
    ("search", &[]),
    ("signatures", &["domain"]),
    ("app", &["domain", "mail", "search", "signatures"]),
    ("wire", &["app", "domain"]),
    ("runtime", &["app", "domain", "wire"]),
    ("aws-data", &["app", "domain"]),
    ("aws-flow", &["app", "domain"]),
    ("aws-mail", &["app", "domain"]),
    ("aws-domains", &["app"]),
    ("egress", &[]),
    ("openid", &["app", "domain", "egress"]),
    ("providers", &["app", "domain", "egress", "mail"]),
    ("passkeys", &["app", "domain"]),
    ("assembly", &["app", "aws-data", "aws-flow", "passkeys", "providers", "runtime"]),
    ("accounts", &["app", "assembly", "domain", "providers", "runtime", "wire"]),
    ("api", &["app", "assembly", "domain", "runtime", "wire"]),
    ("console", &["app", "assembly", "domain", "openid", "providers", "runtime", "wire"]),
    ("inbound", &["app", "assembly", "domain", "runtime"]),
    ("dispatch", &["app", "assembly", "aws-flow", "aws-mail", "domain", "providers", "runtime"]),
    ("background", &["app", "assembly", "aws-data", "aws-flow", "domain", "egress", "runtime", "wire"]),
    ("domains", &["app", "assembly", "aws-domains", "domain", "runtime", "wire"]),
    ("keys", &["app", "assembly", "runtime", "wire"]),
    ("mcp", &["api", "app", "domain", "runtime", "wire"]),
    ("operator", &["app", "assembly", "runtime", "wire"]),
    // No adapter: it has no way to anything.
    ("preview", &["app", "mail", "runtime", "wire"]),
    ("sheets", &["domain"]),
    ("uploads", &["app", "assembly", "aws-data", "domain", "runtime", "sheets"]),
    ("testkit", &["app", "domain"]),
];

/// Crates that must stay free of what lies beyond them, by name of an outside crate.
const NEVER: &[(&str, &[&str])] = &[
    ("domain", &["serde", "tokio", "async-trait", "tracing", "getrandom", "aws-types"]),
    ("mail", &["tokio", "async-trait", "tracing", "getrandom", "serde"]),
    ("search", &["tokio", "async-trait", "tracing", "getrandom", "serde", "aws-types"]),
    ("sheets", &["tokio", "async-trait", "tracing", "getrandom", "serde", "aws-types"]),
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
    assert_eq!(
        linkers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["aws-domains", "aws-mail"]
    );
}

/// People's own providers are called where mail leaves, and where their keys are tried. Others are told what they can be given, which
/// calls nobody.
#[test]
fn only_three_groups_call_peoples_own_providers() {
    let users = dependencies().into_iter().filter(|(_, uses)| uses.contains("providers"));
    assert_eq!(
        users.map(|(name, _)| name).collect::<Vec<_>>(),
        ["accounts", "assembly", "console", "dispatch"]
    );
    let assembly = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/assembly/src"));
    for (file, text) in rust_files(assembly) {
        assert!(!text.contains("Providers"), "{file:?}");
    }
}

/// What decodes files of strangers is linked where nothing else is within reach, and nowhere else.
#[test]
fn only_two_groups_read_files_of_strangers() {
    let users_of = |used: &str| -> Vec<String> {
        dependencies().into_iter().filter(|(_, uses)| uses.contains(used)).map(|(name, _)| name).collect()
    };
    for (decoder, readers) in [
        ("calamine", &["preview"][..]),
        ("hayro", &["preview"]),
        ("image", &["preview"]),
        // Besides sheets, what the domain of somebody's own address says of its mail servers: 64 kilobytes at most.
        ("quick-xml", &["providers", "sheets"]),
        ("zip", &["preview", "sheets"]),
        // Spreadsheets are too large to be handed over in a call: what reads them may touch uploads, and nothing else.
        ("sheets", &["uploads"]),
    ] {
        assert_eq!(users_of(decoder), readers, "{decoder}");
    }
    let own = &dependencies()["preview"];
    assert!(own.iter().all(|used| !used.starts_with("aws-")), "{own:?}");
}

/// The other crate that links SES's SDK makes and removes identities: an operation that its source does not name is not linked.
#[test]
fn what_looks_after_domains_calls_nothing_that_sends() {
    let users: Vec<_> = dependencies().into_iter().filter(|(_, uses)| uses.contains("aws-domains")).collect();
    assert_eq!(users.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["domains"]);
    let sources = rust_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/aws-domains/src")));
    for (file, text) in sources {
        let calls: BTreeSet<_> = text
            .split("self.client.")
            .skip(1)
            .map(|rest| rest.split('(').next().unwrap_or_default().to_owned())
            .collect();
        let allowed = [
            "create_email_identity",
            "delete_email_identity",
            "get_email_identity",
            "put_email_identity_mail_from_attributes",
        ];
        assert!(calls.iter().all(|call| allowed.contains(&call.as_str())), "{file}: {calls:?}");
        assert!(!text.contains("send_email") && !text.contains("Client::from_conf"), "{file}");
        assert_eq!(text.matches("Client::new").count(), 1, "{file}");
    }
}

// ------------------------------------------------------------------ rooms

/// Crates whose files lie in rooms, each in its folder of `shared`.
const ROOMED: &[&str] = &["domain", "app", "wire", "aws-data"];

/// What stands outside of the rooms because it knows all of them: the table, which lists every kind of record.
const ABOVE: (&str, &str) = ("aws-data", "table");

/// The rooms in their order: each uses those before it alone.
const ROOMS: &[&str] = &["base", "people", "mailbox", "gate", "accounts", "delivery", "ledger"];

/// Rooms that do not know each other, whatever their order.
const STRANGERS: (&str, &str) = ("delivery", "ledger");

/// The Rust files below a folder: path from there, with slashes, and text.
pub(super) fn rust_files(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries = std::fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display()));
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

/// The modules that a file is in: `gate/policy/syntax.rs` is `gate`, `policy`, `syntax`.
pub(super) fn module(file: &str) -> Vec<&str> {
    let mut path: Vec<_> = file.trim_end_matches(".rs").split('/').collect();
    if matches!(path.last(), Some(&("lib" | "main" | "mod"))) {
        path.pop();
    }
    path
}

/// The files of each crate that has rooms.
fn roomed() -> BTreeMap<&'static str, BTreeMap<String, String>> {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared"));
    ROOMED.iter().map(|name| (*name, rust_files(&shared.join(name).join("src")))).collect()
}

/// The room that a file lies in.
fn room(file: &str) -> Option<&'static str> {
    let (folder, _) = file.split_once('/')?;
    ROOMS.iter().copied().find(|room| *room == folder)
}

/// What of a file is compiled outside tests. Lines of comments are empty, so that the others keep their numbers.
fn production(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let inline = lines.peek().is_some_and(|next| next.contains("mod ") && next.ends_with('{'));
        if line.trim() == "#[cfg(test)]" && inline {
            break;
        }
        if !line.trim_start().starts_with("//") {
            kept.push_str(line);
        }
        kept.push('\n');
    }
    kept
}

/// Every path that the tree of names at this place stands for, with the place of its last name. Gives the place after it.
fn tree(code: &str, at: usize, prefix: &[String], found: &mut Vec<(usize, Vec<String>)>) -> usize {
    let skip = |at: usize, what: fn(char) -> bool| {
        code[at..].find(|c: char| !what(c)).map_or(code.len(), |length| at + length)
    };
    let start = skip(at, char::is_whitespace);
    if code[start..].starts_with('{') {
        let mut at = start + 1;
        loop {
            at = skip(at, |c| c.is_whitespace() || c == ',');
            if at == code.len() || code[at..].starts_with('}') {
                return (at + 1).min(code.len());
            }
            at = tree(code, at, prefix, found);
            // What follows is an end, or `as` another name.
            at += code[at..].find([',', '}']).unwrap_or(code.len() - at);
        }
    }
    let end = skip(start, |c| c.is_alphanumeric() || c == '_' || c == '*');
    let name = code[start..end].to_owned();
    let path: Vec<_> = prefix.iter().cloned().chain([name]).filter(|name| !name.is_empty()).collect();
    if code[end..].starts_with("::") {
        return tree(code, end + 2, &path, found);
    }
    found.push((start, path));
    end
}

/// Which paths inside its crate a file names: line, and the path from the crate's root.
fn named(file: &str, text: &str) -> Vec<(usize, Vec<String>)> {
    let code = production(text);
    let own = module(file);
    let mut named = vec![];
    for (word, base) in [("crate::", &[][..]), ("super::", &own[..own.len() - 1])] {
        for (at, _) in code.match_indices(word) {
            let before = &code[..at];
            let inside = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            if inside || before.ends_with("(in ") {
                continue;
            }
            let mut found = vec![];
            tree(&code, at + word.len(), &[], &mut found);
            for (at, names) in found {
                let mut path: Vec<_> = base.iter().map(|&name| name.to_owned()).collect();
                for name in names.into_iter().filter(|name| name != "self") {
                    if name == "super" {
                        path.pop();
                    } else {
                        path.push(name);
                    }
                }
                named.push((code[..at].matches('\n').count() + 1, path));
            }
        }
    }
    named.sort();
    named
}

/// One use of something in a room, by something in a room of the same crate. Modules are `room::module`: what lies in its
/// folder is the module itself.
struct Use {
    by: String,
    file: String,
    line: usize,
    path: String,
    of: String,
}

impl Use {
    fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// All uses inside a crate, but for those that its tests make.
fn uses(name: &str, files: &BTreeMap<String, String>) -> Vec<Use> {
    // What the root gives another name for is looked up where it stands.
    let mut given = BTreeMap::new();
    for (at, word) in files["lib.rs"].match_indices("\npub use ") {
        let mut found = vec![];
        tree(&files["lib.rs"], at + word.len(), &[], &mut found);
        given.extend(found.into_iter().map(|(_, path)| (path.last().unwrap().clone(), path)));
    }
    let mut uses = vec![];
    for (file, text) in files {
        let own = module(file);
        if room(file).is_none() || own.contains(&"tests") {
            continue;
        }
        for (line, path) in named(file, text) {
            let path = path.first().and_then(|first| given.get(first)).unwrap_or(&path);
            if path.first().is_some_and(|first| ROOMS.contains(&first.as_str())) {
                uses.push(Use {
                    by: own[..2].join("::"),
                    file: format!("shared/{name}/src/{file}"),
                    line,
                    path: path.join("::"),
                    of: path[..path.len().min(2)].join("::"),
                });
            }
        }
    }
    uses
}

#[test]
fn paths_are_read_as_rust_reads_them() {
    let text = "//! crate::gate::comment\nuse crate::{ApprovalId, gate::{self, policy::{By as Whoever, *}}};\n\
        use super::{access, super_man::Cape};\nuse super::super::base::id::Id as _;\nfn f() { $crate::base::text::g::<u8>(my_crate::x) }\n\
        pub(in crate::gate) fn g() {}\n#[cfg(test)]\nmod tests {\n    use crate::ledger::audit;\n}\n";
    let found = named("people/token.rs", text);
    let found: Vec<_> = found.iter().map(|(line, path)| format!("{line} {}", path.join("::"))).collect();
    let expected = [
        "2 ApprovalId",
        "2 gate",
        "2 gate::policy::*",
        "2 gate::policy::By",
        "3 people::access",
        "3 people::super_man::Cape",
        "4 base::id::Id",
        "5 base::text::g",
    ];
    assert_eq!(found, expected);
}

#[test]
fn every_file_lies_in_a_room() {
    let mut stray = vec![];
    for (name, files) in roomed() {
        let above = |file: &str| name == ABOVE.0 && module(file)[0] == ABOVE.1;
        let outside = files.keys().filter(|file| *file != "lib.rs" && room(file).is_none() && !above(file));
        stray.extend(outside.map(|it| format!("shared/{name}/src/{it}")));
        for (file, text) in files.iter().filter(|(file, _)| room(file).is_some()) {
            let used = named(file, text).into_iter().filter(|(_, path)| path[0] == ABOVE.1);
            stray.extend(
                used.map(|(line, path)| format!("shared/{name}/src/{file}:{line}: {}", path.join("::"))),
            );
        }
    }
    assert!(
        stray.is_empty(),
        "in no room of {ROOMS:?}, or uses what is in none: move it into one: {stray:#?}"
    );
}

#[test]
fn a_room_uses_only_rooms_above_it() {
    let at = |path: &str| ROOMS.iter().position(|room| path.split("::").next() == Some(room)).unwrap();
    let mut wrong = vec![];
    for (name, files) in roomed() {
        for it in uses(name, &files) {
            let (by, of) = (at(&it.by), at(&it.of));
            let rooms = (ROOMS[by], ROOMS[of]);
            let strangers = rooms == STRANGERS || (rooms.1, rooms.0) == STRANGERS;
            if of > by || strangers {
                let reason = if strangers { "which it does not know" } else { "which stands below it" };
                wrong.push(format!("{}: {} uses {}, {reason}", it.place(), rooms.0, it.path));
            }
            // Who takes a room as a whole could use any module of it by a shorter name, and nobody would see which.
            if !it.of.contains("::") || it.of.ends_with('*') {
                wrong.push(format!("{}: takes all of {}, instead of modules of it", it.place(), rooms.1));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "the order is {ROOMS:?}: move it, or move what it needs into a room above: {wrong:#?}"
    );
}

/// The shortest way from a module back to itself, as the uses that lead there.
fn circle<'a>(start: &str, uses: &BTreeMap<&str, Vec<&'a Use>>) -> Option<Vec<&'a Use>> {
    let mut ways = VecDeque::from([vec![]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let end = way.last().map_or(start, |it: &&Use| &it.of);
        for next in uses.get(end).into_iter().flatten() {
            let longer: Vec<_> = way.iter().copied().chain([*next]).collect();
            if next.of == start {
                return Some(longer);
            }
            if seen.insert(&next.of) {
                ways.push_back(longer);
            }
        }
    }
    None
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let mut circles = BTreeMap::new();
    for (name, files) in roomed() {
        let uses = uses(name, &files);
        let mut by: BTreeMap<&str, Vec<&Use>> = BTreeMap::new();
        for it in uses.iter().filter(|it| it.by != it.of) {
            by.entry(&it.by).or_default().push(it);
        }
        for start in by.keys() {
            if let Some(found) = circle(start, &by) {
                let members: BTreeSet<_> = found.iter().map(|it| format!("{name} {}", it.by)).collect();
                let steps = found.iter().map(|it| format!("{}: {} uses {}", it.place(), it.by, it.path));
                circles.entry(members).or_insert_with(|| steps.collect::<Vec<_>>());
            }
        }
    }
    let circles: Vec<_> = circles.into_values().collect();
    assert!(
        circles.is_empty(),
        "move what uses both into one of the files, or what both need into a third: {circles:#?}"
    );
}
