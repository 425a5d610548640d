// The routes: made of infra/docs/openapi.json by shared/clients/generate.py: `make routes` writes it.

import type { CallOptions, OnceOptions, Transport } from "./transport.js";
import type * as types from "./types.js";

/** What `accounts.create` takes. */
export interface AccountsCreateParams {
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
  smtp?: types.SmtpServer | null | undefined;
  /** Of `smtp`: the name by which the server lets you in, `email` where it is left out. */
  username?: string | null | undefined;
}

/** What `accounts.list` takes. */
export interface AccountsListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `accounts.update` takes. */
export interface AccountsUpdateParams {
  /** Another key of the same provider: the one before is forgotten. */
  api_key?: string | null | undefined;
  /** The name beside the address, in mails that go out; an empty one takes it away. */
  display_name?: string | null | undefined;
  /** Another password of the same mail server: the one before is forgotten. */
  password?: string | null | undefined;
}

/** What `approvals.approve` takes. */
export interface ApprovalsApproveParams {
  /** The `digest` of the approval as it was shown. */
  digest: string;
  /** What your own key signed of it, where a policy asks for that. */
  signature?: types.VoteSigned | null | undefined;
}

/** What `approvals.askToRevise` takes. */
export interface ApprovalsAskToReviseParams {
  /** The `digest` of the approval as it was shown. */
  digest: string;
  /** What is to be otherwise, for whoever asked. */
  note: string;
}

/** What `approvals.batch` takes. */
export interface ApprovalsBatchParams {
  /** The approvals, 1 to 50, each once. */
  items: Array<types.BatchItem>;
  /** Why they are rejected. Whoever asked is told. */
  reason?: string | null | undefined;
  /** What your own key signed of all of them, where a policy asks for that. */
  signature?: types.VoteSigned | null | undefined;
  /** What is said of all of them. */
  verdict: "approve" | "reject";
}

/** What `approvals.cancel` takes. */
export interface ApprovalsCancelParams {
  /** In words, for whoever meets it. */
  reason?: string | null | undefined;
}

/** What `approvals.comment` takes. */
export interface ApprovalsCommentParams {
  /** In words, for all who see the approval and for whoever asked for the mail. */
  text: string;
}

/** What `approvals.delegate` takes. */
export interface ApprovalsDelegateParams {
  /** Who votes from now on: somebody with a role that may. */
  member_id: string;
}

/** What `approvals.edit` takes. */
export interface ApprovalsEditParams {
  /** Files beside those that stay. */
  attachments?: Array<types.FileGiven> | null | undefined;
  /** Recipients that the others don't see, in the place of those that it has. */
  bcc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** Recipients of copies, in the place of those that it has. */
  cc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** The `digest` of the approval as it was shown. */
  digest: string;
  /** The body as HTML, the whole of it as well; empty, it has none any more. */
  html?: string | null | undefined;
  /** As of a new mail. */
  html_mode?: "normal" | "strict" | null | undefined;
  /** Files that it has and is to lose, those that it passes on among them. The others stay. */
  remove_attachments?: Array<string> | null | undefined;
  /** Where answers go. */
  reply_to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** Not before this. */
  send_at?: string | null | undefined;
  /** The subject. */
  subject?: string | null | undefined;
  /** The body as text, the whole of it: with what is quoted in it or passed on. */
  text?: string | null | undefined;
  /** Recipients, in the place of those that it has. */
  to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
}

/** What `approvals.list` takes. */
export interface ApprovalsListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
  /** `pending` where it is left out. */
  status?: "pending" | "approved" | "rejected" | "expired" | "cancelled" | "superseded" | undefined;
}

/** What `approvals.reject` takes. */
export interface ApprovalsRejectParams {
  /** The `digest` of the approval as it was shown. */
  digest: string;
  /** Why. Whoever asked is told. */
  reason?: string | null | undefined;
  /** Whether what the mail says is left as a draft of its inbox, where this vote decides; left out, it is not. */
  revise?: boolean | null | undefined;
  /** What your own key signed of it: nothing asks for that, and it is kept with the vote. */
  signature?: types.VoteSigned | null | undefined;
}

/** What `approvals.revise` takes. */
export interface ApprovalsReviseParams {
  /** Files beside those that stay. */
  attachments?: Array<types.FileGiven> | null | undefined;
  /** Recipients that the others don't see, in the place of those that it has. */
  bcc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** Recipients of copies, in the place of those that it has. */
  cc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** The `digest` of the approval as it was shown. */
  digest: string;
  /** The body as HTML, the whole of it as well; empty, it has none any more. */
  html?: string | null | undefined;
  /** As of a new mail. */
  html_mode?: "normal" | "strict" | null | undefined;
  /** Files that it has and is to lose, those that it passes on among them. The others stay. */
  remove_attachments?: Array<string> | null | undefined;
  /** Where answers go. */
  reply_to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** Not before this. */
  send_at?: string | null | undefined;
  /** The subject. */
  subject?: string | null | undefined;
  /** The body as text, the whole of it: with what is quoted in it or passed on. */
  text?: string | null | undefined;
  /** Recipients, in the place of those that it has. */
  to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
}

/** What `attachments.create` takes. */
export interface AttachmentsCreateParams {
  /** Its media type; `application/octet-stream` where it is left out. */
  content_type?: string | null | undefined;
  /** Its name, without a path. */
  filename: string;
  /** The inbox that will send it; may be left out where the credential reaches one alone. */
  inbox_id?: string | null | undefined;
  /** In bytes, 1 to 26,214,400. */
  size: number;
}

/** What `audit.list` takes. */
export interface AuditListParams {
  /** An action, or with a dot at its end the beginning of one, such as `approval.`. */
  action?: string | undefined;
  /** A member's or token's id, or `system`. A member's covers what their tokens did. */
  actor?: string | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** Not older than this. */
  from?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
  /** The id of what it was done to. */
  target?: string | undefined;
  /** Not younger than this. */
  to?: string | undefined;
}

/** What `audit.verify` takes. */
export interface AuditVerifyParams {
  /** The place of its first entry, from 1. */
  from?: number | undefined;
  /** The place of its last entry. */
  to?: number | undefined;
}

/** What `domains.create` takes. */
export interface DomainsCreateParams {
  /** Such as `example.com`, in letters of any script. */
  name: string;
  /**
   * Whether few mails may be asked for from it at first, 50 on the day on which it is verified, and twice as many on
   * each of the 13 days that follow; true unless you say otherwise, as where it has been sending for long. It stays
   * as it is.
   */
  warm_up?: boolean | null | undefined;
}

/** What `domains.list` takes. */
export interface DomainsListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `drafts.create` takes. */
export interface DraftsCreateParams {
  /** At most 20, with at most 25 MB together. The draft keeps their bytes. */
  attachments?: Array<types.FileGiven> | null | undefined;
  /** Recipients that the others don't see. */
  bcc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** Recipients of copies. */
  cc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
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
  reply_to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
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
  to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** Whether its one recipient can unsubscribe with one click, as of a mail. */
  unsubscribe?: boolean | null | undefined;
}

/** What `drafts.delete` takes. */
export interface DraftsDeleteParams {
  ifMatch?: string | undefined;
}

/** What `drafts.list` takes. */
export interface DraftsListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `drafts.submit` takes. */
export interface DraftsSubmitParams {
  ifMatch?: string | undefined;
}

/** What `drafts.update` takes. */
export interface DraftsUpdateParams {
  /** All its files, in the place of those that it has. */
  attachments?: Array<types.FileGiven> | null | undefined;
  /** Recipients that the others don't see, in the place of those that it has. */
  bcc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** Recipients of copies, in the place of those that it has. */
  cc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
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
  reply_to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
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
  to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** As of a new draft. */
  unsubscribe?: boolean | null | undefined;
  ifMatch?: string | undefined;
}

/** What `events.list` takes. */
export interface EventsListParams {
  /** Not older than this; events are kept for 30 days. */
  after?: string | undefined;
  /**
   * The `next_cursor` of a page before, or the `id` of a message of the stream; also of a page with another filter or
   * in the other order, since it names a place between two events.
   */
  cursor?: string | undefined;
  /** The inbox that it is about. */
  inbox_id?: string | undefined;
  /** How many events at most; 50 where it is left out. */
  limit?: number | undefined;
  /**
   * `desc`, the newest first, where it is left out. With `asc` there is always a `next_cursor`, also where there is
   * no event: what comes later stands behind it.
   */
  order?: "desc" | "asc" | undefined;
  /** Types with commas between, such as `message.received,approval.*`; all of them where it is left out. */
  types?: string | undefined;
}

/** What `events.redeliver` takes. */
export interface EventsRedeliverParams {
  /** The webhook; left out, all that are told of such events. */
  webhook_id?: string | null | undefined;
}

/** What `events.stream` takes. */
export interface EventsStreamParams {
  /**
   * Where it goes on: a `next_cursor` of `GET /v1/events`, or the `id` of a message of a stream. The header
   * `Last-Event-ID` goes before it. From now on where there is neither.
   */
  cursor?: string | undefined;
  /** The inbox that it is about. */
  inbox_id?: string | undefined;
  /** Types with commas between, such as `message.received,approval.*`; all of them where it is left out. */
  types?: string | undefined;
  lastEventId?: string | undefined;
}

/** What `groups.create` takes. */
export interface GroupsCreateParams {
  /** Who belongs to it, at most 50. */
  member_ids: Array<string>;
  /** Letters of a to z, digits and hyphens; no other group has it. */
  name: string;
}

/** What `groups.update` takes. */
export interface GroupsUpdateParams {
  /** All who belong to it from now on, at most 50. Mail that waits already asks whom it asked. */
  member_ids?: Array<string> | null | undefined;
  /** Another name: a group that a policy asks for votes keeps its own. */
  name?: string | null | undefined;
  ifMatch?: string | undefined;
}

/** What `heldMessages.list` takes. */
export interface HeldMessagesListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `inboxes.create` takes. */
export interface InboxesCreateParams {
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

/** What `inboxes.labels` takes. */
export interface InboxesLabelsParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `inboxes.list` takes. */
export interface InboxesListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `inboxes.pause` takes. */
export interface InboxesPauseParams {
  /** In words, for whoever meets it. */
  reason?: string | null | undefined;
}

/** What `inboxes.resume` takes. */
export interface InboxesResumeParams {
  /** Mails to call off before. */
  drop?: Array<string> | null | undefined;
  /** Only say what would go. */
  preview?: boolean | null | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `inboxes.update` takes. */
export interface InboxesUpdateParams {
  /** The name beside the address, in mails that go out; an empty one takes it away. */
  display_name: string;
}

/** What `invitations.accept` takes. */
export interface InvitationsAcceptParams {
  /** What the link in the mail ends with. */
  invitation: string;
  /** The password that they are to sign in with. */
  password: string;
}

/** What `invitations.create` takes. */
export interface InvitationsCreateParams {
  /** Their own address: the mail with the link goes there, and they sign in with it. */
  email: string;
  /** The groups that they are to belong to, by ids or names; needs `policies.manage` as well. */
  groups?: Array<string> | null | undefined;
  /** What they may do: an owner invites owners and admins, and a person whoever decides. */
  role: "owner" | "admin" | "approver" | "editor" | "viewer";
}

/** What `invitations.list` takes. */
export interface InvitationsListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `keys.append` takes. */
export interface KeysAppendParams {
  /** The end of the link, where the entry is by one. */
  link?: string | null | undefined;
  /** By the new key, where one is registered: what it signed to offer itself. */
  offer?: types.KeySigned | null | undefined;
  /** By the key that vouches, where one does. */
  signature?: types.KeySigned | null | undefined;
  /** What whoever vouches for it signed: all lines, each with its end. */
  text: string;
}

/** What `lists.create` takes. */
export interface ListsCreateParams {
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

/** What `lists.list` takes. */
export interface ListsListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** Mail that goes out, or mail that comes in. */
  direction: "send" | "receive";
  /** Who is allowed, or who is blocked. */
  kind: "allow" | "block";
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `logs.list` takes. */
export interface LogsListParams {
  /** Not older than this. */
  after?: string | undefined;
  /** Older than this. */
  before?: string | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many lines at most; 50 where it is left out. */
  limit?: number | undefined;
  /** The name of an operation, as the `OpenAPI` document has it: `messages_send`. */
  route?: string | undefined;
  /** A status such as `429`, or `4xx` for all of its class. */
  status?: string | undefined;
  /** The token that made the request. */
  token_id?: string | undefined;
}

/** What `members.list` takes. */
export interface MembersListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `members.update` takes. */
export interface MembersUpdateParams {
  /**
   * All groups that they belong to from now on, by ids or names; needs `policies.manage` as well. Mail that waits
   * already asks whom it asked.
   */
  groups?: Array<string> | null | undefined;
  /** Another role: an owner gives and takes `owner` and `admin`, in a session, as whoever gives `approver` does. */
  role?: "owner" | "admin" | "approver" | "editor" | "viewer" | null | undefined;
}

/** What `messages.batch` takes. */
export interface MessagesBatchParams {
  /** Labels to have; each mail has at most 20. */
  add_labels?: Array<string> | null | undefined;
  /** The mails, 1 to 100. One that is named twice counts once. */
  messages: Array<types.MessageName>;
  /** Whether they were read. A mail that goes out always is. */
  read?: boolean | null | undefined;
  /** Labels to lose. */
  remove_labels?: Array<string> | null | undefined;
}

/** What `messages.delete` takes. */
export interface MessagesDeleteParams {
  /**
   * For good, whether it is in the trash or not: nobody can bring it back. Else it goes into the trash for 30 days.
   */
  permanent?: boolean | undefined;
}

/** What `messages.forward` takes. */
export interface MessagesForwardParams {
  /** At most 20, with at most 25 MB together. */
  attachments?: Array<types.FileGiven> | null | undefined;
  /** Recipients that the others don't see. */
  bcc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** Recipients of copies. */
  cc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
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
  reply_to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
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
  to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
}

/** What `messages.list` takes. */
export interface MessagesListParams {
  /** It came in, or was asked for, then or later. */
  after?: string | undefined;
  /** It came in, or was asked for, before this. */
  before?: string | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** Which way it goes. */
  direction?: "inbound" | "outbound" | undefined;
  /** A part of its author's name or address, in any case. */
  from?: string | undefined;
  /** Whether it has a file. */
  has_attachment?: boolean | undefined;
  /** A label that it has; `trash` for those in the trash, which no other list has. */
  label?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
  /** How far it is; `received` for one that came in. */
  status?: "received" | "pending_approval" | "scheduled" | "sending" | "sent" | "delivered" | "deferred" | "bounced" | "complained" | "failed" | "rejected" | "expired" | "cancelled" | "unknown" | undefined;
  /** A part of its subject, in any case. */
  subject?: string | undefined;
  /** A part of a recipient's name or address, in any case; copies count. */
  to?: string | undefined;
  /** Whether nobody has read it. */
  unread?: boolean | undefined;
}

/** What `messages.listAll` takes. */
export interface MessagesListAllParams {
  /** It came in, or was asked for, then or later. */
  after?: string | undefined;
  /** It came in, or was asked for, before this. */
  before?: string | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** Which way it goes. */
  direction?: "inbound" | "outbound" | undefined;
  /** A part of its author's name or address, in any case. */
  from?: string | undefined;
  /** Whether it has a file. */
  has_attachment?: boolean | undefined;
  /** A label that it has; `trash` for those in the trash, which no other list has. */
  label?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
  /** How far it is; `received` for one that came in. */
  status?: "received" | "pending_approval" | "scheduled" | "sending" | "sent" | "delivered" | "deferred" | "bounced" | "complained" | "failed" | "rejected" | "expired" | "cancelled" | "unknown" | undefined;
  /** A part of its subject, in any case. */
  subject?: string | undefined;
  /** A part of a recipient's name or address, in any case; copies count. */
  to?: string | undefined;
  /** Whether nobody has read it. */
  unread?: boolean | undefined;
}

/** What `messages.reply` takes. */
export interface MessagesReplyParams {
  /** At most 20, with at most 25 MB together. */
  attachments?: Array<types.FileGiven> | null | undefined;
  /** Recipients that the others don't see. */
  bcc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** Recipients of copies. */
  cc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
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
  reply_to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
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
  to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
}

/** What `messages.replyAll` takes. */
export interface MessagesReplyAllParams {
  /** At most 20, with at most 25 MB together. */
  attachments?: Array<types.FileGiven> | null | undefined;
  /** Recipients that the others don't see. */
  bcc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** Recipients of copies. */
  cc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
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
  reply_to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
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
  to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
}

/** What `messages.search` takes. */
export interface MessagesSearchParams {
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

/** What `messages.send` takes. */
export interface MessagesSendParams {
  /** At most 20, with at most 25 MB together. */
  attachments?: Array<types.FileGiven> | null | undefined;
  /** Recipients that the others don't see. */
  bcc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /** Recipients of copies. */
  cc?: types.Mailbox | Array<types.Mailbox> | null | undefined;
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
  reply_to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
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
  to?: types.Mailbox | Array<types.Mailbox> | null | undefined;
  /**
   * Whether its one recipient can unsubscribe with one click, as list mail must let them: it gets `List-Unsubscribe`
   * and `List-Unsubscribe-Post` (RFC 8058), which lead to a page of this installation. Left out, it does not.
   */
  unsubscribe?: boolean | null | undefined;
}

/** What `messages.update` takes. */
export interface MessagesUpdateParams {
  /** Labels to have; each mail has at most 20. */
  add_labels?: Array<string> | null | undefined;
  /** Whether it was read. A mail that goes out always is. */
  read?: boolean | null | undefined;
  /** Labels to lose. */
  remove_labels?: Array<string> | null | undefined;
}

/** What `messages.wait` takes. */
export interface MessagesWaitParams {
  /**
   * Mails that came in at this time or later, or behind the mail with this `msg_…`; from now on where it is left out.
   * Give what was seen last. A mail that SES handed over late, or that a person let in, stands before that: the list
   * of unread mails has it.
   */
  after?: string | undefined;
  /** A part of its author's name or address, in any case. */
  from?: string | undefined;
  /** A part of its subject, in any case. */
  subject?: string | undefined;
  /** How many seconds to wait at most, 0 to 25; 25 where it is left out. */
  timeout?: number | undefined;
}

/** What `my.notificationsUpdate` takes. */
export interface MyNotificationsUpdateParams {
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
  quiet_hours?: types.OwnQuietHours | null | undefined;
  /** The clock of all this: a name of the IANA time zone database, such as `Europe/Berlin`. */
  time_zone?: string | null | undefined;
}

/** What `my.passkeysCreate` takes. */
export interface MyPasskeysCreateParams {
  /** Of the options that it answers. */
  ceremony_id: string;
  /** What `navigator.credentials.create` gave, as `PublicKeyCredential.toJSON` writes it. */
  credential: Record<string, unknown>;
  /** What it is to be called, such as the device that has it. */
  name: string;
}

/** What `my.passwordChange` takes. */
export interface MyPasswordChangeParams {
  /** The one that is to end. */
  current_password: string;
  /** The one in its place: 12 to 200 characters that are not easily guessed. */
  new_password: string;
}

/** What `my.proofCreate` takes. */
export interface MyProofCreateParams {
  /** Of the options that the passkey answers. */
  ceremony_id?: string | null | undefined;
  /** A code of the authenticator, or one of the recovery codes: where a second factor is set up. */
  code?: string | null | undefined;
  /** What `navigator.credentials.get` gave, as `PublicKeyCredential.toJSON` writes it. */
  credential?: Record<string, unknown> | null | undefined;
  /** One's own password. */
  password?: string | null | undefined;
}

/** What `my.sessionsDeleteAll` takes. */
export interface MySessionsDeleteAllParams {
  /** Whether the one that calls ends as well. */
  current?: boolean | undefined;
}

/** What `my.sessionsList` takes. */
export interface MySessionsListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `my.totpConfirm` takes. */
export interface MyTotpConfirmParams {
  /** The six digits that the authenticator shows. */
  code: string;
  /** One's own password. */
  password: string;
}

/** What `my.totpDelete` takes. */
export interface MyTotpDeleteParams {
  /** A code of the authenticator, or one of the recovery codes. */
  code?: string | null | undefined;
  /** One's own password. */
  password?: string | null | undefined;
}

/** What `my.totpRenewCodes` takes. */
export interface MyTotpRenewCodesParams {
  /** A code of the authenticator, or one of the recovery codes. */
  code?: string | null | undefined;
  /** One's own password. */
  password?: string | null | undefined;
}

/** What `openapi.get` takes. */
export interface OpenapiGetParams {
  ifNoneMatch?: string | undefined;
}

/** What `organization.pause` takes. */
export interface OrganizationPauseParams {
  /** In words, for whoever meets it. */
  reason?: string | null | undefined;
}

/** What `organization.resume` takes. */
export interface OrganizationResumeParams {
  /** Mails to call off before. */
  drop?: Array<string> | null | undefined;
  /** Only say what would go. */
  preview?: boolean | null | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `organization.transferOwnership` takes. */
export interface OrganizationTransferOwnershipParams {
  /** They become owner, and the caller admin. */
  member_id: string;
}

/** What `organization.update` takes. */
export interface OrganizationUpdateParams {
  /** What it is called. */
  name?: string | null | undefined;
  /** Whether whoever decides has to sign in with a second factor: an owner who has one sets it. */
  require_second_factor?: boolean | null | undefined;
  /** How many mails all of it may ask for on one day (UTC); `null` for as many as there are. */
  sends_per_day?: number | null | undefined;
}

/** What `passwordResets.confirm` takes. */
export interface PasswordResetsConfirmParams {
  /** The password that they are to sign in with from now on. */
  password: string;
  /** What the link in the mail ends with. */
  reset: string;
}

/** What `passwordResets.create` takes. */
export interface PasswordResetsCreateParams {
  /** The address that they sign in with: the link goes there. */
  email: string;
}

/** What `policies.create` takes. */
export interface PoliciesCreateParams {
  description?: string | null | undefined;
  enabled?: boolean | null | undefined;
  /** The inboxes that it is for; null or left out, all of them. */
  inbox_ids?: Array<string> | null | undefined;
  name: string;
  rules: Array<{ name: string; outcome: "allow" | "hold" | "defer" | "block"; quiet_hours?: Record<string, unknown> | null; terms?: Record<string, unknown> | null; when: Record<string, unknown> }>;
}

/** What `policies.replace` takes. */
export interface PoliciesReplaceParams {
  description?: string | null | undefined;
  enabled?: boolean | null | undefined;
  /** The inboxes that it is for; null or left out, all of them. */
  inbox_ids?: Array<string> | null | undefined;
  name: string;
  rules: Array<{ name: string; outcome: "allow" | "hold" | "defer" | "block"; quiet_hours?: Record<string, unknown> | null; terms?: Record<string, unknown> | null; when: Record<string, unknown> }>;
  /** Of the policy whose place it takes, as you know it. */
  version: number;
}

/** What `policies.simulate` takes. */
export interface PoliciesSimulateParams {
  /** A mail that nobody sends. */
  draft?: types.DraftGiven | null | undefined;
  /** A draft that was saved, as submitting it would ask for it now: what would be refused then is refused. */
  draft_id?: string | null | undefined;
  /** The inbox that it would leave. */
  inbox_id: string;
  /** A mail that waits, or left. */
  message_id?: string | null | undefined;
  /** In the place of those that there are. */
  policies?: Array<types.PolicyGiven> | null | undefined;
  /** As if this token had asked. */
  token_id?: string | null | undefined;
}

/** What `registrations.create` takes. */
export interface RegistrationsCreateParams {
  /** What it is called. */
  name: string;
  /** Who is to own it: a person's own address. The link to claim it is mailed there. */
  owner_email: string;
}

/** What `screening.replace` takes. */
export interface ScreeningReplaceParams {
  /** All of them; their order means nothing. */
  rules: Array<types.ScreeningRule>;
  /** The version of the rules that these replace; 0 where there are none. */
  version: number;
}

/** What `sessions.create` takes. */
export interface SessionsCreateParams {
  /** A code of their second factor, or one of its recovery codes: where one is set up. */
  code?: string | null | undefined;
  /** Their address. */
  email: string;
  /** Their password. */
  password: string;
}

/** What `sessions.passkey` takes. */
export interface SessionsPasskeyParams {
  /** Of the options that it answers. */
  ceremony_id: string;
  /** What `navigator.credentials.get` gave, as `PublicKeyCredential.toJSON` writes it. */
  credential: Record<string, unknown>;
}

/** What `standingApprovals.create` takes. */
export interface StandingApprovalsCreateParams {
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

/** What `standingApprovals.list` takes. */
export interface StandingApprovalsListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `suppressions.create` takes. */
export interface SuppressionsCreateParams {
  /** One mailbox. */
  address?: string | null | undefined;
  /** All mailboxes of this domain and of those below it. */
  domain?: string | null | undefined;
  /** Why, in at most 200 characters; whoever is refused is told. */
  reason?: string | null | undefined;
}

/** What `suppressions.list` takes. */
export interface SuppressionsListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `threads.get` takes. */
export interface ThreadsGetParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `threads.list` takes. */
export interface ThreadsListParams {
  /** Its last mail came in, or went out, then or later. */
  after?: string | undefined;
  /** Its last mail came in, or went out, before this. */
  before?: string | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** A part of the name or address of its last author, in any case. */
  from?: string | undefined;
  /** A label that one of its mails has. */
  label?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
  /** A part of its subject, in any case. */
  subject?: string | undefined;
  /** Whether nobody has read one of its mails. */
  unread?: boolean | undefined;
}

/** What `threads.listAll` takes. */
export interface ThreadsListAllParams {
  /** Its last mail came in, or went out, then or later. */
  after?: string | undefined;
  /** Its last mail came in, or went out, before this. */
  before?: string | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** A part of the name or address of its last author, in any case. */
  from?: string | undefined;
  /** A label that one of its mails has. */
  label?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
  /** A part of its subject, in any case. */
  subject?: string | undefined;
  /** Whether nobody has read one of its mails. */
  unread?: boolean | undefined;
}

/** What `threads.update` takes. */
export interface ThreadsUpdateParams {
  /** Labels to have; each mail has at most 20. */
  add_labels?: Array<string> | null | undefined;
  /** Whether it was read. A mail that goes out always is. */
  read?: boolean | null | undefined;
  /** Labels to lose. */
  remove_labels?: Array<string> | null | undefined;
}

/** What `tokens.create` takes. */
export interface TokensCreateParams {
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

/** What `tokens.list` takes. */
export interface TokensListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `tokens.pause` takes. */
export interface TokensPauseParams {
  /** In words, for whoever meets it. */
  reason?: string | null | undefined;
}

/** What `tokens.resume` takes. */
export interface TokensResumeParams {
  /** Mails to call off before. */
  drop?: Array<string> | null | undefined;
  /** Only say what would go. */
  preview?: boolean | null | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `tokens.rotate` takes. */
export interface TokensRotateParams {
  /** For how many seconds the secret that it has is taken still: 0 ends it at once. */
  overlap?: number | null | undefined;
}

/** What `tokens.update` takes. */
export interface TokensUpdateParams {
  /** What it is for. */
  name?: string | null | undefined;
  /** How many mails it may ask for on one day (UTC); `null` for as many as there are. A person sets it. */
  sends_per_day?: number | null | undefined;
}

/** What `uploads.confirm` takes. */
export interface UploadsConfirmParams {
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
  follow_ups?: Array<types.FollowUpGiven> | null | undefined;
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

/** What `uploads.create` takes. */
export interface UploadsCreateParams {
  /** Its media type; `application/octet-stream` where it is left out. What it is, its bytes say. */
  content_type?: string | null | undefined;
  /** Its name, without a path. */
  filename: string;
  /** The inbox that its mails are to leave. */
  inbox_id: string;
  /** In bytes, 1 to 20,971,520. */
  size: number;
}

/** What `uploads.list` takes. */
export interface UploadsListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `uploads.rows` takes. */
export interface UploadsRowsParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many rows at most; 50 where it is left out. */
  limit?: number | undefined;
  /** Those that stand so. */
  status?: "ready" | "error" | "imported" | undefined;
}

/** What `usage.list` takes. */
export interface UsageListParams {
  /** `day` for the whole organization, `inbox` or `token` for each of them; `day` where it is left out. */
  by?: "day" | "inbox" | "token" | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** The first day, in UTC; 29 days before the last where it is left out. At most 90 days are read at once. */
  from?: string | undefined;
  /** How many rows at most; 50 where it is left out. */
  limit?: number | undefined;
  /** The last day, in UTC; today where it is left out. */
  to?: string | undefined;
}

/** What `webhooks.create` takes. */
export interface WebhooksCreateParams {
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

/** What `webhooks.deliveries` takes. */
export interface WebhooksDeliveriesParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** Whether the webhook took the event. */
  delivered?: boolean | undefined;
  /** The event. */
  event_id?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `webhooks.list` takes. */
export interface WebhooksListParams {
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** How many entries at most; 50 where it is left out. */
  limit?: number | undefined;
}

/** What `webhooks.resend` takes. */
export interface WebhooksResendParams {
  /** The `next_cursor` of the response before. */
  cursor?: string | null | undefined;
  /** Events that happened then or later, within 30 days. */
  since: string;
}

/** What `webhooks.update` takes. */
export interface WebhooksUpdateParams {
  /** Which events: types, groups such as `message.*`, or `*`; empty, all of them. */
  events?: Array<"*" | "account.*" | "approval.*" | "domain.*" | "inbox.*" | "invitation.*" | "member.*" | "message.*" | "organization.*" | "suppression.*" | "token.*" | "upload.*" | "webhook.*" | "message.received" | "message.held" | "message.released" | "message.discarded" | "message.sent" | "message.delivered" | "message.deferred" | "message.bounced" | "message.complained" | "message.failed" | "message.unknown" | "message.edited" | "message.blocked" | "approval.requested" | "approval.approved" | "approval.rejected" | "approval.expired" | "approval.cancelled" | "approval.superseded" | "approval.delegated" | "approval.revision_requested" | "approval.commented" | "approval.taken_back" | "approval.reminder" | "inbox.created" | "inbox.deleted" | "inbox.paused" | "inbox.resumed" | "token.paused" | "token.resumed" | "organization.paused" | "organization.resumed" | "webhook.disabled" | "webhook.test" | "suppression.created" | "suppression.deleted" | "upload.ready" | "upload.confirmed" | "upload.completed" | "upload.failed" | "upload.deleted" | "domain.verified" | "domain.failed" | "account.connected" | "account.error" | "account.recovered" | "account.disconnected" | "member.created" | "member.updated" | "member.deleted" | "invitation.created" | "invitation.resent" | "invitation.deleted"> | null | undefined;
  /** Only events about these inboxes; empty, about all, and about none. */
  inbox_ids?: Array<string> | null | undefined;
  /** `paused`: events wait for it, up to a day and a half each. `active`: it is told, also where it was disabled. */
  status?: "active" | "paused" | null | undefined;
  /** `https`, on port 443, in a public network. */
  url?: string | null | undefined;
}

/** The routes of `accounts`. */
export class AccountsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Connects a sending provider of one's own by its key, or a mail server by a password. It is asked first whether
   * that may send from the address. `infra/docs/ACCOUNTS.md`; the provider or mail server is asked whether key or
   * password may send from the address. Needs the scope `accounts.manage`. `POST /v1/accounts`
   */
  create(params: AccountsCreateParams, options: OnceOptions = {}): Promise<types.Account> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/accounts",
      names: {},
      body: {
        api_key: params.api_key,
        autodiscover: params.autodiscover,
        display_name: params.display_name,
        email: params.email,
        password: params.password,
        provider: params.provider,
        region: params.region,
        smtp: params.smtp,
        username: params.username,
      },
      once: true,
      options,
    });
  }

  /**
   * Disconnects an account. Its key or password is gone at once, and what waits in its inbox is called off. Its key
   * or password is forgotten at once; what waits in its inbox is called off, and that inbox is deleted with its mail.
   * Needs the scope `accounts.manage`. `DELETE /v1/accounts/{account_id}`
   */
  delete(accountId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/accounts/{account_id}",
      names: { account_id: accountId },
      options,
    });
  }

  /**
   * One connected account. `status` is `error` where its provider takes the key or password no more: `error` says
   * since when. Needs the scope `accounts.read`. `GET /v1/accounts/{account_id}`
   */
  get(accountId: string, options: CallOptions = {}): Promise<types.Account> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/accounts/{account_id}",
      names: { account_id: accountId },
      options,
    });
  }

  /**
   * The connected accounts. Oldest first; of each key the last four characters, of a password none. Needs the scope
   * `accounts.read`. `GET /v1/accounts`
   */
  list(params: AccountsListParams = {}, options: CallOptions = {}): Promise<types.PageOfAccount> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/accounts",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<AccountsListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Account, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * A mail of fixed words goes through the account to whoever asks. In a session: a mail of fixed words goes to your
   * own proven address, twenty times a day at most. Needs the scope `accounts.manage`. `POST
   * /v1/accounts/{account_id}/test-send`
   */
  testSend(accountId: string, options: CallOptions = {}): Promise<types.TestSend> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/accounts/{account_id}/test-send",
      names: { account_id: accountId },
      options,
    });
  }

  /**
   * Gives an account another name, or another key of the same provider, or password of the same server. Another
   * `api_key` or `password` is asked about first, and ends the one before; what waited for it goes with its next
   * attempt. Needs the scope `accounts.manage`. `PATCH /v1/accounts/{account_id}`
   */
  update(accountId: string, params: AccountsUpdateParams = {}, options: CallOptions = {}): Promise<types.Account> {
    return this.#transport.request({
      method: "PATCH",
      path: "/v1/accounts/{account_id}",
      names: { account_id: accountId },
      body: {
        api_key: params.api_key,
        display_name: params.display_name,
        password: params.password,
      },
      options,
    });
  }
}

/** The routes of `approvals`. */
export class ApprovalsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Lets exactly the bytes with this `digest` go. Needs the scope `approvals.decide`. `POST
   * /v1/approvals/{approval_id}/approve`
   */
  approve(approvalId: string, params: ApprovalsApproveParams, options: CallOptions = {}): Promise<types.Approval> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/approvals/{approval_id}/approve",
      names: { approval_id: approvalId },
      body: {
        digest: params.digest,
        signature: params.signature,
      },
      options,
    });
  }

  /**
   * Asks whoever asked for the mail with this `digest` to write it otherwise. It waits on, and nobody is asked to
   * decide about it until it is revised. Needs the scope `approvals.decide`. `POST
   * /v1/approvals/{approval_id}/ask-to-revise`
   */
  askToRevise(approvalId: string, params: ApprovalsAskToReviseParams, options: CallOptions = {}): Promise<types.Approval> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/approvals/{approval_id}/ask-to-revise",
      names: { approval_id: approvalId },
      body: {
        digest: params.digest,
        note: params.note,
      },
      options,
    });
  }

  /**
   * Approves or rejects up to 50 mails, each for itself and for exactly the bytes with its `digest`. In a session;
   * one about which something deserves a look is not approved so, and the others are. Needs the scope
   * `approvals.decide`. `POST /v1/approvals/batch`
   */
  batch(params: ApprovalsBatchParams, options: CallOptions = {}): Promise<types.ApprovalBatch> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/approvals/batch",
      names: {},
      body: {
        items: params.items,
        reason: params.reason,
        signature: params.signature,
        verdict: params.verdict,
      },
      options,
    });
  }

  /**
   * Calls a mail off before it is claimed, decided or not. Whoever asked, or somebody who decides. Needs the scope
   * `messages.read`. `POST /v1/approvals/{approval_id}/cancel`
   */
  cancel(approvalId: string, params: ApprovalsCancelParams = {}, options: CallOptions = {}): Promise<types.Approval> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/approvals/{approval_id}/cancel",
      names: { approval_id: approvalId },
      body: {
        reason: params.reason,
      },
      options,
    });
  }

  /**
   * Says something about a mail that waits. By a person, or by the token that asked for the mail; at most 50 of an
   * approval. Needs the scope `messages.read`. `POST /v1/approvals/{approval_id}/comments`
   */
  comment(approvalId: string, params: ApprovalsCommentParams, options: OnceOptions = {}): Promise<types.Comment> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/approvals/{approval_id}/comments",
      names: { approval_id: approvalId },
      body: {
        text: params.text,
      },
      once: true,
      options,
    });
  }

  /**
   * What was said about a mail that waits, or did, the first first. For whoever may see the approval, and for the
   * token that asked for the mail; at most 50. Needs the scope `messages.read`. `GET
   * /v1/approvals/{approval_id}/comments`
   */
  comments(approvalId: string, options: CallOptions = {}): Promise<types.Comments> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/approvals/{approval_id}/comments",
      names: { approval_id: approvalId },
      options,
    });
  }

  /**
   * Hands the caller's vote on to another member. Needs the scope `approvals.decide`. `POST
   * /v1/approvals/{approval_id}/delegate`
   */
  delegate(approvalId: string, params: ApprovalsDelegateParams, options: CallOptions = {}): Promise<types.Approval> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/approvals/{approval_id}/delegate",
      names: { approval_id: approvalId },
      body: {
        member_id: params.member_id,
      },
      options,
    });
  }

  /**
   * Makes a new revision of a mail that waits, with a new approval. Needs the scope `approvals.decide`. `POST
   * /v1/approvals/{approval_id}/edit`
   */
  edit(approvalId: string, params: ApprovalsEditParams, options: OnceOptions = {}): Promise<types.Submitted> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/approvals/{approval_id}/edit",
      names: { approval_id: approvalId },
      body: {
        attachments: params.attachments,
        bcc: params.bcc,
        cc: params.cc,
        digest: params.digest,
        html: params.html,
        html_mode: params.html_mode,
        remove_attachments: params.remove_attachments,
        reply_to: params.reply_to,
        send_at: params.send_at,
        subject: params.subject,
        text: params.text,
        to: params.to,
      },
      once: true,
      options,
    });
  }

  /**
   * One approval with the mail as it would go out and the conversation that it belongs to. The mail as it is sealed
   * under this `digest`, votes, terms, trace, what an edit changed. Needs the scope `approvals.read`. `GET
   * /v1/approvals/{approval_id}`
   */
  get(approvalId: string, options: CallOptions = {}): Promise<types.ApprovalDetail> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/approvals/{approval_id}",
      names: { approval_id: approvalId },
      options,
    });
  }

  /**
   * What waits for a decision; with `status`, what was decided. Newest first. Needs the scope `approvals.read`. `GET
   * /v1/approvals`
   */
  list(params: ApprovalsListParams = {}, options: CallOptions = {}): Promise<types.PageOfApproval> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/approvals",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
        status: params.status,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<ApprovalsListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Approval, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Who asked, who decided about which bytes, and what became of them, signed. `infra/docs/AUDIT.md`. Needs the scope
   * `approvals.read`. `GET /v1/approvals/{approval_id}/receipt`
   */
  receipt(approvalId: string, options: CallOptions = {}): Promise<types.Signed> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/approvals/{approval_id}/receipt",
      names: { approval_id: approvalId },
      options,
    });
  }

  /**
   * Stops the mail with this `digest`, for a `reason`; with `revise`, its words are left as a draft. With `revise`
   * its words are left as a draft, `draft_id`. Needs the scope `approvals.decide`. `POST
   * /v1/approvals/{approval_id}/reject`
   */
  reject(approvalId: string, params: ApprovalsRejectParams, options: CallOptions = {}): Promise<types.Approval> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/approvals/{approval_id}/reject",
      names: { approval_id: approvalId },
      body: {
        digest: params.digest,
        reason: params.reason,
        revise: params.revise,
        signature: params.signature,
      },
      options,
    });
  }

  /**
   * Makes a new revision of a mail that the caller asked for, where somebody who decides asked for that. By whoever
   * asked for the mail, while `revision_requested` says that it is to be written otherwise. Needs the scope
   * `messages.send`. `POST /v1/approvals/{approval_id}/revise`
   */
  revise(approvalId: string, params: ApprovalsReviseParams, options: OnceOptions = {}): Promise<types.Submitted> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/approvals/{approval_id}/revise",
      names: { approval_id: approvalId },
      body: {
        attachments: params.attachments,
        bcc: params.bcc,
        cc: params.cc,
        digest: params.digest,
        html: params.html,
        html_mode: params.html_mode,
        remove_attachments: params.remove_attachments,
        reply_to: params.reply_to,
        send_at: params.send_at,
        subject: params.subject,
        text: params.text,
        to: params.to,
      },
      once: true,
      options,
    });
  }

  /**
   * Takes the caller's approval back before the mail is claimed. In a session; where the votes that are left are not
   * enough, the mail waits again. Needs the scope `approvals.decide`. `POST /v1/approvals/{approval_id}/take-back`
   */
  takeBack(approvalId: string, options: CallOptions = {}): Promise<types.Approval> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/approvals/{approval_id}/take-back",
      names: { approval_id: approvalId },
      options,
    });
  }
}

/** The routes of `attachments`. */
export class AttachmentsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Announces a file; the answer says where to `PUT` it. An upload URL, for 15 minutes. Needs the scope
   * `messages.send`. `POST /v1/attachments`
   */
  create(params: AttachmentsCreateParams, options: OnceOptions = {}): Promise<types.Upload> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/attachments",
      names: {},
      body: {
        content_type: params.content_type,
        filename: params.filename,
        inbox_id: params.inbox_id,
        size: params.size,
      },
      once: true,
      options,
    });
  }

  /**
   * Where to get a file, for 15 minutes. A URL for 15 minutes, of files of inboxes that the credential reaches. Needs
   * the scope `messages.read`. `GET /v1/attachments/{attachment_id}`
   */
  get(attachmentId: string, options: CallOptions = {}): Promise<types.Download> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/attachments/{attachment_id}",
      names: { attachment_id: attachmentId },
      options,
    });
  }
}

/** The routes of `audit`. */
export class AuditRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** What was done, by whom, newest first. `infra/docs/AUDIT.md`. Needs the scope `audit.read`. `GET /v1/audit` */
  list(params: AuditListParams = {}, options: CallOptions = {}): Promise<types.PageOfAuditEntry> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/audit",
      names: {},
      query: {
        action: params.action,
        actor: params.actor,
        cursor: params.cursor,
        from: params.from,
        limit: params.limit,
        target: params.target,
        to: params.to,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<AuditListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.AuditEntry, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Computes the chain of the audit log anew and compares. The chain computed anew, and compared with its anchors.
   * Needs the scope `audit.read`. `GET /v1/audit/verify`
   */
  verify(params: AuditVerifyParams = {}, options: CallOptions = {}): Promise<types.Verification> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/audit/verify",
      names: {},
      query: {
        from: params.from,
        to: params.to,
      },
      options,
    });
  }
}

/** The routes of `domains`. */
export class DomainsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Asks for a domain, and says which DNS records it takes. `200` with the one that is there.
   * `infra/docs/DOMAINS.md`. Needs the scope `domains.manage`. `POST /v1/domains`
   */
  create(params: DomainsCreateParams, options: OnceOptions = {}): Promise<types.Domain> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/domains",
      names: {},
      body: {
        name: params.name,
        warm_up: params.warm_up,
      },
      once: true,
      options,
    });
  }

  /**
   * Deletes a domain that no inbox is on. `409 domain_in_use` while inboxes are on it. Needs the scope
   * `domains.manage`. `DELETE /v1/domains/{domain_id}`
   */
  delete(domainId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/domains/{domain_id}",
      names: { domain_id: domainId },
      options,
    });
  }

  /**
   * One domain, with its records as they should be and as they were found. As the last look found it. Needs the scope
   * `domains.manage`. `GET /v1/domains/{domain_id}`
   */
  get(domainId: string, options: CallOptions = {}): Promise<types.Domain> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/domains/{domain_id}",
      names: { domain_id: domainId },
      options,
    });
  }

  /**
   * The domains of the organization. Oldest first, at most 20. Needs the scope `domains.manage`. `GET /v1/domains`
   */
  list(params: DomainsListParams = {}, options: CallOptions = {}): Promise<types.PageOfDomain> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/domains",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<DomainsListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Domain, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Looks at the records of a domain now. Every ten seconds at most; one that failed is waited for anew. Needs the
   * scope `domains.manage`. `POST /v1/domains/{domain_id}/verify`
   */
  verify(domainId: string, options: CallOptions = {}): Promise<types.Domain> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/domains/{domain_id}/verify",
      names: { domain_id: domainId },
      options,
    });
  }

  /**
   * The records of a domain as lines of a zone file. As BIND and others import them. Needs the scope
   * `domains.manage`. `GET /v1/domains/{domain_id}/zone-file`
   */
  zoneFile(domainId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/domains/{domain_id}/zone-file",
      names: { domain_id: domainId },
      options,
    });
  }
}

/** The routes of `drafts`. */
export class DraftsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Makes a draft. `200` with the one that is there, where the inbox has one of this `client_id`. Any part may be
   * missing. Needs the scope `drafts.manage`. `POST /v1/inboxes/{inbox_id}/drafts`
   */
  create(inboxId: string, params: DraftsCreateParams = {}, options: OnceOptions = {}): Promise<types.Draft> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/inboxes/{inbox_id}/drafts",
      names: { inbox_id: inboxId },
      body: {
        attachments: params.attachments,
        bcc: params.bcc,
        cc: params.cc,
        client_id: params.client_id,
        headers: params.headers,
        html: params.html,
        html_mode: params.html_mode,
        metadata: params.metadata,
        reply_all: params.reply_all,
        reply_to: params.reply_to,
        reply_to_message_id: params.reply_to_message_id,
        send_at: params.send_at,
        subject: params.subject,
        tags: params.tags,
        text: params.text,
        to: params.to,
        unsubscribe: params.unsubscribe,
      },
      once: true,
      options,
    });
  }

  /**
   * Deletes a draft, with what it says. `If-Match` may name its revision. Needs the scope `drafts.manage`. `DELETE
   * /v1/drafts/{draft_id}`
   */
  delete(draftId: string, params: DraftsDeleteParams = {}, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/drafts/{draft_id}",
      names: { draft_id: draftId },
      headers: {
        "if-match": params.ifMatch,
      },
      options,
    });
  }

  /** One draft with its bodies. Needs the scope `drafts.manage`. `GET /v1/drafts/{draft_id}` */
  get(draftId: string, options: CallOptions = {}): Promise<types.DraftDetail> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/drafts/{draft_id}",
      names: { draft_id: draftId },
      options,
    });
  }

  /**
   * The drafts of an inbox, the one that was made last first, without their bodies. The one that was made last first.
   * Needs the scope `drafts.manage`. `GET /v1/inboxes/{inbox_id}/drafts`
   */
  list(inboxId: string, params: DraftsListParams = {}, options: CallOptions = {}): Promise<types.PageOfDraft> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/inboxes/{inbox_id}/drafts",
      names: { inbox_id: inboxId },
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(inboxId: string, params: Omit<DraftsListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Draft, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list(inboxId, { ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Asks for a draft to be sent, once. `202` where it is held, `201` where policies let it go, `200` with the mail as
   * it stands where it was submitted before. Needs `messages.send` too; one mail is made of a draft, however often it
   * is submitted; `If-Match` may name its revision. Needs the scope `drafts.manage`. `POST
   * /v1/drafts/{draft_id}/submit`
   */
  submit(draftId: string, params: DraftsSubmitParams = {}, options: OnceOptions = {}): Promise<types.Submitted> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/drafts/{draft_id}/submit",
      names: { draft_id: draftId },
      headers: {
        "if-match": params.ifMatch,
      },
      once: true,
      options,
    });
  }

  /**
   * Changes a draft: what is left out stays, what is `null` is taken out. `If-Match` may name its revision. Needs the
   * scope `drafts.manage`. `PATCH /v1/drafts/{draft_id}`
   */
  update(draftId: string, params: DraftsUpdateParams = {}, options: CallOptions = {}): Promise<types.Draft> {
    return this.#transport.request({
      method: "PATCH",
      path: "/v1/drafts/{draft_id}",
      names: { draft_id: draftId },
      headers: {
        "if-match": params.ifMatch,
      },
      body: {
        attachments: params.attachments,
        bcc: params.bcc,
        cc: params.cc,
        headers: params.headers,
        html: params.html,
        html_mode: params.html_mode,
        metadata: params.metadata,
        reply_all: params.reply_all,
        reply_to: params.reply_to,
        reply_to_message_id: params.reply_to_message_id,
        send_at: params.send_at,
        subject: params.subject,
        tags: params.tags,
        text: params.text,
        to: params.to,
        unsubscribe: params.unsubscribe,
      },
      options,
    });
  }
}

/** The routes of `events`. */
export class EventsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One event, within 30 days. Needs the scope `events.read`. `GET /v1/events/{event_id}` */
  get(eventId: string, options: CallOptions = {}): Promise<types.Event> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/events/{event_id}",
      names: { event_id: eventId },
      options,
    });
  }

  /**
   * What happened within 30 days, as webhooks are told of it, in an order in which nobody who follows it loses any.
   * Newest first; with `order=asc` there is always a `next_cursor` to go on from. Needs the scope `events.read`. `GET
   * /v1/events`
   */
  list(params: EventsListParams = {}, options: CallOptions = {}): Promise<types.PageOfEvent> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/events",
      names: {},
      query: {
        after: params.after,
        cursor: params.cursor,
        inbox_id: params.inbox_id,
        limit: params.limit,
        order: params.order,
        types: params.types,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<EventsListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Event, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Tells one webhook of an event again, or all that want it. Within a minute, with the same `webhook-id`. Needs the
   * scope `webhooks.manage`. `POST /v1/events/{event_id}/redeliver`
   */
  redeliver(eventId: string, params: EventsRedeliverParams = {}, options: OnceOptions = {}): Promise<types.Redelivery> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/events/{event_id}/redeliver",
      names: { event_id: eventId },
      body: {
        webhook_id: params.webhook_id,
      },
      once: true,
      options,
    });
  }

  /**
   * Events as they come, for `EventSource` and its like, without a URL that we could call. `text/event-stream` in
   * slices of 25 seconds at most; goes on behind `Last-Event-ID`. Needs the scope `events.read`. `GET
   * /v1/events/stream`
   */
  stream(params: EventsStreamParams = {}, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/events/stream",
      names: {},
      query: {
        cursor: params.cursor,
        inbox_id: params.inbox_id,
        types: params.types,
      },
      headers: {
        "last-event-id": params.lastEventId,
      },
      raw: true,
      options,
    });
  }
}

/** The routes of `groups`. */
export class GroupsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Puts members under a name, by which policies ask them for votes. Needs the scope `policies.manage`. `POST
   * /v1/groups`
   */
  create(params: GroupsCreateParams, options: OnceOptions = {}): Promise<types.Group> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/groups",
      names: {},
      body: {
        member_ids: params.member_ids,
        name: params.name,
      },
      once: true,
      options,
    });
  }

  /**
   * Removes a group that no policy asks for votes. `409 group_in_use` names the policies that ask it for votes. Needs
   * the scope `policies.manage`. `DELETE /v1/groups/{group_id}`
   */
  delete(groupId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/groups/{group_id}",
      names: { group_id: groupId },
      options,
    });
  }

  /** One group of members. Needs the scope `policies.manage`. `GET /v1/groups/{group_id}` */
  get(groupId: string, options: CallOptions = {}): Promise<types.Group> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/groups/{group_id}",
      names: { group_id: groupId },
      options,
    });
  }

  /**
   * All groups of members. Members under a name, whom policies ask for votes. Needs the scope `policies.manage`. `GET
   * /v1/groups`
   */
  list(options: CallOptions = {}): Promise<types.Groups> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/groups",
      names: {},
      options,
    });
  }

  /**
   * Gives a group another name or other members. Mail that waits already asks whom it asked. `If-Match` may name its
   * version. Needs the scope `policies.manage`. `PATCH /v1/groups/{group_id}`
   */
  update(groupId: string, params: GroupsUpdateParams = {}, options: CallOptions = {}): Promise<types.Group> {
    return this.#transport.request({
      method: "PATCH",
      path: "/v1/groups/{group_id}",
      names: { group_id: groupId },
      headers: {
        "if-match": params.ifMatch,
      },
      body: {
        member_ids: params.member_ids,
        name: params.name,
      },
      options,
    });
  }
}

/** The routes of `health`. */
export class HealthRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Whether the API answers. Reads nothing. Whether it answers. Needs no credential. `GET /healthz` */
  get(options: CallOptions = {}): Promise<types.Health> {
    return this.#transport.request({
      method: "GET",
      path: "/healthz",
      names: {},
      options,
    });
  }
}

/** The routes of `held_messages`. */
export class HeldMessagesRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Deletes a held mail for good, with its bytes. For good; in a session. Needs the scope `messages.modify`. `DELETE
   * /v1/inboxes/{inbox_id}/held-messages/{message_id}`
   */
  discard(inboxId: string, messageId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/inboxes/{inbox_id}/held-messages/{message_id}",
      names: { inbox_id: inboxId,  message_id: messageId },
      options,
    });
  }

  /**
   * One held mail, with its body. In a session. Needs the scope `messages.read`. `GET
   * /v1/inboxes/{inbox_id}/held-messages/{message_id}`
   */
  get(inboxId: string, messageId: string, options: CallOptions = {}): Promise<types.HeldMessageDetail> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/inboxes/{inbox_id}/held-messages/{message_id}",
      names: { inbox_id: inboxId,  message_id: messageId },
      options,
    });
  }

  /**
   * Received mail that is held or blocked, newest first. In a session. Needs the scope `messages.read`. `GET
   * /v1/held-messages`
   */
  list(params: HeldMessagesListParams = {}, options: CallOptions = {}): Promise<types.PageOfHeldMessage> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/held-messages",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<HeldMessagesListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.HeldMessage, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Lets a held mail in, and tells of it now. In a session. Needs the scope `messages.modify`. `POST
   * /v1/inboxes/{inbox_id}/held-messages/{message_id}/release`
   */
  release(inboxId: string, messageId: string, options: CallOptions = {}): Promise<types.Message> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/inboxes/{inbox_id}/held-messages/{message_id}/release",
      names: { inbox_id: inboxId,  message_id: messageId },
      options,
    });
  }
}

/** The routes of `inboxes`. */
export class InboxesRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Makes an inbox on the installation's mail domain. Names that speak for the domain are not to be had:
   * `shared/domain/src/mailbox/inbox.rs`. Needs the scope `inboxes.manage`. `POST /v1/inboxes`
   */
  create(params: InboxesCreateParams = {}, options: OnceOptions = {}): Promise<types.Inbox> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/inboxes",
      names: {},
      body: {
        display_name: params.display_name,
        domain: params.domain,
        username: params.username,
      },
      once: true,
      options,
    });
  }

  /**
   * Deletes an inbox with all its mail; its address stays taken, and what waits is called off. With all its mail, for
   * good; its address is never given again. Needs the scope `inboxes.manage`. `DELETE /v1/inboxes/{inbox_id}`
   */
  delete(inboxId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/inboxes/{inbox_id}",
      names: { inbox_id: inboxId },
      options,
    });
  }

  /** One inbox. Needs the scope `messages.read`. `GET /v1/inboxes/{inbox_id}` */
  get(inboxId: string, options: CallOptions = {}): Promise<types.Inbox> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/inboxes/{inbox_id}",
      names: { inbox_id: inboxId },
      options,
    });
  }

  /**
   * The labels that mails of an inbox have, in the order of their letters. A label that no mail has any more is not
   * among them. Needs the scope `messages.read`. `GET /v1/inboxes/{inbox_id}/labels`
   */
  labels(inboxId: string, params: InboxesLabelsParams = {}, options: CallOptions = {}): Promise<types.PageOfLabel> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/inboxes/{inbox_id}/labels",
      names: { inbox_id: inboxId },
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `labels`, page by page as they are asked for. */
  async *iterLabels(inboxId: string, params: Omit<InboxesLabelsParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Label, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.labels(inboxId, { ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /** The inboxes that the credential may see. Oldest first. Needs the scope `messages.read`. `GET /v1/inboxes` */
  list(params: InboxesListParams = {}, options: CallOptions = {}): Promise<types.PageOfInbox> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/inboxes",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<InboxesListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Inbox, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Holds back all mail of an inbox that is not claimed yet. Needs the scope `approvals.decide`. `POST
   * /v1/inboxes/{inbox_id}/pause`
   */
  pause(inboxId: string, params: InboxesPauseParams = {}, options: CallOptions = {}): Promise<types.Paused> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/inboxes/{inbox_id}/pause",
      names: { inbox_id: inboxId },
      body: {
        reason: params.reason,
      },
      options,
    });
  }

  /**
   * Lets the mail of a paused inbox go, without what is dropped; with `preview` only says what would go. In a
   * session. Needs the scope `inboxes.manage`. `POST /v1/inboxes/{inbox_id}/resume`
   */
  resume(inboxId: string, params: InboxesResumeParams = {}, options: CallOptions = {}): Promise<types.Resumed> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/inboxes/{inbox_id}/resume",
      names: { inbox_id: inboxId },
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      body: {
        drop: params.drop,
        preview: params.preview,
      },
      options,
    });
  }

  /**
   * Gives an inbox another name beside its address. Its display name; its address is its own for ever. Needs the
   * scope `inboxes.manage`. `PATCH /v1/inboxes/{inbox_id}`
   */
  update(inboxId: string, params: InboxesUpdateParams, options: CallOptions = {}): Promise<types.Inbox> {
    return this.#transport.request({
      method: "PATCH",
      path: "/v1/inboxes/{inbox_id}",
      names: { inbox_id: inboxId },
      body: {
        display_name: params.display_name,
      },
      options,
    });
  }
}

/** The routes of `invitations`. */
export class InvitationsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Takes the seat that somebody was invited to, and signs them in. Once, with what the link of the last mail ends
   * with. Needs no credential. `POST /v1/invitations/accept`
   */
  accept(params: InvitationsAcceptParams, options: CallOptions = {}): Promise<types.Session> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/invitations/accept",
      names: {},
      body: {
        invitation: params.invitation,
        password: params.password,
      },
      options,
    });
  }

  /**
   * Invites somebody by mail. For seven days; owners invite owners and admins; whoever is to decide is invited in a
   * session. Needs the scope `members.manage`. `POST /v1/invitations`
   */
  create(params: InvitationsCreateParams, options: OnceOptions = {}): Promise<types.Invitation> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/invitations",
      names: {},
      body: {
        email: params.email,
        groups: params.groups,
        role: params.role,
      },
      once: true,
      options,
    });
  }

  /**
   * Takes an invitation back: its link opens nothing any more. Takes it back, at once. Needs the scope
   * `members.manage`. `DELETE /v1/invitations/{invitation_id}`
   */
  delete(invitationId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/invitations/{invitation_id}",
      names: { invitation_id: invitationId },
      options,
    });
  }

  /**
   * Invitations that nobody has accepted. Also those whose time is over, for 30 days. Needs the scope
   * `members.manage`. `GET /v1/invitations`
   */
  list(params: InvitationsListParams = {}, options: CallOptions = {}): Promise<types.PageOfInvitation> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/invitations",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<InvitationsListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Invitation, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Has an invitation mailed again: the link of the mail before holds no more. Its seven days begin anew. Needs the
   * scope `members.manage`. `POST /v1/invitations/{invitation_id}/resend`
   */
  resend(invitationId: string, options: CallOptions = {}): Promise<types.Invitation> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/invitations/{invitation_id}/resend",
      names: { invitation_id: invitationId },
      options,
    });
  }
}

/** The routes of `keys`. */
export class KeysRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Adds an entry to the key log, signed by whoever vouches for it. Signed by a key that vouches for it, or with a
   * link. Needs no credential. `POST /v1/signing-keys/entries`
   */
  append(params: KeysAppendParams, options: CallOptions = {}): Promise<types.SigningKeys> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/signing-keys/entries",
      names: {},
      body: {
        link: params.link,
        offer: params.offer,
        signature: params.signature,
        text: params.text,
      },
      options,
    });
  }
}

/** The routes of `lists`. */
export class ListsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Puts somebody on a list: allowed or blocked, for mail that goes out or comes in. `200` with the entry that is
   * there. The most specific entry counts: `infra/docs/LISTS.md`. Needs the scope `lists.manage`. `POST /v1/lists`
   */
  create(params: ListsCreateParams, options: OnceOptions = {}): Promise<types.ListEntry> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/lists",
      names: {},
      body: {
        address: params.address,
        direction: params.direction,
        domain: params.domain,
        everyone: params.everyone,
        kind: params.kind,
        reason: params.reason,
      },
      once: true,
      options,
    });
  }

  /** Takes somebody off a list. Needs the scope `lists.manage`. `DELETE /v1/lists/{list_entry_id}` */
  delete(listEntryId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/lists/{list_entry_id}",
      names: { list_entry_id: listEntryId },
      options,
    });
  }

  /** One entry of a list. Needs the scope `lists.manage`. `GET /v1/lists/{list_entry_id}` */
  get(listEntryId: string, options: CallOptions = {}): Promise<types.ListEntry> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/lists/{list_entry_id}",
      names: { list_entry_id: listEntryId },
      options,
    });
  }

  /** Who stands on one of the four lists, newest first. Needs the scope `lists.manage`. `GET /v1/lists` */
  list(params: ListsListParams, options: CallOptions = {}): Promise<types.PageOfListEntry> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/lists",
      names: {},
      query: {
        cursor: params.cursor,
        direction: params.direction,
        kind: params.kind,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<ListsListParams, "cursor" | "order">, options: CallOptions = {}): AsyncGenerator<types.ListEntry, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }
}

/** The routes of `logs`. */
export class LogsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * The requests of the last 90 days, newest first. A minute behind, for the most part; `infra/docs/LOGGING.md`.
   * Needs the scope `logs.read`. `GET /v1/logs`
   */
  list(params: LogsListParams = {}, options: CallOptions = {}): Promise<types.PageOfLogLine> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/logs",
      names: {},
      query: {
        after: params.after,
        before: params.before,
        cursor: params.cursor,
        limit: params.limit,
        route: params.route,
        status: params.status,
        token_id: params.token_id,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<LogsListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.LogLine, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }
}

/** The routes of `me`. */
export class MeRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Who calls: the person behind the credential and their organization. Who the credential is, what it may do, and
   * whether mail is paused. Needs any good credential. `GET /v1/me`
   */
  get(options: CallOptions = {}): Promise<types.Me> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/me",
      names: {},
      options,
    });
  }
}

/** The routes of `members`. */
export class MembersRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Removes a member, from the next request on; one's own id is leaving. With `members.manage`; without it one's own,
   * in a session. Sessions and tokens end, and what waits with their vote does not leave. Needs any good credential.
   * `DELETE /v1/members/{member_id}`
   */
  delete(memberId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/members/{member_id}",
      names: { member_id: memberId },
      options,
    });
  }

  /**
   * The people of the organization, with their roles and groups. With addresses for persons, and for tokens that hold
   * `members.manage`. Needs the scope `approvals.read`. `GET /v1/members`
   */
  list(params: MembersListParams = {}, options: CallOptions = {}): Promise<types.PageOfMember> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/members",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<MembersListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Member, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Takes away the second factor of a member who lost it. In a session, never one's own; of owners and admins an
   * owner; their sessions end, and they are told by mail. Needs the scope `members.manage`. `DELETE
   * /v1/members/{member_id}/totp`
   */
  resetSecondFactor(memberId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/members/{member_id}/totp",
      names: { member_id: memberId },
      options,
    });
  }

  /**
   * Gives a member another role or other groups, from the next request on. Owners make and change owners and admins;
   * a role that decides is given in a session; an organization keeps an owner. Needs the scope `members.manage`.
   * `PATCH /v1/members/{member_id}`
   */
  update(memberId: string, params: MembersUpdateParams = {}, options: CallOptions = {}): Promise<types.Member> {
    return this.#transport.request({
      method: "PATCH",
      path: "/v1/members/{member_id}",
      names: { member_id: memberId },
      body: {
        groups: params.groups,
        role: params.role,
      },
      options,
    });
  }
}

/** The routes of `messages`. */
export class MessagesRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Up to 100 mails by their ids, of any inboxes, without their bodies; with a change, all of them changed. Up to 100
   * by their ids, of any inboxes; with `messages.modify`, their labels and whether they were read. Needs the scope
   * `messages.read`. `POST /v1/messages/batch`
   */
  batch(params: MessagesBatchParams, options: CallOptions = {}): Promise<types.MessageBatch> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/messages/batch",
      names: {},
      body: {
        add_labels: params.add_labels,
        messages: params.messages,
        read: params.read,
        remove_labels: params.remove_labels,
      },
      options,
    });
  }

  /**
   * Puts a mail into the trash; with `permanent=true`, deletes it for good. Into the trash for 30 days; with
   * `permanent=true` for good. Needs the scope `messages.modify`. `DELETE
   * /v1/inboxes/{inbox_id}/messages/{message_id}`
   */
  delete(inboxId: string, messageId: string, params: MessagesDeleteParams = {}, options: CallOptions = {}): Promise<types.Message> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/inboxes/{inbox_id}/messages/{message_id}",
      names: { inbox_id: inboxId,  message_id: messageId },
      query: {
        permanent: params.permanent,
      },
      options,
    });
  }

  /**
   * Asks for a mail to be passed on, as its reader saw it. `202` where it is held, `201` where policies let it go.
   * The same, to new recipients; that mail stands below, with its files. Needs `messages.read` too. Needs the scope
   * `messages.send`. `POST /v1/inboxes/{inbox_id}/messages/{message_id}/forward`
   */
  forward(inboxId: string, messageId: string, params: MessagesForwardParams = {}, options: OnceOptions = {}): Promise<types.Submitted> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/inboxes/{inbox_id}/messages/{message_id}/forward",
      names: { inbox_id: inboxId,  message_id: messageId },
      body: {
        attachments: params.attachments,
        bcc: params.bcc,
        cc: params.cc,
        headers: params.headers,
        html: params.html,
        html_mode: params.html_mode,
        include_attachments: params.include_attachments,
        metadata: params.metadata,
        reply_to: params.reply_to,
        send_at: params.send_at,
        subject: params.subject,
        tags: params.tags,
        text: params.text,
        to: params.to,
      },
      once: true,
      options,
    });
  }

  /**
   * One mail with its body. With body, findings and where it stands. Needs the scope `messages.read`. `GET
   * /v1/inboxes/{inbox_id}/messages/{message_id}`
   */
  get(inboxId: string, messageId: string, options: CallOptions = {}): Promise<types.MessageDetail> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/inboxes/{inbox_id}/messages/{message_id}",
      names: { inbox_id: inboxId,  message_id: messageId },
      options,
    });
  }

  /**
   * The mails of an inbox, newest first, without their bodies. Newest first. Needs the scope `messages.read`. `GET
   * /v1/inboxes/{inbox_id}/messages`
   */
  list(inboxId: string, params: MessagesListParams = {}, options: CallOptions = {}): Promise<types.PageOfMessage> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/inboxes/{inbox_id}/messages",
      names: { inbox_id: inboxId },
      query: {
        after: params.after,
        before: params.before,
        cursor: params.cursor,
        direction: params.direction,
        from: params.from,
        has_attachment: params.has_attachment,
        label: params.label,
        limit: params.limit,
        status: params.status,
        subject: params.subject,
        to: params.to,
        unread: params.unread,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(inboxId: string, params: Omit<MessagesListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Message, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list(inboxId, { ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * The mails of all inboxes, newest first, without their bodies; those that are `scheduled` or `unknown` in the
   * order in which they are due. Over all inboxes, newest first; with `status=scheduled` or `unknown`, those that are
   * due first. Needs the scope `messages.read`. `GET /v1/messages`
   */
  listAll(params: MessagesListAllParams = {}, options: CallOptions = {}): Promise<types.PageOfMessage> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/messages",
      names: {},
      query: {
        after: params.after,
        before: params.before,
        cursor: params.cursor,
        direction: params.direction,
        from: params.from,
        has_attachment: params.has_attachment,
        label: params.label,
        limit: params.limit,
        status: params.status,
        subject: params.subject,
        to: params.to,
        unread: params.unread,
      },
      options,
    });
  }

  /** All entries of `listAll`, page by page as they are asked for. */
  async *iterListAll(params: Omit<MessagesListAllParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Message, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.listAll({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * The bytes of a mail, through a short-lived URL. The bytes, or `303` to where they are for 15 minutes. Needs the
   * scope `messages.read`. `GET /v1/inboxes/{inbox_id}/messages/{message_id}/raw`
   */
  raw(inboxId: string, messageId: string, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/inboxes/{inbox_id}/messages/{message_id}/raw",
      names: { inbox_id: inboxId,  message_id: messageId },
      raw: true,
      options,
    });
  }

  /**
   * Asks for an answer to a mail's author to be sent. `202` where it is held, `201` where policies let it go. The
   * same; recipients and subject may be left out. Needs the scope `messages.send`. `POST
   * /v1/inboxes/{inbox_id}/messages/{message_id}/reply`
   */
  reply(inboxId: string, messageId: string, params: MessagesReplyParams = {}, options: OnceOptions = {}): Promise<types.Submitted> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/inboxes/{inbox_id}/messages/{message_id}/reply",
      names: { inbox_id: inboxId,  message_id: messageId },
      body: {
        attachments: params.attachments,
        bcc: params.bcc,
        cc: params.cc,
        headers: params.headers,
        html: params.html,
        html_mode: params.html_mode,
        include_quote: params.include_quote,
        metadata: params.metadata,
        reply_to: params.reply_to,
        send_at: params.send_at,
        subject: params.subject,
        tags: params.tags,
        text: params.text,
        to: params.to,
      },
      once: true,
      options,
    });
  }

  /**
   * Asks for an answer to a mail's author and its other recipients to be sent. `202` where it is held, `201` where
   * policies let it go. The same, to everybody. Needs the scope `messages.send`. `POST
   * /v1/inboxes/{inbox_id}/messages/{message_id}/reply-all`
   */
  replyAll(inboxId: string, messageId: string, params: MessagesReplyAllParams = {}, options: OnceOptions = {}): Promise<types.Submitted> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/inboxes/{inbox_id}/messages/{message_id}/reply-all",
      names: { inbox_id: inboxId,  message_id: messageId },
      body: {
        attachments: params.attachments,
        bcc: params.bcc,
        cc: params.cc,
        headers: params.headers,
        html: params.html,
        html_mode: params.html_mode,
        include_quote: params.include_quote,
        metadata: params.metadata,
        reply_to: params.reply_to,
        send_at: params.send_at,
        subject: params.subject,
        tags: params.tags,
        text: params.text,
        to: params.to,
      },
      once: true,
      options,
    });
  }

  /**
   * Takes a mail out of the trash, into its conversation, with its labels. Out of the trash, as it was. Needs the
   * scope `messages.modify`. `POST /v1/inboxes/{inbox_id}/messages/{message_id}/restore`
   */
  restore(inboxId: string, messageId: string, options: CallOptions = {}): Promise<types.Message> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/inboxes/{inbox_id}/messages/{message_id}/restore",
      names: { inbox_id: inboxId,  message_id: messageId },
      options,
    });
  }

  /**
   * Mails by their words, and where in each they stand. Nothing is stored. By words, phrases and operators
   * (`infra/docs/SEARCH.md`), newest first or by relevance, with highlights. Needs the scope `messages.read`. `POST
   * /v1/messages/search`
   */
  search(params: MessagesSearchParams, options: CallOptions = {}): Promise<types.FoundPage> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/messages/search",
      names: {},
      body: {
        cursor: params.cursor,
        inbox_ids: params.inbox_ids,
        limit: params.limit,
        query: params.query,
        sort: params.sort,
      },
      options,
    });
  }

  /**
   * Asks for a new mail to be sent. `202` where it is held, `201` where policies let it go. Needs the scope
   * `messages.send`. `POST /v1/inboxes/{inbox_id}/messages/send`
   */
  send(inboxId: string, params: MessagesSendParams = {}, options: OnceOptions = {}): Promise<types.Submitted> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/inboxes/{inbox_id}/messages/send",
      names: { inbox_id: inboxId },
      body: {
        attachments: params.attachments,
        bcc: params.bcc,
        cc: params.cc,
        headers: params.headers,
        html: params.html,
        html_mode: params.html_mode,
        metadata: params.metadata,
        reply_to: params.reply_to,
        send_at: params.send_at,
        subject: params.subject,
        tags: params.tags,
        text: params.text,
        to: params.to,
        unsubscribe: params.unsubscribe,
      },
      once: true,
      options,
    });
  }

  /**
   * Asks for a mail that did not go, or of which nobody knows, to be sent again, as a new one that a person decides
   * about. A new attempt at one that did not go, or that nobody knows of. Needs the scope `messages.send`. `POST
   * /v1/inboxes/{inbox_id}/messages/{message_id}/send-again`
   */
  sendAgain(inboxId: string, messageId: string, options: OnceOptions = {}): Promise<types.Submitted> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/inboxes/{inbox_id}/messages/{message_id}/send-again",
      names: { inbox_id: inboxId,  message_id: messageId },
      once: true,
      options,
    });
  }

  /**
   * Labels a mail, and says whether it was read. Its labels, and whether it was read. Needs the scope
   * `messages.modify`. `PATCH /v1/inboxes/{inbox_id}/messages/{message_id}`
   */
  update(inboxId: string, messageId: string, params: MessagesUpdateParams = {}, options: CallOptions = {}): Promise<types.Message> {
    return this.#transport.request({
      method: "PATCH",
      path: "/v1/inboxes/{inbox_id}/messages/{message_id}",
      names: { inbox_id: inboxId,  message_id: messageId },
      body: {
        add_labels: params.add_labels,
        read: params.read,
        remove_labels: params.remove_labels,
      },
      options,
    });
  }

  /**
   * Answers as soon as a mail comes in, or with none when the time is up. As soon as a mail comes in, the first of
   * them first; none when the time is up. Needs the scope `messages.read`. `GET /v1/inboxes/{inbox_id}/messages/wait`
   */
  wait(inboxId: string, params: MessagesWaitParams = {}, options: CallOptions = {}): Promise<types.Arrived> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/inboxes/{inbox_id}/messages/wait",
      names: { inbox_id: inboxId },
      query: {
        after: params.after,
        from: params.from,
        subject: params.subject,
        timeout: params.timeout,
      },
      options,
    });
  }
}

/** The routes of `my`. */
export class MyRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Has whoever calls mailed a link that proves their address. In a session, ten times a day; the page of the link
   * confirms it. Needs any good credential. `POST /v1/me/email/verification`
   */
  emailVerify(options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/me/email/verification",
      names: {},
      options,
    });
  }

  /**
   * What one is told of by mail, and when one is left alone. In a session. Needs any good credential. `GET
   * /v1/me/notifications`
   */
  notificationsGet(options: CallOptions = {}): Promise<types.Notifications> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/me/notifications",
      names: {},
      options,
    });
  }

  /**
   * Chooses what one is told of by mail, and when one is left alone. In a session; suspicious mail and security
   * alerts come all the same. Needs any good credential. `PATCH /v1/me/notifications`
   */
  notificationsUpdate(params: MyNotificationsUpdateParams = {}, options: CallOptions = {}): Promise<types.Notifications> {
    return this.#transport.request({
      method: "PATCH",
      path: "/v1/me/notifications",
      names: {},
      body: {
        daily_at: params.daily_at,
        mails: params.mails,
        quiet_hours: params.quiet_hours,
        time_zone: params.time_zone,
      },
      options,
    });
  }

  /**
   * Adds a passkey, which opens sessions from then on. In a session, with what the browser gave to the options; at
   * most ten. Needs any good credential. `POST /v1/me/passkeys`
   */
  passkeysCreate(params: MyPasskeysCreateParams, options: CallOptions = {}): Promise<types.Passkey> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/me/passkeys",
      names: {},
      body: {
        ceremony_id: params.ceremony_id,
        credential: params.credential,
        name: params.name,
      },
      options,
    });
  }

  /**
   * Takes one of one's own passkeys away. In a session, within ten minutes of a proof; ends all others. Needs any
   * good credential. `DELETE /v1/me/passkeys/{passkey_id}`
   */
  passkeysDelete(passkeyId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/me/passkeys/{passkey_id}",
      names: { passkey_id: passkeyId },
      options,
    });
  }

  /** One's own passkeys, oldest first. In a session. Needs any good credential. `GET /v1/me/passkeys` */
  passkeysList(options: CallOptions = {}): Promise<types.Passkeys> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/me/passkeys",
      names: {},
      options,
    });
  }

  /**
   * What a browser is to be asked for a new passkey. In a session, within ten minutes of a proof. Needs any good
   * credential. `POST /v1/me/passkeys/options`
   */
  passkeysOptions(options: CallOptions = {}): Promise<types.PasskeyOptions> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/me/passkeys/options",
      names: {},
      options,
    });
  }

  /**
   * Gives oneself another password, and ends all one's own sessions but the one that calls. In a session. Needs any
   * good credential. `POST /v1/me/password`
   */
  passwordChange(params: MyPasswordChangeParams, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/me/password",
      names: {},
      body: {
        current_password: params.current_password,
        new_password: params.new_password,
      },
      options,
    });
  }

  /**
   * Shows once more that it is oneself, before what can do great harm. In a session: by the password, with a code
   * where a second factor is set up, or by a passkey; fresh for ten minutes. Needs any good credential. `POST
   * /v1/me/proof`
   */
  proofCreate(params: MyProofCreateParams = {}, options: CallOptions = {}): Promise<types.Proof> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/me/proof",
      names: {},
      body: {
        ceremony_id: params.ceremony_id,
        code: params.code,
        credential: params.credential,
        password: params.password,
      },
      options,
    });
  }

  /**
   * What a browser is to be asked to show one of one's own passkeys once more. In a session of whoever has a passkey.
   * Needs any good credential. `POST /v1/me/proof/options`
   */
  proofOptions(options: CallOptions = {}): Promise<types.PasskeyOptions> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/me/proof/options",
      names: {},
      options,
    });
  }

  /**
   * Ends one of one's own sessions, at once. In a session; also the one that calls. Needs any good credential.
   * `DELETE /v1/me/sessions/{session_id}`
   */
  sessionsDelete(sessionId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/me/sessions/{session_id}",
      names: { session_id: sessionId },
      options,
    });
  }

  /**
   * Ends all one's own sessions but the one that calls; with `current=true` that one as well. In a session: signs out
   * everywhere. Needs any good credential. `DELETE /v1/me/sessions`
   */
  sessionsDeleteAll(params: MySessionsDeleteAllParams = {}, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/me/sessions",
      names: {},
      query: {
        current: params.current,
      },
      options,
    });
  }

  /** One's own open sessions, newest first. In a session. Needs any good credential. `GET /v1/me/sessions` */
  sessionsList(params: MySessionsListParams = {}, options: CallOptions = {}): Promise<types.PageOfOpenSession> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/me/sessions",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `sessionsList`, page by page as they are asked for. */
  async *iterSessionsList(params: Omit<MySessionsListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.OpenSession, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.sessionsList({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Enables the second factor by a first code, and answers ten recovery codes. In a session, which all other sessions
   * end for; shown this once. Needs any good credential. `POST /v1/me/totp/confirm`
   */
  totpConfirm(params: MyTotpConfirmParams, options: CallOptions = {}): Promise<types.RecoveryCodes> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/me/totp/confirm",
      names: {},
      body: {
        code: params.code,
        password: params.password,
      },
      options,
    });
  }

  /**
   * Takes one's own second factor away, for whoever shows a code of it or their password. In a session; ends all
   * others. Needs any good credential. `DELETE /v1/me/totp`
   */
  totpDelete(params: MyTotpDeleteParams = {}, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/me/totp",
      names: {},
      body: {
        code: params.code,
        password: params.password,
      },
      options,
    });
  }

  /**
   * Whether one's own sign-in asks for a second factor. In a session. Needs any good credential. `GET /v1/me/totp`
   */
  totpGet(options: CallOptions = {}): Promise<types.Totp> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/me/totp",
      names: {},
      options,
    });
  }

  /**
   * Makes ten recovery codes in the place of those before. In a session; shown this once. Needs any good credential.
   * `POST /v1/me/totp/recovery-codes`
   */
  totpRenewCodes(params: MyTotpRenewCodesParams = {}, options: CallOptions = {}): Promise<types.RecoveryCodes> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/me/totp/recovery-codes",
      names: {},
      body: {
        code: params.code,
        password: params.password,
      },
      options,
    });
  }

  /**
   * Draws the secret of a second factor, which a first code confirms. In a session; shown this once. Needs any good
   * credential. `POST /v1/me/totp`
   */
  totpStart(options: CallOptions = {}): Promise<types.StartedTotp> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/me/totp",
      names: {},
      options,
    });
  }
}

/** The routes of `openapi`. */
export class OpenapiRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * This API in the words of `OpenAPI` 3.1. `304` to whoever has it already. `infra/docs/openapi.json`, with an
   * `ETag`. Needs no credential. `GET /openapi.json`
   */
  get(params: OpenapiGetParams = {}, options: CallOptions = {}): Promise<Record<string, unknown>> {
    return this.#transport.request({
      method: "GET",
      path: "/openapi.json",
      names: {},
      headers: {
        "if-none-match": params.ifNoneMatch,
      },
      options,
    });
  }
}

/** The routes of `organization`. */
export class OrganizationRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Holds back all mail of the organization that is not claimed yet. Needs the scope `approvals.decide`. `POST
   * /v1/organization/pause`
   */
  pause(params: OrganizationPauseParams = {}, options: CallOptions = {}): Promise<types.Paused> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/organization/pause",
      names: {},
      body: {
        reason: params.reason,
      },
      options,
    });
  }

  /**
   * Lets the mail of a paused organization go, without what is dropped; with `preview` only says what would go. In a
   * session. Needs the scope `policies.manage`. `POST /v1/organization/resume`
   */
  resume(params: OrganizationResumeParams = {}, options: CallOptions = {}): Promise<types.Resumed> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/organization/resume",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      body: {
        drop: params.drop,
        preview: params.preview,
      },
      options,
    });
  }

  /**
   * Makes another member owner, and the caller admin. An owner does it, in a session. Needs the scope
   * `members.manage`. `POST /v1/organization/transfer-ownership`
   */
  transferOwnership(params: OrganizationTransferOwnershipParams, options: CallOptions = {}): Promise<types.Member> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/organization/transfer-ownership",
      names: {},
      body: {
        member_id: params.member_id,
      },
      options,
    });
  }

  /**
   * Gives the organization another name, another limit of mails a day, or another rule about second factors. Owners
   * and admins, in a session. Needs the scope `policies.manage`. `PATCH /v1/organization`
   */
  update(params: OrganizationUpdateParams = {}, options: CallOptions = {}): Promise<types.Organization> {
    return this.#transport.request({
      method: "PATCH",
      path: "/v1/organization",
      names: {},
      body: {
        name: params.name,
        require_second_factor: params.require_second_factor,
        sends_per_day: params.sends_per_day,
      },
      options,
    });
  }
}

/** The routes of `password_resets`. */
export class PasswordResetsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Chooses another password, and ends all sessions of the person. Once, within an hour, with what the link of the
   * last mail ends with. Needs no credential. `POST /v1/password-resets/confirm`
   */
  confirm(params: PasswordResetsConfirmParams, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/password-resets/confirm",
      names: {},
      body: {
        password: params.password,
        reset: params.reset,
      },
      options,
    });
  }

  /**
   * Has somebody who forgot their password mailed a link. Answered alike, whether the address has a login or not.
   * Needs no credential. `POST /v1/password-resets`
   */
  create(params: PasswordResetsCreateParams, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/password-resets",
      names: {},
      body: {
        email: params.email,
      },
      options,
    });
  }
}

/** The routes of `policies`. */
export class PoliciesRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Makes a policy. It counts from the next mail on. Needs the scope `policies.manage`. `POST /v1/policies` */
  create(params: PoliciesCreateParams, options: OnceOptions = {}): Promise<types.Policy> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/policies",
      names: {},
      body: {
        description: params.description,
        enabled: params.enabled,
        inbox_ids: params.inbox_ids,
        name: params.name,
        rules: params.rules,
      },
      once: true,
      options,
    });
  }

  /**
   * Removes a policy. What it let out is held from the next mail on. Needs the scope `policies.manage`. `DELETE
   * /v1/policies/{policy_id}`
   */
  delete(policyId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/policies/{policy_id}",
      names: { policy_id: policyId },
      options,
    });
  }

  /** One policy. Needs the scope `policies.manage`. `GET /v1/policies/{policy_id}` */
  get(policyId: string, options: CallOptions = {}): Promise<types.Policy> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/policies/{policy_id}",
      names: { policy_id: policyId },
      options,
    });
  }

  /** All policies. `infra/docs/POLICIES.md`. Needs the scope `policies.manage`. `GET /v1/policies` */
  list(options: CallOptions = {}): Promise<types.Policies> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/policies",
      names: {},
      options,
    });
  }

  /**
   * Puts a policy in the place of the one with the `version` that it names. With the `version` that it replaces.
   * Needs the scope `policies.manage`. `PUT /v1/policies/{policy_id}`
   */
  replace(policyId: string, params: PoliciesReplaceParams, options: CallOptions = {}): Promise<types.Policy> {
    return this.#transport.request({
      method: "PUT",
      path: "/v1/policies/{policy_id}",
      names: { policy_id: policyId },
      body: {
        description: params.description,
        enabled: params.enabled,
        inbox_ids: params.inbox_ids,
        name: params.name,
        rules: params.rules,
        version: params.version,
      },
      options,
    });
  }

  /**
   * What would become of a mail, and why. Nothing is stored or sent. What the policies would make of a mail; with
   * `policies.manage` or `messages.send`. Needs any good credential. `POST /v1/policies/simulate`
   */
  simulate(params: PoliciesSimulateParams, options: CallOptions = {}): Promise<types.Evaluation> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/policies/simulate",
      names: {},
      body: {
        draft: params.draft,
        draft_id: params.draft_id,
        inbox_id: params.inbox_id,
        message_id: params.message_id,
        policies: params.policies,
        token_id: params.token_id,
      },
      options,
    });
  }

  /**
   * Policies to start from. Ten good ones to start from. Needs the scope `policies.manage`. `GET
   * /v1/policies/templates`
   */
  templates(options: CallOptions = {}): Promise<types.PolicyTemplates> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/policies/templates",
      names: {},
      options,
    });
  }

  /**
   * What a policy says and what it said before, also of a deleted one. The last 50, the latest first. Needs the scope
   * `policies.manage`. `GET /v1/policies/{policy_id}/versions`
   */
  versions(policyId: string, options: CallOptions = {}): Promise<types.PolicyVersions> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/policies/{policy_id}/versions",
      names: { policy_id: policyId },
      options,
    });
  }
}

/** The routes of `registrations`. */
export class RegistrationsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Makes an organization with an inbox and a token, which somebody is to claim. Where signing up is open; answered
   * alike, whether the owner's address is known or not; the secret of the token is shown this once. Needs no
   * credential. `POST /v1/registrations`
   */
  create(params: RegistrationsCreateParams, options: CallOptions = {}): Promise<types.Registration> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/registrations",
      names: {},
      body: {
        name: params.name,
        owner_email: params.owner_email,
      },
      options,
    });
  }

  /**
   * Has the link to claim an organization mailed again. With the token that signing up gave, three times; its seven
   * days go on. Needs any good credential. `POST /v1/registrations/{organization_id}/resend`
   */
  resend(organizationId: string, options: CallOptions = {}): Promise<types.Registration> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/registrations/{organization_id}/resend",
      names: { organization_id: organizationId },
      options,
    });
  }
}

/** The routes of `screening`. */
export class ScreeningRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * The rules by which mail that comes in is screened. `infra/docs/LISTS.md`. Needs the scope `policies.manage`. `GET
   * /v1/screening`
   */
  get(options: CallOptions = {}): Promise<types.Screening> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/screening",
      names: {},
      options,
    });
  }

  /**
   * Puts other rules in the place of those with the `version` that it names. All of them, with the `version` that
   * they replace. Needs the scope `policies.manage`. `PUT /v1/screening`
   */
  replace(params: ScreeningReplaceParams, options: CallOptions = {}): Promise<types.Screening> {
    return this.#transport.request({
      method: "PUT",
      path: "/v1/screening",
      names: {},
      body: {
        rules: params.rules,
        version: params.version,
      },
      options,
    });
  }
}

/** The routes of `sessions`. */
export class SessionsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Signs a person in with `email`, `password` and, where a second factor is set up, `code`. For 12 hours without use
   * and at most seven days. Needs no credential. `POST /v1/sessions`
   */
  create(params: SessionsCreateParams, options: CallOptions = {}): Promise<types.Session> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/sessions",
      names: {},
      body: {
        code: params.code,
        email: params.email,
        password: params.password,
      },
      options,
    });
  }

  /** Signs out: ends the session that calls. Signs out. Needs any good credential. `DELETE /v1/sessions/current` */
  delete(options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/sessions/current",
      names: {},
      options,
    });
  }

  /**
   * Signs a person in with a passkey, which counts as both factors. With what the browser gave to the options; the
   * session is as one of `POST /v1/sessions`. Needs no credential. `POST /v1/sessions/passkey`
   */
  passkey(params: SessionsPasskeyParams, options: CallOptions = {}): Promise<types.Session> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/sessions/passkey",
      names: {},
      body: {
        ceremony_id: params.ceremony_id,
        credential: params.credential,
      },
      options,
    });
  }

  /**
   * What a browser is to be asked of whoever signs in with a passkey. Nobody names themselves: the passkey tells
   * whose it is. Needs no credential. `POST /v1/sessions/passkey/options`
   */
  passkeyOptions(options: CallOptions = {}): Promise<types.PasskeyOptions> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/sessions/passkey/options",
      names: {},
      options,
    });
  }
}

/** The routes of `signing_keys`. */
export class SigningKeysRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * The keys that sign votes, and for which mail they are demanded. As the key log has them, with what is demanded.
   * Needs the scope `approvals.read`. `GET /v1/signing-keys`
   */
  list(options: CallOptions = {}): Promise<types.SigningKeys> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/signing-keys",
      names: {},
      options,
    });
  }

  /**
   * The key log itself, for whoever checks it. The log itself, as text: `infra/docs/KEYS.md` says how it is checked.
   * Needs the scope `audit.read`. `GET /v1/signing-keys/log`
   */
  log(options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/signing-keys/log",
      names: {},
      options,
    });
  }
}

/** The routes of `standing_approvals`. */
export class StandingApprovalsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Approves mails ahead: so many to a conversation, a recipient or a domain, until a time. Needs the scope
   * `approvals.decide`. `POST /v1/standing-approvals`
   */
  create(params: StandingApprovalsCreateParams, options: OnceOptions = {}): Promise<types.StandingApproval> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/standing-approvals",
      names: {},
      body: {
        budget: params.budget,
        domain: params.domain,
        expires_at: params.expires_at,
        inbox_id: params.inbox_id,
        recipient: params.recipient,
        thread_id: params.thread_id,
      },
      once: true,
      options,
    });
  }

  /**
   * Ends a standing approval at once, also for mails that are not claimed yet. Ends it at once. Needs the scope
   * `approvals.decide`. `DELETE /v1/standing-approvals/{standing_approval_id}`
   */
  delete(standingApprovalId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/standing-approvals/{standing_approval_id}",
      names: { standing_approval_id: standingApprovalId },
      options,
    });
  }

  /**
   * What was approved ahead, with what is left of it. Needs the scope `approvals.read`. `GET /v1/standing-approvals`
   */
  list(params: StandingApprovalsListParams = {}, options: CallOptions = {}): Promise<types.PageOfStandingApproval> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/standing-approvals",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<StandingApprovalsListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.StandingApproval, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }
}

/** The routes of `suppressions`. */
export class SuppressionsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Suppresses an address or a domain: no mail goes there. `200` with the one that is there. Bounces for good and
   * complaints suppress by themselves. Needs the scope `lists.manage`. `POST /v1/suppressions`
   */
  create(params: SuppressionsCreateParams = {}, options: OnceOptions = {}): Promise<types.Suppression> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/suppressions",
      names: {},
      body: {
        address: params.address,
        domain: params.domain,
        reason: params.reason,
      },
      once: true,
      options,
    });
  }

  /**
   * Ends a suppression: mail may be asked for again. What SES itself suppresses stays so. Needs the scope
   * `lists.manage`. `DELETE /v1/suppressions/{suppression_id}`
   */
  delete(suppressionId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/suppressions/{suppression_id}",
      names: { suppression_id: suppressionId },
      options,
    });
  }

  /** One suppression. Needs the scope `lists.manage`. `GET /v1/suppressions/{suppression_id}` */
  get(suppressionId: string, options: CallOptions = {}): Promise<types.Suppression> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/suppressions/{suppression_id}",
      names: { suppression_id: suppressionId },
      options,
    });
  }

  /** Whom no mail goes to, newest first. Needs the scope `lists.manage`. `GET /v1/suppressions` */
  list(params: SuppressionsListParams = {}, options: CallOptions = {}): Promise<types.PageOfSuppression> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/suppressions",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<SuppressionsListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Suppression, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }
}

/** The routes of `threads`. */
export class ThreadsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Puts the mails of a conversation into the trash, but for those that may still go. All its mails into the trash,
   * but for those that may still go; at most 200 at a time. Needs the scope `messages.modify`. `DELETE
   * /v1/threads/{thread_id}`
   */
  delete(threadId: string, options: CallOptions = {}): Promise<types.ThreadMoved> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/threads/{thread_id}",
      names: { thread_id: threadId },
      options,
    });
  }

  /**
   * A conversation with a page of its mails, oldest first, each with what it says that is new. Its mails, each with
   * what it says that is new. Needs the scope `messages.read`. `GET /v1/threads/{thread_id}`
   */
  get(threadId: string, params: ThreadsGetParams = {}, options: CallOptions = {}): Promise<types.ThreadDetail> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/threads/{thread_id}",
      names: { thread_id: threadId },
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /**
   * The conversations of an inbox, those with the latest mail first. Needs the scope `messages.read`. `GET
   * /v1/inboxes/{inbox_id}/threads`
   */
  list(inboxId: string, params: ThreadsListParams = {}, options: CallOptions = {}): Promise<types.PageOfThread> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/inboxes/{inbox_id}/threads",
      names: { inbox_id: inboxId },
      query: {
        after: params.after,
        before: params.before,
        cursor: params.cursor,
        from: params.from,
        label: params.label,
        limit: params.limit,
        subject: params.subject,
        unread: params.unread,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(inboxId: string, params: Omit<ThreadsListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Thread, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list(inboxId, { ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * The conversations of all inboxes, those with the latest mail first. Over all inboxes. Needs the scope
   * `messages.read`. `GET /v1/threads`
   */
  listAll(params: ThreadsListAllParams = {}, options: CallOptions = {}): Promise<types.PageOfThread> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/threads",
      names: {},
      query: {
        after: params.after,
        before: params.before,
        cursor: params.cursor,
        from: params.from,
        label: params.label,
        limit: params.limit,
        subject: params.subject,
        unread: params.unread,
      },
      options,
    });
  }

  /** All entries of `listAll`, page by page as they are asked for. */
  async *iterListAll(params: Omit<ThreadsListAllParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Thread, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.listAll({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Takes the mails of a conversation out of the trash. All its mails out of the trash; at most 200 at a time. Needs
   * the scope `messages.modify`. `POST /v1/threads/{thread_id}/restore`
   */
  restore(threadId: string, options: CallOptions = {}): Promise<types.ThreadMoved> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/threads/{thread_id}/restore",
      names: { thread_id: threadId },
      options,
    });
  }

  /**
   * Labels all mails of a conversation, and says whether they were read. The labels of all its mails, and whether
   * they were read; of more than 500, the latest; part by part. Needs the scope `messages.modify`. `PATCH
   * /v1/threads/{thread_id}`
   */
  update(threadId: string, params: ThreadsUpdateParams = {}, options: CallOptions = {}): Promise<types.Thread> {
    return this.#transport.request({
      method: "PATCH",
      path: "/v1/threads/{thread_id}",
      names: { thread_id: threadId },
      body: {
        add_labels: params.add_labels,
        read: params.read,
        remove_labels: params.remove_labels,
      },
      options,
    });
  }
}

/** The routes of `tokens`. */
export class TokensRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Makes an API token. Its secret is in this answer and nowhere else. Its secret is shown this once; repeated within
   * ten minutes, another secret for the same token ends the first. Needs the scope `tokens.manage`. `POST /v1/tokens`
   */
  create(params: TokensCreateParams, options: CallOptions = {}): Promise<types.Token> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/tokens",
      names: {},
      body: {
        expires_at: params.expires_at,
        inbox_ids: params.inbox_ids,
        name: params.name,
        scopes: params.scopes,
        sends_per_day: params.sends_per_day,
      },
      options,
    });
  }

  /** Revokes a token, at once. Ends it at once. Needs the scope `tokens.manage`. `DELETE /v1/tokens/{token_id}` */
  delete(tokenId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/tokens/{token_id}",
      names: { token_id: tokenId },
      options,
    });
  }

  /**
   * One token, without its secret. One's own; any for owners and admins. Needs the scope `tokens.manage`. `GET
   * /v1/tokens/{token_id}`
   */
  get(tokenId: string, options: CallOptions = {}): Promise<types.Token> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/tokens/{token_id}",
      names: { token_id: tokenId },
      options,
    });
  }

  /**
   * The tokens of the organization, without their secrets. One's own; all of them for owners and admins. Needs the
   * scope `tokens.manage`. `GET /v1/tokens`
   */
  list(params: TokensListParams = {}, options: CallOptions = {}): Promise<types.PageOfToken> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/tokens",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<TokensListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Token, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Refuses a token, and holds back what it asked for and is not claimed yet. Needs the scope `approvals.decide`.
   * `POST /v1/tokens/{token_id}/pause`
   */
  pause(tokenId: string, params: TokensPauseParams = {}, options: CallOptions = {}): Promise<types.Paused> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/tokens/{token_id}/pause",
      names: { token_id: tokenId },
      body: {
        reason: params.reason,
      },
      options,
    });
  }

  /**
   * Takes a paused token again, and lets its mail go, without what is dropped; with `preview` only says what would
   * go. Owners and admins, in a session. Needs the scope `tokens.manage`. `POST /v1/tokens/{token_id}/resume`
   */
  resume(tokenId: string, params: TokensResumeParams = {}, options: CallOptions = {}): Promise<types.Resumed> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/tokens/{token_id}/resume",
      names: { token_id: tokenId },
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      body: {
        drop: params.drop,
        preview: params.preview,
      },
      options,
    });
  }

  /**
   * Gives a token another secret; the one that it has is taken for a while longer. By its owner; the new secret is
   * shown this once; repeated within ten minutes, another ends it. Needs the scope `tokens.manage`. `POST
   * /v1/tokens/{token_id}/rotate`
   */
  rotate(tokenId: string, params: TokensRotateParams = {}, options: CallOptions = {}): Promise<types.Token> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/tokens/{token_id}/rotate",
      names: { token_id: tokenId },
      body: {
        overlap: params.overlap,
      },
      options,
    });
  }

  /**
   * Gives a token another name or another limit of mails a day. Its name; its limit in a session. Needs the scope
   * `tokens.manage`. `PATCH /v1/tokens/{token_id}`
   */
  update(tokenId: string, params: TokensUpdateParams = {}, options: CallOptions = {}): Promise<types.Token> {
    return this.#transport.request({
      method: "PATCH",
      path: "/v1/tokens/{token_id}",
      names: { token_id: tokenId },
      body: {
        name: params.name,
        sends_per_day: params.sends_per_day,
      },
      options,
    });
  }
}

/** The routes of `uploads`. */
export class UploadsRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Says what would be made of its rows, or has it made: a mail with an approval of its own for each good row, by and
   * by. With `dry_run` what would be made of its rows; else a mail of each good row, by and by; with `messages.send`.
   * Needs the scope `uploads.manage`. `POST /v1/uploads/{upload_id}/confirm`
   */
  confirm(uploadId: string, params: UploadsConfirmParams, options: OnceOptions = {}): Promise<types.UploadOutlook> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/uploads/{upload_id}/confirm",
      names: { upload_id: uploadId },
      body: {
        allow_duplicates: params.allow_duplicates,
        date_order: params.date_order,
        dry_run: params.dry_run,
        follow_ups: params.follow_ups,
        html: params.html,
        mapping: params.mapping,
        send_at: params.send_at,
        subject: params.subject,
        text: params.text,
        time: params.time,
        time_zone: params.time_zone,
        unsubscribe: params.unsubscribe,
      },
      once: true,
      options,
    });
  }

  /**
   * Announces a spreadsheet; the answer says where to `PUT` it. It is read by itself when it is there. CSV, TSV or
   * XLSX of at most 20 MB and 10,000 rows: an upload URL, for 15 minutes; the file is read when it is there. Needs
   * the scope `uploads.manage`. `POST /v1/uploads`
   */
  create(params: UploadsCreateParams, options: OnceOptions = {}): Promise<types.UploadCreated> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/uploads",
      names: {},
      body: {
        content_type: params.content_type,
        filename: params.filename,
        inbox_id: params.inbox_id,
        size: params.size,
      },
      once: true,
      options,
    });
  }

  /**
   * From now on none of its mails goes that has not gone; they are deleted, and so is all that was read of the file.
   * Mails that went stay. None of its mails goes that has not gone, and they are deleted with it; those that went
   * stay. Needs the scope `uploads.manage`. `DELETE /v1/uploads/{upload_id}`
   */
  delete(uploadId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/uploads/{upload_id}",
      names: { upload_id: uploadId },
      options,
    });
  }

  /**
   * A spreadsheet: where it stands, its columns, what they are probably for, and how far its mails are. Where it
   * stands, its columns, what they are probably for, and how far its mails are. Needs the scope `uploads.manage`.
   * `GET /v1/uploads/{upload_id}`
   */
  get(uploadId: string, options: CallOptions = {}): Promise<types.SheetUpload> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/uploads/{upload_id}",
      names: { upload_id: uploadId },
      options,
    });
  }

  /**
   * Spreadsheets and what became of them, the newest first. Spreadsheets and what became of them, the newest first.
   * Needs the scope `uploads.manage`. `GET /v1/uploads`
   */
  list(params: UploadsListParams = {}, options: CallOptions = {}): Promise<types.PageOfSheetUpload> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/uploads",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<UploadsListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.SheetUpload, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * A row, with its mails as its reader will see them and what policies say of them. A row with its mails as their
   * reader will see them, and what policies say of them. Needs the scope `uploads.manage`. `GET
   * /v1/uploads/{upload_id}/rows/{number}`
   */
  row(uploadId: string, number: string, options: CallOptions = {}): Promise<types.UploadRowDetail> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/uploads/{upload_id}/rows/{number}",
      names: { upload_id: uploadId,  number: number },
      options,
    });
  }

  /**
   * Its rows, as the plan has them that was tried out or confirmed last, and what became of them. Its rows with what
   * is wrong with each, and what became of them; `status` is `ready`, `error` or `imported`. Needs the scope
   * `uploads.manage`. `GET /v1/uploads/{upload_id}/rows`
   */
  rows(uploadId: string, params: UploadsRowsParams = {}, options: CallOptions = {}): Promise<types.PageOfUploadRow> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/uploads/{upload_id}/rows",
      names: { upload_id: uploadId },
      query: {
        cursor: params.cursor,
        limit: params.limit,
        status: params.status,
      },
      options,
    });
  }

  /** All entries of `rows`, page by page as they are asked for. */
  async *iterRows(uploadId: string, params: Omit<UploadsRowsParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.UploadRow, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.rows(uploadId, { ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }
}

/** The routes of `usage`. */
export class UsageRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * What was used by the day, of the whole organization or of each inbox or token. A minute behind, for the most
   * part; a day without any has no row. Needs the scope `usage.read`. `GET /v1/usage`
   */
  list(params: UsageListParams = {}, options: CallOptions = {}): Promise<types.PageOfUsage> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/usage",
      names: {},
      query: {
        by: params.by,
        cursor: params.cursor,
        from: params.from,
        limit: params.limit,
        to: params.to,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<UsageListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Usage, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }
}

/** The routes of `webhooks`. */
export class WebhooksRoutes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Registers an endpoint. Its signing secret is in this answer and nowhere else. Its `secret` is shown this once;
   * repeated within ten minutes, another secret of the same webhook ends the first. Needs the scope
   * `webhooks.manage`. `POST /v1/webhooks`
   */
  create(params: WebhooksCreateParams, options: CallOptions = {}): Promise<types.Webhook> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/webhooks",
      names: {},
      body: {
        events: params.events,
        inbox_ids: params.inbox_ids,
        url: params.url,
      },
      options,
    });
  }

  /**
   * Removes an endpoint: it is told of nothing any more. Needs the scope `webhooks.manage`. `DELETE
   * /v1/webhooks/{webhook_id}`
   */
  delete(webhookId: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({
      method: "DELETE",
      path: "/v1/webhooks/{webhook_id}",
      names: { webhook_id: webhookId },
      options,
    });
  }

  /**
   * The attempts to tell an endpoint, latest first. Each attempt, latest first, kept for 90 days. Needs the scope
   * `webhooks.manage`. `GET /v1/webhooks/{webhook_id}/deliveries`
   */
  deliveries(webhookId: string, params: WebhooksDeliveriesParams = {}, options: CallOptions = {}): Promise<types.PageOfAttempt> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/webhooks/{webhook_id}/deliveries",
      names: { webhook_id: webhookId },
      query: {
        cursor: params.cursor,
        delivered: params.delivered,
        event_id: params.event_id,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `deliveries`, page by page as they are asked for. */
  async *iterDeliveries(webhookId: string, params: Omit<WebhooksDeliveriesParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Attempt, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.deliveries(webhookId, { ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /** One endpoint. `held_until`, below. Needs the scope `webhooks.manage`. `GET /v1/webhooks/{webhook_id}` */
  get(webhookId: string, options: CallOptions = {}): Promise<types.Webhook> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/webhooks/{webhook_id}",
      names: { webhook_id: webhookId },
      options,
    });
  }

  /** All endpoints, without their secrets. Needs the scope `webhooks.manage`. `GET /v1/webhooks` */
  list(params: WebhooksListParams = {}, options: CallOptions = {}): Promise<types.PageOfWebhook> {
    return this.#transport.request({
      method: "GET",
      path: "/v1/webhooks",
      names: {},
      query: {
        cursor: params.cursor,
        limit: params.limit,
      },
      options,
    });
  }

  /** All entries of `list`, page by page as they are asked for. */
  async *iterList(params: Omit<WebhooksListParams, "cursor" | "order"> = {}, options: CallOptions = {}): AsyncGenerator<types.Webhook, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...params, cursor }, options);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /**
   * Tells an endpoint again of what it has not taken since a time. 40 events at a time, also those that it was not
   * told of while it was disabled: repeat with `next_cursor` while there is one. Needs the scope `webhooks.manage`.
   * `POST /v1/webhooks/{webhook_id}/resend`
   */
  resend(webhookId: string, params: WebhooksResendParams, options: OnceOptions = {}): Promise<types.Resent> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/webhooks/{webhook_id}/resend",
      names: { webhook_id: webhookId },
      body: {
        cursor: params.cursor,
        since: params.since,
      },
      once: true,
      options,
    });
  }

  /**
   * Tells an endpoint of one event again. A delivery is named by its event; it begins anew within a minute, with the
   * same `webhook-id`. Needs the scope `webhooks.manage`. `POST
   * /v1/webhooks/{webhook_id}/deliveries/{event_id}/retry`
   */
  retry(webhookId: string, eventId: string, options: OnceOptions = {}): Promise<types.Redelivery> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/webhooks/{webhook_id}/deliveries/{event_id}/retry",
      names: { webhook_id: webhookId,  event_id: eventId },
      once: true,
      options,
    });
  }

  /**
   * Another signing secret; the one before signs as well for 24 hours. Its `secret` is shown this once; the one
   * before signs as well for 24 hours, and none that was before that. Needs the scope `webhooks.manage`. `POST
   * /v1/webhooks/{webhook_id}/rotate-secret`
   */
  rotateSecret(webhookId: string, options: CallOptions = {}): Promise<types.Webhook> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/webhooks/{webhook_id}/rotate-secret",
      names: { webhook_id: webhookId },
      options,
    });
  }

  /**
   * Tells one endpoint, and no other, of an event of type `webhook.test`, once. Also while it is paused, disabled or
   * held back; what came of it stands in its deliveries within seconds. Needs the scope `webhooks.manage`. `POST
   * /v1/webhooks/{webhook_id}/test`
   */
  test(webhookId: string, options: OnceOptions = {}): Promise<types.Event> {
    return this.#transport.request({
      method: "POST",
      path: "/v1/webhooks/{webhook_id}/test",
      names: { webhook_id: webhookId },
      once: true,
      options,
    });
  }

  /**
   * Changes an endpoint: where it is, what it wants, whether it is told. `status` pauses it, and tells one again that
   * was disabled. Needs the scope `webhooks.manage`. `PATCH /v1/webhooks/{webhook_id}`
   */
  update(webhookId: string, params: WebhooksUpdateParams = {}, options: CallOptions = {}): Promise<types.Webhook> {
    return this.#transport.request({
      method: "PATCH",
      path: "/v1/webhooks/{webhook_id}",
      names: { webhook_id: webhookId },
      body: {
        events: params.events,
        inbox_ids: params.inbox_ids,
        status: params.status,
        url: params.url,
      },
      options,
    });
  }
}

/** All routes, by their resource. */
export class Resources {
  readonly accounts: AccountsRoutes;
  readonly approvals: ApprovalsRoutes;
  readonly attachments: AttachmentsRoutes;
  readonly audit: AuditRoutes;
  readonly domains: DomainsRoutes;
  readonly drafts: DraftsRoutes;
  readonly events: EventsRoutes;
  readonly groups: GroupsRoutes;
  readonly health: HealthRoutes;
  readonly heldMessages: HeldMessagesRoutes;
  readonly inboxes: InboxesRoutes;
  readonly invitations: InvitationsRoutes;
  readonly keys: KeysRoutes;
  readonly lists: ListsRoutes;
  readonly logs: LogsRoutes;
  readonly me: MeRoutes;
  readonly members: MembersRoutes;
  readonly messages: MessagesRoutes;
  readonly my: MyRoutes;
  readonly openapi: OpenapiRoutes;
  readonly organization: OrganizationRoutes;
  readonly passwordResets: PasswordResetsRoutes;
  readonly policies: PoliciesRoutes;
  readonly registrations: RegistrationsRoutes;
  readonly screening: ScreeningRoutes;
  readonly sessions: SessionsRoutes;
  readonly signingKeys: SigningKeysRoutes;
  readonly standingApprovals: StandingApprovalsRoutes;
  readonly suppressions: SuppressionsRoutes;
  readonly threads: ThreadsRoutes;
  readonly tokens: TokensRoutes;
  readonly uploads: UploadsRoutes;
  readonly usage: UsageRoutes;
  readonly webhooks: WebhooksRoutes;

  constructor(transport: Transport) {
    this.accounts = new AccountsRoutes(transport);
    this.approvals = new ApprovalsRoutes(transport);
    this.attachments = new AttachmentsRoutes(transport);
    this.audit = new AuditRoutes(transport);
    this.domains = new DomainsRoutes(transport);
    this.drafts = new DraftsRoutes(transport);
    this.events = new EventsRoutes(transport);
    this.groups = new GroupsRoutes(transport);
    this.health = new HealthRoutes(transport);
    this.heldMessages = new HeldMessagesRoutes(transport);
    this.inboxes = new InboxesRoutes(transport);
    this.invitations = new InvitationsRoutes(transport);
    this.keys = new KeysRoutes(transport);
    this.lists = new ListsRoutes(transport);
    this.logs = new LogsRoutes(transport);
    this.me = new MeRoutes(transport);
    this.members = new MembersRoutes(transport);
    this.messages = new MessagesRoutes(transport);
    this.my = new MyRoutes(transport);
    this.openapi = new OpenapiRoutes(transport);
    this.organization = new OrganizationRoutes(transport);
    this.passwordResets = new PasswordResetsRoutes(transport);
    this.policies = new PoliciesRoutes(transport);
    this.registrations = new RegistrationsRoutes(transport);
    this.screening = new ScreeningRoutes(transport);
    this.sessions = new SessionsRoutes(transport);
    this.signingKeys = new SigningKeysRoutes(transport);
    this.standingApprovals = new StandingApprovalsRoutes(transport);
    this.suppressions = new SuppressionsRoutes(transport);
    this.threads = new ThreadsRoutes(transport);
    this.tokens = new TokensRoutes(transport);
    this.uploads = new UploadsRoutes(transport);
    this.usage = new UsageRoutes(transport);
    this.webhooks = new WebhooksRoutes(transport);
  }
}
