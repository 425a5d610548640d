// Calls over HTTP: credentials, time limits, repeating what may be repeated. Nothing is logged.

import { ConnectionFailed, CountersignError } from "./errors.js";
import { VERSION } from "./version.js";

/** Between two attempts, in milliseconds: doubled each time, from the first to the last. */
const FIRST_PAUSE = 500;
const LAST_PAUSE = 8_000;
/** Whoever is asked to wait longer than this, in seconds, gets the error instead, with `retryAfter`. */
const LONGEST_PAUSE = 60;
/** An answer is at most so large: Lambda gives no more than 6 MB, a mail's own bytes come from the bucket. */
const MAX_BYTES = 64 * 1024 * 1024;

/** What any call takes. */
export interface CallOptions {
  /** How long one attempt may take, in milliseconds. */
  timeoutMs?: number;
  /** Ends the call. */
  signal?: AbortSignal;
}

/** What a call takes that makes or sends something. */
export interface OnceOptions extends CallOptions {
  /** A text of your own, so that a request that you repeat yourself is done once. Left out, each call has its own. */
  idempotencyKey?: string;
}

/** A request. */
export interface Call {
  method: string;
  path: string;
  names: Record<string, string>;
  query?: Record<string, unknown>;
  headers?: Record<string, string | undefined>;
  body?: unknown;
  /** The route honours an `Idempotency-Key`: then it has one, and every attempt the same. */
  once?: boolean;
  /** The answer is bytes. */
  raw?: boolean;
  options: OnceOptions;
}

/** What a client is told of its installation. */
export interface TransportOptions {
  baseUrl: string;
  token: string | undefined;
  timeoutMs: number;
  maxRetries: number;
  fetch: typeof globalThis.fetch;
}

/** A token goes over TLS, or stays on this machine. */
function checkBaseUrl(text: string): string {
  const url = new URL(text);
  const host = url.hostname;
  const loopback = host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback)) {
    throw new TypeError("baseUrl must begin with https://: a token would travel in the clear");
  }
  if (url.search || url.hash || url.username || url.password) {
    throw new TypeError("baseUrl must be such as https://mail.example.com");
  }
  return url.href.replace(/\/+$/, "");
}

/** Sends requests with a credential that it shows to nobody else. */
export class Transport {
  readonly baseUrl: string;
  readonly #token: string | undefined;
  readonly #timeoutMs: number;
  readonly #maxRetries: number;
  readonly #fetch: typeof globalThis.fetch;

  constructor(options: TransportOptions) {
    this.baseUrl = checkBaseUrl(options.baseUrl);
    if (options.token !== undefined && !/^[!-~]+$/.test(options.token)) {
      throw new TypeError("token must be one word in ASCII, as the API gave it");
    }
    this.#token = options.token;
    this.#timeoutMs = options.timeoutMs;
    this.#maxRetries = options.maxRetries;
    this.#fetch = options.fetch;
  }

  async request<T>(call: Call): Promise<T> {
    let path = call.path;
    for (const [name, value] of Object.entries(call.names)) {
      if (!value || value === "." || value === "..") throw new TypeError(`${name} must be an id`);
      path = path.replace(`{${name}}`, encodeURIComponent(value));
    }
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined && value !== null) query.set(name, String(value));
    }
    const url = this.baseUrl + path + (query.size > 0 ? `?${query}` : "");
    const headers = new Headers({ accept: call.raw ? "*/*" : "application/json" });
    // Browsers say who they are themselves.
    if (!("document" in globalThis)) headers.set("user-agent", `countersign-typescript/${VERSION}`);
    if (this.#token !== undefined) headers.set("authorization", `Bearer ${this.#token}`);
    if (call.body !== undefined) headers.set("content-type", "application/json");
    if (call.once) headers.set("idempotency-key", call.options.idempotencyKey ?? crypto.randomUUID());
    for (const [name, value] of Object.entries(call.headers ?? {})) {
      if (value !== undefined) headers.set(name, value);
    }
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    // What changes nothing when it comes twice. With `If-Match` the second is refused for what the first did.
    const again = ["GET", "HEAD", "PATCH"].includes(call.method) && !headers.has("if-match");
    const repeatable = call.once === true || again;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return (await this.#attempt(url, { method: call.method, headers, body }, call)) as T;
      } catch (error) {
        const pause = error instanceof CountersignError ? pauseAfter(error, attempt, repeatable) : undefined;
        if (pause === undefined || attempt >= this.#maxRetries) throw error;
        await sleep(pause, call.options.signal);
      }
    }
  }

  async #attempt(url: string, init: RequestInit, call: Call): Promise<unknown> {
    const { signal, timeoutMs = this.#timeoutMs } = call.options;
    signal?.throwIfAborted();
    const control = new AbortController();
    const abort = () => control.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      control.abort();
    }, timeoutMs);
    try {
      let response = await this.#fetch(url, { ...init, redirect: "manual", signal: control.signal });
      if (call.raw && (response.status === 303 || response.type === "opaqueredirect")) {
        response = await this.#follow(url, response, init, control.signal);
      } else if (response.status === 304 || response.status === 204) {
        return undefined;
      }
      const bytes = await readAll(response);
      if (!response.ok) throw toError(response, bytes);
      return call.raw ? bytes : toJson(response, bytes);
    } catch (error) {
      if (error instanceof CountersignError) throw error;
      if (signal?.aborted) throw signal.reason;
      // What `fetch` throws may name the address, and never a header.
      if (late) throw new ConnectionFailed(`no answer within ${timeoutMs} ms`);
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new ConnectionFailed(cause instanceof Error ? cause.message : "no answer came");
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Bytes that lie elsewhere. The address holds its own permission, and the credential stays here. */
  async #follow(url: string, response: Response, init: RequestInit, signal: AbortSignal): Promise<Response> {
    const location = response.headers.get("location");
    // A browser does not show where it leads; it follows by itself, and leaves the credential out for another origin.
    if (!location) return this.#fetch(url, { ...init, redirect: "follow", signal });
    const target = new URL(location, url);
    if (!["http:", "https:"].includes(target.protocol)) {
      throw new CountersignError("unknown_redirect", "the answer leads to no web address", { status: 303 });
    }
    return this.#fetch(target.href, { redirect: "manual", signal });
  }
}

async function readAll(response: Response): Promise<Uint8Array> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length > MAX_BYTES) {
    throw new CountersignError("answer_too_large", `the answer has more than ${MAX_BYTES} bytes`, { status: 0 });
  }
  return bytes;
}

function toJson(response: Response, bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    const message = "the answer is not JSON: is baseUrl right?";
    throw new CountersignError("not_json", message, { status: response.status });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toError(response: Response, bytes: Uint8Array): CountersignError {
  let told: unknown;
  try {
    told = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    told = undefined;
  }
  const outer = isObject(told) ? told : {};
  // What the gateway says itself has no envelope.
  const inner = isObject(outer.error) ? outer.error : { message: outer.message };
  const seconds = response.headers.get("retry-after");
  return new CountersignError(
    String(inner.code ?? `http_${response.status}`),
    String(inner.message ?? "no more is said"),
    {
      status: response.status,
      requestId: String(inner.request_id ?? response.headers.get("apigw-requestid") ?? ""),
      details: isObject(inner.details) ? inner.details : {},
      retryAfter: seconds !== null && /^\d+$/.test(seconds) ? Number(seconds) : undefined,
    },
  );
}

/** How long to wait before the next attempt, in milliseconds; nothing where there is none. */
function pauseAfter(error: CountersignError, attempt: number, repeatable: boolean): number | undefined {
  // A 503 that has no code of ours is the gateway's: what it asked may have been done.
  const bare = error.code === `http_${error.status}`;
  const told = error.status === 429 || (error.status === 503 && !bare);
  const unknown =
    ["connection_failed", "request_in_flight"].includes(error.code) ||
    [500, 502, 504].includes(error.status) ||
    (error.status === 503 && bare);
  if (!(told || (repeatable && unknown))) return undefined;
  if (error.retryAfter !== undefined) return error.retryAfter <= LONGEST_PAUSE ? error.retryAfter * 1_000 : undefined;
  return Math.min(FIRST_PAUSE * 2 ** attempt, LAST_PAUSE) * (0.5 + Math.random() / 2);
}

/** Waits, unless it is called off. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
