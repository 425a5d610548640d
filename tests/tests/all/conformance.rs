//! What must agree: functions of the code and of the template, routes, examples in `events/`, IAM actions, the workflow.
//! A failure names what is missing, so that `ADDING-A-ROUTE.md` can be followed by running this.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use domain::base::code::Code;
use runtime::Function;
use runtime::http::{Access, Endpoint, Request};
use runtime::task::TaskError;
use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::{Value, json};

use super::architecture::{module, rust_files};
use super::described;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names of the files in a folder that end so, without the ending.
fn names(folder: &Path, ending: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(ending).map(str::to_owned))
        .collect()
}

/// What each group's binary can be: function -> group.
fn served() -> BTreeMap<String, &'static str> {
    let groups: &[(&str, &[&dyn Function])] = &[
        ("background", background::FUNCTIONS),
        ("console", console::FUNCTIONS),
        ("dispatch", dispatch::FUNCTIONS),
        ("domains", domains::FUNCTIONS),
        ("inbound", inbound::FUNCTIONS),
        ("mcp", mcp::FUNCTIONS),
        ("operator", operator::FUNCTIONS),
        ("preview", preview::FUNCTIONS),
        ("uploads", uploads::FUNCTIONS),
    ];
    let mut all = BTreeMap::new();
    let api = api::ENDPOINTS.iter().chain([&api::unmatched::ENDPOINT]).map(|endpoint| (endpoint.name, "api"));
    let api = api.chain(accounts::ENDPOINTS.iter().map(|endpoint| (endpoint.name, "accounts")));
    let api = api.chain(domains::ENDPOINTS.iter().map(|endpoint| (endpoint.name, "domains")));
    let api = api.chain(keys::ENDPOINTS.iter().map(|endpoint| (endpoint.name, "keys")));
    let others = groups.iter().flat_map(|(group, functions)| functions.iter().map(|f| (f.name(), *group)));
    for (name, group) in api.chain(others) {
        assert!(all.insert(name.to_owned(), group).is_none(), "two functions are named {name}");
        assert_eq!(name.split('-').next(), Some(group), "a function's name begins with its group's");
    }
    let groups: BTreeSet<_> = all.values().map(|group| (*group).to_owned()).collect();
    assert_eq!(groups, names(&root().join("functions"), ""), "a group of functions is missing above");
    all
}

/// A function of the template.
struct Declared {
    logical_id: String,
    code_uri: String,
    handler: String,
    role: String,
    actions: Vec<(String, String)>,
}

/// Takes the short forms of intrinsic functions off: `!Ref Table` is read as `Table`.
fn without_tags(template: &str) -> String {
    let mut plain = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('!') {
        let (before, tag) = rest.split_at(at);
        plain.push_str(before);
        let length = tag[1..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(tag.len(), |n| n + 1);
        let starts = before.ends_with([' ', '[']) && length > 1;
        rest = if starts {
            tag[length..].trim_start_matches(' ')
        } else {
            plain.push('!');
            &tag[1..]
        };
    }
    plain + rest
}

fn text<'a>(yaml: &'a Yaml<'a>, name: &str) -> &'a str {
    yaml.as_mapping_get(name).and_then(Yaml::as_str).unwrap_or_default()
}

fn list(yaml: Option<&Yaml<'_>>) -> Vec<String> {
    match yaml {
        Some(yaml) if yaml.as_str().is_some() => vec![yaml.as_str().unwrap().to_owned()],
        Some(yaml) => {
            yaml.as_sequence().into_iter().flatten().filter_map(Yaml::as_str).map(str::to_owned).collect()
        }
        None => vec![],
    }
}

/// Function name -> what the template declares.
fn functions() -> BTreeMap<String, Declared> {
    let source = without_tags(&read("template.yaml"));
    let documents = Yaml::load_from_str(&source).unwrap();
    let resources = documents[0].as_mapping_get("Resources").unwrap();
    let mut all = BTreeMap::new();
    for (logical_id, resource) in resources.as_mapping().unwrap() {
        if text(resource, "Type") != "AWS::Serverless::Function" {
            continue;
        }
        let properties = resource.as_mapping_get("Properties").unwrap();
        let name = text(properties, "FunctionName").replace("${AWS::StackName}-", "");
        let role = text(properties, "Role").trim_end_matches(".Arn").to_owned();
        let held = resources.as_mapping_get(role.as_str()).unwrap_or_else(|| panic!("{name} has no role"));
        let held = held.as_mapping_get("Properties").unwrap();
        let shared = list(held.as_mapping_get("ManagedPolicyArns")).into_iter().map(|policy| {
            let policy = resources.as_mapping_get(policy.as_str()).unwrap_or_else(|| panic!("{policy}"));
            policy.as_mapping_get("Properties").unwrap()
        });
        let own = held.as_mapping_get("Policies").and_then(Yaml::as_sequence).into_iter().flatten();
        let mut actions = vec![];
        for policy in shared.chain(own) {
            let statements = policy.as_mapping_get("PolicyDocument").unwrap().as_mapping_get("Statement");
            for statement in statements.and_then(Yaml::as_sequence).into_iter().flatten() {
                for action in list(statement.as_mapping_get("Action")) {
                    let resources = list(statement.as_mapping_get("Resource"));
                    assert!(
                        !resources.is_empty() && !resources.contains(&"*".to_owned()),
                        "{name}: {action} on *"
                    );
                    actions.extend(resources.into_iter().map(|resource| (action.clone(), resource)));
                }
            }
        }
        let function = Declared {
            logical_id: logical_id.as_str().unwrap().to_owned(),
            code_uri: text(properties, "CodeUri").to_owned(),
            handler: text(properties, "Handler").to_owned(),
            role,
            actions,
        };
        all.insert(name, function);
    }
    all
}

#[test]
fn every_function_of_the_code_is_one_of_the_template_and_the_other_way_round() {
    let (served, functions) = (served(), functions());
    for name in served.keys() {
        assert!(
            functions.contains_key(name),
            "template.yaml has no function named ${{AWS::StackName}}-{name}"
        );
    }
    for (name, function) in &functions {
        let group =
            served.get(name).unwrap_or_else(|| panic!("{}: no group serves {name}", function.logical_id));
        assert_eq!(function.code_uri, format!("target/lambda/{group}/"), "{}", function.logical_id);
        assert_eq!(&function.handler, name, "{}: Handler chooses the function", function.logical_id);
        assert_eq!(function.logical_id, logical_id(name), "a function's logical id is its name");
    }
}

#[test]
fn every_function_has_an_example_event_and_every_example_a_function() {
    let expected: BTreeSet<_> = served().into_keys().collect();
    assert_eq!(names(&root().join("events"), ".json"), expected, "events/<function>.json");
}

#[test]
fn every_route_is_one_file_one_function_and_the_same_everywhere() {
    let mut routes: BTreeMap<&str, &Endpoint> = BTreeMap::new();
    for endpoint in tests::endpoints() {
        routes.insert(endpoint.name, endpoint);
        let same = |other: &&Endpoint| (other.method, other.path) == (endpoint.method, endpoint.path);
        let twice = tests::endpoints().iter().filter(same).count() > 1;
        assert!(!twice, "{} {} stands twice in ENDPOINTS", endpoint.method, endpoint.path);
    }
    let mut files = 0;
    let folders = std::fs::read_dir(root().join("functions/api/src")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path()).filter(|folder| folder.is_dir());
    let named = |folder: PathBuf| (format!("api-{}", folder.file_name().unwrap().to_str().unwrap()), folder);
    let groups = ["accounts", "domains", "keys"]
        .map(|group| (group.to_owned(), root().join("functions").join(group).join("src")));
    let all: Vec<_> = folders.map(named).chain(groups).collect();
    for (resource, folder) in all {
        for action in names(&folder, ".rs") {
            let handler = read(folder.join(format!("{action}.rs")));
            if !handler.contains("\npub const ENDPOINT: ") {
                assert!(["accounts", "domains", "keys"].contains(&resource.as_str()), "{action} is no route");
                continue;
            }
            files += 1;
            let name = format!("{resource}-{action}").replace('_', "-");
            let endpoint = routes.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not in ENDPOINTS"));
            let (method, path) = (endpoint.method, endpoint.path);
            assert!(
                handler.starts_with(&format!("//! `{method} {path}`")),
                "{name}: its first line names another route"
            );
            assert!(
                handler.contains(&format!("name: \"{name}\"")),
                "{resource}/{action}.rs has another name"
            );
            let request = Request::from_event(example(endpoint))
                .unwrap_or_else(|error| panic!("the example of {name}: {error}"));
            assert_eq!(request.method, method);
        }
    }
    assert_eq!(
        files,
        tests::endpoints().len(),
        "a route's file is missing from ENDPOINTS, or stands there twice"
    );
}

/// The logical id of a function in the template.
fn logical_id(function: &str) -> String {
    function.split('-').map(|part| part[..1].to_uppercase() + &part[1..]).collect()
}

/// What the API's gateway is told of the routes, as `template.yaml` writes it.
fn gateway() -> String {
    let mut paths: BTreeMap<&str, BTreeMap<String, &str>> = BTreeMap::new();
    // The pages of the console say themselves which function shows them.
    let pages = console::paths();
    for (path, function) in &pages {
        paths.entry(path).or_default().insert("x-amazon-apigateway-any-method".to_owned(), function);
    }
    for endpoint in tests::endpoints().iter().chain([
        &console::unsubscribe::ENDPOINT,
        &mcp::ENDPOINT,
        &api::unmatched::ENDPOINT,
    ]) {
        let method = match endpoint.method {
            "ANY" => "x-amazon-apigateway-any-method".to_owned(),
            method => method.to_lowercase(),
        };
        // What takes everything below a path takes the path itself.
        for path in [Some(endpoint.path), endpoint.path.strip_suffix("/{proxy+}")].into_iter().flatten() {
            paths.entry(path).or_default().insert(method.clone(), endpoint.name);
        }
    }
    let mut lines = vec![];
    for (path, methods) in paths {
        lines.push(format!("          {path}:"));
        let names = path.split('{').skip(1).filter_map(|part| part.split_once('}'));
        let names: Vec<_> =
            names.map(|(name, _)| format!("{{ name: {name}, in: path, required: true }}")).collect();
        let parameters = match names.as_slice() {
            [] if path == "$default" => "isDefaultRoute: true, ".to_owned(),
            [] => String::new(),
            names => format!("parameters: [{}], ", names.join(", ")),
        };
        for (method, function) in methods {
            let uri = format!(
                "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{}.Arn}}/invocations",
                logical_id(function)
            );
            lines.push(format!("            {method}:"));
            lines.push(format!(
                "              {{ {parameters}responses: {{}}, x-amazon-apigateway-integration: {{ type: aws_proxy, httpMethod: POST, payloadFormatVersion: \"2.0\","
            ));
            lines.push(format!(
                "                  credentials: !GetAtt GatewayRole.Arn, uri: !Sub \"{uri}\" }} }}"
            ));
        }
    }
    lines.join("\n") + "\n"
}

/// `make routes` writes what this compares.
#[test]
fn the_gateway_has_the_routes_of_the_code() {
    let template = read("template.yaml");
    let (before, rest) = template.split_once("        paths:\n").unwrap();
    let (written, after) = rest.split_once("\n  # ----").unwrap();
    let routes = gateway();
    if runtime::environment::setting("WRITE_ROUTES").is_some() {
        let template = format!("{before}        paths:\n{routes}\n  # ----{after}");
        std::fs::write(root().join("template.yaml"), template).unwrap();
    } else {
        assert_eq!(written, routes, "template.yaml: `make routes` writes them");
    }
}

/// The row of a route in `infra/docs/API.md`.
fn row(endpoint: &Endpoint) -> String {
    let scope = match &endpoint.access {
        Access::Public => "none".to_owned(),
        Access::Credential => "any".to_owned(),
        Access::Scope(scope) => format!("`{}`", scope.as_str()),
    };
    let says = if endpoint.says.is_empty() { String::new() } else { format!("{} ", endpoint.says) };
    let cells = described::write_cells(endpoint);
    format!("| `{} {}` | {scope} |{cells} {says}|", endpoint.method, endpoint.path)
}

/// `make routes` writes what this compares: rows stay in their order, and a new one follows those of its resource.
#[test]
fn the_papers_name_each_route_with_its_scope() {
    let path = "infra/docs/API.md";
    let papers = read(path);
    let is_row = |line: &str| line.starts_with("| `") && line.contains(" /");
    let name = |endpoint: &Endpoint| format!("| `{} {}` |", endpoint.method, endpoint.path);
    let resource =
        |line: &str| line.split('/').nth(2).map(|part| part.trim_end_matches(['`', ' ', '|']).to_owned());
    let mut lines: Vec<String> = vec![];
    for line in papers.lines() {
        let endpoint = tests::endpoints().iter().find(|endpoint| line.starts_with(&name(endpoint)));
        match endpoint {
            Some(endpoint) => lines.push(row(endpoint)),
            None if is_row(line) => {}
            None => lines.push(line.to_owned()),
        }
    }
    for endpoint in tests::endpoints() {
        let row = row(endpoint);
        if !lines.contains(&row) {
            let of_resource = |line: &String| is_row(line) && resource(line) == resource(&row);
            let last = lines.iter().rposition(of_resource).or(lines.iter().rposition(|line| is_row(line)));
            lines.insert(last.unwrap() + 1, row);
        }
    }
    let written = lines.join("\n") + "\n";
    if runtime::environment::setting("WRITE_ROUTES").is_some() {
        std::fs::write(root().join(path), written).unwrap();
    } else {
        assert_eq!(papers, written, "{path}: `make routes` writes the rows");
    }
}

/// An example of each kind of id, as paths name them.
pub(crate) const IDS: &[(&str, &str)] = &[
    ("inbox_id", "inb_01kc1x5e3r0000000000000002"),
    ("message_id", "msg_01kc1x5e3r0000000000000003"),
    ("approval_id", "apr_01kc1x5e3r0000000000000004"),
    ("thread_id", "thr_01kc1x5e3r0000000000000005"),
    ("attachment_id", "att_01kc1x5e3r0000000000000006"),
    ("webhook_id", "whk_01kc1x5e3r0000000000000007"),
    ("token_id", "tok_01kc1x5e3r0000000000000008"),
    ("policy_id", "pol_01kc1x5e3r0000000000000009"),
    ("standing_approval_id", "sta_01kc1x5e3r0000000000000010"),
    ("event_id", "evt_01kc1x5e3r0000000000000009"),
    ("draft_id", "drf_01kc1x5e3r0000000000000011"),
    ("group_id", "grp_01kc1x5e3r0000000000000012"),
    ("suppression_id", "sup_01kc1x5e3r0000000000000014"),
    ("list_entry_id", "lst_01kc1x5e3r0000000000000013"),
    ("domain_id", "dom_01kc1x5e3r0000000000000015"),
    ("member_id", "mem_01kc1x5e3r0000000000000016"),
    ("invitation_id", "ivt_01kc1x5e3r0000000000000017"),
    ("organization_id", "org_01kc1x5e3r0000000000000001"),
    ("session_id", "ses_01kc1x5e3r0000000000000016"),
    ("passkey_id", "pky_01kc1x5e3r0000000000000018"),
    ("upload_id", "upl_01kc1x5e3r0000000000000019"),
    ("account_id", "acc_01kc1x5e3r0000000000000020"),
    ("number", "2"),
];

/// A call of a route as the gateway hands it over (HTTP API, payload format 2.0).
fn example(endpoint: &Endpoint) -> Value {
    let Endpoint { method, path, example, .. } = *endpoint;
    let names: Vec<_> = path.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
    let id = |name: &str| IDS.iter().find(|(known, _)| *known == name).map(|(_, id)| *id);
    let ids: BTreeMap<_, _> = names
        .iter()
        .map(|name| {
            (*name, id(name).unwrap_or_else(|| panic!("conformance::IDS has no example of a {name}")))
        })
        .collect();
    let called =
        ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
    let (query, body) = if method == "GET" { (example, "") } else { ("", example) };
    let mut headers = json!({ "host": "api.example.com", "user-agent": "curl/8.5.0" });
    if endpoint.access != Access::Public {
        headers["authorization"] =
            json!(format!("Bearer cs_live_01kc1x5e3r0000000000000001{}", "0".repeat(64)));
    }
    if !body.is_empty() {
        headers["content-type"] = json!("application/json");
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": format!("{method} {path}"),
        "rawPath": called,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "apiId": "example",
            "domainName": "api.example.com",
            "http": {
                "method": method,
                "path": called,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "curl/8.5.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": format!("{method} {path}"),
            "stage": "$default",
            "time": "01/Dec/2026:09:00:00 +0000",
            "timeEpoch": 1_796_115_600_000_u64,
        },
        "isBase64Encoded": false,
    });
    if !ids.is_empty() {
        event["pathParameters"] = json!(ids);
    }
    if !query.is_empty() {
        event["queryStringParameters"] = json!(runtime::http::form_pairs(query));
    }
    if !body.is_empty() {
        event["body"] = json!(body);
    }
    event
}

/// `make routes` writes what this compares.
#[test]
fn each_route_has_an_example_of_a_call() {
    for endpoint in tests::endpoints() {
        let path = format!("events/{}.json", endpoint.name);
        let written = serde_json::to_string_pretty(&example(endpoint)).unwrap() + "\n";
        if runtime::environment::setting("WRITE_ROUTES").is_some() {
            std::fs::write(root().join(path), written).unwrap();
        } else {
            assert!(read(&path) == written, "{path}: `make routes` writes it");
        }
    }
}

/// `make routes` writes what this compares.
#[test]
fn the_papers_name_each_code_with_what_to_do() {
    let path = "infra/docs/ERRORS.md";
    let papers = read(path);
    let (before, written) = papers.split_once("| status |").unwrap();
    let rows = Code::ALL.iter().map(|code| {
        let status = wire::base::problem::status(code.class());
        format!("| {status} | `{}` | {} |\n", code.as_str(), code.advice())
    });
    let table = format!("| status | code | what to do |\n| --- | --- | --- |\n{}", rows.collect::<String>());
    if runtime::environment::setting("WRITE_ROUTES").is_some() {
        std::fs::write(root().join(path), format!("{before}{table}")).unwrap();
    } else {
        assert_eq!(format!("| status |{written}"), table, "{path}: `make routes` writes them");
    }
}

/// What no route matches is answered by the group `api`, which links no other's routes.
#[test]
fn what_is_said_of_methods_knows_the_routes_of_every_group() {
    let others = accounts::ENDPOINTS.iter().chain(domains::ENDPOINTS).chain(keys::ENDPOINTS);
    let others: Vec<_> = others.map(|endpoint| (endpoint.method, endpoint.path)).collect();
    assert_eq!(api::unmatched::ELSEWHERE, others);
}

/// What each group's roles may hold at most. Only the dispatch group sends; only routes and the sweeper start workflows.
const ALLOWED: &[(&str, &[&str])] = &[
    (
        "api",
        &[
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            // Whoever lets held mail in files it as who receives it does.
            "dynamodb:ConditionCheckItem",
            "s3:DeleteObjectTagging",
            "kms:Decrypt",
            // Whoever signs up gets an organization with a data key.
            "kms:GenerateDataKey",
            "kms:Sign",
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:PutObject",
            "s3:ListBucket",
            "s3:ListBucketVersions",
            "states:StartExecution",
            "states:SendTaskSuccess",
            "states:SendTaskFailure",
            // Whoever forgot their password waits where notifications do: nothing in the table says so before the mail.
            "sqs:SendMessage",
        ],
    ),
    (
        "background",
        &[
            // Lambda reads queues and streams with the function's role.
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "events:PutEvents",
            "kms:Decrypt",
            "kms:Sign",
            "s3:DeleteObject",
            // Of key logs and of what was read of uploads alone.
            "s3:GetObject",
            // Of segments of search indexes, and of key logs, where one that is not there is to be told from one that may not be read.
            "s3:ListBucket",
            "s3:ListBucketVersions",
            "s3:PutObject",
            "sqs:SendMessage",
            "states:StartExecution",
            "states:SendTaskFailure",
        ],
    ),
    (
        "console",
        &[
            // Of the page that gives receipts alone, a function of its own.
            "kms:Sign",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:ConditionCheckItem",
            // Second factors, whose seeds are sealed.
            // To seal secrets of webhooks.
            "kms:Decrypt",
            // Of an organization that is made with a set-up link.
            "kms:GenerateDataKey",
            // Of the function that looks at files.
            "lambda:InvokeFunction",
            "s3:GetObject",
            // Of what drafts said.
            "s3:DeleteObject",
            // Of anchors of the audit chain.
            "s3:ListBucketVersions",
            "s3:DeleteObjectTagging",
            "s3:ListBucket",
            "s3:PutObject",
            "states:StartExecution",
            "states:SendTaskSuccess",
            "states:SendTaskFailure",
            // Whoever forgot their password.
            "sqs:SendMessage",
        ],
    ),
    (
        "dispatch",
        &[
            // Lambda reads queues and streams with the function's role.
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "s3:GetObject",
            "s3:ListBucket",
            // What keys of people's own providers are sealed under.
            "kms:Decrypt",
            // Notes of what goes by signed votes, beside the key logs.
            "s3:PutObject",
            "ses:SendEmail",
            "ses:SendRawEmail",
            "sqs:SendMessage",
        ],
    ),
    (
        "inbound",
        &[
            // Lambda reads queues and streams with the function's role.
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            // What there was no time for goes back.
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
            "dynamodb:BatchGetItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            // Of mails that came before there was a search index, and of indexes that are due.
            "dynamodb:Query",
            "s3:DeleteObjectTagging",
            "s3:ListBucket",
            "s3:GetObject",
            "s3:PutObject",
            "s3:PutObjectTagging",
            "sqs:SendMessage",
        ],
    ),
    // Writes the key logs, and no record.
    (
        "keys",
        &[
            "dynamodb:BatchGetItem",
            // The names of domains and inboxes, which a demand for all mail takes.
            "dynamodb:Query",
            "s3:GetObject",
            "s3:PutObject",
            "s3:ListBucket",
        ],
    ),
    (
        "accounts",
        &[
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            // What keys of people's own providers are sealed under.
            "kms:Decrypt",
        ],
    ),
    (
        "domains",
        &[
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            // Identities of domains; nothing that sends.
            "ses:CreateEmailIdentity",
            "ses:DeleteEmailIdentity",
            "ses:GetEmailIdentity",
            "ses:PutEmailIdentityMailFromAttributes",
            "ses:TagResource",
        ],
    ),
    // It calls the API as anybody does, with the caller's own credential.
    ("mcp", &[]),
    // It reads files of strangers.
    ("preview", &[]),
    // It reads spreadsheets of strangers: uploads, and no mail.
    (
        "uploads",
        &[
            "dynamodb:BatchGetItem",
            "dynamodb:PutItem",
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutObject",
            "sqs:SendMessage",
        ],
    ),
    (
        "operator",
        &[
            // Of links that register keys alone.
            "s3:PutObject",
            "dynamodb:PutItem",
            "kms:GenerateDataKey",
            // Whether there is an organization.
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
        ],
    ),
];

#[test]
fn no_role_holds_more_than_its_group_may() {
    let mut senders = vec![];
    for (name, function) in functions() {
        let group = name.split('-').next().unwrap();
        let (_, allowed) =
            ALLOWED.iter().find(|(known, _)| *known == group).unwrap_or_else(|| panic!("{group}"));
        for (action, resource) in &function.actions {
            let everybody = matches!(action.as_str(), "logs:CreateLogStream" | "logs:PutLogEvents");
            assert!(
                everybody || allowed.contains(&action.as_str()),
                "{name} holds {action}, which the group {group} may not"
            );
            assert!(!action.ends_with('*'), "{name}: {action}");
            if action.starts_with("ses:Send") && !senders.contains(&name) {
                senders.push(name.clone());
            }
            // Whoever deletes an object must not be able to put another under its name: one function deletes, and puts nothing; the
            // names of what drafts say are never given again.
            let of_drafts = resource == "${MailBucket.Arn}/drafts/*";
            // Spreadsheets lie apart from mail: who reads them deletes files and puts rows, who works on them puts nothing there.
            let of_uploads = resource.starts_with("${SheetBucket.Arn}/")
                && (name == "background-uploads" || resource.ends_with("/files/*"));
            assert!(
                action != "s3:DeleteObject" || name == "background-purge" || of_drafts || of_uploads,
                "{name} deletes objects"
            );
            assert!(!(name == "background-purge" && action == "s3:PutObject"), "{name} puts objects");
            let segments = resource == "${MailBucket.Arn}/search/*";
            assert!(
                !(action == "s3:PutObject" && segments) || name == "inbound-index",
                "{name} puts segments"
            );
            // Whoever puts sealed objects must not be able to put anything else under that name.
            assert!(
                !(action == "s3:PutObject" && resource.contains("inbound")),
                "{name} could forge received mail"
            );
        }
    }
    assert_eq!(senders, ["dispatch-notify", "dispatch-send"]);
}

/// What reads files of strangers may write its log, and who may have a file read may have nothing else done.
#[test]
fn previews_are_made_where_nothing_else_is_within_reach() {
    let functions = functions();
    let own: BTreeSet<_> =
        functions["preview-draw"].actions.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(own, BTreeSet::from(["logs:CreateLogStream", "logs:PutLogEvents"]));
    let invokes = |(name, function): (&String, &Declared)| {
        let invoked = function.actions.iter().filter(|(action, _)| action.starts_with("lambda:"));
        let what: BTreeSet<_> = invoked.cloned().collect();
        (!what.is_empty()).then(|| (name.clone(), what))
    };
    let only = BTreeSet::from([("lambda:InvokeFunction".to_owned(), "PreviewDraw.Arn".to_owned())]);
    let expected = ["console-decide", "console-mail"].map(|name| (name.to_owned(), only.clone()));
    assert_eq!(functions.iter().filter_map(invokes).collect::<Vec<_>>(), expected);
    // The process that looks at a file is ended before Lambda ends the function.
    let template = read("template.yaml");
    assert!(resource(&template, "PreviewDraw").contains("Timeout: 10\n"));
    assert!(
        read("functions/preview/src/draw.rs").contains("const LIMIT: Duration = Duration::from_secs(8);")
    );
}

/// Whoever tells people of mail can send none of it: it reads no sealed object, and sends from one address alone.
#[test]
fn notifications_come_from_one_address_that_no_inbox_can_have() {
    let functions = functions();
    let notify = &functions["dispatch-notify"];
    assert!(notify.actions.iter().all(|(action, _)| !action.starts_with("s3:")));
    let template = read("template.yaml");
    let own = resource(&template, &notify.role);
    let condition =
        r#"Condition: { StringEquals: { "ses:FromAddress": !Sub "notifications@${MailDomain}" } }"#;
    assert_eq!(own.matches("ses:Send").count(), 2, "one statement");
    assert!(own.contains(condition), "{own}");
    assert_eq!(domain::mailbox::inbox::NOTIFICATIONS, "notifications");
    let installation = domain::mailbox::inbox::DomainOf::Installation;
    assert!(domain::mailbox::inbox::new_address("Notifications", "mail.example.com", installation).is_err());
}

/// The text of a resource of the template.
fn resource<'a>(template: &'a str, logical_id: &str) -> &'a str {
    let rest =
        template.split(&format!("\n  {logical_id}:\n")).nth(1).unwrap_or_else(|| panic!("{logical_id}"));
    let ends = rest.match_indices("\n  ").find(|(at, _)| !rest[at + 3..].starts_with([' ', '#']));
    &rest[..ends.map_or(rest.len(), |(at, _)| at)]
}

/// Their configuration set is the one that insists on TLS, nobody else's, and theirs alone.
#[test]
fn one_time_links_are_delivered_over_tls_or_not_at_all() {
    let template = read("template.yaml");
    let set = resource(&template, "NotificationConfigurationSet");
    assert!(set.contains("Type: AWS::SES::ConfigurationSet\n"), "{set}");
    assert!(set.contains("DeliveryOptions: { TlsPolicy: REQUIRE }"), "{set}");
    for (function, role, own, other) in [
        ("DispatchNotify", "NotifyRole", "NotificationConfigurationSet", "ConfigurationSet"),
        ("DispatchSend", "SendRole", "ConfigurationSet", "NotificationConfigurationSet"),
    ] {
        let (function, role) = (resource(&template, function), resource(&template, role));
        assert!(function.contains(&format!("CONFIGURATION_SET: !Ref {own}\n")), "{function}");
        assert!(role.contains(&format!("configuration-set/${{{own}}}")), "{role}");
        assert!(!role.contains(&format!("configuration-set/${{{other}}}")), "{role}");
    }
    let named = template.matches("NotificationConfigurationSet").count();
    assert_eq!(
        named,
        1 + 2,
        "itself, DispatchNotify and its role: what becomes of a notification moves nothing"
    );
}

/// Received mail is marked to be deleted, and by whoever files it alone.
#[test]
fn what_came_for_nobody_is_deleted_after_a_month() {
    let template = read("template.yaml");
    let rule = r#"{ Id: unclaimed, Prefix: inbound/, TagFilters: [{ Key: unclaimed, Value: "true" }], Status: Enabled, ExpirationInDays: 30 }"#;
    assert!(resource(&template, "MailBucket").contains(rule), "the rule");
    assert!(read("shared/aws-data/src/base/objects.rs").contains(r#"("unclaimed", "true")"#), "the mark");
    let mut markers = vec![];
    for (name, function) in functions() {
        for (action, resource) in &function.actions {
            if action.ends_with("ObjectTagging") {
                assert_eq!(resource, "${MailBucket.Arn}/inbound/*", "{name}: {action}");
                markers.push((name.clone(), action.clone()));
            }
            // What drafts say is deleted with them, and nothing else is.
            let deletes = action.starts_with("s3:DeleteObject") && !action.ends_with("Tagging");
            let own = action == "s3:DeleteObject"
                && (resource == "${MailBucket.Arn}/drafts/*" || resource.starts_with("${SheetBucket.Arn}/"));
            assert!(!deletes || own || name == "background-purge", "{name}: {action} on {resource}");
        }
        // It can set no other mark.
        let own = resource(&template, &function.role);
        let limited = r#"Condition: { StringEquals: { "s3:RequestObjectTag/unclaimed": "true" }, "#;
        assert_eq!(own.contains("s3:PutObjectTagging"), own.contains(limited), "{own}");
    }
    let marks = ["inbound-quarantine", "inbound-receive"].map(|name| {
        ["s3:DeleteObjectTagging", "s3:PutObjectTagging"].map(|action| (name.to_owned(), action.to_owned()))
    });
    // What a person lets in stays.
    let keeps = ["api-held-messages-release", "console-mail"]
        .map(|name| (name.to_owned(), "s3:DeleteObjectTagging".to_owned()));
    assert_eq!(markers, [&keeps[..], marks.as_flattened()].concat());
}

/// Whoever reads the domain's mail could have certificates issued for it.
#[test]
fn the_template_of_ses_says_which_caa_records_to_set() {
    let template = read("infra/ses.yaml");
    for record in [r#"${MailDomain} CAA 0 issue \";\""#, r#"${MailDomain} CAA 0 issuemail \";\""#] {
        assert!(template.contains(record), "{record}");
    }
    assert!(read("README.md").contains("CAA"));
}

/// Paths of one-time links hold their secrets: an access log with paths would hold them too. A configuration set that
/// counts clicks would send them through a host that is not ours.
#[test]
fn nothing_writes_down_or_rewrites_links() {
    let template = read("template.yaml");
    for never in ["AccessLogSettings", "$context.path", "CLICK", "CustomRedirectDomain"] {
        assert!(!template.contains(never), "{never}");
    }
    // As a word: names of the provider that people sign in with begin so too.
    let mut words = template.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    assert!(!words.any(|word| word == "OPEN"), "OPEN");
}

#[test]
fn three_functions_sign_and_with_a_key_that_does_nothing_else() {
    let functions = functions();
    let signers = functions.iter().filter(|(_, f)| f.actions.iter().any(|(action, _)| action == "kms:Sign"));
    assert_eq!(
        signers.map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["api-approvals-receipt", "background-anchor", "console-receipts"]
    );
    for (name, function) in &functions {
        for (action, resource) in &function.actions {
            assert_eq!(resource == "SigningKey.Arn", action == "kms:Sign", "{name}: {action} on {resource}");
        }
    }
}

/// Whoever writes the table can't write where its chains are anchored, and whoever anchors them writes nothing else.
#[test]
fn nothing_that_writes_the_table_writes_anchors() {
    let functions = functions();
    let held = |name: &str| -> Vec<String> {
        let actions = functions[name].actions.iter();
        actions.map(|(action, resource)| format!("{action} on {resource}")).collect()
    };
    assert_eq!(
        held("background-anchor"),
        [
            "logs:CreateLogStream on Logs.Arn",
            "logs:PutLogEvents on Logs.Arn",
            "dynamodb:Query on Table.Arn",
            "dynamodb:BatchGetItem on Table.Arn",
            "kms:Sign on SigningKey.Arn",
            "s3:PutObject on ${AnchorBucket.Arn}/anchors/*",
            "s3:ListBucketVersions on AnchorBucket.Arn",
        ]
    );
    for (name, function) in &functions {
        for (action, resource) in function.actions.iter().filter(|(_, it)| it.contains("AnchorBucket")) {
            let sees = action == "s3:ListBucketVersions"
                && ["api-audit-verify", "console-manage"].contains(&name.as_str());
            assert!(sees || name == "background-anchor", "{name} holds {action} on {resource}");
        }
    }
    // Of the table it reads heads alone.
    let template = read("template.yaml");
    let own = resource(&template, "AnchorRole");
    for (action, keys) in [("Query", "audit-heads"), ("BatchGetItem", "org_*/audit-head")] {
        let bound = format!("\"dynamodb:LeadingKeys\": [{keys}]");
        let statement = own.split(&format!("Action: dynamodb:{action}\n")).nth(1).unwrap();
        assert!(statement.split("- Effect").next().unwrap().contains(&bound), "{own}");
    }
}

#[test]
fn anchors_are_locked_and_one_role_alone_puts_them() {
    let source = without_tags(&read("template.yaml"));
    let documents = Yaml::load_from_str(&source).unwrap();
    let resources = documents[0].as_mapping_get("Resources").unwrap();
    let properties =
        |name: &str| resources.as_mapping_get(name).unwrap().as_mapping_get("Properties").unwrap();
    let at = |from: &'static str, path: &[&str]| {
        let found = path.iter().try_fold(properties(from), |yaml, name| yaml.as_mapping_get(name));
        format!("{:?}", found.unwrap_or_else(|| panic!("{from} has no {path:?}")))
    };
    assert!(at("AnchorBucket", &["ObjectLockEnabled"]).contains("true"));
    assert!(at("AnchorBucket", &["VersioningConfiguration", "Status"]).contains("Enabled"));
    let lock = ["ObjectLockConfiguration", "Rule", "DefaultRetention"];
    assert!(at("AnchorBucket", &[&lock[..], &["Mode"]].concat()).contains("AnchorMode"));
    assert!(at("AnchorBucket", &[&lock[..], &["Days"]].concat()).contains("AnchorRetentionDays"));
    for name in ["AnchorBucket", "MailBucket", "Table", "Key", "SigningKey"] {
        for (policy, kept) in [("DeletionPolicy", "RetainExceptOnCreate"), ("UpdateReplacePolicy", "Retain")]
        {
            let found = resources.as_mapping_get(name).and_then(|resource| resource.as_mapping_get(policy));
            assert_eq!(found.and_then(Yaml::as_str), Some(kept), "{name}: {policy}");
        }
    }
    let template = read("template.yaml");
    let policy = template.split("\n  AnchorBucketPolicy:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let only = r#"Condition: { StringNotEquals: { "aws:PrincipalArn": !GetAtt AnchorRole.Arn } }"#;
    assert!(policy.contains(only) && policy.matches("Effect: Deny").count() == 3, "{policy}");
    assert!(!policy.contains("Effect: Allow"), "roles allow, this denies");
    for action in ["DeleteObject,", "DeleteObjectVersion", "BypassGovernanceRetention", "PutObjectRetention"]
    {
        assert!(policy.contains(&format!("s3:{action}")), "{action}");
    }
}

/// Each alarm: what it watches, and the expression by which it rings.
fn alarms() -> BTreeMap<String, String> {
    let source = without_tags(&read("template.yaml"));
    let documents = Yaml::load_from_str(&source).unwrap();
    let resources = documents[0].as_mapping_get("Resources").unwrap().as_mapping().unwrap();
    let alarms = resources.iter().filter(|(_, resource)| text(resource, "Type") == "AWS::CloudWatch::Alarm");
    let described = alarms.map(|(name, alarm)| {
        let alarm = alarm.as_mapping_get("Properties").unwrap();
        assert_eq!(list(alarm.as_mapping_get("AlarmActions")), ["AlarmTopic"], "{name:?} calls nobody");
        let number = |name: &str| {
            let value = alarm.as_mapping_get(name).unwrap_or_else(|| panic!("{name}"));
            value.as_integer().map_or_else(
                || value.as_floating_point().unwrap_or_else(|| panic!("{name}")).to_string(),
                |number| number.to_string(),
            )
        };
        let dimensions = alarm.as_mapping_get("Dimensions").and_then(Yaml::as_sequence);
        let of: Vec<_> = dimensions.into_iter().flatten().map(|it| text(it, "Value").to_owned()).collect();
        let comparison = match text(alarm, "ComparisonOperator") {
            "GreaterThanThreshold" => ">",
            "LessThanThreshold" => "<",
            other => panic!("{other}"),
        };
        let silence = if text(alarm, "TreatMissingData") == "breaching" { ", or silence" } else { "" };
        let expression = format!(
            "{}({} {}) {comparison} {} in {} x {} s{silence}",
            text(alarm, "Statistic"),
            text(alarm, "MetricName"),
            of.join(" "),
            number("Threshold"),
            number("EvaluationPeriods"),
            number("Period"),
        );
        (name.as_str().unwrap().to_owned(), expression)
    });
    described.collect()
}

#[test]
fn alarms_ring_for_what_they_say() {
    let expected = [
        ("AnchorErrorsAlarm", "Sum(Errors BackgroundAnchor) > 0 in 2 x 900 s"),
        // A schedule that was lost makes no errors: that nothing runs has to ring by itself.
        ("AnchorSilentAlarm", "Sum(Invocations BackgroundAnchor) < 1 in 2 x 900 s, or silence"),
        ("ApiAlarm", "Sum(5xx Api) > 5 in 2 x 300 s"),
        ("BounceAlarm", "Maximum(Reputation.BounceRate ) > 0.05 in 1 x 3600 s"),
        (
            "ChainAlarm",
            "Maximum(ApproximateNumberOfMessagesVisible ChainDeadLetters.QueueName) > 0 in 1 x 300 s",
        ),
        ("ChainErrorsAlarm", "Sum(Errors BackgroundChain) > 0 in 2 x 900 s"),
        ("ChainSilentAlarm", "Sum(Invocations BackgroundChain) < 1 in 2 x 900 s, or silence"),
        ("ComplaintAlarm", "Maximum(Reputation.ComplaintRate ) > 0.001 in 1 x 3600 s"),
        ("DispatchAlarm", "Sum(Errors DispatchSend) > 5 in 3 x 300 s"),
        ("DomainsSilentAlarm", "Sum(Invocations DomainsCheck) < 1 in 2 x 900 s, or silence"),
        (
            "InboundAlarm",
            "Maximum(ApproximateNumberOfMessagesVisible InboundDeadLetters.QueueName) > 0 in 1 x 300 s",
        ),
        (
            "IndexAlarm",
            "Maximum(ApproximateNumberOfMessagesVisible IndexDeadLetters.QueueName) > 0 in 1 x 300 s",
        ),
        (
            "KeyLogFailedAlarm",
            "Maximum(ApproximateNumberOfMessagesVisible KeyLogDeadLetters.QueueName) > 0 in 1 x 300 s",
        ),
        ("IndexSilentAlarm", "Sum(Invocations InboundIndex) < 1 in 2 x 900 s, or silence"),
        (
            "LogsAlarm",
            "Maximum(ApproximateNumberOfMessagesVisible LogsDeadLetters.QueueName) > 0 in 1 x 300 s",
        ),
        (
            "NotifyAgeAlarm",
            "Maximum(ApproximateAgeOfOldestMessage NotifyQueue.QueueName) > 3600 in 1 x 300 s",
        ),
        (
            "NotifyAlarm",
            "Maximum(ApproximateNumberOfMessagesVisible NotifyDeadLetters.QueueName) > 0 in 1 x 300 s",
        ),
        (
            "PublishAlarm",
            "Maximum(ApproximateNumberOfMessagesVisible PublishDeadLetters.QueueName) > 0 in 1 x 300 s",
        ),
        (
            "SettleAlarm",
            "Maximum(ApproximateNumberOfMessagesVisible SettleDeadLetters.QueueName) > 0 in 1 x 300 s",
        ),
        ("PurgeSilentAlarm", "Sum(Invocations BackgroundPurge) < 1 in 2 x 900 s, or silence"),
        ("StreamAlarm", "Maximum(IteratorAge BackgroundPublish) > 600000 in 2 x 300 s"),
        ("SweepAlarm", "Sum(Errors BackgroundSweep) > 3 in 2 x 300 s"),
        ("SweepSilentAlarm", "Sum(Invocations BackgroundSweep) < 1 in 2 x 300 s, or silence"),
        ("ThrottleAlarm", "Sum(Throttles ) > 0 in 2 x 300 s"),
        (
            "UploadFailedAlarm",
            "Maximum(ApproximateNumberOfMessagesVisible UploadDeadLetters.QueueName) > 0 in 1 x 300 s",
        ),
        ("UploadsSilentAlarm", "Sum(Invocations BackgroundUploads) < 1 in 2 x 300 s, or silence"),
        (
            "WebhookAgeAlarm",
            "Maximum(ApproximateAgeOfOldestMessage WebhookQueue.QueueName) > 3600 in 1 x 300 s",
        ),
        (
            "WebhookAlarm",
            "Maximum(ApproximateNumberOfMessagesVisible WebhookDeadLetters.QueueName) > 0 in 1 x 300 s",
        ),
        ("WorkflowAlarm", "Sum(ExecutionsFailed SendWorkflow) > 0 in 1 x 300 s"),
    ];
    let runbook = read("infra/docs/RUNBOOK.md");
    for (name, expression) in expected {
        // Those of dead-letter queues are found by the queue's name.
        let queue = expression.split_once("Visible ").and_then(|(_, rest)| rest.split_once(".QueueName"));
        let named = queue.map_or(name, |(queue, _)| queue);
        assert!(runbook.contains(&format!("`{named}`")), "the runbook does not say what to do at {name}");
    }
    let expected = expected.map(|(name, expression)| (name.to_owned(), expression.to_owned()));
    assert_eq!(alarms(), expected.into());
    // Every function that runs by the clock is missed when it does not.
    for (name, source) in sources() {
        let missed =
            alarms().values().any(|it| it.contains(&format!("(Invocations {}) < 1", logical_id(&name))));
        assert_eq!(source.contains("Type: ScheduleV2"), missed, "{name}");
    }
}

#[test]
fn whoever_reads_mail_from_strangers_can_neither_send_nor_decide() {
    for name in ["inbound-index", "inbound-receive", "inbound-quarantine"] {
        for (action, _) in &functions()[name].actions {
            assert!(
                !action.starts_with("ses:") && !action.starts_with("states:") && !action.starts_with("kms:")
            );
        }
    }
}

#[test]
fn the_workflow_knows_the_errors_that_functions_give() {
    let workflow: Value = serde_json::from_str(&read("infra/send-workflow.asl.json")).unwrap();
    let retries = workflow["States"]["Dispatch"]["Retry"].as_array().unwrap();
    let named = |error: &str| {
        retries.iter().find(|retry| retry["ErrorEquals"].as_array().unwrap().contains(&error.into())).unwrap()
    };
    assert_eq!(named(TaskError::PERMANENT)["MaxAttempts"], 0);
    assert!(named(TaskError::TRANSIENT)["MaxAttempts"].as_u64().unwrap() >= 6);
    // A run that finds no place has given up when the sweeper may give the next one its number.
    let throttled = |field: &str| named(TaskError::THROTTLED)[field].as_i64().unwrap();
    let waits = (0..throttled("MaxAttempts")).map(|n| {
        let wait = throttled("IntervalSeconds") * throttled("BackoffRate").pow(u32::try_from(n).unwrap());
        wait.min(throttled("MaxDelaySeconds"))
    });
    assert!(waits.sum::<i64>() < app::gate::sweep::RUN);
    assert!(workflow["States"]["Dispatch"]["Catch"].to_string().contains(TaskError::THROTTLED));
    let states: Vec<_> = workflow["States"].as_object().unwrap().keys().collect();
    assert!(states.len() <= 4, "each transition costs as much as 25 mails of storage: {states:?}");
    let catch = workflow["States"]["AwaitDecision"]["Catch"].to_string();
    assert!(catch.contains("\"NotApproved\""), "what aws-flow closes a workflow with");
    assert!(read("shared/aws-flow/src/workflow.rs").contains("\"NotApproved\""));
}

#[test]
fn every_dead_letter_queue_has_an_alarm_and_every_consumer_a_dead_letter_queue() {
    let source = without_tags(&read("template.yaml"));
    let documents = Yaml::load_from_str(&source).unwrap();
    let resources = documents[0].as_mapping_get("Resources").unwrap().as_mapping().unwrap();
    let of_type = |wanted: &str| -> Vec<(String, &Yaml<'_>)> {
        let found = resources.iter().filter(|(_, resource)| text(resource, "Type") == wanted);
        found.map(|(name, resource)| (name.as_str().unwrap().to_owned(), resource)).collect()
    };
    let alarms = of_type("AWS::CloudWatch::Alarm");
    for (queue, resource) in of_type("AWS::SQS::Queue") {
        let properties = resource.as_mapping_get("Properties").unwrap();
        if queue.ends_with("DeadLetters") {
            let watched = format!("{queue}.QueueName");
            assert!(alarms.iter().any(|(_, a)| format!("{a:?}").contains(&watched)), "{queue} has no alarm");
        } else {
            let redrive = format!("{:?}", properties.as_mapping_get("RedrivePolicy"));
            assert!(redrive.contains("DeadLetters"), "{queue} has no dead-letter queue");
        }
    }
}

/// The name of each function with what of it stands in `template.yaml`.
fn sources() -> BTreeMap<String, String> {
    let template = read("template.yaml");
    let named = |part: &str| {
        let (_, rest) = part.split_once("FunctionName: !Sub \"${AWS::StackName}-")?;
        Some((rest.split_once('"')?.0.to_owned(), part.to_owned()))
    };
    template.split("    Type: AWS::Serverless::Function\n").skip(1).filter_map(named).collect()
}

#[test]
fn no_queue_takes_the_lambda_pool_and_no_organization_a_queue() {
    let mut bounds = BTreeMap::new();
    for (name, source) in sources() {
        if !source.contains("          Type: SQS\n") {
            continue;
        }
        let bound = source.split_once("ScalingConfig: { MaximumConcurrency: ");
        let bound = bound.and_then(|(_, rest)| rest.split_once(' ')?.0.parse::<u64>().ok());
        bounds.insert(name.clone(), bound.unwrap_or_else(|| panic!("{name} takes as much as it can get")));
    }
    assert_eq!(
        bounds.keys().collect::<Vec<_>>(),
        ["background-deliver", "dispatch-notify", "inbound-quarantine"]
    );
    assert!(bounds.values().all(|bound| *bound >= 2), "AWS takes no less: {bounds:?}");
    assert!(bounds.values().sum::<u64>() < 10, "a new account has ten executions: {bounds:?}");
    // Where a minute ends, those of the next may have begun.
    assert!(2 * app::delivery::webhooks::SLOW_CALLS < bounds["background-deliver"], "{bounds:?}");
    let template = read("template.yaml");
    let groups = template.matches("SqsParameters: { MessageGroupId: $.detail.organization_id }").count();
    let filling = template.matches("\n          Arn: !GetAtt ").count();
    assert_eq!((groups, filling), (4, 4), "each rule that fills a queue");
}

#[test]
fn what_decides_pauses_and_dispatches_can_be_kept_executions() {
    let reserved = "ReservedConcurrentExecutions: !If [Reserve, !Ref ReservedConcurrency, !Ref AWS::NoValue]";
    let found = sources().into_iter().filter(|(_, source)| source.contains(reserved)).map(|(name, _)| name);
    let expected = [
        "api-approvals-approve",
        "api-approvals-cancel",
        "api-approvals-reject",
        "api-inboxes-pause",
        "api-organization-pause",
        "api-tokens-delete",
        "api-tokens-pause",
        "console-decide",
        "dispatch-send",
        "keys-append",
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    let runbook = read("infra/docs/RUNBOOK.md");
    for name in expected {
        assert!(runbook.contains(&format!("`{name}`")), "the runbook does not name {name}");
    }
}

#[test]
fn the_contract_suite_runs_on_the_template_s_table() {
    let template = read("template.yaml");
    let contract = read("tests/tests/all/contract.rs");
    for index in ["lists", "open", "recent", "watch"] {
        assert!(template.contains(&format!("IndexName: {index}")));
        assert!(contract.contains(&format!("index(\"{index}\", ")));
    }
    let named = template.matches("AttributeName: ").count();
    // Ten definitions, two of the table's keys, two of each index's, and the one for time to live.
    assert_eq!(named, 10 + 2 + 2 * 4 + 1, "the table's keys changed: change contract.rs too");
}

#[test]
fn what_the_papers_promise_is_there() {
    for paper in [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "LICENSE",
        "infra/docs/ADDING-A-ROUTE.md",
        "infra/docs/AUDIT.md",
        "infra/docs/LOGGING.md",
        "infra/docs/RUNBOOK.md",
    ] {
        assert!(read(paper).len() > 400, "{paper}");
    }
    let makefile = read("Makefile");
    for target in ["run:", "test:", "bench:", "demo:", "deploy:"] {
        assert!(makefile.contains(&format!("\n{target}")), "{target}");
        assert!(read("README.md").contains(&format!("make {}", target.trim_end_matches(':'))), "{target}");
    }
}

/// What the sources have: the path of every module, and of what is declared in it; and whether that is a test. Those of
/// `tests/tests/all` have the paths that cargo prints, those of a crate begin with its name. The modules that unit tests stand in
/// (`tests`) are left out of both.
fn declared() -> BTreeMap<String, bool> {
    let mut declared = BTreeMap::new();
    let mut roots = vec![(String::new(), root().join("tests/tests/all"))];
    for folder in ["shared", "functions"] {
        for name in names(&root().join(folder), "") {
            let sources = root().join(folder).join(&name).join("src");
            if sources.is_dir() {
                roots.push((name, sources));
            }
        }
    }
    for (root, folder) in roots {
        for (file, text) in rust_files(&folder) {
            let modules = module(&file).into_iter().filter(|name| *name != "tests");
            let path: Vec<_> =
                [root.as_str()].into_iter().chain(modules).filter(|it| !it.is_empty()).collect();
            for end in 1..=path.len() {
                declared.insert(path[..end].join("::"), false);
            }
            let mut tests = false;
            for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
                tests |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
                let words: Vec<_> = line.split_whitespace().collect();
                let mut pairs = words.windows(2);
                let item = pairs.find(|it| {
                    matches!(it[0], "fn" | "struct" | "enum" | "trait" | "const" | "static" | "type" | "mod")
                        && it[1] != "fn"
                });
                if let Some(item) = item {
                    let name = item[1].split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                    declared.insert(path.iter().copied().chain([name]).collect::<Vec<_>>().join("::"), tests);
                    tests = false;
                }
            }
        }
    }
    declared
}

/// A name in a paper that ends in `*` or `…` stands for every test whose path begins so. Without either it is a test, a module or
/// what stands in one.
#[test]
fn the_papers_name_tests_and_modules_that_exist() {
    let declared = declared();
    let docs = names(&root().join("infra/docs"), ".md");
    let papers = docs.into_iter().map(|name| format!("infra/docs/{name}.md"));
    let others = ["ARCHITECTURE.md", "CHANGELOG.md", "README.md", "infra/local/README.md"].map(str::to_owned);
    let (mut named, mut missing) = (0, vec![]);
    for paper in papers.chain(others) {
        for (number, line) in (1..).zip(read(&paper).lines()) {
            let is_path = |name: &&str| {
                let allowed = |c: char| c.is_alphanumeric() || "_-:*…".contains(c);
                name.contains("::")
                    && name.starts_with(|c: char| c.is_lowercase())
                    && name.chars().all(allowed)
            };
            for name in line.split('`').skip(1).step_by(2).filter(is_path) {
                named += 1;
                let begins = name.trim_end_matches(['*', '…']);
                let exists = if begins == name {
                    declared.contains_key(name)
                } else {
                    declared.iter().any(|(path, is_test)| *is_test && path.starts_with(begins))
                };
                if !exists {
                    missing.push(format!("{paper}:{number}: {name}"));
                }
            }
        }
    }
    assert!(named > 50, "papers are read wrongly: {named}");
    assert!(
        missing.is_empty(),
        "not in the sources, where it begins with a room or with a crate: {missing:#?}"
    );
}

/// A fault rule concerns every test that runs at the same moment: what sets one runs alone, by its name or among the faults.
#[test]
fn whatever_breaks_things_for_everybody_runs_alone() {
    let mut beside = vec![];
    for (file, text) in rust_files(&root().join("tests/tests/all/stack")) {
        if file.starts_with("faults") {
            continue;
        }
        for test in text.split("test]\n").skip(1) {
            let name = test.split("fn ").nth(1).and_then(|rest| rest.split('(').next()).unwrap_or_default();
            if test.contains(".fault(") && !name.starts_with("alone_") {
                beside.push(format!("{file}: {name}"));
            }
        }
    }
    assert!(beside.is_empty(), "name them alone_…: {beside:#?}");
}
