// The client against a small server that answers what each test lays down.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { inspect } from "node:util";
import { after, before, beforeEach, test } from "node:test";

import { ConnectionFailed, Countersign, CountersignError, InvalidSignature, verifyWebhook, WaitTimeout } from "countersign";

const TOKEN = "cs_live_secret";
let server;
let baseUrl;
/** What comes, and what is answered: status, body, headers; or a function of the request; or nothing, and the line is cut. */
let seen;
let answers;

before(async () => {
  server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      const text = Buffer.concat(chunks).toString();
      seen.push({ method, url, headers, body: text ? JSON.parse(text) : undefined });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (!answer) return request.socket.destroy();
      const [status, body, more = {}] = answer;
      response.writeHead(status, { "content-type": "application/json", ...more });
      response.end(typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());
beforeEach(() => {
  seen = [];
  answers = [[200, {}]];
});

const client = (more = {}) => new Countersign({ baseUrl, token: TOKEN, ...more });
const error = (code, more = {}) => ({ error: { code, message: "m", request_id: "r1", details: {}, ...more } });

test("a call has the credential, its fields and one key however often it is made", async () => {
  answers = [undefined, [503, error("temporarily_unavailable"), { "retry-after": "0" }], [202, { message: {}, approval: {} }]];
  await client().messages.send("inb/1", { to: ["a@example.com"], subject: "S", text: "T" });
  assert.equal(seen.length, 3);
  const [first, , last] = seen;
  assert.equal(first.method, "POST");
  assert.equal(first.url, "/v1/inboxes/inb%2F1/messages/send");
  assert.equal(first.headers.authorization, `Bearer ${TOKEN}`);
  assert.deepEqual(last.body, { to: ["a@example.com"], subject: "S", text: "T" });
  assert.match(first.headers["idempotency-key"], /^[0-9a-f-]{36}$/);
  assert.equal(last.headers["idempotency-key"], first.headers["idempotency-key"]);
});

test("what may not be done twice is not repeated, and a bounded number of times at most", async () => {
  answers = [[500, error("internal_error")]];
  await assert.rejects(client().approvals.approve("apr_1", { digest: "sha256:0" }), { status: 500 });
  assert.equal(seen.length, 1);
  answers = [[503, error("temporarily_unavailable"), { "retry-after": "0" }]];
  await assert.rejects(client({ maxRetries: 2 }).messages.listAll(), { code: "temporarily_unavailable" });
  assert.equal(seen.length, 4);
  answers = [[429, error("too_many_sign_ins"), { "retry-after": "900" }]];
  await assert.rejects(client().me.get(), (it) => it instanceof CountersignError && it.retryAfter === 900);
  assert.equal(seen.length, 5);
});

test("a change of one revision is made once, and what the gateway says itself is not that nothing was done", async () => {
  answers = [undefined, [200, {}]];
  await assert.rejects(client().drafts.update("drf_1", { send_at: null, ifMatch: '"3"' }), { code: "connection_failed" });
  assert.deepEqual(seen.map((it) => it.body), [{ send_at: null }]);
  answers = [[503, { message: "Service Unavailable" }]];
  await assert.rejects(client().approvals.approve("apr_1", { digest: "sha256:0" }), { code: "http_503" });
  assert.equal(seen.length, 2);
});

test("an error has its code, and nothing shows the token", async () => {
  answers = [[422, error("invalid_request", { details: { fields: [{ field: "to[0]" }] } })]];
  const caught = await client().messages.send("inb_1", {}).catch((it) => it);
  assert.ok(caught instanceof CountersignError);
  assert.deepEqual([caught.code, caught.status, caught.requestId], ["invalid_request", 422, "r1"]);
  assert.deepEqual(caught.details, { fields: [{ field: "to[0]" }] });
  for (const shown of [inspect(caught), inspect(client(), { depth: 9, showHidden: true }), JSON.stringify(client())]) {
    assert.ok(!shown.includes("secret"), shown);
  }
  answers = [[413, { message: "Request Too Long" }]];
  await assert.rejects(client().messages.send("inb_1", {}), { code: "http_413" });
  answers = [[200, "<html>"]];
  await assert.rejects(client().me.get(), { code: "not_json" });
});

test("no token goes over a line that others read, nor elsewhere", async () => {
  for (const bad of ["http://mail.example.com", "http://127.0.0.1.example.com", "ftp://x", "https://u:p@x", "https://x/?a"]) {
    assert.throws(() => new Countersign({ baseUrl: bad, token: TOKEN }), TypeError, bad);
  }
  assert.throws(() => client({ token: "a\nb" }), TypeError);
  await assert.rejects(async () => client().inboxes.get(".."), TypeError);
  answers = [[303, undefined, { location: `${baseUrl}/bytes` }], [200, "raw bytes"]];
  const bytes = await client().messages.raw("inb_1", "msg_1");
  assert.equal(new TextDecoder().decode(bytes), "raw bytes");
  assert.equal(seen[1].url, "/bytes");
  assert.equal(seen[1].headers.authorization, undefined);
});

test("a list goes on to its end, with its filters", async () => {
  answers = [[200, { data: [1, 2], next_cursor: "a/b" }], [200, { data: [], next_cursor: "c" }], [200, { data: [3], next_cursor: null }]];
  const found = [];
  for await (const one of client().messages.iterList("inb_1", { unread: true, limit: 2 })) found.push(one);
  assert.deepEqual(found, [1, 2, 3]);
  assert.deepEqual(
    seen.map((it) => it.url.split("?")[1]),
    ["limit=2&unread=true", "cursor=a%2Fb&limit=2&unread=true", "cursor=c&limit=2&unread=true"],
  );
});

test("time is up, or the caller has enough", async () => {
  answers = [[200, {}]];
  const never = (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await assert.rejects(client({ fetch: never, maxRetries: 0, timeoutMs: 20 }).me.get(), ConnectionFailed);
  const enough = new AbortController();
  const call = client({ fetch: never }).me.get({ signal: enough.signal });
  enough.abort(new Error("enough"));
  await assert.rejects(call, { message: "enough" });
});

test("a decision is waited for, by the mail or by the approval", async () => {
  const sent = { message: { id: "msg_1", inbox_id: "inb_1" } };
  answers = [[200, { status: "pending_approval" }], [200, { status: "rejected", rejection_reason: "Not yet" }]];
  const rejected = await client().waitForApproval(sent, { timeoutMs: 5_000 });
  assert.deepEqual([rejected.outcome, rejected.reason], ["rejected", "Not yet"]);
  answers = [[200, { status: "superseded", superseded_by: "apr_2" }], [200, { status: "approved", decision_reason: null }]];
  assert.equal((await client().waitForApproval("apr_1")).outcome, "approved");
  assert.equal(seen.at(-1).url, "/v1/approvals/apr_2");
  answers = [[200, { status: "pending" }]];
  await assert.rejects(client().waitForApproval("apr_1", { timeoutMs: 0 }), WaitTimeout);
});

test("a mail is waited for behind the last that is there", async () => {
  answers = [[200, { data: [{ id: "msg_1" }], next_cursor: null }], [200, { data: [] }], [200, { data: [{ id: "msg_2" }] }]];
  const found = await client().waitForMessage("inb_1", { from: "ann", timeoutMs: 60_000 });
  assert.equal(found.id, "msg_2");
  assert.equal(seen[1].url, "/v1/inboxes/inb_1/messages/wait?after=msg_1&from=ann&timeout=25");
  answers = [[200, { data: [] }]];
  await assert.rejects(client().waitForMessage("inb_1", { timeoutMs: 0 }), WaitTimeout);
});

test("a webhook's call is known by its signature", async () => {
  // The example of the specification, with its key.
  const call = {
    body: '{"test": 2432232314}',
    headers: {
      "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v2,x",
    },
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    now: 1_614_265_330,
  };
  assert.deepEqual(await verifyWebhook(call), { test: 2432232314 });
  for (const bad of [
    { body: '{"test": 2432232315}' },
    { now: 1_614_265_631 },
    { now: 1_614_265_029 },
    { secret: "whsec_AAAA" },
    { headers: {} },
    { headers: { ...call.headers, "webhook-signature": "v1,%%% v1a,x" } },
    { headers: { ...call.headers, "webhook-timestamp": "1614265330x" } },
  ]) {
    await assert.rejects(verifyWebhook({ ...call, ...bad }), InvalidSignature, JSON.stringify(bad));
  }
  await assert.rejects(verifyWebhook({ ...call, secret: "g0hM" }), TypeError);
});
