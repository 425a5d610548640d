// Resend, SendGrid, Mailgun and Brevo for tests, on this machine: node fake.mjs PORT [DOMAIN…]
//
// The domains are those that are known there, besides example.com, example.org, example.net and agents.example.com.
//
// Each is under /{resend|sendgrid|mailgun|brevo}/{us|eu}, with the paths, checks and answers that it documents. What a key makes it do stands in the key:
//
//   wrong       nobody knows it                        restricted  it may send and read nothing (Resend, Mailgun)
//   unverified  the sender is not verified             throttled   too fast, the first two times
//   quota       nothing is left of what was paid for   broken500   a server error, and nothing is recorded
//   lost        the mail is recorded, and the first call ends without an answer
//   silent      the mail is recorded, and no call is ever answered
//
// GET /received?key=… tells what was recorded under a key, DELETE /received?key=… forgets it; POST /revoked?key=… takes a key away.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";

const MAX_BODY = 45 * 1024 * 1024;
const ADDRESS = /^[^\s<>()[\]:;@\\,"]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/i;

const [port, ...more] = process.argv.slice(2);
const domains = ["example.com", "example.org", "example.net", "agents.example.com", ...more];

const received = new Map(); // key -> mails
const throttled = new Map(); // key -> how often it was
const revoked = new Set(); // keys that were good once
const lost = new Set(); // keys whose first call was lost
const known = new Map(); // key and idempotency key -> { body, id }

/** An answer that ends whatever is under way. */
class Answer extends Error {
  constructor(status, body, headers = {}) {
    super(`answers ${status}`);
    Object.assign(this, { status, body, headers });
  }
}

/** No answer: the connection ends (`lost`) or stays (`silent`). */
class NoAnswer extends Error {
  constructor(silent) {
    super("does not answer");
    this.silent = silent;
  }
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

function record(key, mail) {
  if (!received.has(key)) received.set(key, []);
  received.get(key).push({ cc: [], bcc: [], headers: {}, attachments: [], ...mail });
}

/** What happens between that a mail was recorded and that it is answered. */
function vanish(key) {
  if (key.includes("silent")) throw new NoAnswer(true);
  if (key.includes("lost") && !lost.has(key)) {
    lost.add(key);
    throw new NoAnswer(false);
  }
}

/** Whether nobody knows this key, or not any more. */
const isWrong = (key) => key.includes("wrong") || revoked.has(key);

/** Whether this call is too fast. */
function isThrottled(key) {
  const before = throttled.get(key) ?? 0;
  if (!key.includes("throttled") || before >= 2) return false;
  throttled.set(key, before + 1);
  return true;
}

function json(call, refuse) {
  if (!/^application\/json(;|$)/.test(call.headers["content-type"] ?? "")) throw refuse("the content type is not application/json");
  try {
    return JSON.parse(call.body.toString("utf8"));
  } catch {
    throw refuse("the body is not JSON");
  }
}

/** A file in Base64, as it is told to whoever asks. */
function file(filename, content, content_type, content_id, refuse) {
  if (typeof content !== "string" || !/^[A-Za-z0-9+/]+={0,2}$/.test(content) || content.length % 4) throw refuse("the content of a file is not Base64");
  if (typeof filename !== "string" || !filename) throw refuse("a file has no name");
  const bytes = Buffer.from(content, "base64");
  return { filename, content_type: content_type ?? null, size: bytes.length, sha256: sha256(bytes), content_id: content_id ?? null };
}

function bearer(call) {
  return /^Bearer (\S+)$/.exec(call.headers.authorization ?? "")?.[1];
}

// ------------------------------------------------------------------ Resend

const resendError = (statusCode, name, message) => new Answer(statusCode, { statusCode, name, message });

function resendAddress(text, field) {
  const invalid = () => resendError(422, "validation_error", `Invalid \`${field}\` field. The email address needs to follow the \`email@example.com\` or \`Name <email@example.com>\` format.`);
  if (typeof text !== "string") throw invalid();
  const named = /^(.*?)\s*<([^<>]+)>$/.exec(text);
  const [name, address] = named ? [named[1], named[2]] : [null, text];
  if (!ADDRESS.test(address)) throw invalid();
  if (name !== null && /[()<>[\]:;@\\,"]/.test(name)) throw invalid();
  if (field === "from" && /=\?/.test(name ?? "")) throw resendError(451, "security_error", "The email payload contain invalid characters");
  return text;
}

function resendList(value, field) {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map((one) => resendAddress(one, field));
}

function resendMail(mail) {
  for (const field of ["from", "to", "subject"]) {
    if (!mail[field] || !mail[field].length) throw resendError(422, "missing_required_field", `Missing \`${field}\` field.`);
  }
  if (typeof mail.html !== "string" && !mail.text) throw resendError(422, "validation_error", "Missing `html` or `text` field.");
  const to = resendList(mail.to, "to");
  if (to.length > 50) throw resendError(422, "validation_error", "The `to` field accepts at most 50 recipients.");
  for (const tag of mail.tags ?? []) {
    if (![tag.name, tag.value].every((text) => /^[A-Za-z0-9_-]{1,256}$/.test(text))) {
      throw resendError(422, "validation_error", "Tags should only contain ASCII letters, numbers, underscores, or dashes.");
    }
  }
  const refuse = (why) => resendError(422, "invalid_attachment", why);
  return {
    from: resendAddress(mail.from, "from"),
    to,
    cc: resendList(mail.cc, "cc"),
    bcc: resendList(mail.bcc, "bcc"),
    reply_to: resendList(mail.reply_to, "reply_to"),
    subject: mail.subject,
    text: mail.text ?? null,
    html: mail.html ?? null,
    headers: mail.headers ?? {},
    tags: mail.tags ?? [],
    attachments: (mail.attachments ?? []).map((one) => file(one.filename, one.content, one.content_type, one.content_id, refuse)),
  };
}

function resend(call) {
  const key = bearer(call);
  if (!key) throw resendError(401, "missing_api_key", "Missing API Key");
  const sends = call.method === "POST" && call.path === "/emails";
  if (isWrong(key)) throw resendError(sends ? 401 : 400, "validation_error", "API key is invalid");
  if (call.method === "GET" && call.path === "/domains") {
    if (key.includes("restricted")) throw resendError(401, "restricted_api_key", "This API key is restricted to only send emails");
    const status = key.includes("unverified") ? "not_started" : "verified";
    const data = domains.map((name) => ({ id: randomUUID(), name, status, created_at: "2026-04-26 20:21:26.347412+00", region: "us-east-1", capabilities: { sending: "enabled", receiving: "disabled" } }));
    throw new Answer(200, { object: "list", has_more: false, data });
  }
  if (!sends) throw resendError(call.path === "/emails" ? 405 : 404, call.path === "/emails" ? "method_not_allowed" : "not_found", "The requested endpoint does not exist");
  if (isThrottled(key)) throw new Answer(429, { statusCode: 429, name: "rate_limit_exceeded", message: "Too many requests. You can only make 2 requests per second. See rate limit response headers for more information." }, { "retry-after": "1", "ratelimit-limit": "2", "ratelimit-remaining": "0", "ratelimit-reset": "1" });
  if (key.includes("quota")) throw resendError(429, "daily_quota_exceeded", "You have reached your daily email sending quota.");
  if (key.includes("broken500")) throw resendError(500, "application_error", "An unexpected error occurred.");
  const mail = json(call, (why) => resendError(400, "validation_error", why));
  const once = call.headers["idempotency-key"];
  if (once !== undefined && !(once.length >= 1 && once.length <= 256)) throw resendError(400, "invalid_idempotency_key", "Idempotency keys, if present, must have between 1 and 256 characters.");
  const place = once === undefined ? null : `${key} ${once}`;
  const before = place && known.get(place);
  if (before) {
    if (before.body !== sha256(call.body)) throw resendError(409, "invalid_idempotent_request", "This idempotency key has been used with a different payload.");
    vanish(key);
    throw new Answer(200, { id: before.id });
  }
  const checked = resendMail(mail);
  if (key.includes("unverified")) throw resendError(403, "validation_error", `The ${domainOf(mail.from)} domain is not verified. Please, add and verify your domain on https://resend.com/domains`);
  const id = randomUUID();
  if (place) known.set(place, { body: sha256(call.body), id });
  record(key, { provider: "resend", region: call.region, id, idempotency_key: once ?? null, ...checked });
  vanish(key);
  throw new Answer(200, { id });
}

const domainOf = (text) => text.replace(/>$/, "").split("@").pop();

// ---------------------------------------------------------------- SendGrid

const sendgridError = (status, message, field = null) => new Answer(status, { errors: [{ message, field, help: null }] });

function sendgridPerson(person, field) {
  if (!person || typeof person.email !== "string" || !ADDRESS.test(person.email)) throw sendgridError(400, "Does not contain a valid address.", `${field}.email`);
  if (person.name !== undefined && typeof person.name !== "string") throw sendgridError(400, "The name must be a string.", `${field}.name`);
  return person;
}

function sendgridList(list, field) {
  if (list === undefined) return [];
  if (!Array.isArray(list) || !list.length) throw sendgridError(400, "The array must have at least one recipient.", field);
  return list.map((person, at) => sendgridPerson(person, `${field}.${at}`));
}

const SENDGRID_HEADERS = ["x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc"];

function sendgridContent(mail) {
  if (typeof mail.subject !== "string" || !mail.subject) throw sendgridError(400, "The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.", "subject");
  if (!Array.isArray(mail.content) || !mail.content.length) throw sendgridError(400, "Unless a valid template_id is provided, the content parameter is required. There must be at least one defined content block.", "content");
  mail.content.forEach((one, at) => {
    if (typeof one.value !== "string" || !one.value) throw sendgridError(400, "The content value must be a string at least one character in length.", `content.${at}.value`);
    if (/[;\r\n]/.test(one.type ?? ";")) throw sendgridError(400, "The content type cannot contain ';', or CRLF.", `content.${at}.type`);
  });
  const types = mail.content.map((one) => one.type);
  if (types.includes("text/plain") && types[0] !== "text/plain") throw sendgridError(400, "If present, text/plain must come first, followed by text/html.", "content");
  for (const [name, value] of Object.entries(mail.headers ?? {})) {
    if (SENDGRID_HEADERS.includes(name.toLowerCase())) throw sendgridError(400, "The header is reserved.", `headers.${name}`);
    if (typeof value !== "string") throw sendgridError(400, "Header values must be strings.", `headers.${name}`);
  }
}

function sendgridMail(mail) {
  if (!Array.isArray(mail.personalizations) || mail.personalizations.length !== 1) throw sendgridError(400, "The personalizations field is required and must have at least one personalization.", "personalizations");
  const [one] = mail.personalizations;
  if (one.to === undefined) throw sendgridError(400, "The to array is required for all personalization objects, and must have at least one email object with a valid email address.", "personalizations.0.to");
  const lists = ["to", "cc", "bcc"].map((kind) => sendgridList(one[kind], `personalizations.0.${kind}`));
  const addresses = lists.flat().map((person) => person.email.toLowerCase());
  if (new Set(addresses).size !== addresses.length) throw sendgridError(400, "Each email address in the personalization block should be unique between to, cc, and bcc.", "personalizations.0");
  if (addresses.length > 1000) throw sendgridError(400, "There is a limit of 1000 total recipients (to + cc + bcc) per request.", "personalizations");
  sendgridPerson(mail.from, "from");
  sendgridContent(mail);
  const refuse = (why) => sendgridError(400, why, "attachments");
  const attachments = (mail.attachments ?? []).map((each) => {
    if (/[;\r\n]/.test(each.type ?? "")) throw refuse("The attachment type cannot contain ';', or CRLF.");
    if (!["inline", "attachment", undefined].includes(each.disposition)) throw refuse("The disposition must be inline or attachment.");
    return { ...file(each.filename, each.content, each.type, each.content_id, refuse), disposition: each.disposition ?? "attachment" };
  });
  const body = (type) => mail.content.find((each) => each.type === type)?.value ?? null;
  return {
    from: mail.from,
    to: lists[0],
    cc: lists[1],
    bcc: lists[2],
    reply_to: mail.reply_to_list ?? (mail.reply_to ? [mail.reply_to] : []),
    subject: mail.subject,
    text: body("text/plain"),
    html: body("text/html"),
    headers: mail.headers ?? {},
    custom_args: { ...mail.custom_args, ...one.custom_args },
    tracking_settings: mail.tracking_settings ?? {},
    attachments,
  };
}

function sendgrid(call) {
  const key = bearer(call);
  if (!key || isWrong(key)) throw sendgridError(401, "The provided authorization grant is invalid, expired, or revoked");
  if (call.method === "GET" && call.path === "/v3/scopes") {
    throw new Answer(200, { scopes: key.includes("restricted") ? ["alerts.read", "stats.read"] : ["mail.send", "sender_verification_eligible", "2fa_required"] });
  }
  if (call.path !== "/v3/mail/send") throw sendgridError(404, "not found");
  if (call.method !== "POST") throw sendgridError(405, "method not allowed");
  if (key.includes("restricted")) throw sendgridError(403, "access forbidden");
  if (isThrottled(key)) throw new Answer(429, { errors: [{ message: "too many requests", field: null, help: null }] }, { "x-ratelimit-limit": "600", "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + 1) });
  if (key.includes("quota")) throw sendgridError(401, "Maximum credits exceeded");
  if (key.includes("broken500")) throw sendgridError(500, "internal server error");
  if (call.body.length > 30 * 1024 * 1024 * 1.4) throw sendgridError(413, "content too large");
  const mail = json(call, (why) => sendgridError(400, `Bad Request: ${why}`));
  const checked = sendgridMail(mail);
  if (key.includes("unverified")) throw sendgridError(403, "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved. Visit https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ to see the Sender Identity requirements", "from");
  if (mail.mail_settings?.sandbox_mode?.enable === true) throw new Answer(200, undefined);
  const id = randomBytes(16).toString("base64url");
  record(key, { provider: "sendgrid", region: call.region, id, ...checked });
  vanish(key);
  throw new Answer(202, undefined, { "x-message-id": id });
}

// ----------------------------------------------------------------- Mailgun

/** The parts of a form (RFC 7578), each with its name, its file name and its bytes. */
function form(call) {
  const boundary = /^multipart\/form-data; *boundary="?([^";]+)"?$/.exec(call.headers["content-type"] ?? "")?.[1];
  if (!boundary) return [];
  const parts = [];
  const line = Buffer.from(`--${boundary}`);
  let at = call.body.indexOf(line);
  while (at >= 0) {
    const start = at + line.length;
    if (call.body.subarray(start, start + 2).toString() === "--") return parts;
    const next = call.body.indexOf(Buffer.from(`\r\n--${boundary}`), start);
    if (next < 0) return [];
    const part = call.body.subarray(start + 2, next);
    const gap = part.indexOf("\r\n\r\n");
    const head = part.subarray(0, gap).toString("latin1");
    const disposition = /content-disposition: *form-data; *name="([^"]*)"(?:; *filename="([^"]*)")?/i.exec(head);
    if (gap < 0 || !disposition) return [];
    parts.push({ name: disposition[1], filename: disposition[2], bytes: part.subarray(gap + 4) });
    at = next + 2;
  }
  return [];
}

/** Header fields of a mail, unfolded, as they are written. */
function head(mime) {
  const end = mime.indexOf("\r\n\r\n");
  const lines = mime.subarray(0, end < 0 ? mime.length : end).toString("utf8").replace(/\r\n[ \t]+/g, " ").split("\r\n");
  return lines.map((line) => /^([^:\s]+): ?(.*)$/s.exec(line)).filter(Boolean).map(([, name, value]) => [name, value]);
}

function mailgunMail(call, domain) {
  const parts = form(call);
  const values = (name) => parts.filter((part) => part.name === name).map((part) => part.bytes.toString("utf8"));
  const to = values("to").flatMap((value) => value.split(",")).map((value) => value.trim());
  const bad = (message) => new Answer(400, { message });
  if (!to.length) throw bad("to parameter is missing");
  if (to.length > 1000) throw bad("to parameter has too many recipients");
  for (const address of to) {
    if (!ADDRESS.test(address.replace(/^.*<([^<>]+)>$/, "$1"))) throw bad("to parameter is not a valid address. please check documentation");
  }
  const message = parts.find((part) => part.name === "message");
  if (!message || message.filename === undefined) throw bad("message parameter is missing");
  if (message.bytes.length > 25 * 1024 * 1024) throw new Answer(413, { message: "Message is too big" });
  const fields = head(message.bytes);
  const one = (name) => fields.find(([field]) => field.toLowerCase() === name)?.[1] ?? null;
  if (!one("from")) throw bad("from parameter is missing");
  const options = parts.filter((part) => /^[ohvt]:/.test(part.name)).map((part) => [part.name, part.bytes.toString("utf8")]);
  if (options.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > 16 * 1024) throw bad("send options are too long");
  return { domain, from: one("from"), to, cc: [], bcc: [], subject: one("subject"), text: null, html: null, headers: Object.fromEntries(fields), options: Object.fromEntries(options), mime_base64: message.bytes.toString("base64") };
}

function mailgun(call) {
  const basic = /^Basic ([A-Za-z0-9+/]+=*)$/.exec(call.headers.authorization ?? "")?.[1];
  const key = /^api:(.+)$/.exec(Buffer.from(basic ?? "", "base64").toString("utf8"))?.[1];
  if (!key || isWrong(key)) throw new Answer(401, "Forbidden");
  const read = /^\/v[34]\/domains\/([a-z0-9.-]+)$/i.exec(call.path);
  if (call.method === "GET" && read) {
    if (key.includes("restricted")) throw new Answer(401, "Forbidden");
    const state = key.includes("unverified") ? "unverified" : "active";
    throw new Answer(200, { domain: { name: read[1], state, type: "custom", created_at: "Wed, 10 Jul 2013 19:26:52 GMT", is_disabled: false }, receiving_dns_records: [], sending_dns_records: [] });
  }
  const send = /^\/v3\/([a-z0-9.-]+)\/messages(\.mime)?$/i.exec(call.path);
  // Under an address that it does not know it greets.
  if (!send) throw new Answer(200, "Mailgun Magnificent API");
  if (call.method !== "POST") throw new Answer(405, { message: "Method Not Allowed" });
  if (isThrottled(key)) throw new Answer(429, { message: "Too many requests" }, { "x-ratelimit-limit": "300", "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Date.now() + 1000) });
  if (key.includes("quota")) throw new Answer(402, { message: "Request Failed - the account has reached its limit" });
  if (key.includes("broken500")) throw new Answer(500, { message: "Internal Server Error" });
  if (key.includes("unverified")) throw new Answer(403, { message: `Domain ${send[1]} is not allowed to send: The domain is unverified and requires DNS configuration. Log in to your control panel to view required DNS records.` });
  if (!send[2]) throw new Answer(400, { message: "from parameter is missing" });
  const checked = mailgunMail(call, send[1]);
  const id = `<20261201${randomBytes(8).toString("hex")}@${send[1]}>`;
  record(key, { provider: "mailgun", region: call.region, id, ...checked });
  vanish(key);
  throw new Answer(200, { id, message: "Queued. Thank you." });
}

// ------------------------------------------------------------------- Brevo

const brevoError = (status, code, message) => new Answer(status, { code, message });

function brevoPerson(person, field) {
  if (!person || typeof person.email !== "string" || !ADDRESS.test(person.email)) throw brevoError(400, "invalid_parameter", `email is not valid in ${field}`);
  return person;
}

function brevoList(list, field) {
  if (list === undefined) return [];
  if (!Array.isArray(list) || !list.length) throw brevoError(400, "missing_parameter", `${field} is missing`);
  if (list.length > 99) throw brevoError(400, "invalid_parameter", `${field} has more than 99 recipients`);
  return list.map((person) => brevoPerson(person, field));
}

const BREVO_EXTENSIONS = "xlsx xls ods docx docm doc csv pdf txt gif jpg jpeg png tif tiff rtf bmp cgm css shtml html htm zip xml ppt pptx tar ez ics mobi msg pub eps".split(" ");

function brevoMail(mail) {
  if (!mail.sender) throw brevoError(400, "missing_parameter", "sender is missing");
  if (!mail.to) throw brevoError(400, "missing_parameter", "to is missing");
  if (!mail.subject) throw brevoError(400, "missing_parameter", "subject is missing");
  if (!mail.htmlContent && !mail.textContent) throw brevoError(400, "missing_parameter", "Either of htmlContent or textContent is required");
  if ((mail.sender.name ?? "").length > 70) throw brevoError(400, "invalid_parameter", "name is too long in sender");
  const refuse = (why) => brevoError(400, "invalid_parameter", why);
  const attachments = (mail.attachment ?? []).map((each) => {
    const told = file(each.name, each.content, null, null, refuse);
    if (!BREVO_EXTENSIONS.includes(each.name.split(".").pop().toLowerCase())) throw refuse("Unsupported file format in attachment");
    return told;
  });
  return {
    from: brevoPerson(mail.sender, "sender"),
    to: brevoList(mail.to, "to"),
    cc: brevoList(mail.cc, "cc"),
    bcc: brevoList(mail.bcc, "bcc"),
    reply_to: mail.replyTo ? [brevoPerson(mail.replyTo, "replyTo")] : [],
    subject: mail.subject,
    text: mail.textContent ?? null,
    html: mail.htmlContent ?? null,
    headers: mail.headers ?? {},
    tags: mail.tags ?? [],
    attachments,
  };
}

function brevoRead(call, key) {
  const active = !key.includes("unverified");
  if (call.path === "/v3/account") return { email: "owner@example.com", companyName: "Example", plan: [{ type: "free", credits: 300, creditsType: "sendLimit" }], relay: { enabled: true, data: { userName: "owner@example.com", relay: "smtp-relay.brevo.com", port: 587 } } };
  if (call.path === "/v3/senders") return { senders: active ? [{ id: 1, name: "Owner", email: `owner@${call.query.get("domain") ?? "example.com"}`, active }] : [] };
  if (call.path === "/v3/senders/domains") return { domains: domains.map((domain_name, id) => ({ id, domain_name, authenticated: active, verified: active, ip: null })), count: domains.length };
  throw brevoError(404, "document_not_found", "Not found");
}

function brevo(call) {
  const key = call.headers["api-key"];
  if (!key || isWrong(key)) throw brevoError(401, "unauthorized", "Key not found");
  if (call.method === "GET") throw new Answer(200, brevoRead(call, key));
  if (call.method !== "POST" || call.path !== "/v3/smtp/email") throw brevoError(405, "method_not_allowed", "Method not allowed");
  if (key.includes("restricted")) throw brevoError(403, "permission_denied", "Unable to send email. Your SMTP account is not yet activated. Please contact us at contact@brevo.com to request activation");
  if (isThrottled(key)) throw new Answer(429, { code: "too_many_requests", message: "Too many requests" }, { "x-sib-ratelimit-limit": "1000", "x-sib-ratelimit-remaining": "0", "x-sib-ratelimit-reset": "1" });
  if (key.includes("quota")) throw brevoError(402, "not_enough_credits", "You do not have enough credits to send this email");
  if (key.includes("broken500")) throw brevoError(500, "internal_error", "Internal server error");
  if (call.body.length > 20 * 1024 * 1024 * 1.4) throw brevoError(413, "bad_request", "Payload too large");
  const mail = json(call, (why) => brevoError(400, "bad_request", why));
  const checked = brevoMail(mail);
  if (key.includes("unverified")) throw brevoError(400, "invalid_parameter", "Sending has been rejected because the sender you used is not valid. Validate your sender or authenticate your domain");
  const id = `<20261201${randomBytes(5).toString("hex")}@smtp-relay.mailin.fr>`;
  record(key, { provider: "brevo", region: call.region, id, ...checked });
  vanish(key);
  throw new Answer(201, { messageId: id });
}

// ------------------------------------------------------------------ serving

const providers = { resend, sendgrid, mailgun, brevo };

function control(call) {
  const key = call.query.get("key") ?? "";
  if (call.method === "DELETE") {
    for (const memory of [received, throttled]) memory.delete(key);
    lost.delete(key);
    for (const place of [...known.keys()]) if (place.startsWith(`${key} `)) known.delete(place);
    throw new Answer(204, undefined);
  }
  if (call.method !== "GET") throw new Answer(405, "not this way");
  throw new Answer(200, received.get(key) ?? []);
}

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  if (size > MAX_BODY) throw new Answer(413, { message: "too large" });
  return Buffer.concat(chunks);
}

function revoke(call) {
  if (call.method !== "POST") throw new Answer(405, "not this way");
  revoked.add(call.query.get("key") ?? "");
  throw new Answer(204, undefined);
}

function route(call) {
  if (call.path === "/received") return control(call);
  if (call.path === "/revoked") return revoke(call);
  const [, provider, region, path] = /^\/([a-z]+)\/(us|eu)(\/.*)$/.exec(call.path) ?? [];
  if (!Object.hasOwn(providers, provider ?? "")) throw new Answer(404, "no such provider");
  return providers[provider]({ ...call, region, path });
}

function write(response, { status, body, headers }) {
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const type = body === undefined ? {} : { "content-type": typeof body === "string" ? "text/plain" : "application/json" };
  response.writeHead(status, { ...type, "content-length": Buffer.byteLength(text), ...headers });
  response.end(text);
}

/** What domains say of their mail servers: example.com has that of the tests (tests/mail), and nobody else has one. */
function autoconfig(path) {
  if (path !== "/autoconfig/autoconfig.example.com/mail/config-v1.1.xml") throw new Answer(404, "");
  const port = Number(process.env.COUNTERSIGN_MAIL_SERVER?.split(":").at(-1) ?? 14572) + 1;
  const server = `<hostname>localhost</hostname><port>${port}</port><socketType>SSL</socketType><username>%EMAILADDRESS%</username>`;
  const outgoing = `<outgoingServer type="smtp">${server}<authentication>password-cleartext</authentication></outgoingServer>`;
  const document = `<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="example.com">${outgoing}</emailProvider></clientConfig>`;
  throw new Answer(200, document, { "content-type": "text/xml" });
}

const server = createServer(async (request, response) => {
  try {
    const url = new URL(request.url, "http://127.0.0.1");
    if (url.pathname.startsWith("/autoconfig/")) autoconfig(url.pathname);
    const body = await read(request);
    route({ method: request.method, path: url.pathname, query: url.searchParams, headers: request.headers, body });
  } catch (ended) {
    if (ended instanceof Answer) return write(response, ended);
    if (ended instanceof NoAnswer) return ended.silent ? undefined : request.socket.destroy();
    write(response, { status: 500, body: `a defect of the fake: ${ended.stack}` });
  }
});

server.requestTimeout = 0;
server.listen(Number(port), "127.0.0.1");
