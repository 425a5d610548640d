// What goes wrong, as exceptions.

/** An answer that is an error. `code` is stable: `infra/docs/ERRORS.md` has all of them with what to do. */
export class CountersignError extends Error {
  override readonly name: string = "CountersignError";
  readonly code: string;
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  /** Leads the operator to the log. */
  readonly requestId: string;
  readonly details: Record<string, unknown>;
  /** After how many seconds to try again, where the answer says it. */
  readonly retryAfter: number | undefined;

  constructor(
    code: string,
    message: string,
    about: { status: number; requestId?: string; details?: Record<string, unknown>; retryAfter?: number | undefined },
  ) {
    super(message);
    this.code = code;
    this.status = about.status;
    this.requestId = about.requestId ?? "";
    this.details = about.details ?? {};
    this.retryAfter = about.retryAfter;
  }
}

/** No answer came: whether the request was done is not known, unless it could be repeated safely. */
export class ConnectionFailed extends CountersignError {
  override readonly name: string = "ConnectionFailed";

  constructor(message: string) {
    super("connection_failed", message, { status: 0 });
  }
}

/** What was waited for did not happen in time. It may still. */
export class WaitTimeout extends Error {
  override readonly name: string = "WaitTimeout";
}

/** A webhook's call that was not signed with this secret, or too long ago. */
export class InvalidSignature extends Error {
  override readonly name: string = "InvalidSignature";
}
