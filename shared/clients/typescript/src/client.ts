// The client.

import { WaitTimeout } from "./errors.js";
import { Resources } from "./resources.js";
import { sleep, Transport } from "./transport.js";
import type * as types from "./types.js";

/** Between two looks at what is waited for, in milliseconds: from the first to the last, each half as long again. */
const FIRST_LOOK = 1_000;
const LAST_LOOK = 15_000;
/** The gateway ends a request after 30 seconds, so one waits 25 at most. */
const LONGEST_WAIT = 25;

/** What a client is told. */
export interface ClientOptions {
  /** Such as `https://mail.example.com`. */
  baseUrl: string;
  /** `cs_live_…` of a program, or `cs_session_…` of a person; left out for routes that need none. */
  token?: string;
  /** How long one attempt at a request may take, in milliseconds; 35,000 where it is left out. */
  timeoutMs?: number;
  /** How often a request is repeated at most that may be; 3 where it is left out. */
  maxRetries?: number;
  /** In the place of the global `fetch`. */
  fetch?: typeof globalThis.fetch;
}

/** What became of a mail that a person was asked about. */
export interface Outcome {
  /** Approved mails may wait for their `send_at`, or be on their way: `message.status` says it. */
  outcome: "approved" | "rejected" | "expired" | "cancelled";
  /** Why it was rejected or cancelled, in the person's words, if they gave any. */
  reason: string | null;
  /** The mail, where it was waited for by what `send` gave. */
  message?: types.MessageDetail;
  /** The approval, where it was waited for by its id. */
  approval?: types.ApprovalDetail;
}

/** How long to wait. */
export interface WaitOptions {
  /** In milliseconds: five minutes for an approval, one for a mail, where it is left out. */
  timeoutMs?: number;
  /** Ends the waiting. */
  signal?: AbortSignal;
}

/** Which mail to wait for. */
export interface WaitForMessageOptions extends WaitOptions {
  /** A time, or the id of the mail that was seen last; from now on where it is left out. */
  after?: string;
  /** A part of its author's name or address. */
  from?: string;
  /** A part of its subject. */
  subject?: string;
}

/** A client of one installation with one credential. */
export class Countersign extends Resources {
  /** Of the installation. */
  readonly baseUrl: string;

  constructor(options: ClientOptions) {
    const transport = new Transport({
      baseUrl: options.baseUrl,
      token: options.token,
      timeoutMs: options.timeoutMs ?? 35_000,
      maxRetries: options.maxRetries ?? 3,
      fetch: options.fetch ?? ((...given) => globalThis.fetch(...given)),
    });
    super(transport);
    this.baseUrl = transport.baseUrl;
  }

  /**
   * Waits until a mail is decided about: `sent` is what `send`, `reply` and the like gave, or the id of an approval. By what
   * `send` gave it takes the scope `messages.read`, by an id `approvals.read`. An edit by a person makes another approval of
   * the same mail: it is followed. Throws `WaitTimeout`.
   */
  async waitForApproval(sent: types.Submitted | string, options: WaitOptions = {}): Promise<Outcome> {
    const { timeoutMs = 300_000, signal } = options;
    const deadline = performance.now() + timeoutMs;
    const call = signal ? { signal } : {};
    for (let pause = FIRST_LOOK; ; ) {
      if (typeof sent === "string") {
        const approval = await this.approvals.get(sent, call);
        if (approval.status === "superseded" && approval.superseded_by) {
          sent = approval.superseded_by;
          continue;
        }
        if (approval.status !== "pending") {
          return { outcome: outcomeOf(approval.status), reason: approval.decision_reason ?? null, approval };
        }
      } else {
        const message = await this.messages.get(sent.message.inbox_id, sent.message.id, call);
        if (message.status !== "pending_approval") {
          const reason = message.rejection_reason ?? message.cancel_reason ?? null;
          return { outcome: outcomeOf(message.status), reason, message };
        }
      }
      const left = deadline - performance.now();
      if (left <= 0) throw new WaitTimeout(`nobody decided within ${timeoutMs} ms: the mail still waits`);
      await sleep(Math.min(pause, left), signal);
      pause = Math.min(pause * 1.5, LAST_LOOK);
    }
  }

  /** The first mail that comes in from now on, or after `after`, whose author and subject have these parts. Throws `WaitTimeout`. */
  async waitForMessage(inboxId: string, options: WaitForMessageOptions = {}): Promise<types.Message> {
    const { timeoutMs = 60_000, signal, from, subject } = options;
    const deadline = performance.now() + timeoutMs;
    const call = signal ? { signal } : {};
    let after = options.after;
    if (after === undefined) {
      // What is there now was seen: no clock of ours has to agree with theirs.
      const newest = (await this.messages.list(inboxId, { limit: 1 }, call)).data[0];
      after = newest?.id ?? "1970-01-01T00:00:00Z";
    }
    for (;;) {
      const left = Math.max(deadline - performance.now(), 0);
      const timeout = Math.min(Math.floor(left / 1_000), LONGEST_WAIT);
      const found = await this.messages.wait(inboxId, { after, from, subject, timeout }, call);
      const first = found.data[0];
      if (first) return first;
      if (performance.now() >= deadline - 500) throw new WaitTimeout(`no such mail came within ${timeoutMs} ms`);
      if (timeout === 0) await sleep(Math.min(left, 500), signal);
    }
  }
}

function outcomeOf(status: string): Outcome["outcome"] {
  return status === "rejected" || status === "expired" || status === "cancelled" ? status : "approved";
}
