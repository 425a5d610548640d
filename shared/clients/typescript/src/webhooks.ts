// Calls of webhooks: whether Countersign made them (Standard Webhooks 1.0).

import { InvalidSignature } from "./errors.js";

/** A call is refused that was signed longer ago, or further ahead, in seconds. */
const TOLERANCE = 300;

/** What happened. `id` is the same for every attempt to tell of it. */
export interface Event {
  id: string;
  type: string;
  created_at: string;
  data: Record<string, unknown>;
}

/** A call of a webhook. */
export interface WebhookCall {
  /** What came, byte for byte: not JSON that was read and written again. */
  body: string | Uint8Array;
  headers: Headers | Record<string, string | string[] | undefined>;
  /** `whsec_…`, as the webhook's creation showed it. */
  secret: string;
  toleranceSeconds?: number;
  /** Seconds since 1970, where it is not the clock's. */
  now?: number;
}

/** The event of a call, if it was signed with `secret`; throws `InvalidSignature` otherwise. */
export async function verifyWebhook(call: WebhookCall): Promise<Event> {
  const [id, stamp, signatures] = ["id", "timestamp", "signature"].map((name) => header(call, `webhook-${name}`));
  if (!/^\d{1,15}$/.test(stamp!)) throw new InvalidSignature("webhook-timestamp is no number of seconds");
  const now = call.now ?? Date.now() / 1_000;
  if (Math.abs(now - Number(stamp)) > (call.toleranceSeconds ?? TOLERANCE)) {
    throw new InvalidSignature("the call was signed too long ago, or ahead of time: look at this machine's clock");
  }
  const body = typeof call.body === "string" ? new TextEncoder().encode(call.body) : call.body;
  const head = new TextEncoder().encode(`${id}.${stamp}.`);
  const signed = new Uint8Array(head.length + body.length);
  signed.set(head);
  signed.set(body, head.length);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", keyOf(call.secret), algorithm, false, ["verify"]);
  let good = false;
  for (const signature of signatures!.split(" ")) {
    const [version, text = ""] = signature.split(",", 2);
    const bytes = version === "v1" ? fromBase64(text) : undefined;
    // `verify` compares in constant time; all of them are compared.
    if (bytes && (await crypto.subtle.verify("HMAC", key, bytes, signed))) good = true;
  }
  if (!good) throw new InvalidSignature("no signature is of this secret");
  try {
    return JSON.parse(new TextDecoder().decode(body)) as Event;
  } catch {
    throw new InvalidSignature("the body is not JSON");
  }
}

function header(call: WebhookCall, name: string): string {
  const { headers } = call;
  const known = (from: Record<string, string | string[] | undefined>) =>
    Object.entries(from).find(([key]) => key.toLowerCase() === name)?.[1];
  const value = headers instanceof Headers ? headers.get(name) : known(headers);
  if (typeof value !== "string" || !value) throw new InvalidSignature(`the call has no ${name}`);
  return value;
}

function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  const key = secret.startsWith("whsec_") ? fromBase64(secret.slice("whsec_".length)) : undefined;
  if (!key?.length) throw new TypeError("secret must be the whsec_… that the webhook's creation showed");
  return key;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}
