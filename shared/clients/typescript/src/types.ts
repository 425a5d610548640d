// What requests and responses have in them: made of infra/docs/openapi.json by shared/clients/generate.py: `make routes` writes it.

/** Who accepts an invitation. */
export interface AcceptInvitation {
  /** What the link in the mail ends with. */
  invitation: string;
  /** The password that they are to sign in with. */
  password: string;
}

/** A connected account. */
export interface Account {
  connected_by: string;
  created_at: string;
  display_name: string | null;
  email: string;
  /** Why mail that leaves through it waits, where it does. */
  error: AccountError | null;
  id: string;
  /** The inbox in which its mails lie. Wherever the API takes an inbox's id it takes the account's as well. */
  inbox_id: string;
  /** Of the key; `null` of a password, of which nothing is shown. */
  last_four: string | null;
  /** While nothing leaves it. */
  paused: Pause | null;
  provider: "resend" | "sendgrid" | "mailgun" | "brevo" | "smtp";
  /** Where the provider keeps its data; `null` where it has one region. */
  region: "us" | "eu" | null;
  /** Whether it sends and never reads. */
  send_only: boolean;
  /** Of `smtp`: the server that takes its mail. */
  smtp: SmtpOfAccount | null;
  /** `active` or `error`. */
  status: string;
  /** Of `smtp`: the name by which the server lets it in. */
  username: string | null;
}

/** What is wrong with an account. */
export interface AccountError {
  /**
   * `credentials_refused`: its provider takes the key no more, or its server the password. `credentials_unreadable`:
   * another has to be given. `quota_reached`, `account_not_active` and `ip_not_authorized`: something is to be set
   * right at the provider. `certificate_refused`: the mail server's certificate has ended, is not one for its name,
   * or it offers no TLS.
   */
  reason: "credentials_refused" | "credentials_unreadable" | "quota_reached" | "account_not_active" | "ip_not_authorized" | "certificate_refused";
  since: string;
}

/** An account, as events tell of it. */
export interface AccountNotice {
  /** Why mail that leaves through it waits, where it does. */
  error: AccountError | null;
  id: string;
  inbox_id: string;
  provider: "resend" | "sendgrid" | "mailgun" | "brevo" | "smtp";
  /** `active` or `error`. */
  status: string;
}

/** Who did something. */
export interface Actor {
  /** The member's or token's; `system` where it was neither. */
  id: string;
  /**
   * What the token was called when it acted; not there for others, nor for what was written down before names were.
   */
  name?: string | null | undefined;
  /** `member`, `token` or `system`. */
  type: string;
}

/** A new passkey, as the browser gave it. */
export interface AddPasskey {
  /** Of the options that it answers. */
  ceremony_id: string;
  /** What `navigator.credentials.create` gave, as `PublicKeyCredential.toJSON` writes it. */
  credential: Record<string, unknown>;
  /** What it is to be called, such as the device that has it. */
  name: string;
}

/** An anchor, as a check of the audit log names it. */
export interface Anchor {
  at: string;
  hash: string;
  sequence: number;
}

/** The anchors that lie in the part that was looked at. */
export interface Anchors {
  agreeing: number;
  newest: Anchor | null;
}

/** An entry of the key log, and what was signed of it. */
export interface AppendEntry {
  /** The end of the link, where the entry is by one. */
  link?: string | null | undefined;
  /** By the new key, where one is registered: what it signed to offer itself. */
  offer?: KeySigned | null | undefined;
  /** By the key that vouches, where one does. */
  signature?: KeySigned | null | undefined;
  /** What whoever vouches for it signed: all lines, each with its end. */
  text: string;
}

/** An approval as a list shows it. */
export interface Approval {
  /** The mail that it answers. */
  answers: string | null;
  attachment_count: number;
  cancelled_by?: Actor | null | undefined;
  /** What its HTML was changed in before it was sealed. */
  changes: Array<HtmlChange>;
  decided_at?: string | null | undefined;
  decided_by?: DecidedBy | null | undefined;
  decision_reason?: string | null | undefined;
  delegations: Array<Delegation>;
  /** Of the bytes that leave, if it is approved. */
  digest: string;
  /** The draft that was left of a rejected mail. */
  draft_id?: string | null | undefined;
  /** Who made this revision, where it is an edited one. */
  edited_by: string | null;
  /** Until when it can be decided. */
  expires_at: string;
  /** The mail that it passes on. */
  forwards: string | null;
  id: string;
  inbox_id: string;
  message_id: string;
  /** Where there are such hours: when it would go that is approved now, or was. */
  not_before: string | null;
  policy_trace: Array<PolicyStep>;
  preview: string;
  /**
   * Whose connected account it leaves through; `null` where it leaves through SES. `resend`, `sendgrid` and `brevo`
   * take the fields of a mail and not its bytes: `Message-ID`, encodings and the order of parts are theirs.
   */
  provider: "resend" | "sendgrid" | "mailgun" | "brevo" | "smtp" | null;
  /** Hours within which its mail does not go, decided or not. */
  quiet_hours: Array<QuietHours>;
  /** Why it was held or let go, as stable codes. */
  reasons: Array<string>;
  /** Of all kinds. */
  recipients: Array<Party>;
  requested_at: string;
  requested_by: Actor;
  requested_with: Credential;
  /** The mails of which it is a new attempt, the first of all first. */
  resends: Array<string>;
  /** Counts edits of the mail, from 1. */
  revision: number;
  /** That somebody who decides asked for a revision, the last time that somebody did. */
  revision_requested: RevisionRequested | null;
  /** What about it deserves a look, the worst first; `null` where it was asked for before this was looked at. */
  risks: Array<Risk> | null;
  /** Not before. */
  send_at: string | null;
  /** `pending`, `approved`, `rejected`, `expired`, `cancelled` or `superseded`. */
  status: string;
  subject: string;
  /** The approval of the next revision. */
  superseded_by?: string | null | undefined;
  /** The approval of the revision before. */
  supersedes: string | null;
  /** Votes that were taken back before the mail was claimed. */
  taken_back: Array<TakenBack>;
  /** What it takes; none where policies let the mail go without a person. */
  terms: Terms | null;
  thread_id: string;
  votes: Array<Vote>;
}

/** What became of the mails of a batch, in the order in which they were named. */
export interface ApprovalBatch {
  data: Array<ApprovalBatched>;
}

/** Why a vote of a batch was not taken. */
export interface ApprovalBatchError {
  code: string;
  message: string;
}

/** What became of one of them. */
export interface ApprovalBatched {
  approval_id: string;
  /** Why the vote was not taken, as the error of a single one would have it. */
  error: ApprovalBatchError | null;
  /** Where the approval stands with this vote; `null` where the vote was not taken. */
  status: string | null;
}

/** An approval with what a person needs to decide. */
export interface ApprovalDetail {
  /** The mail that it answers or passes on. */
  answered_message: MessageDetail | null;
  /** The mail that it answers. */
  answers: string | null;
  attachment_count: number;
  cancelled_by?: Actor | null | undefined;
  /** What its HTML was changed in before it was sealed. */
  changes: Array<HtmlChange>;
  /** What was said about it and about the revisions before it, the first first. */
  comments: Array<Comment>;
  decided_at?: string | null | undefined;
  decided_by?: DecidedBy | null | undefined;
  decision_reason?: string | null | undefined;
  delegations: Array<Delegation>;
  /** What the last edit changed, where this is an edited revision. */
  differences: Array<Difference> | null;
  /** Of the bytes that leave, if it is approved. */
  digest: string;
  /** The draft that was left of a rejected mail. */
  draft_id?: string | null | undefined;
  /** Who made this revision, where it is an edited one. */
  edited_by: string | null;
  /** Until when it can be decided. */
  expires_at: string;
  /** The mail that it passes on. */
  forwards: string | null;
  id: string;
  inbox_id: string;
  /** The mail as it is sealed under `digest`. */
  message: MessageDetail;
  message_id: string;
  /** Where there are such hours: when it would go that is approved now, or was. */
  not_before: string | null;
  policy_trace: Array<PolicyStep>;
  preview: string;
  /**
   * Whose connected account it leaves through; `null` where it leaves through SES. `resend`, `sendgrid` and `brevo`
   * take the fields of a mail and not its bytes: `Message-ID`, encodings and the order of parts are theirs.
   */
  provider: "resend" | "sendgrid" | "mailgun" | "brevo" | "smtp" | null;
  /** Hours within which its mail does not go, decided or not. */
  quiet_hours: Array<QuietHours>;
  /** Why it was held or let go, as stable codes. */
  reasons: Array<string>;
  /** Of all kinds. */
  recipients: Array<Party>;
  requested_at: string;
  requested_by: Actor;
  requested_with: Credential;
  /** The mails of which it is a new attempt, the first of all first. */
  resends: Array<string>;
  /** Counts edits of the mail, from 1. */
  revision: number;
  /** That somebody who decides asked for a revision, the last time that somebody did. */
  revision_requested: RevisionRequested | null;
  /** What about it deserves a look, the worst first; `null` where it was asked for before this was looked at. */
  risks: Array<Risk> | null;
  /** Not before. */
  send_at: string | null;
  /** `pending`, `approved`, `rejected`, `expired`, `cancelled` or `superseded`. */
  status: string;
  subject: string;
  /** The approval of the next revision. */
  superseded_by?: string | null | undefined;
  /** The approval of the revision before. */
  supersedes: string | null;
  /** Votes that were taken back before the mail was claimed. */
  taken_back: Array<TakenBack>;
  /** What it takes; none where policies let the mail go without a person. */
  terms: Terms | null;
  /** The last mails of the conversation, oldest first. */
  thread: Array<Message>;
  thread_id: string;
  votes: Array<Vote>;
}

/** A vote for exactly these bytes. */
export interface Approve {
  /** The `digest` of the approval as it was shown. */
  digest: string;
  /** What your own key signed of it, where a policy asks for that. */
  signature?: VoteSigned | null | undefined;
}

/** Mails that came in, the first of them first; none where the time is up. */
export interface Arrived {
  data: Array<Message>;
}

/** Who forgot their password. */
export interface AskForReset {
  /** The address that they sign in with: the link goes there. */
  email: string;
}

/** That a mail is to be written otherwise. */
export interface AskToRevise {
  /** The `digest` of the approval as it was shown. */
  digest: string;
  /** What is to be otherwise, for whoever asked. */
  note: string;
}

/** An attempt to tell a webhook of an event. */
export interface Attempt {
  at: string;
  /** From 1. */
  attempt: number;
  delivered: boolean;
  duration_ms: number;
  /** Why there was none, as a stable code. */
  error: string | null;
  event_id: string;
  event_type: "message.received" | "message.held" | "message.released" | "message.discarded" | "message.sent" | "message.delivered" | "message.deferred" | "message.bounced" | "message.complained" | "message.failed" | "message.unknown" | "message.edited" | "message.blocked" | "approval.requested" | "approval.approved" | "approval.rejected" | "approval.expired" | "approval.cancelled" | "approval.superseded" | "approval.delegated" | "approval.revision_requested" | "approval.commented" | "approval.taken_back" | "approval.reminder" | "inbox.created" | "inbox.deleted" | "inbox.paused" | "inbox.resumed" | "token.paused" | "token.resumed" | "organization.paused" | "organization.resumed" | "webhook.disabled" | "webhook.test" | "suppression.created" | "suppression.deleted" | "upload.ready" | "upload.confirmed" | "upload.completed" | "upload.failed" | "upload.deleted" | "domain.verified" | "domain.failed" | "account.connected" | "account.error" | "account.recovered" | "account.disconnected" | "member.created" | "member.updated" | "member.deleted" | "invitation.created" | "invitation.resent" | "invitation.deleted";
  /** When it is tried again. */
  next_attempt_at: string | null;
  /** What was sent, without its signature and its body, which is the event; `null` where nobody was called. */
  request: RequestHead | null;
  /** Header fields of the response: of a few that help to find out why it failed, each at most 100 characters. */
  response_headers: Record<string, unknown>;
  /** The HTTP status, where there was a response. */
  response_status: number | null;
}

/** Who did it, and for a token its owner. */
export interface AuditActor {
  /** The member's or token's; `system` where it was neither. */
  id: string;
  member_id: string | null;
  /**
   * What the token was called when it acted; not there for others, nor for what was written down before names were.
   */
  name?: string | null | undefined;
  /** `member`, `token` or `system`. */
  type: string;
}

/**
 * An entry of the audit log in its place. Whoever checks the chain needs all of it, with times as they are hashed.
 */
export interface AuditEntry {
  action: string;
  actor: AuditActor;
  at: string;
  chained_at: string;
  details: Record<string, unknown>;
  hash: string;
  id: string;
  organization_id: string;
  /** The hash of the entry before. */
  previous: string;
  /** Its place in the chain, from 1. */
  sequence: number;
  /** What it was done to: an id, for the most part. */
  target: string;
}

/** The end of a chain. */
export interface AuditHead {
  at: string;
  hash: string;
  sequence: number;
}

/** Votes for several mails, each for exactly its bytes. */
export interface BatchApprovals {
  /** The approvals, 1 to 50, each once. */
  items: Array<BatchItem>;
  /** Why they are rejected. Whoever asked is told. */
  reason?: string | null | undefined;
  /** What your own key signed of all of them, where a policy asks for that. */
  signature?: VoteSigned | null | undefined;
  /** What is said of all of them. */
  verdict: "approve" | "reject";
}

/** One of them. */
export interface BatchItem {
  /** Its id. */
  approval_id: string;
  /** The `digest` of the approval as it was shown. */
  digest: string;
}

/** Mails, and what changes of each of them. Where nothing is to change, they are only given. */
export interface BatchMessages {
  /** Labels to have; each mail has at most 20. */
  add_labels?: Array<string> | null | undefined;
  /** The mails, 1 to 100. One that is named twice counts once. */
  messages: Array<MessageName>;
  /** Whether they were read. A mail that goes out always is. */
  read?: boolean | null | undefined;
  /** Labels to lose. */
  remove_labels?: Array<string> | null | undefined;
}

/** A mail that a policy refused to take. Nothing else of it is stored. */
export interface Blocked {
  inbox_id: string;
  /** Why, as stable codes. */
  reasons: Array<string>;
  requested_by: Actor;
}

/** How a mail bounced. */
export interface Bounce {
  recipients: Array<BouncedRecipient>;
  /** More exactly, such as `general` or `mailbox_full`. */
  subtype: string | null;
  /** `permanent`, `transient` or `undetermined`; `rejected` where SES itself refused it. */
  type: string;
}

/** What a server said of one recipient. */
export interface BouncedRecipient {
  address: string;
  /** What the server said, at most 500 characters. */
  diagnostic: string | null;
  /** The status of RFC 3463, such as `5.1.1`. */
  status: string | null;
}

/** Another password. */
export interface ChangePassword {
  /** The one that is to end. */
  current_password: string;
  /** The one in its place: 12 to 200 characters that are not easily guessed. */
  new_password: string;
}

/** What somebody said. */
export interface Comment {
  /** Whether it asks for a revision. */
  asks_revision: boolean;
  at: string;
  by: Actor;
  /** Of which revision of the mail it was said, where there are several. */
  revision?: number | null | undefined;
  text: string;
}

/** All that was said about an approval, the first first; at most 50. */
export interface Comments {
  data: Array<Comment>;
}

/** Another password. */
export interface ConfirmReset {
  /** The password that they are to sign in with from now on. */
  password: string;
  /** What the link in the mail ends with. */
  reset: string;
}

/** A first code, by which a second factor is enabled. */
export interface ConfirmTotp {
  /** The six digits that the authenticator shows. */
  code: string;
  /** One's own password. */
  password: string;
}

/**
 * What is to be made of the rows of an upload. Words have variables, such as `{{first_name}}`, or
 * `{{first_name|there}}` with what stands for an empty one: the name of a column in lower case, with `_` for what is
 * no letter and no digit, or a name of `mapping`.
 */
export interface ConfirmUpload {
  /** Whether a mailbox that stands in several rows gets several mails. Left out, the later rows are wrong. */
  allow_duplicates?: boolean | null | undefined;
  /** How a date such as 03/04/2026 is read. Left out, a row with such a date is wrong. */
  date_order?: "day_first" | "month_first" | null | undefined;
  /**
   * Whether it is only said what would be made: then nothing is. The plan is kept, and the rows are shown as it has
   * them.
   */
  dry_run?: boolean | null | undefined;
  /** Mails that follow the first, to whoever does not answer it. */
  follow_ups?: Array<FollowUpGiven> | null | undefined;
  /** The HTML of all mails, within the form that `infra/docs/HTML.md` describes. Values are escaped in it. */
  html?: string | null | undefined;
  /**
   * The column of each field, by its name as `columns` has it: `to` is required; `name`, `subject`, `text`, `html`,
   * `send_at`, `follow_up_1` to `follow_up_5` may be given; any other field is a variable.
   */
  mapping: Record<string, unknown>;
  /** When all mails go; left out where a column gives it, or where each goes as soon as it may. */
  send_at?: string | null | undefined;
  /** The subject of all mails; left out where a column gives it. */
  subject?: string | null | undefined;
  /** The text of all mails; left out where a column gives it, or where there is HTML. */
  text?: string | null | undefined;
  /** The time of day of dates without one; `09:00` where it is left out. */
  time?: string | null | undefined;
  /** Where dates without a time zone are; `UTC` where it is left out. */
  time_zone?: string | null | undefined;
  /** Whether each recipient can unsubscribe with one click, as list mail must let them. */
  unsubscribe?: boolean | null | undefined;
}

/** An account that is to be connected: `api_key` of a provider, or `smtp` and `password` of a mail server. */
export interface CreateAccount {
  /** A key that may send. Its last four characters are shown, and nothing else of it ever. */
  api_key?: string | null | undefined;
  /**
   * Of `smtp`, where that is left out: have the server looked up, among large providers and where the domain of
   * `email` tells programs.
   */
  autodiscover?: boolean | null | undefined;
  /** The name beside the address, in mails that go out. */
  display_name?: string | null | undefined;
  /** The address that it sends from, which the provider knows as yours. */
  email: string;
  /** Of `smtp`: the password, often one for programs alone. Nothing of it is ever shown. */
  password?: string | null | undefined;
  /** Whose it is. */
  provider: "resend" | "sendgrid" | "mailgun" | "brevo" | "smtp";
  /** Where the provider keeps your data: of `sendgrid` and `mailgun`, `us` where it is left out. */
  region?: "us" | "eu" | null | undefined;
  /** Of `smtp`: the server. */
  smtp?: SmtpServer | null | undefined;
  /** Of `smtp`: the name by which the server lets you in, `email` where it is left out. */
  username?: string | null | undefined;
}

/** A file that is to be uploaded. */
export interface CreateAttachment {
  /** Its media type; `application/octet-stream` where it is left out. */
  content_type?: string | null | undefined;
  /** Its name, without a path. */
  filename: string;
  /** The inbox that will send it; may be left out where the credential reaches one alone. */
  inbox_id?: string | null | undefined;
  /** In bytes, 1 to 26,214,400. */
  size: number;
}

/** A domain that mail is to come to and go from. */
export interface CreateDomain {
  /** Such as `example.com`, in letters of any script. */
  name: string;
  /**
   * Whether few mails may be asked for from it at first, 50 on the day on which it is verified, and twice as many on
   * each of the 13 days that follow; true unless you say otherwise, as where it has been sending for long. It stays
   * as it is.
   */
  warm_up?: boolean | null | undefined;
}

/** A mail to go on with later. Any part may be missing until it is submitted. */
export interface CreateDraft {
  /** At most 20, with at most 25 MB together. The draft keeps their bytes. */
  attachments?: Array<FileGiven> | null | undefined;
  /** Recipients that the others don't see. */
  bcc?: Mailbox | Array<Mailbox> | null | undefined;
  /** Recipients of copies. */
  cc?: Mailbox | Array<Mailbox> | null | undefined;
  /** A name of yours: where the inbox has a draft of this name, that is given as it stands, with `200`. */
  client_id?: string | null | undefined;
  /** Further header fields, by name, as of a mail. */
  headers?: Record<string, unknown> | null | undefined;
  /** The body as HTML, at most 1 MB. It is brought into its form when it is submitted. */
  html?: string | null | undefined;
  /**
   * What becomes of HTML beyond that form when it is submitted: `normal` changes and names it, `strict` refuses the
   * mail.
   */
  html_mode?: "normal" | "strict" | null | undefined;
  /** What a program keeps with the mail, by name. */
  metadata?: Record<string, unknown> | null | undefined;
  /** Whether the other recipients of that mail get the answer too. */
  reply_all?: boolean | null | undefined;
  /** Where answers go, if not to the inbox: at most 5. */
  reply_to?: Mailbox | Array<Mailbox> | null | undefined;
  /** The mail of this inbox that it answers. */
  reply_to_message_id?: string | null | undefined;
  /** Not before this, at most 300 days ahead when it is submitted. */
  send_at?: string | null | undefined;
  /** Of a reply, that of the mail that it answers where it is left out. */
  subject?: string | null | undefined;
  /** Words that a program keeps with the mail. */
  tags?: Array<string> | null | undefined;
  /** The body as text, at most 1 MB. */
  text?: string | null | undefined;
  /** Recipients: with `cc` and `bcc` at most 50. */
  to?: Mailbox | Array<Mailbox> | null | undefined;
  /** Whether its one recipient can unsubscribe with one click, as of a mail. */
  unsubscribe?: boolean | null | undefined;
}

/** Members under a name, whom policies ask for votes as `group:<name>`. */
export interface CreateGroup {
  /** Who belongs to it, at most 50. */
  member_ids: Array<string>;
  /** Letters of a to z, digits and hyphens; no other group has it. */
  name: string;
}

/** An inbox that is to be made. */
export interface CreateInbox {
  /** The name beside the address, in mails that go out. */
  display_name?: string | null | undefined;
  /**
   * A verified domain of your organization that it is to be on. Left out, it is on the installation's mail domain.
   */
  domain?: string | null | undefined;
  /**
   * What stands before the `@`: 1 to 64 letters, digits, `.`, `_` and `-`. Left out, it is made up. Names that speak
   * for the domain, such as `postmaster`, are not to be had.
   */
  username?: string | null | undefined;
}

/** Who is to be invited. */
export interface CreateInvitation {
  /** Their own address: the mail with the link goes there, and they sign in with it. */
  email: string;
  /** The groups that they are to belong to, by ids or names; needs `policies.manage` as well. */
  groups?: Array<string> | null | undefined;
  /** What they may do: an owner invites owners and admins, and a person whoever decides. */
  role: "owner" | "admin" | "approver" | "editor" | "viewer";
}

/** Who is to stand on a list: one of an address, a domain and everyone. */
export interface CreateListEntry {
  /** One mailbox. */
  address?: string | null | undefined;
  /** `send` for mail that goes out, by its recipients; `receive` for mail that comes in, by its author. */
  direction: "send" | "receive";
  /** All mailboxes of this domain and of those below it. */
  domain?: string | null | undefined;
  /** `true`: whoever has no entry of their own. */
  everyone?: boolean | null | undefined;
  /** `block`, or `allow` for whom a less specific entry blocks. */
  kind: "allow" | "block";
  /** Why, in at most 200 characters; whoever is refused is told. */
  reason?: string | null | undefined;
}

/** An organization that is asked for. */
export interface CreateRegistration {
  /** What it is called. */
  name: string;
  /** Who is to own it: a person's own address. The link to claim it is mailed there. */
  owner_email: string;
}

/** Who signs in. */
export interface CreateSession {
  /** A code of their second factor, or one of its recovery codes: where one is set up. */
  code?: string | null | undefined;
  /** Their address. */
  email: string;
  /** Their password. */
  password: string;
}

/** A budget of mails that are approved ahead: for exactly one of a conversation, a recipient and a domain. */
export interface CreateStandingApproval {
  /** How many mails, 1 to 1,000. */
  budget: number;
  /** Mails for addresses of this domain alone. */
  domain?: string | null | undefined;
  /** Until when, at most 90 days. */
  expires_at: string;
  /** The inbox that they leave; left out, any. */
  inbox_id?: string | null | undefined;
  /** Mails for this address alone. */
  recipient?: string | null | undefined;
  /** Mails of this conversation. */
  thread_id?: string | null | undefined;
}

/** Whom no mail is to go to any more: either of an address and a domain. */
export interface CreateSuppression {
  /** One mailbox. */
  address?: string | null | undefined;
  /** All mailboxes of this domain and of those below it. */
  domain?: string | null | undefined;
  /** Why, in at most 200 characters; whoever is refused is told. */
  reason?: string | null | undefined;
}

/** A token for a program. */
export interface CreateToken {
  /** When it ends by itself; left out, when it is deleted, or with the token that makes it. */
  expires_at?: string | null | undefined;
  /** The inboxes that it reaches; left out, all of them. */
  inbox_ids?: Array<string> | null | undefined;
  /** What it is for. */
  name: string;
  /** What it may do: as little as it needs. */
  scopes: Array<"messages.read" | "messages.send" | "messages.modify" | "drafts.manage" | "inboxes.manage" | "accounts.read" | "accounts.manage" | "folders.read" | "events.read" | "webhooks.manage" | "approvals.read" | "approvals.decide" | "policies.manage" | "lists.manage" | "domains.manage" | "uploads.manage" | "usage.read" | "logs.read" | "audit.read" | "tokens.manage" | "members.manage">;
  /** How many mails it may ask for on one day (UTC); left out, as many as the token that makes it. */
  sends_per_day?: number | null | undefined;
}

/** A spreadsheet that is to be uploaded. */
export interface CreateUpload {
  /** Its media type; `application/octet-stream` where it is left out. What it is, its bytes say. */
  content_type?: string | null | undefined;
  /** Its name, without a path. */
  filename: string;
  /** The inbox that its mails are to leave. */
  inbox_id: string;
  /** In bytes, 1 to 20,971,520. */
  size: number;
}

/** An endpoint that is to be told of events. */
export interface CreateWebhook {
  /**
   * Which events: types, groups such as `message.*`, or `*`; left out or empty, all of them. A group takes types that
   * are added to it later.
   */
  events?: Array<"*" | "account.*" | "approval.*" | "domain.*" | "inbox.*" | "invitation.*" | "member.*" | "message.*" | "organization.*" | "suppression.*" | "token.*" | "upload.*" | "webhook.*" | "message.received" | "message.held" | "message.released" | "message.discarded" | "message.sent" | "message.delivered" | "message.deferred" | "message.bounced" | "message.complained" | "message.failed" | "message.unknown" | "message.edited" | "message.blocked" | "approval.requested" | "approval.approved" | "approval.rejected" | "approval.expired" | "approval.cancelled" | "approval.superseded" | "approval.delegated" | "approval.revision_requested" | "approval.commented" | "approval.taken_back" | "approval.reminder" | "inbox.created" | "inbox.deleted" | "inbox.paused" | "inbox.resumed" | "token.paused" | "token.resumed" | "organization.paused" | "organization.resumed" | "webhook.disabled" | "webhook.test" | "suppression.created" | "suppression.deleted" | "upload.ready" | "upload.confirmed" | "upload.completed" | "upload.failed" | "upload.deleted" | "domain.verified" | "domain.failed" | "account.connected" | "account.error" | "account.recovered" | "account.disconnected" | "member.created" | "member.updated" | "member.deleted" | "invitation.created" | "invitation.resent" | "invitation.deleted"> | null | undefined;
  /** Only events about these inboxes; left out or empty, about all, and about none. */
  inbox_ids?: Array<string> | null | undefined;
  /** `https`, on port 443, in a public network. */
  url: string;
}

/** With what somebody decided. */
export interface Credential {
  /** The session's or token's id; of a link the hash of its secret. */
  id: string;
  /** `session`, `link` or `token`. */
  type: string;
}

/** The member whose vote decided; `null` where no person did. */
export type DecidedBy = string | null;

/** Whom a vote is handed to. */
export interface Delegate {
  /** Who votes from now on: somebody with a role that may. */
  member_id: string;
}

/** A vote that was handed on. */
export interface Delegation {
  at: string;
  credential: Credential;
  from: string;
  role: "owner" | "admin" | "approver" | "editor" | "viewer";
  to: string;
}

/** What an edit changed. */
export interface Difference {
  /** What it is; of a body the changed lines, as a unified diff. */
  after: string;
  /** What it was; of a body nothing. */
  before: string;
  /** `to`, `cc`, `bcc`, `reply_to`, `send_at`, `subject`, `attachments`, `text` or `html`. */
  field: string;
}

/** A DNS record that a domain takes, and what was found in its place. */
export interface DnsRecord {
  /** What DNS had at the last look; `null` where it did not answer, or nobody looked yet. */
  found: Array<FoundRecord> | null;
  /** What is wrong, and what would be right. */
  hint: string | null;
  /** Of an SPF record where there is one already: a value that says both. */
  merged: string | null;
  /** Its full name. */
  name: string;
  /** Of an `MX`. */
  priority: number | null;
  purpose: "ownership" | "dkim" | "mail_from_mx" | "mail_from_spf" | "dmarc" | "receiving";
  /** Whether the domain is verified without it. */
  required: boolean;
  status: "found" | "missing" | "differs" | "unknown";
  type: "TXT" | "CNAME" | "MX";
  value: string;
}

/** A domain of the organization. */
export interface Domain {
  created_at: string;
  created_by: Actor;
  /** Of a verified one: since when required records are gone. Three days later it is `failed`. */
  failing_since: string | null;
  /** The same for the same name. */
  id: string;
  /** When its records were looked at last. */
  looked_at: string | null;
  /** When they are looked at next, unless somebody asks before. */
  looks_at: string | null;
  /** In ASCII. */
  name: string;
  records: Array<DnsRecord>;
  /** `pending` until its required records are there, three days at most; then `verified` or `failed`. */
  status: "pending" | "verified" | "failed";
  verified_at: string | null;
  /**
   * Until then the mails that may be asked for from it are bounded by the day; `null` where it is not verified, or
   * not warmed up.
   */
  warm_at: string | null;
}

/** A domain, as events tell of it. */
export interface DomainNotice {
  /** Of a verified one: since when required records are gone. */
  failing_since: string | null;
  id: string;
  /** The names of the required records that were not found. */
  missing: Array<string>;
  name: string;
  status: "pending" | "verified" | "failed";
}

/** A file with where to get it. */
export interface Download {
  content_type: string;
  /**
   * What its first bytes say that it is, as a media type; null where they say nothing, where an upload's are not
   * there yet, and of what was stored before this was looked at. Not proven: a file can be made to begin like
   * another.
   */
  detected_type: string | null;
  download_url: string;
  /** Seconds that the URL is good. */
  expires_in: number;
  filename: string;
  id: string;
  inbox_id: string;
  /** The mail that it is part of; none while it is only uploaded. */
  message_id: string | null;
  /** In bytes. */
  size: number;
}

/** A draft as a list shows it. */
export interface Draft {
  /** The approval of that mail. */
  approval_id: string | null;
  attachments: Array<FileOfDraft>;
  bcc: Array<Party>;
  cc: Array<Party>;
  /** The name that its client gave it. */
  client_id: string | null;
  created_at: string;
  /** Further header fields, by name. */
  headers: Record<string, unknown>;
  /** What becomes of HTML beyond its form when it is submitted. */
  html_mode: string;
  id: string;
  inbox_id: string;
  /** That mail. */
  message_id: string | null;
  /** What a program keeps with it, by name. */
  metadata: Record<string, unknown>;
  /** The first words of the text, at most 200 characters. */
  preview: string;
  /** Why the mail was rejected of which it was left. */
  rejection_reason: string | null;
  /** Whether the other recipients of that mail get the answer too. */
  reply_all: boolean;
  /** Where answers go, if not to the inbox. */
  reply_to: Array<Party>;
  /** The mail that it answers. */
  reply_to_message_id: string | null;
  /** Counts its changes, from 1. `If-Match` names it as `ETag` gives it. */
  revision: number;
  /** Not before. */
  send_at: string | null;
  subject: string | null;
  /** Words that a program keeps with it, in the order of the alphabet. */
  tags: Array<string>;
  to: Array<Party>;
  /** Whether its one recipient can unsubscribe with one click. */
  unsubscribe: boolean;
  updated_at: string;
}

/** A draft with its bodies. */
export interface DraftDetail {
  /** The approval of that mail. */
  approval_id: string | null;
  attachments: Array<FileOfDraft>;
  bcc: Array<Party>;
  cc: Array<Party>;
  /** The name that its client gave it. */
  client_id: string | null;
  created_at: string;
  /** Further header fields, by name. */
  headers: Record<string, unknown>;
  /** The body as HTML, as it was given. */
  html: string | null;
  /** What becomes of HTML beyond its form when it is submitted. */
  html_mode: string;
  id: string;
  inbox_id: string;
  /** That mail. */
  message_id: string | null;
  /** What a program keeps with it, by name. */
  metadata: Record<string, unknown>;
  /** The first words of the text, at most 200 characters. */
  preview: string;
  /** Why the mail was rejected of which it was left. */
  rejection_reason: string | null;
  /** Whether the other recipients of that mail get the answer too. */
  reply_all: boolean;
  /** Where answers go, if not to the inbox. */
  reply_to: Array<Party>;
  /** The mail that it answers. */
  reply_to_message_id: string | null;
  /** Counts its changes, from 1. `If-Match` names it as `ETag` gives it. */
  revision: number;
  /** Not before. */
  send_at: string | null;
  subject: string | null;
  /** Words that a program keeps with it, in the order of the alphabet. */
  tags: Array<string>;
  /** The body as text. */
  text: string | null;
  to: Array<Party>;
  /** Whether its one recipient can unsubscribe with one click. */
  unsubscribe: boolean;
  updated_at: string;
}

/** A file of a mail that nobody sends. */
export interface DraftFile {
  /** Its media type; `application/octet-stream` where it is left out. */
  content_type?: string | null | undefined;
  /** What its first bytes would say that it is, as a media type. */
  detected_type?: string | null | undefined;
  /** Its name. */
  filename: string;
  /** In bytes. */
  size?: number | null | undefined;
}

/** A mail that nobody sends. */
export interface DraftGiven {
  /** What files it has. */
  attachments?: Array<DraftFile> | null | undefined;
  /** Recipients that the others don't see. */
  bcc?: Mailbox | Array<Mailbox> | null | undefined;
  /** Recipients of copies. */
  cc?: Mailbox | Array<Mailbox> | null | undefined;
  /** The body as HTML. */
  html?: string | null | undefined;
  /** The mail that it answers. */
  in_reply_to?: string | null | undefined;
  /** Not before this. */
  send_at?: string | null | undefined;
  /** The subject. */
  subject?: string | null | undefined;
  /** The body as text. */
  text?: string | null | undefined;
  /** Recipients. */
  to?: Mailbox | Array<Mailbox> | null | undefined;
}

/** What changes of a mail that waits. What is left out stays as it is. */
export interface EditMail {
  /** Files beside those that stay. */
  attachments?: Array<FileGiven> | null | undefined;
  /** Recipients that the others don't see, in the place of those that it has. */
  bcc?: Mailbox | Array<Mailbox> | null | undefined;
  /** Recipients of copies, in the place of those that it has. */
  cc?: Mailbox | Array<Mailbox> | null | undefined;
  /** The `digest` of the approval as it was shown. */
  digest: string;
  /** The body as HTML, the whole of it as well; empty, it has none any more. */
  html?: string | null | undefined;
  /** As of a new mail. */
  html_mode?: "normal" | "strict" | null | undefined;
  /** Files that it has and is to lose, those that it passes on among them. The others stay. */
  remove_attachments?: Array<string> | null | undefined;
  /** Where answers go. */
  reply_to?: Mailbox | Array<Mailbox> | null | undefined;
  /** Not before this. */
  send_at?: string | null | undefined;
  /** The subject. */
  subject?: string | null | undefined;
  /** The body as text, the whole of it: with what is quoted in it or passed on. */
  text?: string | null | undefined;
  /** Recipients, in the place of those that it has. */
  to?: Mailbox | Array<Mailbox> | null | undefined;
}

/** What went wrong. */
export interface Error {
  error: { code: string; details: { fields?: Array<{ code: string; field: string; message: string }> }; message: string; request_id: string };
}

/** What became of a mail that was tried out, and why. */
export interface Evaluation {
  facts: Facts;
  /** When it would go that nobody had to approve: at its time, and outside of those hours. */
  not_before: string;
  /** So many more matched than the trace has room for. */
  omitted_steps: number;
  /** So many more did not match than are told of. */
  omitted_unmatched: number;
  /** `allow`, `hold` or `block`. */
  outcome: string;
  /** Hours within which it does not go. */
  quiet_hours: Array<QuietHours>;
  /** Why, as stable codes. */
  reasons: Array<string>;
  rules_looked_at: number;
  /** What it would take, where it is held. */
  terms: Terms | null;
  /** The rules that matched. */
  trace: Array<PolicyStep>;
  /**
   * The rules that did not match: why, and the outcome that they would have had. Without the scope `policies.manage`
   * those alone that would have let it go.
   */
  unmatched: Array<PolicyStep>;
}

/** An event, the same for whoever reads it and for webhooks. */
export interface Event {
  created_at: string;
  data: EventData;
  /** The same however often it is told of. */
  id: string;
  /** Of what is about one mail or its approval: what has a higher one happened later. It grows, with gaps. */
  sequence?: number | null | undefined;
  type: "message.received" | "message.held" | "message.released" | "message.discarded" | "message.sent" | "message.delivered" | "message.deferred" | "message.bounced" | "message.complained" | "message.failed" | "message.unknown" | "message.edited" | "message.blocked" | "approval.requested" | "approval.approved" | "approval.rejected" | "approval.expired" | "approval.cancelled" | "approval.superseded" | "approval.delegated" | "approval.revision_requested" | "approval.commented" | "approval.taken_back" | "approval.reminder" | "inbox.created" | "inbox.deleted" | "inbox.paused" | "inbox.resumed" | "token.paused" | "token.resumed" | "organization.paused" | "organization.resumed" | "webhook.disabled" | "webhook.test" | "suppression.created" | "suppression.deleted" | "upload.ready" | "upload.confirmed" | "upload.completed" | "upload.failed" | "upload.deleted" | "domain.verified" | "domain.failed" | "account.connected" | "account.error" | "account.recovered" | "account.disconnected" | "member.created" | "member.updated" | "member.deleted" | "invitation.created" | "invitation.resent" | "invitation.deleted";
}

/**
 * What an event is about, as it stood then: one of these. It has no bodies, and of long lists and texts the
 * beginning.
 */
export interface EventData {
  account?: AccountNotice | null | undefined;
  approval?: Approval | null | undefined;
  /** Of `message.blocked`: what a policy refused to take. */
  blocked?: Blocked | null | undefined;
  /** Of `message.bounced`: what recipients' servers said. */
  bounce?: Bounce | null | undefined;
  domain?: DomainNotice | null | undefined;
  /** Of `message.held` and `message.discarded`: no word of the mail. */
  held?: HeldNotice | null | undefined;
  inbox?: Inbox | null | undefined;
  /** Of `invitation.created`, `.resent` and `.deleted`: no word of who it is. */
  invitation?: InvitationNotice | null | undefined;
  /** Of `member.created`, `.updated` and `.deleted`: no word of who it is. */
  member?: MemberNotice | null | undefined;
  message?: Message | null | undefined;
  /** Of `organization.paused` and `organization.resumed`. */
  organization?: OrganizationNotice | null | undefined;
  /** Of `suppression.created` and `.deleted`. */
  suppression?: Suppression | null | undefined;
  /** Of `token.paused` and `token.resumed`. */
  token?: TokenNotice | null | undefined;
  upload?: UploadNotice | null | undefined;
  /** Of `webhook.disabled` and `webhook.test`. */
  webhook?: WebhookNotice | null | undefined;
}

/** What policies look at, without the words of the mail. */
export interface Facts {
  /** Whether it answers a mail that a program wrote. */
  answers_automatic: boolean;
  at: string;
  attachments: Array<FileFact>;
  inbox_id: string;
  /** Host names that it links to. */
  links: Array<string>;
  /** Host names that it shows pictures of. */
  pictures: Array<string>;
  recipients: Array<RecipientFact>;
  sender: Actor;
  /** In bytes. */
  size: number;
  thread: ThreadFact;
  volumes: Array<Volume>;
}

/** A file of a mail. */
export interface File {
  /** For `cid:` references. */
  content_id: string | null;
  content_type: string;
  /**
   * What its first bytes say that it is, as a media type; null where they say nothing, and of what was stored before
   * this was looked at. Not proven: a file can be made to begin like another.
   */
  detected_type: string | null;
  filename: string;
  id: string;
  /** Shown within the text. */
  inline: boolean;
  /** Of its bytes, in hexadecimal digits. */
  sha256: string;
  /** In bytes, decoded. */
  size: number;
}

/** A file, as policies look at it. */
export interface FileFact {
  content_type: string;
  /** What its first bytes say that it is; null where they say nothing. */
  detected_type: string | null;
  filename: string;
  /** In bytes. */
  size: number;
}

/** A file of a mail: its bytes in `content`, or the `attachment_id` of an upload or of a file of another mail. */
export interface FileGiven {
  /** Of `POST /v1/attachments`; or, with the scope `messages.read`, of a file of a mail that has come in or gone. */
  attachment_id?: string | null | undefined;
  /** Its bytes. */
  content?: string | null | undefined;
  /** For `cid:` references in `html`. */
  content_id?: string | null | undefined;
  /** Its media type. */
  content_type?: string | null | undefined;
  /** Its name, without a path; of a file that is named by its id, that which it has where it is left out. */
  filename?: string | null | undefined;
}

/** A file of a draft. */
export interface FileOfDraft {
  /** For `cid:` references in `html`. */
  content_id: string | null;
  content_type: string;
  /**
   * What its first bytes say that it is, as a media type; null where they say nothing, and of what was stored before
   * this was looked at. Not proven: a file can be made to begin like another.
   */
  detected_type: string | null;
  filename: string;
  /** Of its bytes, in hexadecimal digits. */
  sha256: string;
  /** In bytes. */
  size: number;
}

/** What looks wrong with a mail. */
export interface Finding {
  code: string;
  evidence: string;
  explanation: string;
}

/**
 * A mail that follows the first mail of each row, in the same conversation. It does not go where somebody answered,
 * or where the first mail did not arrive.
 */
export interface FollowUpGiven {
  /** So many days after the first, at the same time of day; left out where a column gives its date. */
  after_days?: number | null | undefined;
  /** Its HTML. */
  html?: string | null | undefined;
  /** Its subject. */
  subject: string;
  /** Its text. */
  text?: string | null | undefined;
}

/**
 * A mail that passes another one on: that one stands below `text` and `html`, which may be left out, at most 128 KB
 * of its text.
 */
export interface Forward {
  /** At most 20, with at most 25 MB together. */
  attachments?: Array<FileGiven> | null | undefined;
  /** Recipients that the others don't see. */
  bcc?: Mailbox | Array<Mailbox> | null | undefined;
  /** Recipients of copies. */
  cc?: Mailbox | Array<Mailbox> | null | undefined;
  /**
   * Further header fields, by name: `X-…`, and the `List-…` fields of RFC 2369, 2919 and 8058. They are part of what
   * is approved.
   */
  headers?: Record<string, unknown> | null | undefined;
  /** The body as HTML, at most 1 MB, within the form that `infra/docs/HTML.md` describes. */
  html?: string | null | undefined;
  /** What becomes of HTML beyond that form: `normal` changes and names it, `strict` refuses the mail. */
  html_mode?: "normal" | "strict" | null | undefined;
  /** Whether the files of that mail go with it, behind those in `attachments`. Left out, they do. */
  include_attachments?: boolean | null | undefined;
  /**
   * What a program keeps with the mail, by name: it is shown with the mail and in its events, and to no recipient.
   */
  metadata?: Record<string, unknown> | null | undefined;
  /** Where answers go, if not to the inbox: at most 5. */
  reply_to?: Mailbox | Array<Mailbox> | null | undefined;
  /** Not before this, at most 300 days ahead; left out, at once. */
  send_at?: string | null | undefined;
  /** Of a reply or of a mail that is passed on, that of the other mail where it is left out. */
  subject?: string | null | undefined;
  /** Words that a program keeps with the mail, as `metadata`. */
  tags?: Array<string> | null | undefined;
  /** The body as text, at most 1 MB. Where it is left out, it is made of `html`. */
  text?: string | null | undefined;
  /**
   * Recipients: with `cc` and `bcc` at most 50. Of a reply, who is answered where `to` is left out, whatever `cc` and
   * `bcc` say.
   */
  to?: Mailbox | Array<Mailbox> | null | undefined;
}

/** A mail that was found. */
export interface FoundMessage {
  attachments: Array<File>;
  bcc: Array<Party>;
  cc: Array<Party>;
  created_at: string;
  /** When it was sent, as the sender's clock had it; of a mail that goes out, nothing. */
  date: string | null;
  /** When it is deleted for good, where it is in the trash. */
  deletes_at?: string | null | undefined;
  from: Party;
  highlights: Highlights;
  id: string;
  /** The `Message-ID` of the mail that it answers. */
  in_reply_to: string | null;
  inbox_id: string;
  /** The `Message-ID`, without angle brackets; one that goes out has it once SES gave it. */
  internet_message_id: string | null;
  /** In the order of the alphabet. */
  labels: Array<string>;
  /** What the program that sends it keeps with it, by name; nothing for one that came in. */
  metadata: Record<string, unknown>;
  /** The first words of the text, at most 200 characters. */
  preview: string;
  /** Whether somebody said that it was read; a mail that goes out always is. */
  read: boolean;
  /** The `Message-ID`s of its conversation that it names, oldest first. */
  references: Array<string>;
  /** Where answers go, if not to the author. */
  reply_to: Array<Party>;
  /** In bytes, raw. */
  size: number;
  /** `received`, or how far it is on its way out. */
  status: string;
  subject: string;
  /** Words that the program that sends it keeps with it, in the order of the alphabet. */
  tags: Array<string>;
  thread_id: string;
  to: Array<Party>;
  /** Since when it is in the trash; left out where it is not. */
  trashed_at?: string | null | undefined;
  /** The author in `From` is proven to be the one who sent it. */
  authenticated?: boolean | undefined;
  /** A program wrote it, nobody waits for an answer (RFC 3834). */
  automatic?: boolean | undefined;
  /**
   * Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found or
   * not.
   */
  content_trust?: string | undefined;
  /** What could not be read as it should be, as stable codes. */
  defects?: Array<string> | undefined;
  direction: "inbound" | "outbound";
  findings?: Array<Finding> | undefined;
  /** Whether a finding taints its conversation. */
  tainted?: boolean | undefined;
  verdicts?: Verdicts | undefined;
  approval_id?: string | undefined;
  attempts?: number | null | undefined;
  cancel_reason?: string | null | undefined;
  cancelled_at?: string | null | undefined;
  /** Of the bytes that were countersigned, or are to be. */
  digest?: string | undefined;
  /** When the next attempt is made. */
  due_at?: string | null | undefined;
  failed_at?: string | null | undefined;
  failure_reason?: string | null | undefined;
  /** While it is `scheduled`: when it goes, at its time and outside of quiet hours. */
  not_before?: string | null | undefined;
  /** The name that SES gave it. */
  provider_id?: string | null | undefined;
  /** What SES reported of each recipient. */
  recipients?: Array<Recipient> | null | undefined;
  /** Not before. */
  send_at?: string | null | undefined;
  /** The attempts that were made anew of it. */
  sent_again_as?: Array<string> | undefined;
  sent_at?: string | null | undefined;
  /** Since when nobody knows whether it left. */
  unknown_since?: string | null | undefined;
}

/** A page of what was found. */
export interface FoundPage {
  /**
   * All mails were looked through, also for the pages before. `false` where more of them are not in the index yet
   * than are read for one page: the newest 50 of those were, and of large ones the beginning. Ask again later, or
   * name `inbox_ids` or a time.
   */
  complete: boolean;
  /**
   * The mails. By a filter that few of them pass there may be fewer than were asked for, or none, and a next page all
   * the same.
   */
  data: Array<FoundMessage>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A DNS record that was found. */
export interface FoundRecord {
  /** Of an `MX`. */
  priority: number | null;
  /** At most 512 characters of it. */
  value: string;
}

/** A piece of a text with what was found in it. */
export interface Fragment {
  /** Where in it something was found: from, and up to, in characters (Unicode code points) from 0. */
  matches: Array<Array<number>>;
  /** The piece, as plain text. */
  text: string;
}

/** Members under a name, whom policies ask for votes. */
export interface Group {
  created_at: string;
  id: string;
  member_ids: Array<string>;
  name: string;
  updated_at: string;
  updated_by: Actor;
  /** Counts changes: `If-Match` takes it. */
  version: number;
  /** Rules that too few can meet since this change; empty but in the response to one. */
  warnings: Array<GroupWarning>;
}

/** A rule that too few members can meet. */
export interface GroupWarning {
  message: string;
  policy_id: string;
  /** Its place among the rules of the policy, from 0. */
  rule: number;
}

/** All groups. They are few: there is one page. */
export interface Groups {
  data: Array<Group>;
  /** Always `null`. */
  next_cursor: string | null;
}

/** A header of a mail. */
export interface Header {
  name: string;
  value: string;
}

/** Whether it answers. */
export interface Health {
  /** Always `ok`. */
  status: string;
}

/**
 * A held mail as a list shows it. Until it is released it is in no conversation: `thread_id` is the one that it would
 * join or begin.
 */
export interface HeldMessage {
  attachments: Array<File>;
  bcc: Array<Party>;
  cc: Array<Party>;
  created_at: string;
  /** When it was sent, as the sender's clock had it; of a mail that goes out, nothing. */
  date: string | null;
  /** When it is deleted for good, where it is in the trash. */
  deletes_at?: string | null | undefined;
  from: Party;
  held: Holding;
  id: string;
  /** The `Message-ID` of the mail that it answers. */
  in_reply_to: string | null;
  inbox_id: string;
  /** The `Message-ID`, without angle brackets; one that goes out has it once SES gave it. */
  internet_message_id: string | null;
  /** In the order of the alphabet. */
  labels: Array<string>;
  /** What the program that sends it keeps with it, by name; nothing for one that came in. */
  metadata: Record<string, unknown>;
  /** The first words of the text, at most 200 characters. */
  preview: string;
  /** Whether somebody said that it was read; a mail that goes out always is. */
  read: boolean;
  /** The `Message-ID`s of its conversation that it names, oldest first. */
  references: Array<string>;
  /** Where answers go, if not to the author. */
  reply_to: Array<Party>;
  /** In bytes, raw. */
  size: number;
  /** `received`, or how far it is on its way out. */
  status: string;
  subject: string;
  /** Words that the program that sends it keeps with it, in the order of the alphabet. */
  tags: Array<string>;
  thread_id: string;
  to: Array<Party>;
  /** Since when it is in the trash; left out where it is not. */
  trashed_at?: string | null | undefined;
  /** The author in `From` is proven to be the one who sent it. */
  authenticated?: boolean | undefined;
  /** A program wrote it, nobody waits for an answer (RFC 3834). */
  automatic?: boolean | undefined;
  /**
   * Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found or
   * not.
   */
  content_trust?: string | undefined;
  /** What could not be read as it should be, as stable codes. */
  defects?: Array<string> | undefined;
  direction: "inbound" | "outbound";
  findings?: Array<Finding> | undefined;
  /** Whether a finding taints its conversation. */
  tainted?: boolean | undefined;
  verdicts?: Verdicts | undefined;
  approval_id?: string | undefined;
  attempts?: number | null | undefined;
  cancel_reason?: string | null | undefined;
  cancelled_at?: string | null | undefined;
  /** Of the bytes that were countersigned, or are to be. */
  digest?: string | undefined;
  /** When the next attempt is made. */
  due_at?: string | null | undefined;
  failed_at?: string | null | undefined;
  failure_reason?: string | null | undefined;
  /** While it is `scheduled`: when it goes, at its time and outside of quiet hours. */
  not_before?: string | null | undefined;
  /** The name that SES gave it. */
  provider_id?: string | null | undefined;
  /** What SES reported of each recipient. */
  recipients?: Array<Recipient> | null | undefined;
  /** Not before. */
  send_at?: string | null | undefined;
  /** The attempts that were made anew of it. */
  sent_again_as?: Array<string> | undefined;
  sent_at?: string | null | undefined;
  /** Since when nobody knows whether it left. */
  unknown_since?: string | null | undefined;
}

/** A held mail with its body. */
export interface HeldMessageDetail {
  attachments: Array<File>;
  bcc: Array<Party>;
  cc: Array<Party>;
  created_at: string;
  /** When it was sent, as the sender's clock had it; of a mail that goes out, nothing. */
  date: string | null;
  /** When it is deleted for good, where it is in the trash. */
  deletes_at?: string | null | undefined;
  /** The new part of a received reply. */
  extracted_text: string | null;
  from: Party;
  /** All of them, decoded, in order. */
  headers: Array<Header>;
  held: Holding;
  /** The HTML has text that is made invisible. */
  hidden_text: boolean;
  /**
   * The body as HTML: of a received mail without anything active and without remote images, of a mail of ours byte
   * for byte as it is sealed.
   */
  html: string | null;
  /** The HTML goes on beyond what may be shown. */
  html_truncated: boolean;
  id: string;
  /** The `Message-ID` of the mail that it answers. */
  in_reply_to: string | null;
  inbox_id: string;
  /** The `Message-ID`, without angle brackets; one that goes out has it once SES gave it. */
  internet_message_id: string | null;
  /** In the order of the alphabet. */
  labels: Array<string>;
  /** What the program that sends it keeps with it, by name; nothing for one that came in. */
  metadata: Record<string, unknown>;
  /** Where the pictures lie that a mail of ours shows from elsewhere: host names, sorted. */
  picture_hosts: Array<string>;
  /** The first words of the text, at most 200 characters. */
  preview: string;
  /** Whether somebody said that it was read; a mail that goes out always is. */
  read: boolean;
  /** The `Message-ID`s of its conversation that it names, oldest first. */
  references: Array<string>;
  /** Why a person rejected it, in their words, if they gave any. */
  rejection_reason: string | null;
  /** How many remote images it shows, or would show. */
  remote_images: number;
  /** Where answers go, if not to the author. */
  reply_to: Array<Party>;
  /** What it says of another mail, where a server sent it as a report. Anybody can make one up: it is a claim. */
  report: Report | null;
  /** In bytes, raw. */
  size: number;
  /** `received`, or how far it is on its way out. */
  status: string;
  subject: string;
  /** Words that the program that sends it keeps with it, in the order of the alphabet. */
  tags: Array<string>;
  /** The body as text. */
  text: string | null;
  thread_id: string;
  to: Array<Party>;
  /** Since when it is in the trash; left out where it is not. */
  trashed_at?: string | null | undefined;
  /** The author in `From` is proven to be the one who sent it. */
  authenticated?: boolean | undefined;
  /** A program wrote it, nobody waits for an answer (RFC 3834). */
  automatic?: boolean | undefined;
  /**
   * Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found or
   * not.
   */
  content_trust?: string | undefined;
  /** What could not be read as it should be, as stable codes. */
  defects?: Array<string> | undefined;
  direction: "inbound" | "outbound";
  findings?: Array<Finding> | undefined;
  /** Whether a finding taints its conversation. */
  tainted?: boolean | undefined;
  verdicts?: Verdicts | undefined;
  approval_id?: string | undefined;
  attempts?: number | null | undefined;
  cancel_reason?: string | null | undefined;
  cancelled_at?: string | null | undefined;
  /** Of the bytes that were countersigned, or are to be. */
  digest?: string | undefined;
  /** When the next attempt is made. */
  due_at?: string | null | undefined;
  failed_at?: string | null | undefined;
  failure_reason?: string | null | undefined;
  /** While it is `scheduled`: when it goes, at its time and outside of quiet hours. */
  not_before?: string | null | undefined;
  /** The name that SES gave it. */
  provider_id?: string | null | undefined;
  /** What SES reported of each recipient. */
  recipients?: Array<Recipient> | null | undefined;
  /** Not before. */
  send_at?: string | null | undefined;
  /** The attempts that were made anew of it. */
  sent_again_as?: Array<string> | undefined;
  sent_at?: string | null | undefined;
  /** Since when nobody knows whether it left. */
  unknown_since?: string | null | undefined;
}

/** That a mail is held, without a word of it: people read it in a session. */
export interface HeldNotice {
  inbox_id: string;
  message_id: string;
  /** `hold` or `block`. */
  outcome: "flag" | "hold" | "allow" | "block";
  reasons: Array<ScreeningReason>;
}

/** Where a mail has what was looked for. What a mail says is `untrusted`: so are these. */
export interface Highlights {
  /** In names of its files. */
  attachments: Array<Fragment>;
  /** In name and address of its author. */
  from: Array<Fragment>;
  subject: Array<Fragment>;
  /** In the first 8 KB of its body. */
  text: Array<Fragment>;
  /** In names and addresses of its recipients. */
  to: Array<Fragment>;
}

/** That a mail is held, and until when. */
export interface Holding {
  /** From then on it is gone. */
  expires_at: string;
  held_at: string;
  /** `hold` or `block`. */
  outcome: "flag" | "hold" | "allow" | "block";
  reasons: Array<ScreeningReason>;
}

/** What was changed in the HTML of a mail before it was sealed. */
export interface HtmlChange {
  count: number;
  kind: string;
  message: string | null;
  /** A name, or the beginning of a text. */
  what: string;
}

/** An inbox. */
export interface Inbox {
  /** The connected account that its mail leaves through; `null` where it is an address of ours. */
  account_id: string | null;
  address: string;
  created_at: string;
  display_name: string | null;
  id: string;
  /** While nothing leaves it. */
  paused: Pause | null;
  /** Whose account that is. */
  provider: "resend" | "sendgrid" | "mailgun" | "brevo" | "smtp" | null;
}

/** That somebody is invited. */
export interface Invitation {
  created_at: string;
  email: string;
  /** Until when it can be accepted. */
  expires_at: string;
  /** The groups that they are to belong to. */
  groups: Array<string>;
  id: string;
  /** Who invited them, or had it sent again last: it ends with their right to do so. */
  invited_by: Actor;
  role: "owner" | "admin" | "approver" | "editor" | "viewer";
  status: "pending" | "expired" | "accepted";
}

/** That somebody is invited, as events tell of it. */
export interface InvitationNotice {
  id: string;
  /** The role that they are to have. */
  role: "owner" | "admin" | "approver" | "editor" | "viewer";
}

/** What a key signed, as `navigator.credentials.get` gave it, in base64. */
export interface KeySigned {
  /** `authenticatorData`. */
  authenticator_data: string;
  /** `clientDataJSON`. */
  client_data: string;
  /** `signature`. */
  signature: string;
}

/** A label that mails have. */
export interface Label {
  /** What `label` of a list and `add_labels` take. */
  label: string;
}

/** Somebody on a list. */
export interface ListEntry {
  /** One mailbox. */
  address: string | null;
  created_at: string;
  created_by: Actor;
  direction: "send" | "receive";
  /** All mailboxes of this domain and of those below it. */
  domain: string | null;
  /** Whoever has no entry of their own. */
  everyone: boolean;
  /** The same for the same address, domain or everyone in one direction. */
  id: string;
  kind: "allow" | "block";
  /** Why, in the words of whoever made it. */
  reason: string | null;
}

/** With what a request was made. */
export interface LogCredential {
  /** The session's or token's id. */
  id: string;
  /** What the token is called now; `null` where it is gone, and for sessions. */
  name: string | null;
  /** `session` or `token`. */
  type: string;
}

/** A request that was answered. */
export interface LogLine {
  /** When it was answered. */
  at: string;
  /** The `code` of the error, where it was refused. */
  code: string | null;
  credential: LogCredential;
  duration_ms: number;
  /** The inbox that its path names. */
  inbox_id: string | null;
  /** The member who made it, or who owns the token that did. */
  member_id: string | null;
  method: string;
  /** The path, with the names of ids in their places. */
  path: string;
  request_id: string;
  /** The name of the operation, as the `OpenAPI` document has it. */
  route: string;
  status: number;
}

/** A mail. */
export interface Mail {
  /** At most 20, with at most 25 MB together. */
  attachments?: Array<FileGiven> | null | undefined;
  /** Recipients that the others don't see. */
  bcc?: Mailbox | Array<Mailbox> | null | undefined;
  /** Recipients of copies. */
  cc?: Mailbox | Array<Mailbox> | null | undefined;
  /**
   * Further header fields, by name: `X-…`, and the `List-…` fields of RFC 2369, 2919 and 8058. They are part of what
   * is approved.
   */
  headers?: Record<string, unknown> | null | undefined;
  /** The body as HTML, at most 1 MB, within the form that `infra/docs/HTML.md` describes. */
  html?: string | null | undefined;
  /** What becomes of HTML beyond that form: `normal` changes and names it, `strict` refuses the mail. */
  html_mode?: "normal" | "strict" | null | undefined;
  /**
   * What a program keeps with the mail, by name: it is shown with the mail and in its events, and to no recipient.
   */
  metadata?: Record<string, unknown> | null | undefined;
  /** Where answers go, if not to the inbox: at most 5. */
  reply_to?: Mailbox | Array<Mailbox> | null | undefined;
  /** Not before this, at most 300 days ahead; left out, at once. */
  send_at?: string | null | undefined;
  /** Of a reply or of a mail that is passed on, that of the other mail where it is left out. */
  subject?: string | null | undefined;
  /** Words that a program keeps with the mail, as `metadata`. */
  tags?: Array<string> | null | undefined;
  /** The body as text, at most 1 MB. Where it is left out, it is made of `html`. */
  text?: string | null | undefined;
  /**
   * Recipients: with `cc` and `bcc` at most 50. Of a reply, who is answered where `to` is left out, whatever `cc` and
   * `bcc` say.
   */
  to?: Mailbox | Array<Mailbox> | null | undefined;
  /**
   * Whether its one recipient can unsubscribe with one click, as list mail must let them: it gets `List-Unsubscribe`
   * and `List-Unsubscribe-Post` (RFC 8058), which lead to a page of this installation. Left out, it does not.
   */
  unsubscribe?: boolean | null | undefined;
}

/** An address, with or without a name. */
export type Mailbox = string | { address: string; name?: string | null };

/** Who calls, and what the credential may do. Of the person behind a token it says no more than whose seat it is. */
export interface Me {
  /** The token's or the session's. */
  id: string;
  /** The inboxes that the credential reaches; `null` for all of them. */
  inbox_ids: Array<string> | null;
  /** The seat of whoever signed in, or made the token and answers for it. */
  member_id: string;
  /** What a token is called. */
  name: string | null;
  organization: Organization;
  organization_id: string;
  role: "owner" | "admin" | "approver" | "editor" | "viewer";
  /** What the credential may do. */
  scopes: Array<"messages.read" | "messages.send" | "messages.modify" | "drafts.manage" | "inboxes.manage" | "accounts.read" | "accounts.manage" | "folders.read" | "events.read" | "webhooks.manage" | "approvals.read" | "approvals.decide" | "policies.manage" | "lists.manage" | "domains.manage" | "uploads.manage" | "usage.read" | "logs.read" | "audit.read" | "tokens.manage" | "members.manage">;
  /** How many mails a token may ask for on one day (UTC); `null` for as many as its organization. */
  sends_per_day: number | null;
  /** `token` or `session`. */
  type: string;
  /** Who signed in; not shown to a token. */
  user: User | null;
}

/** A person's seat in an organization. */
export interface Member {
  /** When they joined. */
  created_at: string;
  /** The address that they sign in with; `null` for a token without `members.manage`. */
  email: string | null;
  /** The groups that they belong to. */
  groups: Array<string>;
  id: string;
  role: "owner" | "admin" | "approver" | "editor" | "viewer";
}

/** A seat, as events tell of it. */
export interface MemberNotice {
  id: string;
  /** Of one that is gone, the role that it had. */
  role: "owner" | "admin" | "approver" | "editor" | "viewer";
}

/** A mail as a list shows it. */
export interface Message {
  attachments: Array<File>;
  bcc: Array<Party>;
  cc: Array<Party>;
  created_at: string;
  /** When it was sent, as the sender's clock had it; of a mail that goes out, nothing. */
  date: string | null;
  /** When it is deleted for good, where it is in the trash. */
  deletes_at?: string | null | undefined;
  from: Party;
  id: string;
  /** The `Message-ID` of the mail that it answers. */
  in_reply_to: string | null;
  inbox_id: string;
  /** The `Message-ID`, without angle brackets; one that goes out has it once SES gave it. */
  internet_message_id: string | null;
  /** In the order of the alphabet. */
  labels: Array<string>;
  /** What the program that sends it keeps with it, by name; nothing for one that came in. */
  metadata: Record<string, unknown>;
  /** The first words of the text, at most 200 characters. */
  preview: string;
  /** Whether somebody said that it was read; a mail that goes out always is. */
  read: boolean;
  /** The `Message-ID`s of its conversation that it names, oldest first. */
  references: Array<string>;
  /** Where answers go, if not to the author. */
  reply_to: Array<Party>;
  /** In bytes, raw. */
  size: number;
  /** `received`, or how far it is on its way out. */
  status: string;
  subject: string;
  /** Words that the program that sends it keeps with it, in the order of the alphabet. */
  tags: Array<string>;
  thread_id: string;
  to: Array<Party>;
  /** Since when it is in the trash; left out where it is not. */
  trashed_at?: string | null | undefined;
  /** The author in `From` is proven to be the one who sent it. */
  authenticated?: boolean | undefined;
  /** A program wrote it, nobody waits for an answer (RFC 3834). */
  automatic?: boolean | undefined;
  /**
   * Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found or
   * not.
   */
  content_trust?: string | undefined;
  /** What could not be read as it should be, as stable codes. */
  defects?: Array<string> | undefined;
  direction: "inbound" | "outbound";
  findings?: Array<Finding> | undefined;
  /** Whether a finding taints its conversation. */
  tainted?: boolean | undefined;
  verdicts?: Verdicts | undefined;
  approval_id?: string | undefined;
  attempts?: number | null | undefined;
  cancel_reason?: string | null | undefined;
  cancelled_at?: string | null | undefined;
  /** Of the bytes that were countersigned, or are to be. */
  digest?: string | undefined;
  /** When the next attempt is made. */
  due_at?: string | null | undefined;
  failed_at?: string | null | undefined;
  failure_reason?: string | null | undefined;
  /** While it is `scheduled`: when it goes, at its time and outside of quiet hours. */
  not_before?: string | null | undefined;
  /** The name that SES gave it. */
  provider_id?: string | null | undefined;
  /** What SES reported of each recipient. */
  recipients?: Array<Recipient> | null | undefined;
  /** Not before. */
  send_at?: string | null | undefined;
  /** The attempts that were made anew of it. */
  sent_again_as?: Array<string> | undefined;
  sent_at?: string | null | undefined;
  /** Since when nobody knows whether it left. */
  unknown_since?: string | null | undefined;
}

/** Mails that were named one by one. */
export interface MessageBatch {
  /** Those that are there, as they are now, in the order in which they were named. */
  data: Array<Message>;
  /** Those that are as they were, though they were to change. All others are changed. */
  failed: Array<MessageFailed>;
  /** Those that are not there, or that this credential may not see. */
  not_found: Array<MessageNamed>;
}

/** A mail with its body. */
export interface MessageDetail {
  attachments: Array<File>;
  bcc: Array<Party>;
  cc: Array<Party>;
  created_at: string;
  /** When it was sent, as the sender's clock had it; of a mail that goes out, nothing. */
  date: string | null;
  /** When it is deleted for good, where it is in the trash. */
  deletes_at?: string | null | undefined;
  /** The new part of a received reply. */
  extracted_text: string | null;
  from: Party;
  /** All of them, decoded, in order. */
  headers: Array<Header>;
  /** The HTML has text that is made invisible. */
  hidden_text: boolean;
  /**
   * The body as HTML: of a received mail without anything active and without remote images, of a mail of ours byte
   * for byte as it is sealed.
   */
  html: string | null;
  /** The HTML goes on beyond what may be shown. */
  html_truncated: boolean;
  id: string;
  /** The `Message-ID` of the mail that it answers. */
  in_reply_to: string | null;
  inbox_id: string;
  /** The `Message-ID`, without angle brackets; one that goes out has it once SES gave it. */
  internet_message_id: string | null;
  /** In the order of the alphabet. */
  labels: Array<string>;
  /** What the program that sends it keeps with it, by name; nothing for one that came in. */
  metadata: Record<string, unknown>;
  /** Where the pictures lie that a mail of ours shows from elsewhere: host names, sorted. */
  picture_hosts: Array<string>;
  /** The first words of the text, at most 200 characters. */
  preview: string;
  /** Whether somebody said that it was read; a mail that goes out always is. */
  read: boolean;
  /** The `Message-ID`s of its conversation that it names, oldest first. */
  references: Array<string>;
  /** Why a person rejected it, in their words, if they gave any. */
  rejection_reason: string | null;
  /** How many remote images it shows, or would show. */
  remote_images: number;
  /** Where answers go, if not to the author. */
  reply_to: Array<Party>;
  /** What it says of another mail, where a server sent it as a report. Anybody can make one up: it is a claim. */
  report: Report | null;
  /** In bytes, raw. */
  size: number;
  /** `received`, or how far it is on its way out. */
  status: string;
  subject: string;
  /** Words that the program that sends it keeps with it, in the order of the alphabet. */
  tags: Array<string>;
  /** The body as text. */
  text: string | null;
  thread_id: string;
  to: Array<Party>;
  /** Since when it is in the trash; left out where it is not. */
  trashed_at?: string | null | undefined;
  /** The author in `From` is proven to be the one who sent it. */
  authenticated?: boolean | undefined;
  /** A program wrote it, nobody waits for an answer (RFC 3834). */
  automatic?: boolean | undefined;
  /**
   * Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found or
   * not.
   */
  content_trust?: string | undefined;
  /** What could not be read as it should be, as stable codes. */
  defects?: Array<string> | undefined;
  direction: "inbound" | "outbound";
  findings?: Array<Finding> | undefined;
  /** Whether a finding taints its conversation. */
  tainted?: boolean | undefined;
  verdicts?: Verdicts | undefined;
  approval_id?: string | undefined;
  attempts?: number | null | undefined;
  cancel_reason?: string | null | undefined;
  cancelled_at?: string | null | undefined;
  /** Of the bytes that were countersigned, or are to be. */
  digest?: string | undefined;
  /** When the next attempt is made. */
  due_at?: string | null | undefined;
  failed_at?: string | null | undefined;
  failure_reason?: string | null | undefined;
  /** While it is `scheduled`: when it goes, at its time and outside of quiet hours. */
  not_before?: string | null | undefined;
  /** The name that SES gave it. */
  provider_id?: string | null | undefined;
  /** What SES reported of each recipient. */
  recipients?: Array<Recipient> | null | undefined;
  /** Not before. */
  send_at?: string | null | undefined;
  /** The attempts that were made anew of it. */
  sent_again_as?: Array<string> | undefined;
  sent_at?: string | null | undefined;
  /** Since when nobody knows whether it left. */
  unknown_since?: string | null | undefined;
}

/** A mail that was not changed. */
export interface MessageFailed {
  /** Why, as the error of a single change would have it. */
  code: string;
  inbox_id: string;
  message: string;
  message_id: string;
}

/** A mail that was not moved. */
export interface MessageLeft {
  /** Why, as the error of a single request would have it. */
  code: string;
  message: string;
  message_id: string;
}

/** A mail: its `id` and its `inbox_id`, as lists give them. */
export interface MessageName {
  /** Its inbox. */
  inbox_id: string;
  /** Its id. */
  message_id: string;
}

/** A mail by its ids. */
export interface MessageNamed {
  inbox_id: string;
  message_id: string;
}

/** A part of the week within which somebody is left alone. */
export interface MyQuietHours {
  /** Days on which they begin. */
  days: Array<"mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun">;
  from: string;
  /** Until before this time of day; where it is before `from`, that of the next day. */
  to: string;
}

/** What somebody says about a mail. */
export interface NewComment {
  /** In words, for all who see the approval and for whoever asked for the mail. */
  text: string;
}

/** What somebody is told of by mail. Security alerts nobody switches off. */
export interface Notifications {
  /** When the digest of a day comes. */
  daily_at: string;
  /** Which of the mails that wait for their vote. */
  mails: "each" | "hourly" | "daily" | "pressing";
  /** When they are left alone. */
  quiet_hours: MyQuietHours | null;
  /** The clock of all this. */
  time_zone: string;
}

/** A session of whoever calls, without its secret. */
export interface OpenSession {
  /** What it was opened in, as far as that said so: `Firefox on Linux`; at most 40 characters. */
  browser: string | null;
  /** When it was opened. */
  created_at: string;
  /** Whether it is the one that calls. */
  current: boolean;
  /** When it ends whatever happens. */
  ends_at: string;
  /** When it ends without use; use moves it on. */
  expires_at: string;
  id: string;
  /** When it was used last, to the hour (UTC). */
  last_used_at: string;
  /** What was shown to open it. */
  opened_with: "password" | "openid" | "totp" | "recovery_code" | "passkey";
}

/** An organization. */
export interface Organization {
  id: string;
  name: string;
  /** While nothing leaves it. */
  paused: Pause | null;
  /** Whether whoever decides has to sign in with a second factor. */
  require_second_factor: boolean;
  /** How many mails all of it may ask for on one day (UTC); `null` for as many as there are. */
  sends_per_day: number | null;
  /** While nobody has claimed it: nobody decides there, and nothing leaves it. */
  unclaimed: boolean;
}

/** An organization that is paused, or whose mail leaves again. */
export interface OrganizationNotice {
  id: string;
  /** While nothing leaves. */
  paused: Pause | null;
}

/** A part of the week within which one is left alone. */
export interface OwnQuietHours {
  /** Days on which they begin, `mon` to `sun`; all of them where this is left out. */
  days?: Array<"mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun"> | null | undefined;
  /** A time of day such as `22:00`. */
  from: string;
  /** Until before this time of day; where it is before `from`, that of the next day. */
  to: string;
}

/** A page of a list. */
export interface PageOfAccount {
  data: Array<Account>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfApproval {
  data: Array<Approval>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfAttempt {
  data: Array<Attempt>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfAuditEntry {
  data: Array<AuditEntry>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfDomain {
  data: Array<Domain>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfDraft {
  data: Array<Draft>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfEvent {
  data: Array<Event>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfHeldMessage {
  data: Array<HeldMessage>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfInbox {
  data: Array<Inbox>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfInvitation {
  data: Array<Invitation>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfLabel {
  data: Array<Label>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfListEntry {
  data: Array<ListEntry>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfLogLine {
  data: Array<LogLine>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfMember {
  data: Array<Member>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfMessage {
  data: Array<Message>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfOpenSession {
  data: Array<OpenSession>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfSheetUpload {
  data: Array<SheetUpload>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfStandingApproval {
  data: Array<StandingApproval>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfSuppression {
  data: Array<Suppression>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfThread {
  data: Array<Thread>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfThreadMessage {
  data: Array<ThreadMessage>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfToken {
  data: Array<Token>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of rows. */
export interface PageOfUploadRow {
  data: Array<UploadRow>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfUsage {
  data: Array<Usage>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** A page of a list. */
export interface PageOfWebhook {
  data: Array<Webhook>;
  /** For `cursor`, where there is more. */
  next_cursor: string | null;
}

/** Who a mail is from, or for. */
export interface Party {
  /** As the mail writes it: nothing is promised about its form. */
  address: string;
  name: string | null;
}

/** A passkey of whoever calls. */
export interface Passkey {
  created_at: string;
  id: string;
  /** When it was shown last. */
  last_used_at: string | null;
  /** What its person calls it. */
  name: string;
  /** Whether it may be on several devices of its person; one that may not stays in the device that made it. */
  synced: boolean;
}

/** What a browser is to be asked. */
export interface PasskeyOptions {
  /** To be sent with the answer, within five minutes. */
  ceremony_id: string;
  /**
   * What `navigator.credentials` takes as `publicKey`: bytes in it are base64url, as
   * `PublicKeyCredential.parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` read it.
   */
  options: Record<string, unknown>;
}

/** The passkeys of whoever calls, oldest first: at most ten. */
export interface Passkeys {
  data: Array<Passkey>;
}

/** A pause. */
export interface Pause {
  at: string;
  by: Actor;
  reason: string;
}

/** What is paused from now on. */
export interface Paused {
  paused: Pause;
}

/** All policies. They are few: there is one page. */
export interface Policies {
  data: Array<Policy>;
  /** Always `null`. */
  next_cursor: string | null;
  /** Policies whose record can't be read. While there are any, everything is held. */
  unreadable: Array<Unreadable>;
}

/** A policy as it is shown. */
export interface Policy {
  created_at: string;
  description: string | null;
  enabled: boolean | null;
  id: string;
  /** The inboxes that it is for; null or left out, all of them. */
  inbox_ids: Array<string> | null;
  name: string;
  rules: Array<{ name: string; outcome: "allow" | "hold" | "defer" | "block"; quiet_hours?: Record<string, unknown> | null; terms?: Record<string, unknown> | null; when: Record<string, unknown> }>;
  updated_at: string;
  updated_by: Actor;
  version: number;
}

/** A policy. */
export interface PolicyGiven {
  description?: string | null | undefined;
  enabled?: boolean | null | undefined;
  /** The inboxes that it is for; null or left out, all of them. */
  inbox_ids?: Array<string> | null | undefined;
  name: string;
  rules: Array<{ name: string; outcome: "allow" | "hold" | "defer" | "block"; quiet_hours?: Record<string, unknown> | null; terms?: Record<string, unknown> | null; when: Record<string, unknown> }>;
}

/** A rule that matched. */
export interface PolicyStep {
  /** The fact that met it, or for which it is not met, in one sentence. */
  because: string;
  /** `allow`, `hold`, `defer`, `block`, or `unreadable` where the rule could not be judged. */
  outcome: string;
  policy_id: string;
  policy_name: string;
  policy_version: number;
  /** Its place among the rules of the policy, from 0. */
  rule: number;
  rule_name: string;
}

/** A policy to start from. */
export interface PolicyTemplate {
  /** What it does. */
  about: string;
  /** What to change before it is made. */
  change: string;
  /** A name that stays, such as `first-contacts`. */
  id: string;
  /** What `POST /v1/policies` takes. */
  policy: { description?: string | null; enabled?: boolean | null; inbox_ids?: Array<string> | null; name: string; rules: Array<{ name: string; outcome: "allow" | "hold" | "defer" | "block"; quiet_hours?: Record<string, unknown> | null; terms?: Record<string, unknown> | null; when: Record<string, unknown> }> };
  /** Who wants it most: `everyone`, `support`, `sales`, `legal`, `finance` or `security`. */
  room: string;
  title: string;
}

/** All templates: there is one page. */
export interface PolicyTemplates {
  data: Array<PolicyTemplate>;
  /** Always `null`. */
  next_cursor: string | null;
}

/** What a policy says, or said. */
export interface PolicyVersion {
  description: string | null;
  enabled: boolean | null;
  /** When somebody changed it, or deleted the policy; `null` for what it says now. */
  ended_at: string | null;
  ended_by: Actor | null;
  /** The inboxes that it is for; null or left out, all of them. */
  inbox_ids: Array<string> | null;
  name: string;
  rules: Array<{ name: string; outcome: "allow" | "hold" | "defer" | "block"; quiet_hours?: Record<string, unknown> | null; terms?: Record<string, unknown> | null; when: Record<string, unknown> }>;
  /** What each rule says, in plain English: for people, and no form to parse. */
  sentences: Array<string>;
  version: number;
  /** When this was written. */
  written_at: string;
  written_by: Actor;
}

/** What a policy says and what it said before. There is one page: the last 50 are kept, beside what it says now. */
export interface PolicyVersions {
  /** The latest first. */
  data: Array<PolicyVersion>;
  /** Always `null`. */
  next_cursor: string | null;
}

/** The first thing that is wrong. */
export interface Problem {
  /** The anchor that says otherwise. */
  anchor: Anchor | null;
  code: string;
  message: string;
  sequence: number;
}

/** That somebody showed that it is them. */
export interface Proof {
  /** Until when nobody asks again in this session. */
  fresh_until: string;
}

/** What is shown once more: the password, with a code where a second factor is set up; or a passkey. */
export interface Prove {
  /** Of the options that the passkey answers. */
  ceremony_id?: string | null | undefined;
  /** A code of the authenticator, or one of the recovery codes: where a second factor is set up. */
  code?: string | null | undefined;
  /** What `navigator.credentials.get` gave, as `PublicKeyCredential.toJSON` writes it. */
  credential?: Record<string, unknown> | null | undefined;
  /** One's own password. */
  password?: string | null | undefined;
}

/** What is shown once more before a second factor is changed: one of both. */
export interface ProveTotp {
  /** A code of the authenticator, or one of the recovery codes. */
  code?: string | null | undefined;
  /** One's own password. */
  password?: string | null | undefined;
}

/** A part of the week within which mail does not go. */
export interface QuietHours {
  /** `mon` to `sun`. */
  days: Array<string>;
  /** A time of day such as `20:00`. */
  from: string;
  time_zone: string;
  /** Until before this time of day; where it is before `from`, that of the next day. */
  to: string;
}

/** Why something is held back or called off. */
export interface Reason {
  /** In words, for whoever meets it. */
  reason?: string | null | undefined;
}

/** What became of a mail at one recipient. */
export interface Recipient {
  address: string;
  /** `deferred`, `delivered`, `bounced` or `complained`. */
  status: string;
}

/** A recipient, as policies look at it. */
export interface RecipientFact {
  address: string;
  first_contact: boolean;
  /** `internal` or `external`. */
  kind: string;
}

/** Ten codes, each of which stands once for the authenticator. They are shown this once. */
export interface RecoveryCodes {
  recovery_codes: Array<string>;
}

/** Whom an event is to be told again. */
export interface Redeliver {
  /** The webhook; left out, all that are told of such events. */
  webhook_id?: string | null | undefined;
}

/** An event that is told again within a minute. */
export interface Redelivery {
  event_id: string;
  /** Whom it is told. */
  webhook_ids: Array<string>;
}

/** An organization that was signed up for. Until its owner has claimed it, mail comes in, and nothing leaves. */
export interface Registration {
  /** Until when its owner can claim it; then it is deleted, with its mail. */
  expires_at: string;
  /** Its inbox. Only in the response that makes it. */
  inbox?: Inbox | null | undefined;
  /** So many mails with a link were asked for, of four. */
  mails: number;
  organization_id: string;
  /** Its token, with the secret, which is shown this once: it reads the inbox, writes drafts and asks for mail. */
  token?: Token | null | undefined;
}

/** A vote against exactly these bytes. */
export interface Reject {
  /** The `digest` of the approval as it was shown. */
  digest: string;
  /** Why. Whoever asked is told. */
  reason?: string | null | undefined;
  /** Whether what the mail says is left as a draft of its inbox, where this vote decides; left out, it is not. */
  revise?: boolean | null | undefined;
  /** What your own key signed of it: nothing asks for that, and it is kept with the vote. */
  signature?: VoteSigned | null | undefined;
}

/** A policy that takes the place of one. */
export interface ReplacePolicy {
  description?: string | null | undefined;
  enabled?: boolean | null | undefined;
  /** The inboxes that it is for; null or left out, all of them. */
  inbox_ids?: Array<string> | null | undefined;
  name: string;
  rules: Array<{ name: string; outcome: "allow" | "hold" | "defer" | "block"; quiet_hours?: Record<string, unknown> | null; terms?: Record<string, unknown> | null; when: Record<string, unknown> }>;
  /** Of the policy whose place it takes, as you know it. */
  version: number;
}

/** Rules in the place of those with this version. */
export interface ReplaceScreening {
  /** All of them; their order means nothing. */
  rules: Array<ScreeningRule>;
  /** The version of the rules that these replace; 0 where there are none. */
  version: number;
}

/** An answer to a mail. */
export interface Reply {
  /** At most 20, with at most 25 MB together. */
  attachments?: Array<FileGiven> | null | undefined;
  /** Recipients that the others don't see. */
  bcc?: Mailbox | Array<Mailbox> | null | undefined;
  /** Recipients of copies. */
  cc?: Mailbox | Array<Mailbox> | null | undefined;
  /**
   * Further header fields, by name: `X-…`, and the `List-…` fields of RFC 2369, 2919 and 8058. They are part of what
   * is approved.
   */
  headers?: Record<string, unknown> | null | undefined;
  /** The body as HTML, at most 1 MB, within the form that `infra/docs/HTML.md` describes. */
  html?: string | null | undefined;
  /** What becomes of HTML beyond that form: `normal` changes and names it, `strict` refuses the mail. */
  html_mode?: "normal" | "strict" | null | undefined;
  /**
   * Whether that mail stands quoted below the answer, at most 128 KB of its text, which takes the scope
   * `messages.read` too. Left out, it does not.
   */
  include_quote?: boolean | null | undefined;
  /**
   * What a program keeps with the mail, by name: it is shown with the mail and in its events, and to no recipient.
   */
  metadata?: Record<string, unknown> | null | undefined;
  /** Where answers go, if not to the inbox: at most 5. */
  reply_to?: Mailbox | Array<Mailbox> | null | undefined;
  /** Not before this, at most 300 days ahead; left out, at once. */
  send_at?: string | null | undefined;
  /** Of a reply or of a mail that is passed on, that of the other mail where it is left out. */
  subject?: string | null | undefined;
  /** Words that a program keeps with the mail, as `metadata`. */
  tags?: Array<string> | null | undefined;
  /** The body as text, at most 1 MB. Where it is left out, it is made of `html`. */
  text?: string | null | undefined;
  /**
   * Recipients: with `cc` and `bcc` at most 50. Of a reply, who is answered where `to` is left out, whatever `cc` and
   * `bcc` say.
   */
  to?: Mailbox | Array<Mailbox> | null | undefined;
}

/**
 * What a report says of a mail: that it was not delivered (RFC 3464), that somebody complained about it (RFC 5965),
 * or that it was read (RFC 8098).
 */
export interface Report {
  kind: "delivery" | "complaint" | "receipt";
  /** The `Message-ID` of the mail that it is about. */
  original_message_id: string | null;
  recipients?: Array<Reported> | undefined;
  arrived_at?: string | null | undefined;
  /** `abuse`, `fraud`, `virus`, `not-spam` or another. */
  feedback_type?: string | undefined;
  original_recipients?: Array<string> | undefined;
  /** `displayed`, `deleted`, `dispatched`, `processed`, `denied` or `failed`. */
  disposition?: string | undefined;
  final_recipient?: string | null | undefined;
  original_recipient?: string | null | undefined;
}

/** What a report says of one recipient. */
export interface Reported {
  /** `failed`, `delayed`, `delivered`, `relayed` or `expanded`. */
  action: string | null;
  /** What the other server answered. */
  diagnostic: string | null;
  /** The address that it got to. */
  final_recipient: string | null;
  /** The address that the mail was sent to, as far as it is told. */
  original_recipient: string | null;
  /** Sending again is useless. */
  permanent: boolean;
  /** As RFC 3463 has it, such as `5.1.1`. */
  status: string | null;
}

/** The head of a request to a webhook. */
export interface RequestHead {
  headers: Record<string, unknown>;
  /** Always `POST`. */
  method: string;
  /** The first 300 characters. */
  url: string;
}

/** Votes that are needed. */
export interface Requirement {
  /** Groups whose members may give them as well: those who belonged to them when the mail was asked for. */
  groups: Array<string>;
  /** Members who may give them as well, those of the groups among them. */
  member_ids: Array<string>;
  quorum: number;
  roles: Array<"owner" | "admin" | "approver" | "editor" | "viewer">;
  /** So many there are; `null` where nobody votes yet. */
  votes: number | null;
}

/** From when on a webhook is to be told again of what it has not taken. */
export interface Resend {
  /** The `next_cursor` of the response before. */
  cursor?: string | null | undefined;
  /** Events that happened then or later, within 30 days. */
  since: string;
}

/** What a webhook is told again within a minute. */
export interface Resent {
  /** The events, the oldest first. */
  event_ids: Array<string>;
  /** Where there may be more: repeat the request with it as `cursor`. */
  next_cursor: string | null;
}

/** What ending a pause is to do. */
export interface Resume {
  /** Mails to call off before. */
  drop?: Array<string> | null | undefined;
  /** Only say what would go. */
  preview?: boolean | null | undefined;
}

/** What goes, or would go, when a pause ends. */
export interface Resumed {
  /** The mails that were called off. */
  dropped: Array<string>;
  /** Whether it ended: a preview ends nothing. */
  resumed: boolean;
  will_send: PageOfMessage;
}

/** That a mail is to be written otherwise. */
export interface RevisionRequested {
  at: string;
  by: string;
  /** What is to be otherwise. */
  note: string;
}

/** What about a mail deserves a look. */
export interface Risk {
  /**
   * `thread_tainted`, `disguised_file`, `program_file`, `links_differ`, `active_file`, `odd_link`,
   * `answers_elsewhere`, `words_differ`, `author_unproven` or `first_contact`.
   */
  code: string;
  /** `danger`, `caution` or `note`. */
  level: string;
}

/** How a token gets another secret. */
export interface RotateToken {
  /** For how many seconds the secret that it has is taken still: 0 ends it at once. */
  overlap?: number | null | undefined;
}

/** What is wrong with a row. */
export interface RowError {
  code: string;
  /** The column, where it is one's fault. */
  column: string | null;
  message: string;
}

/** A mail that was made of a row. */
export interface RowMail {
  approval_id: string;
  message_id: string;
}

/** A row's mails, as they would be made. */
export interface RowPreview {
  /** The first, and those that follow. */
  mails: Array<RowPreviewMail>;
  name: string | null;
  number: number;
  /** What policies say of the first of them: `allow`, `hold` or `block`; null where it would be refused. */
  policy: string | null;
  /** Why, as stable codes. */
  reasons: Array<string>;
  /** Why it would be refused. */
  refused: string | null;
  to: string;
}

/** A mail of a row. */
export interface RowPreviewMail {
  html: string | null;
  send_at: string | null;
  subject: string;
  text: string | null;
}

/** What policies say of a row's mail. */
export interface RowSample {
  number: number;
  /** `allow`, `hold` or `block`; null where it would be refused. */
  policy: string | null;
  /** Why it would be refused. */
  refused: string | null;
}

/** The rules by which mail that comes in is screened. */
export interface Screening {
  rules: Array<ScreeningRuleView>;
  /** Nothing where nobody wrote any. */
  updated_at: string | null;
  updated_by: Actor | null;
  /** For `PUT`. */
  version: number;
}

/** Why a mail is held: an entry of a list, or a rule. */
export interface ScreeningReason {
  list_entry_id: string | null;
  /** The rule's name. */
  rule: string | null;
}

/** A rule for mail that comes in. */
export interface ScreeningRule {
  /** The inboxes that it is for; left out, all of them. */
  inbox_ids?: Array<string> | null | undefined;
  /** What people are shown. */
  name: string;
  /** What becomes of mail that meets it. */
  outcome: "flag" | "hold" | "allow" | "block";
  /** What it asks. */
  when: ScreeningTest;
}

/** A rule for mail that comes in. */
export interface ScreeningRuleView {
  inbox_ids?: Array<string> | null | undefined;
  name: string;
  outcome: "flag" | "hold" | "allow" | "block";
  when: ScreeningTestView;
}

/** What a rule asks. All that is named must hold, of each list one. */
export interface ScreeningTest {
  /** Whether it is proven who wrote it. */
  authenticated?: boolean | null | undefined;
  /** Checks of the receiving server that say `FAIL`. */
  failed?: Array<"spam" | "virus" | "spf" | "dkim" | "dmarc"> | null | undefined;
  /** What looks wrong with it. */
  findings?: Array<"virus" | "spam" | "authentication_failed" | "hidden_text" | "invisible_characters" | "bidirectional_control" | "model_instructions" | "lookalike_domain" | "display_name_address" | "disguised_file" | "not_inspected" | "flagged" | "reply_to_mismatch" | "link_mismatch" | "mislabelled_file"> | null | undefined;
  /** Whether the author stands on a receive list. */
  listed?: boolean | null | undefined;
  /** The author: addresses, domains with those below them, or `*` for everyone. */
  senders?: Array<string> | null | undefined;
  /** Whether something looks so wrong that it taints the conversation. */
  tainted?: boolean | null | undefined;
}

/** What a rule asks: only what it names. */
export interface ScreeningTestView {
  authenticated?: boolean | null | undefined;
  failed?: Array<"spam" | "virus" | "spf" | "dkim" | "dmarc"> | undefined;
  findings?: Array<"virus" | "spam" | "authentication_failed" | "hidden_text" | "invisible_characters" | "bidirectional_control" | "model_instructions" | "lookalike_domain" | "display_name_address" | "disguised_file" | "not_inspected" | "flagged" | "reply_to_mismatch" | "link_mismatch" | "mislabelled_file"> | undefined;
  listed?: boolean | null | undefined;
  senders?: Array<string> | undefined;
  tainted?: boolean | null | undefined;
}

/** What mail is looked for. */
export interface SearchMessages {
  /** The `next_cursor` of the page before, with the same query, inboxes and sort. */
  cursor?: string | null | undefined;
  /** In these inboxes, at most 20; in all that the credential reaches where it is left out. */
  inbox_ids?: Array<string> | null | undefined;
  /** How many mails at most; 50 where it is left out. */
  limit?: number | null | undefined;
  /**
   * Words, all of which must be there, in any place; phrases in quotes; `from:`, `to:`, `subject:` and `filename:`
   * before a word or a phrase; `label:`, `has:attachment`, `is:unread`, `is:read`; `before:` and `after:` with a day
   * (UTC) or a time; a minus before what must not hold. At most 2,000 characters and 64 words.
   */
  query: string;
  /**
   * `date` for the newest first, which it is where it is left out; `relevance` for what says most of the words first,
   * among the newest 5,000 that have them.
   */
  sort?: "date" | "relevance" | null | undefined;
}

/** A session that was just opened. */
export interface Session {
  /** When it ends whatever happens. */
  ends_at: string;
  /** When it ends without use; use moves it on. */
  expires_at: string;
  id: string;
  member_id: string;
  /** What was shown to open it. */
  opened_with: "password" | "openid" | "totp" | "recovery_code" | "passkey";
  organization_id: string;
  role: "owner" | "admin" | "approver" | "editor" | "viewer";
  /** For `Authorization: Bearer`. It is shown this once. */
  token: string;
}

/** A spreadsheet, and what became of it. */
export interface SheetUpload {
  /** Its columns; null until it was read. */
  columns: Array<string> | null;
  confirmed_at: string | null;
  content_type: string;
  counts: UploadCounts;
  created_at: string;
  created_by: Actor;
  ended_at: string | null;
  /** Why it failed. */
  error: UploadNote | null;
  /** Until when `upload_url` takes the file; null when it is there. */
  expires_at: string | null;
  filename: string;
  /** `csv`, `tsv` or `xlsx`; null until it was read. */
  format: string | null;
  /** Which column is probably for what, by the fields of `mapping`; null until it was read. */
  guesses: Record<string, unknown> | null;
  id: string;
  inbox_id: string;
  /** What about the sheet somebody should know. */
  notes: Array<UploadNote>;
  /** In bytes. */
  size: number;
  /**
   * `uploading` until the file is there, `reading`, `ready` to be confirmed, `importing` while mails are made of it,
   * `imported`, `failed`, or `deleting`.
   */
  status: string;
  /** Why its mails wait to be made, where they do: they are made by themselves later. */
  waits: string | null;
}

/** The headers that the upload must have: they are signed. */
export interface SheetUploadHeaders {
  "content-length": string;
  "content-type": string;
}

/** A passkey that is shown, as the browser gave it. */
export interface ShowPasskey {
  /** Of the options that it answers. */
  ceremony_id: string;
  /** What `navigator.credentials.get` gave, as `PublicKeyCredential.toJSON` writes it. */
  credential: Record<string, unknown>;
}

/**
 * A text that was signed, under its name, with its signature. What checks it is no part of it: who believes a key
 * that lies beside a signature believes whoever put both there.
 */
export interface Signed {
  algorithm: string;
  key_id: string;
  /** In base64. */
  signature: string;
  receipt?: string | undefined;
  anchor?: string | undefined;
}

/** How many of the votes must be signed by a key, and by which keys. */
export interface SignedVotes {
  /** Whether by keys that stay in their device alone. */
  device_bound: boolean;
  /** So many at least; `by` says where it is each of them. */
  votes: number;
}

/** For which mail signed votes are demanded. */
export interface SigningDemand {
  device_bound: boolean;
  /** It counts from then on. */
  from: string;
  /** A domain or an address that mail is from; `null` for all mail of the organization. */
  sender: string | null;
  votes: number;
}

/** A key that signs votes. */
export interface SigningKey {
  /** How it signs: `ES256`, `EdDSA` or `RS256`. */
  algorithm: string;
  /** Whether it says of itself that it stays in its device. */
  device_bound: boolean;
  /** It counts from then on. */
  from: string;
  /** The SHA-256 of the id that its device gives it. */
  key: string;
  /** What it may do: `decide`, where its votes count, and `manage`, where it vouches for keys of others. */
  may: Array<string>;
  member_id: string;
  /** `counts`, `pending` before it does, `suspended` or `revoked`. */
  status: string;
  /** It counts until then, where it was revoked. */
  until: string | null;
}

/** The keys of an organization that sign votes. */
export interface SigningKeys {
  data: Array<SigningKey>;
  /** For which mail signed votes are demanded: of each sender what counts now, and behind it what counts later. */
  demands: Array<SigningDemand>;
  /** So many entries the log has. */
  entries: number;
  /** The SHA-256 of its last entry, which stands for all of them. */
  head: string;
}

/**
 * A mail that is tried out on policies: either as a `draft`, or one that was saved as a draft, or one that is there.
 */
export interface SimulatePolicies {
  /** A mail that nobody sends. */
  draft?: DraftGiven | null | undefined;
  /** A draft that was saved, as submitting it would ask for it now: what would be refused then is refused. */
  draft_id?: string | null | undefined;
  /** The inbox that it would leave. */
  inbox_id: string;
  /** A mail that waits, or left. */
  message_id?: string | null | undefined;
  /** In the place of those that there are. */
  policies?: Array<PolicyGiven> | null | undefined;
  /** As if this token had asked. */
  token_id?: string | null | undefined;
}

/** Where a mail server takes outgoing mail. */
export interface SmtpOfAccount {
  host: string;
  port: number;
  security: "tls" | "starttls";
}

/** Where a mail server takes outgoing mail. */
export interface SmtpServer {
  /** Its name, such as `smtp.example.com`; a public one. */
  host: string;
  /** 465 where it is left out; not 25. */
  port?: number | null | undefined;
  /**
   * `tls` from the first byte, `starttls` before anything else is said; what the port says where it is left out.
   * Never without.
   */
  security?: "tls" | "starttls" | null | undefined;
}

/** A budget of mails that are approved ahead. */
export interface StandingApproval {
  budget: number;
  created_at: string;
  credential: Credential;
  domain: string | null;
  expires_at: string;
  id: string;
  inbox_id: string | null;
  /** Whose vote it is. */
  member_id: string;
  recipient: string | null;
  revoked_at: string | null;
  /** `live`, `used_up`, `expired` or `revoked`. */
  status: string;
  thread_id: string | null;
  used: number;
}

/** What an authenticator needs. It is shown this once. */
export interface StartedTotp {
  /** The same as an address that authenticators read, and that a picture for their camera may be made of. */
  otpauth_uri: string;
  /** To be typed into an authenticator: base 32, for codes of six digits every 30 seconds (SHA-1). */
  secret: string;
}

/** A mail that is held, or goes. */
export interface Submitted {
  approval: Approval;
  /** What its HTML was changed in before it was sealed. */
  changes: Array<HtmlChange>;
  message: Message;
}

/** Whom no mail goes to. */
export interface Suppression {
  /** One mailbox. */
  address: string | null;
  created_at: string;
  created_by: Actor;
  /** All mailboxes of this domain and of those below it. */
  domain: string | null;
  /** The same for the same address or domain. */
  id: string;
  /** The mail that bounced, or that was complained of. */
  message_id: string | null;
  /** Why, in the words of whoever made it. */
  reason: string | null;
  source: "manual" | "bounce" | "complaint" | "unsubscribed";
}

/** A vote that was taken back. */
export interface TakenBack {
  at: string;
  credential: Credential;
  /** The vote, as it was. */
  vote: Vote;
}

/** What a held mail takes. */
export interface Terms {
  /** With what it is decided: `person`, `any`, or `passkey` where each vote is signed by a key. */
  by: string;
  /** Seconds that it waits for the votes. */
  expires_in: number;
  /** What happens where `send_at` passes before that: `expire` or `send`. */
  late: string;
  /** What the links do in the mails that tell of it: `decide` or `sign_in`. */
  links: string;
  /** Roles that are told of it by mail. */
  notify: Array<"owner" | "admin" | "approver" | "editor" | "viewer">;
  /**
   * So many rows of an upload somebody must have decided about alone before they approve many of its mails at once.
   */
  open_rows: number;
  /** So many rejections end it. */
  rejections: number;
  /** Seconds until those who may vote are reminded, again and again; never where it is `null`. */
  remind_after: number | null;
  requirements: Array<Requirement>;
  /**
   * Whether who asked, who owns the token that asked, who edited it last and who asked for earlier attempts can't
   * approve it.
   */
  separation: boolean;
  signed: SignedVotes;
}

/** A mail by which somebody tried an account. */
export interface TestSend {
  /** What the provider calls it. */
  provider_id: string;
  /** Where it went: your own address. */
  to: string;
}

/** A conversation. */
export interface Thread {
  created_at: string;
  id: string;
  inbox_id: string;
  /** Those of its mails, in the order of the alphabet. */
  labels: Array<string>;
  /** The author of that mail. */
  last_from: Party;
  /** When its last mail came in, or went out. */
  last_message_at: string;
  /** Of mails of all kinds, also of those that never went. */
  message_count: number;
  /** The first words of the last mail that came in or went out; before there is one, of the mail that began it. */
  preview: string;
  /** The subject of its first mail. */
  subject: string;
  /** Whether one of its mails had a finding that taints: then no program decides in it. */
  tainted: boolean;
  /** How many of them nobody has read. */
  unread_count: number;
}

/** A conversation with a page of its mails. */
export interface ThreadDetail {
  created_at: string;
  id: string;
  inbox_id: string;
  /** Those of its mails, in the order of the alphabet. */
  labels: Array<string>;
  /** The author of that mail. */
  last_from: Party;
  /** When its last mail came in, or went out. */
  last_message_at: string;
  /** Of mails of all kinds, also of those that never went. */
  message_count: number;
  /** Oldest first. */
  messages: PageOfThreadMessage;
  /** The first words of the last mail that came in or went out; before there is one, of the mail that began it. */
  preview: string;
  /** The subject of its first mail. */
  subject: string;
  /** Whether one of its mails had a finding that taints: then no program decides in it. */
  tainted: boolean;
  /** How many of them nobody has read. */
  unread_count: number;
}

/** The conversation, as policies look at it. */
export interface ThreadFact {
  /** `reply` or `new`. */
  kind: string;
  tainted: boolean;
}

/** A mail of a conversation with what it says that is new. */
export interface ThreadMessage {
  attachments: Array<File>;
  bcc: Array<Party>;
  cc: Array<Party>;
  created_at: string;
  /** When it was sent, as the sender's clock had it; of a mail that goes out, nothing. */
  date: string | null;
  /** When it is deleted for good, where it is in the trash. */
  deletes_at?: string | null | undefined;
  from: Party;
  id: string;
  /** The `Message-ID` of the mail that it answers. */
  in_reply_to: string | null;
  inbox_id: string;
  /** The `Message-ID`, without angle brackets; one that goes out has it once SES gave it. */
  internet_message_id: string | null;
  /** In the order of the alphabet. */
  labels: Array<string>;
  /** What the program that sends it keeps with it, by name; nothing for one that came in. */
  metadata: Record<string, unknown>;
  /** Its text without what it quotes. */
  new_text: string | null;
  /** The first words of the text, at most 200 characters. */
  preview: string;
  /** Whether somebody said that it was read; a mail that goes out always is. */
  read: boolean;
  /** The `Message-ID`s of its conversation that it names, oldest first. */
  references: Array<string>;
  /** Where answers go, if not to the author. */
  reply_to: Array<Party>;
  /** In bytes, raw. */
  size: number;
  /** `received`, or how far it is on its way out. */
  status: string;
  subject: string;
  /** Words that the program that sends it keeps with it, in the order of the alphabet. */
  tags: Array<string>;
  /**
   * Its text is left out: the mails of this page are too large together, or its bytes can't be had. Get the mail
   * itself.
   */
  text_left_out: boolean;
  thread_id: string;
  to: Array<Party>;
  /** Since when it is in the trash; left out where it is not. */
  trashed_at?: string | null | undefined;
  /** The author in `From` is proven to be the one who sent it. */
  authenticated?: boolean | undefined;
  /** A program wrote it, nobody waits for an answer (RFC 3834). */
  automatic?: boolean | undefined;
  /**
   * Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found or
   * not.
   */
  content_trust?: string | undefined;
  /** What could not be read as it should be, as stable codes. */
  defects?: Array<string> | undefined;
  direction: "inbound" | "outbound";
  findings?: Array<Finding> | undefined;
  /** Whether a finding taints its conversation. */
  tainted?: boolean | undefined;
  verdicts?: Verdicts | undefined;
  approval_id?: string | undefined;
  attempts?: number | null | undefined;
  cancel_reason?: string | null | undefined;
  cancelled_at?: string | null | undefined;
  /** Of the bytes that were countersigned, or are to be. */
  digest?: string | undefined;
  /** When the next attempt is made. */
  due_at?: string | null | undefined;
  failed_at?: string | null | undefined;
  failure_reason?: string | null | undefined;
  /** While it is `scheduled`: when it goes, at its time and outside of quiet hours. */
  not_before?: string | null | undefined;
  /** The name that SES gave it. */
  provider_id?: string | null | undefined;
  /** What SES reported of each recipient. */
  recipients?: Array<Recipient> | null | undefined;
  /** Not before. */
  send_at?: string | null | undefined;
  /** The attempts that were made anew of it. */
  sent_again_as?: Array<string> | undefined;
  sent_at?: string | null | undefined;
  /** Since when nobody knows whether it left. */
  unknown_since?: string | null | undefined;
}

/** What became of the mails of a conversation. */
export interface ThreadMoved {
  /** All of them were looked at. Else the same request goes on with the rest. */
  complete: boolean;
  /** Those that were not, with the reason of each. */
  left: Array<MessageLeft>;
  /** So many of its mails were moved by this request. */
  moved: number;
  thread_id: string;
}

/** A token. */
export interface Token {
  created_at: string;
  /** When it ends by itself; `null` where it does not. */
  expires_at: string | null;
  id: string;
  /** The inboxes that it reaches; `null` for all of them. */
  inbox_ids: Array<string> | null;
  /** The last four characters of its secret. */
  last_four: string;
  /** When it was used, give or take an hour; `null` where it never was. */
  last_used_at: string | null;
  /** Its owner. */
  member_id: string;
  name: string;
  /** While it can't be used. */
  paused: Pause | null;
  /** Until when the secret before that is taken as well. */
  previous_secret_until: string | null;
  /** When it was given another secret; `null` where it has its first. */
  rotated_at: string | null;
  scopes: Array<"messages.read" | "messages.send" | "messages.modify" | "drafts.manage" | "inboxes.manage" | "accounts.read" | "accounts.manage" | "folders.read" | "events.read" | "webhooks.manage" | "approvals.read" | "approvals.decide" | "policies.manage" | "lists.manage" | "domains.manage" | "uploads.manage" | "usage.read" | "logs.read" | "audit.read" | "tokens.manage" | "members.manage">;
  /** How many mails it may ask for on one day (UTC); `null` for as many as there are. */
  sends_per_day: number | null;
  /** Whether it can be used: what it was made with counts as well. Only where tokens are looked at. */
  status?: "active" | "paused" | "ended" | null | undefined;
  /** The secret, only in the response to its creation, or to the rotation that made it. */
  token?: string | null | undefined;
}

/** A token that is paused, or holds again. */
export interface TokenNotice {
  id: string;
  /** While it is refused. */
  paused: Pause | null;
}

/** One's own second factor. */
export interface Totp {
  /** Whether a code is asked for at signing in. */
  enabled: boolean;
  /** How many recovery codes were not used yet. */
  recovery_codes_left: number;
  /** Since when. */
  since: string | null;
}

/** To whom an organization is to belong. */
export interface TransferOwnership {
  /** They become owner, and the caller admin. */
  member_id: string;
}

/** A policy whose record can't be read. */
export interface Unreadable {
  id: string | null;
}

/** What changes of an account. What is left out stays. */
export interface UpdateAccount {
  /** Another key of the same provider: the one before is forgotten. */
  api_key?: string | null | undefined;
  /** The name beside the address, in mails that go out; an empty one takes it away. */
  display_name?: string | null | undefined;
  /** Another password of the same mail server: the one before is forgotten. */
  password?: string | null | undefined;
}

/** What changes of a draft. What is left out stays, what is `null` is taken out. */
export interface UpdateDraft {
  /** All its files, in the place of those that it has. */
  attachments?: Array<FileGiven> | null | undefined;
  /** Recipients that the others don't see, in the place of those that it has. */
  bcc?: Mailbox | Array<Mailbox> | null | undefined;
  /** Recipients of copies, in the place of those that it has. */
  cc?: Mailbox | Array<Mailbox> | null | undefined;
  /** All further header fields, in the place of those that it has. */
  headers?: Record<string, unknown> | null | undefined;
  /** The body as HTML. */
  html?: string | null | undefined;
  /** As of a new draft. */
  html_mode?: "normal" | "strict" | null | undefined;
  /** All that a program keeps with it by name, in the place of what it has. */
  metadata?: Record<string, unknown> | null | undefined;
  /** Whether the other recipients of that mail get the answer too. */
  reply_all?: boolean | null | undefined;
  /** Where answers go, if not to the inbox. */
  reply_to?: Mailbox | Array<Mailbox> | null | undefined;
  /** The mail of its inbox that it answers. */
  reply_to_message_id?: string | null | undefined;
  /** Not before this. */
  send_at?: string | null | undefined;
  /** The subject. */
  subject?: string | null | undefined;
  /** All words that a program keeps with it, in the place of those that it has. */
  tags?: Array<string> | null | undefined;
  /** The body as text. */
  text?: string | null | undefined;
  /** Recipients, in the place of those that it has. */
  to?: Mailbox | Array<Mailbox> | null | undefined;
  /** As of a new draft. */
  unsubscribe?: boolean | null | undefined;
}

/** What changes of a group; what is left out stays. */
export interface UpdateGroup {
  /** All who belong to it from now on, at most 50. Mail that waits already asks whom it asked. */
  member_ids?: Array<string> | null | undefined;
  /** Another name: a group that a policy asks for votes keeps its own. */
  name?: string | null | undefined;
}

/** What changes of an inbox. Its address is its own for ever. */
export interface UpdateInbox {
  /** The name beside the address, in mails that go out; an empty one takes it away. */
  display_name: string;
}

/** What changes of a member; what is left out stays. */
export interface UpdateMember {
  /**
   * All groups that they belong to from now on, by ids or names; needs `policies.manage` as well. Mail that waits
   * already asks whom it asked.
   */
  groups?: Array<string> | null | undefined;
  /** Another role: an owner gives and takes `owner` and `admin`, in a session, as whoever gives `approver` does. */
  role?: "owner" | "admin" | "approver" | "editor" | "viewer" | null | undefined;
}

/** What changes of a mail, or of all mails of a conversation. What is left out stays as it is. */
export interface UpdateMessage {
  /** Labels to have; each mail has at most 20. */
  add_labels?: Array<string> | null | undefined;
  /** Whether it was read. A mail that goes out always is. */
  read?: boolean | null | undefined;
  /** Labels to lose. */
  remove_labels?: Array<string> | null | undefined;
}

/** What changes of what one is told of; what is left out stays. */
export interface UpdateNotifications {
  /** When the digest of a day comes, such as `08:00`. */
  daily_at?: string | null | undefined;
  /**
   * Which of the mails that wait for one's vote: `each`, a digest of each hour (`hourly`) or day (`daily`), or none
   * but those that press (`pressing`): suspicious ones, and those that expire soon.
   */
  mails?: "each" | "hourly" | "daily" | "pressing" | null | undefined;
  /**
   * When one is told of nothing but suspicious mail, and of what expires before they end or within an hour of it;
   * `null` for never.
   */
  quiet_hours?: OwnQuietHours | null | undefined;
  /** The clock of all this: a name of the IANA time zone database, such as `Europe/Berlin`. */
  time_zone?: string | null | undefined;
}

/** What changes of an organization; what is left out stays. */
export interface UpdateOrganization {
  /** What it is called. */
  name?: string | null | undefined;
  /** Whether whoever decides has to sign in with a second factor: an owner who has one sets it. */
  require_second_factor?: boolean | null | undefined;
  /** How many mails all of it may ask for on one day (UTC); `null` for as many as there are. */
  sends_per_day?: number | null | undefined;
}

/** What changes of a token; what is left out stays. */
export interface UpdateToken {
  /** What it is for. */
  name?: string | null | undefined;
  /** How many mails it may ask for on one day (UTC); `null` for as many as there are. A person sets it. */
  sends_per_day?: number | null | undefined;
}

/** What changes of a webhook; what is left out stays. */
export interface UpdateWebhook {
  /** Which events: types, groups such as `message.*`, or `*`; empty, all of them. */
  events?: Array<"*" | "account.*" | "approval.*" | "domain.*" | "inbox.*" | "invitation.*" | "member.*" | "message.*" | "organization.*" | "suppression.*" | "token.*" | "upload.*" | "webhook.*" | "message.received" | "message.held" | "message.released" | "message.discarded" | "message.sent" | "message.delivered" | "message.deferred" | "message.bounced" | "message.complained" | "message.failed" | "message.unknown" | "message.edited" | "message.blocked" | "approval.requested" | "approval.approved" | "approval.rejected" | "approval.expired" | "approval.cancelled" | "approval.superseded" | "approval.delegated" | "approval.revision_requested" | "approval.commented" | "approval.taken_back" | "approval.reminder" | "inbox.created" | "inbox.deleted" | "inbox.paused" | "inbox.resumed" | "token.paused" | "token.resumed" | "organization.paused" | "organization.resumed" | "webhook.disabled" | "webhook.test" | "suppression.created" | "suppression.deleted" | "upload.ready" | "upload.confirmed" | "upload.completed" | "upload.failed" | "upload.deleted" | "domain.verified" | "domain.failed" | "account.connected" | "account.error" | "account.recovered" | "account.disconnected" | "member.created" | "member.updated" | "member.deleted" | "invitation.created" | "invitation.resent" | "invitation.deleted"> | null | undefined;
  /** Only events about these inboxes; empty, about all, and about none. */
  inbox_ids?: Array<string> | null | undefined;
  /** `paused`: events wait for it, up to a day and a half each. `active`: it is told, also where it was disabled. */
  status?: "active" | "paused" | null | undefined;
  /** `https`, on port 443, in a public network. */
  url?: string | null | undefined;
}

/** A file that was announced, with where to put it. */
export interface Upload {
  content_type: string;
  /** Seconds that the URL is good. */
  expires_in: number;
  filename: string;
  id: string;
  inbox_id: string;
  /** In bytes. */
  size: number;
  upload_headers: UploadHeaders;
  upload_method: string;
  upload_url: string;
}

/** How many there are. */
export interface UploadCounts {
  /** Rows that were looked at since it was confirmed: of `rows`, as far as that is. */
  done: number;
  /** Rows that can't. */
  errors: number | null;
  /** Rows of which none was made, or not all. */
  failed: number;
  /** Mails that needed somebody's approval when they were made. */
  held: number;
  /** Rows that have all their mails. */
  imported: number;
  /** Mails that were made. */
  mails: number;
  /** Rows that can become a mail, as the plan has it that was tried out or confirmed last. */
  ready: number | null;
  /** Rows with anything in them, the header apart; null until they were read. */
  rows: number | null;
}

/** A spreadsheet that was announced, with where to put it. */
export interface UploadCreated {
  /** Its columns; null until it was read. */
  columns: Array<string> | null;
  confirmed_at: string | null;
  content_type: string;
  counts: UploadCounts;
  created_at: string;
  created_by: Actor;
  ended_at: string | null;
  /** Why it failed. */
  error: UploadNote | null;
  /** Until when `upload_url` takes the file; null when it is there. */
  expires_at: string | null;
  filename: string;
  /** `csv`, `tsv` or `xlsx`; null until it was read. */
  format: string | null;
  /** Which column is probably for what, by the fields of `mapping`; null until it was read. */
  guesses: Record<string, unknown> | null;
  id: string;
  inbox_id: string;
  /** What about the sheet somebody should know. */
  notes: Array<UploadNote>;
  /** In bytes. */
  size: number;
  /**
   * `uploading` until the file is there, `reading`, `ready` to be confirmed, `importing` while mails are made of it,
   * `imported`, `failed`, or `deleting`.
   */
  status: string;
  upload_headers: SheetUploadHeaders;
  upload_method: string;
  upload_url: string;
  /** Why its mails wait to be made, where they do: they are made by themselves later. */
  waits: string | null;
}

/** The headers that the upload must have: they are signed. */
export interface UploadHeaders {
  "content-length": string;
  "content-type": string;
}

/** A code and a sentence. */
export interface UploadNote {
  code: string;
  message: string;
}

/** An upload as events tell of it: without a word of what it holds. */
export interface UploadNotice {
  counts: UploadCounts;
  /** Why it failed, as a code. */
  error: string | null;
  id: string;
  inbox_id: string;
  status: string;
}

/** What a plan makes of an upload. */
export interface UploadOutlook {
  /** Its columns; null until it was read. */
  columns: Array<string> | null;
  confirmed_at: string | null;
  content_type: string;
  counts: UploadCounts;
  created_at: string;
  created_by: Actor;
  ended_at: string | null;
  /** Why it failed. */
  error: UploadNote | null;
  /** Until when `upload_url` takes the file; null when it is there. */
  expires_at: string | null;
  filename: string;
  /** `csv`, `tsv` or `xlsx`; null until it was read. */
  format: string | null;
  /** Which column is probably for what, by the fields of `mapping`; null until it was read. */
  guesses: Record<string, unknown> | null;
  id: string;
  inbox_id: string;
  /** So many mails are made, those that follow among them. */
  mails: number;
  /** What about the sheet somebody should know. */
  notes: Array<UploadNote>;
  /** What policies say of some of the mails, the first and the last among them. */
  policies: Array<RowSample>;
  /** The first row that becomes mails, as its reader will see them. */
  preview: RowPreview | null;
  /** What is wrong, and in how many rows. */
  problems: Array<UploadProblem>;
  /** In bytes. */
  size: number;
  /**
   * `uploading` until the file is there, `reading`, `ready` to be confirmed, `importing` while mails are made of it,
   * `imported`, `failed`, or `deleting`.
   */
  status: string;
  /** Why its mails wait to be made, where they do: they are made by themselves later. */
  waits: string | null;
  /** The first 50 rows with something wrong; `GET …/rows?status=error` has all. */
  wrong_rows: Array<WrongRow>;
}

/** What is wrong, and in how many rows. */
export interface UploadProblem {
  code: string;
  rows: number;
}

/** A row of an upload. */
export interface UploadRow {
  /** The approval of its first mail. */
  approval_id: string | null;
  errors: Array<RowError>;
  /** The mails that follow it. */
  follow_ups: Array<RowMail>;
  /** Its first mail. */
  message_id: string | null;
  /** Where that mail stands. */
  message_status: string | null;
  /** Its number in the sheet: its header is mostly 1. */
  number: number;
  /** `ready` where mails can be made of it, `error`, or `imported`. */
  status: string;
  /** What its cells show, by the names of their columns. */
  values: Record<string, unknown>;
}

/** A row, with its mails as they would be made. */
export interface UploadRowDetail {
  /** The approval of its first mail. */
  approval_id: string | null;
  errors: Array<RowError>;
  /** The mails that follow it. */
  follow_ups: Array<RowMail>;
  /** Its first mail. */
  message_id: string | null;
  /** Where that mail stands. */
  message_status: string | null;
  /** Its number in the sheet: its header is mostly 1. */
  number: number;
  /** Its mails as they would be made by the plan that was tried out last; null where they were made, or can't be. */
  preview: RowPreview | null;
  /** `ready` where mails can be made of it, `error`, or `imported`. */
  status: string;
  /** What its cells show, by the names of their columns. */
  values: Record<string, unknown>;
}

/** What was used on one day: of the whole organization, of an inbox or of a token. */
export interface Usage {
  /** The day, in UTC. */
  day: string;
  /** The inbox; with `by=inbox` alone. */
  inbox_id?: string | null | undefined;
  /** What the token is called now; not there where it is gone. */
  name?: string | null | undefined;
  /** Mails that came in and were filed; of a token always 0. */
  received: number;
  /** Requests to the API with a good credential; of an inbox, those whose path names it. */
  requests: number;
  /** Mails that the provider accepted. */
  sent: number;
  /** The bytes of the mails of `sent` and `received`. What is deleted later is not taken off. */
  stored_bytes: number;
  /** The token; with `by=token` alone. */
  token_id?: string | null | undefined;
}

/** A person who signs in. */
export interface User {
  email: string;
  id: string;
}

/** What the receiving server found out: `PASS`, `FAIL`, `GRAY`, `PROCESSING_FAILED` or `DISABLED`. */
export interface Verdicts {
  dkim: string;
  dmarc: string;
  spam: string;
  spf: string;
  virus: string;
}

/** What a check of the audit log found. */
export interface Verification {
  anchors: Anchors;
  /** How many were. */
  entries: number;
  /** The first place that was looked at. */
  from: number;
  head: AuditHead | null;
  /** Where to go on, if that was not all. */
  next: number | null;
  problem: Problem | null;
  /** The last. */
  to: number;
  verified: boolean;
}

/** How many mails left within a window. */
export interface Volume {
  count: number;
  /** `mails`, or `first_contacts`: recipients who were never written to before. */
  of: string;
  per: string;
  recipient: string | null;
  window: string;
}

/** A vote. */
export interface Vote {
  at: string;
  credential: Credential;
  member_id: string;
  reason: string | null;
  role: "owner" | "admin" | "approver" | "editor" | "viewer";
  /**
   * Whether the mail itself was decided about; `false` where several were approved at once, of which a list was seen.
   */
  seen: boolean;
  /** Where it was given ahead. */
  standing_approval_id: string | null;
  /** `approve` or `reject`. */
  verdict: string;
}

/**
 * What a key of yours signed: `infra/docs/KEYS.md` says how its text is made. The three values of bytes are what
 * `navigator.credentials.get` gave, in base64.
 */
export interface VoteSigned {
  /** `authenticatorData`. */
  authenticator_data: string;
  /** `clientDataJSON`. */
  client_data: string;
  /** When the text was made, in whole seconds: at most ten minutes ago. */
  given: string;
  /** The id of the key, as the key log has it. */
  key: string;
  /** Where one signature stands for many mails: their leaves, in the order in which the root was made of them. */
  leaves?: Array<string> | null | undefined;
  /** How long the vote is good for: a mail that goes later needs another. */
  not_after: string;
  /** `signature`. */
  signature: string;
}

/** A webhook. */
export interface Webhook {
  created_at: string;
  disabled_at: string | null;
  /** `gone`: it answered with 410. `failing`: every call of it failed for three days. */
  disabled_reason: string | null;
  /** Which events it is told of; all of them where it is empty. */
  events: Array<"*" | "account.*" | "approval.*" | "domain.*" | "inbox.*" | "invitation.*" | "member.*" | "message.*" | "organization.*" | "suppression.*" | "token.*" | "upload.*" | "webhook.*" | "message.received" | "message.held" | "message.released" | "message.discarded" | "message.sent" | "message.delivered" | "message.deferred" | "message.bounced" | "message.complained" | "message.failed" | "message.unknown" | "message.edited" | "message.blocked" | "approval.requested" | "approval.approved" | "approval.rejected" | "approval.expired" | "approval.cancelled" | "approval.superseded" | "approval.delegated" | "approval.revision_requested" | "approval.commented" | "approval.taken_back" | "approval.reminder" | "inbox.created" | "inbox.deleted" | "inbox.paused" | "inbox.resumed" | "token.paused" | "token.resumed" | "organization.paused" | "organization.resumed" | "webhook.disabled" | "webhook.test" | "suppression.created" | "suppression.deleted" | "upload.ready" | "upload.confirmed" | "upload.completed" | "upload.failed" | "upload.deleted" | "domain.verified" | "domain.failed" | "account.connected" | "account.error" | "account.recovered" | "account.disconnected" | "member.created" | "member.updated" | "member.deleted" | "invitation.created" | "invitation.resent" | "invitation.deleted">;
  /** When the first of them was made. */
  failing_since: string | null;
  /** Attempts in a row that were not taken, up to 5: then it is held back. */
  failures: number;
  /** Until when the secret before this one signs as well. */
  former_secret_until: string | null;
  /** Until when it is asked no more. */
  held_until: string | null;
  id: string;
  /** The inboxes about which it is told; all of them where it is empty. */
  inbox_ids: Array<string>;
  /** What signs the events, only in the response to its creation and to `rotate-secret`. */
  secret?: string | null | undefined;
  secret_last_four: string;
  /** `active`; `paused`: events wait; `disabled`: it is told of nothing until it is made active again. */
  status: string;
  url: string;
}

/** A webhook, as events tell of it. */
export interface WebhookNotice {
  /**
   * Why it is disabled: `gone`, since it answered with 410, or `failing`, since every call of it failed for three
   * days.
   */
  disabled_reason: string | null;
  id: string;
  /** `active`, `paused` or `disabled`. */
  status: string;
}

/** A row with what is wrong with it. */
export interface WrongRow {
  errors: Array<RowError>;
  number: number;
}
