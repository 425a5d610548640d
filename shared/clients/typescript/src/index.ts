// Countersign: mailboxes where nothing leaves until a person has countersigned the exact bytes.

export { Countersign } from "./client.js";
export type { ClientOptions, Outcome, WaitForMessageOptions, WaitOptions } from "./client.js";
export { ConnectionFailed, CountersignError, InvalidSignature, WaitTimeout } from "./errors.js";
export type { CallOptions, OnceOptions } from "./transport.js";
export { verifyWebhook } from "./webhooks.js";
export type { Event, WebhookCall } from "./webhooks.js";
export type * from "./types.js";
export type * from "./resources.js";
export { VERSION } from "./version.js";
