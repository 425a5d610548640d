// The main job, from the first list to an answer: `tests/clients.py` runs it against the local stack.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";

import { Countersign, CountersignError } from "countersign";

const TO = "success@simulator.amazonses.com";
const told = JSON.parse(await text(process.stdin));
const unique = (words) => `${words} ${randomBytes(4).toString("hex")}`;
const say = (line) => console.log(line);

const baseUrl = told.api_url;
const agent = new Countersign({ baseUrl, token: told.agent_token });
const inboxId = told.inbox.id;
const known = new Map();
for await (const inbox of agent.inboxes.iterList({ limit: 1 })) known.set(inbox.id, inbox.address);
assert.equal(known.get(inboxId), told.inbox.address);
say(`${known.size} inbox(es)`);

const { email, password } = told.approver;
const session = await new Countersign({ baseUrl }).sessions.create({ email, password });
const person = new Countersign({ baseUrl, token: session.token });

async function ask(subject) {
  const sent = await agent.messages.send(inboxId, { to: [TO], subject, text: "Is that so?" });
  assert.equal(sent.message.status, "pending_approval");
  return sent;
}

{
  const sent = await ask(unique("To be approved"));
  const { id, digest } = sent.approval;
  const decide = async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await person.approvals.approve(id, { digest });
  };
  const [outcome] = await Promise.all([agent.waitForApproval(sent, { timeoutMs: 60_000 }), decide()]);
  assert.equal(outcome.outcome, "approved");
  assert.equal((await person.waitForApproval(id, { timeoutMs: 60_000 })).outcome, "approved");
  say("approved");
}

{
  const sent = await ask(unique("To be rejected"));
  const { id, digest } = sent.approval;
  await person.approvals.reject(id, { digest, reason: "Not like this" });
  const { outcome, reason } = await agent.waitForApproval(sent, { timeoutMs: 60_000 });
  assert.deepEqual([outcome, reason], ["rejected", "Not like this"]);
  say("rejected with its reason");
}

{
  const once = () =>
    agent.messages.send(inboxId, { to: [TO], subject: "Once", text: "Once" }, { idempotencyKey });
  const idempotencyKey = randomBytes(8).toString("hex");
  assert.equal((await once()).message.id, (await once()).message.id);
  say("sent once");
}

await assert.rejects(agent.messages.send(inboxId, { to: ["nobody"], subject: "S", text: "T" }), (error) => {
  assert.ok(error instanceof CountersignError);
  assert.deepEqual([error.code, error.status, error.requestId !== ""], ["invalid_address", 422, true]);
  return true;
});
say("an error has its code");

const subject = unique("An answer");
// Whoever waits from now on has looked at what is there before the mail comes.
const after = (await agent.messages.list(inboxId, { limit: 1 })).data[0].id;
say(`waiting for ${subject}`);
const answer = await agent.waitForMessage(inboxId, { after, subject, timeoutMs: 60_000 });
assert.deepEqual([answer.subject, answer.direction], [subject, "inbound"]);
const raw = new TextDecoder().decode(await agent.messages.raw(inboxId, answer.id));
assert.ok(raw.includes(subject), raw.slice(0, 500));
say("an answer came, and its bytes");

await person.sessions.delete();
await assert.rejects(person.me.get(), { status: 401 });
say("done");
