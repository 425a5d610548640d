"""What requests and responses have in them: made of infra/docs/openapi.json by shared/clients/generate.py: `make routes` writes it."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Union


class AcceptInvitation(TypedDict):
    """Who accepts an invitation."""

    #: What the link in the mail ends with.
    invitation: str
    #: The password that they are to sign in with.
    password: str


class Account(TypedDict):
    """A connected account."""

    connected_by: str
    created_at: str
    display_name: str | None
    email: str
    #: Why mail that leaves through it waits, where it does.
    error: AccountError | None
    id: str
    #: The inbox in which its mails lie. Wherever the API takes an inbox's id it takes the account's as well.
    inbox_id: str
    #: Of the key; `null` of a password, of which nothing is shown.
    last_four: str | None
    #: While nothing leaves it.
    paused: Pause | None
    provider: Literal["resend", "sendgrid", "mailgun", "brevo", "smtp"]
    #: Where the provider keeps its data; `null` where it has one region.
    region: Literal["us", "eu"] | None
    #: Whether it sends and never reads.
    send_only: bool
    #: Of `smtp`: the server that takes its mail.
    smtp: SmtpOfAccount | None
    #: `active` or `error`.
    status: str
    #: Of `smtp`: the name by which the server lets it in.
    username: str | None


class AccountError(TypedDict):
    """What is wrong with an account."""

    #: `credentials_refused`: its provider takes the key no more, or its server the password.
    #: `credentials_unreadable`: another has to be given. `quota_reached`, `account_not_active` and
    #: `ip_not_authorized`: something is to be set right at the provider. `certificate_refused`: the mail server's
    #: certificate has ended, is not one for its name, or it offers no TLS.
    reason: Literal["credentials_refused", "credentials_unreadable", "quota_reached", "account_not_active", "ip_not_authorized", "certificate_refused"]
    since: str


class AccountNotice(TypedDict):
    """An account, as events tell of it."""

    #: Why mail that leaves through it waits, where it does.
    error: AccountError | None
    id: str
    inbox_id: str
    provider: Literal["resend", "sendgrid", "mailgun", "brevo", "smtp"]
    #: `active` or `error`.
    status: str


class _ActorAlways(TypedDict):
    #: The member's or token's; `system` where it was neither.
    id: str
    #: `member`, `token` or `system`.
    type: str


class Actor(_ActorAlways, total=False):
    """Who did something."""

    #: What the token was called when it acted; not there for others, nor for what was written down before names were.
    name: str | None


class AddPasskey(TypedDict):
    """A new passkey, as the browser gave it."""

    #: Of the options that it answers.
    ceremony_id: str
    #: What `navigator.credentials.create` gave, as `PublicKeyCredential.toJSON` writes it.
    credential: dict[str, Any]
    #: What it is to be called, such as the device that has it.
    name: str


class Anchor(TypedDict):
    """An anchor, as a check of the audit log names it."""

    at: str
    hash: str
    sequence: int


class Anchors(TypedDict):
    """The anchors that lie in the part that was looked at."""

    agreeing: int
    newest: Anchor | None


class _AppendEntryAlways(TypedDict):
    #: What whoever vouches for it signed: all lines, each with its end.
    text: str


class AppendEntry(_AppendEntryAlways, total=False):
    """An entry of the key log, and what was signed of it."""

    #: The end of the link, where the entry is by one.
    link: str | None
    #: By the new key, where one is registered: what it signed to offer itself.
    offer: KeySigned | None
    #: By the key that vouches, where one does.
    signature: KeySigned | None


class _ApprovalAlways(TypedDict):
    #: The mail that it answers.
    answers: str | None
    attachment_count: int
    #: What its HTML was changed in before it was sealed.
    changes: list[HtmlChange]
    delegations: list[Delegation]
    #: Of the bytes that leave, if it is approved.
    digest: str
    #: Who made this revision, where it is an edited one.
    edited_by: str | None
    #: Until when it can be decided.
    expires_at: str
    #: The mail that it passes on.
    forwards: str | None
    id: str
    inbox_id: str
    message_id: str
    #: Where there are such hours: when it would go that is approved now, or was.
    not_before: str | None
    policy_trace: list[PolicyStep]
    preview: str
    #: Whose connected account it leaves through; `null` where it leaves through SES. `resend`, `sendgrid` and `brevo`
    #: take the fields of a mail and not its bytes: `Message-ID`, encodings and the order of parts are theirs.
    provider: Literal["resend", "sendgrid", "mailgun", "brevo", "smtp"] | None
    #: Hours within which its mail does not go, decided or not.
    quiet_hours: list[QuietHours]
    #: Why it was held or let go, as stable codes.
    reasons: list[str]
    #: Of all kinds.
    recipients: list[Party]
    requested_at: str
    requested_by: Actor
    requested_with: Credential
    #: The mails of which it is a new attempt, the first of all first.
    resends: list[str]
    #: Counts edits of the mail, from 1.
    revision: int
    #: That somebody who decides asked for a revision, the last time that somebody did.
    revision_requested: RevisionRequested | None
    #: What about it deserves a look, the worst first; `null` where it was asked for before this was looked at.
    risks: list[Risk] | None
    #: Not before.
    send_at: str | None
    #: `pending`, `approved`, `rejected`, `expired`, `cancelled` or `superseded`.
    status: str
    subject: str
    #: The approval of the revision before.
    supersedes: str | None
    #: Votes that were taken back before the mail was claimed.
    taken_back: list[TakenBack]
    #: What it takes; none where policies let the mail go without a person.
    terms: Terms | None
    thread_id: str
    votes: list[Vote]


class Approval(_ApprovalAlways, total=False):
    """An approval as a list shows it."""

    cancelled_by: Actor | None
    decided_at: str | None
    decided_by: DecidedBy | None
    decision_reason: str | None
    #: The draft that was left of a rejected mail.
    draft_id: str | None
    #: The approval of the next revision.
    superseded_by: str | None


class ApprovalBatch(TypedDict):
    """What became of the mails of a batch, in the order in which they were named."""

    data: list[ApprovalBatched]


class ApprovalBatchError(TypedDict):
    """Why a vote of a batch was not taken."""

    code: str
    message: str


class ApprovalBatched(TypedDict):
    """What became of one of them."""

    approval_id: str
    #: Why the vote was not taken, as the error of a single one would have it.
    error: ApprovalBatchError | None
    #: Where the approval stands with this vote; `null` where the vote was not taken.
    status: str | None


class _ApprovalDetailAlways(TypedDict):
    #: The mail that it answers or passes on.
    answered_message: MessageDetail | None
    #: The mail that it answers.
    answers: str | None
    attachment_count: int
    #: What its HTML was changed in before it was sealed.
    changes: list[HtmlChange]
    #: What was said about it and about the revisions before it, the first first.
    comments: list[Comment]
    delegations: list[Delegation]
    #: What the last edit changed, where this is an edited revision.
    differences: list[Difference] | None
    #: Of the bytes that leave, if it is approved.
    digest: str
    #: Who made this revision, where it is an edited one.
    edited_by: str | None
    #: Until when it can be decided.
    expires_at: str
    #: The mail that it passes on.
    forwards: str | None
    id: str
    inbox_id: str
    #: The mail as it is sealed under `digest`.
    message: MessageDetail
    message_id: str
    #: Where there are such hours: when it would go that is approved now, or was.
    not_before: str | None
    policy_trace: list[PolicyStep]
    preview: str
    #: Whose connected account it leaves through; `null` where it leaves through SES. `resend`, `sendgrid` and `brevo`
    #: take the fields of a mail and not its bytes: `Message-ID`, encodings and the order of parts are theirs.
    provider: Literal["resend", "sendgrid", "mailgun", "brevo", "smtp"] | None
    #: Hours within which its mail does not go, decided or not.
    quiet_hours: list[QuietHours]
    #: Why it was held or let go, as stable codes.
    reasons: list[str]
    #: Of all kinds.
    recipients: list[Party]
    requested_at: str
    requested_by: Actor
    requested_with: Credential
    #: The mails of which it is a new attempt, the first of all first.
    resends: list[str]
    #: Counts edits of the mail, from 1.
    revision: int
    #: That somebody who decides asked for a revision, the last time that somebody did.
    revision_requested: RevisionRequested | None
    #: What about it deserves a look, the worst first; `null` where it was asked for before this was looked at.
    risks: list[Risk] | None
    #: Not before.
    send_at: str | None
    #: `pending`, `approved`, `rejected`, `expired`, `cancelled` or `superseded`.
    status: str
    subject: str
    #: The approval of the revision before.
    supersedes: str | None
    #: Votes that were taken back before the mail was claimed.
    taken_back: list[TakenBack]
    #: What it takes; none where policies let the mail go without a person.
    terms: Terms | None
    #: The last mails of the conversation, oldest first.
    thread: list[Message]
    thread_id: str
    votes: list[Vote]


class ApprovalDetail(_ApprovalDetailAlways, total=False):
    """An approval with what a person needs to decide."""

    cancelled_by: Actor | None
    decided_at: str | None
    decided_by: DecidedBy | None
    decision_reason: str | None
    #: The draft that was left of a rejected mail.
    draft_id: str | None
    #: The approval of the next revision.
    superseded_by: str | None


class _ApproveAlways(TypedDict):
    #: The `digest` of the approval as it was shown.
    digest: str


class Approve(_ApproveAlways, total=False):
    """A vote for exactly these bytes."""

    #: What your own key signed of it, where a policy asks for that.
    signature: VoteSigned | None


class Arrived(TypedDict):
    """Mails that came in, the first of them first; none where the time is up."""

    data: list[Message]


class AskForReset(TypedDict):
    """Who forgot their password."""

    #: The address that they sign in with: the link goes there.
    email: str


class AskToRevise(TypedDict):
    """That a mail is to be written otherwise."""

    #: The `digest` of the approval as it was shown.
    digest: str
    #: What is to be otherwise, for whoever asked.
    note: str


class Attempt(TypedDict):
    """An attempt to tell a webhook of an event."""

    at: str
    #: From 1.
    attempt: int
    delivered: bool
    duration_ms: int
    #: Why there was none, as a stable code.
    error: str | None
    event_id: str
    event_type: Literal["message.received", "message.held", "message.released", "message.discarded", "message.sent", "message.delivered", "message.deferred", "message.bounced", "message.complained", "message.failed", "message.unknown", "message.edited", "message.blocked", "approval.requested", "approval.approved", "approval.rejected", "approval.expired", "approval.cancelled", "approval.superseded", "approval.delegated", "approval.revision_requested", "approval.commented", "approval.taken_back", "approval.reminder", "inbox.created", "inbox.deleted", "inbox.paused", "inbox.resumed", "token.paused", "token.resumed", "organization.paused", "organization.resumed", "webhook.disabled", "webhook.test", "suppression.created", "suppression.deleted", "upload.ready", "upload.confirmed", "upload.completed", "upload.failed", "upload.deleted", "domain.verified", "domain.failed", "account.connected", "account.error", "account.recovered", "account.disconnected", "member.created", "member.updated", "member.deleted", "invitation.created", "invitation.resent", "invitation.deleted"]
    #: When it is tried again.
    next_attempt_at: str | None
    #: What was sent, without its signature and its body, which is the event; `null` where nobody was called.
    request: RequestHead | None
    #: Header fields of the response: of a few that help to find out why it failed, each at most 100 characters.
    response_headers: dict[str, Any]
    #: The HTTP status, where there was a response.
    response_status: int | None


class _AuditActorAlways(TypedDict):
    #: The member's or token's; `system` where it was neither.
    id: str
    member_id: str | None
    #: `member`, `token` or `system`.
    type: str


class AuditActor(_AuditActorAlways, total=False):
    """Who did it, and for a token its owner."""

    #: What the token was called when it acted; not there for others, nor for what was written down before names were.
    name: str | None


class AuditEntry(TypedDict):
    """An entry of the audit log in its place. Whoever checks the chain needs all of it, with times as they are hashed.
    """

    action: str
    actor: AuditActor
    at: str
    chained_at: str
    details: dict[str, Any]
    hash: str
    id: str
    organization_id: str
    #: The hash of the entry before.
    previous: str
    #: Its place in the chain, from 1.
    sequence: int
    #: What it was done to: an id, for the most part.
    target: str


class AuditHead(TypedDict):
    """The end of a chain."""

    at: str
    hash: str
    sequence: int


class _BatchApprovalsAlways(TypedDict):
    #: The approvals, 1 to 50, each once.
    items: list[BatchItem]
    #: What is said of all of them.
    verdict: Literal["approve", "reject"]


class BatchApprovals(_BatchApprovalsAlways, total=False):
    """Votes for several mails, each for exactly its bytes."""

    #: Why they are rejected. Whoever asked is told.
    reason: str | None
    #: What your own key signed of all of them, where a policy asks for that.
    signature: VoteSigned | None


class BatchItem(TypedDict):
    """One of them."""

    #: Its id.
    approval_id: str
    #: The `digest` of the approval as it was shown.
    digest: str


class _BatchMessagesAlways(TypedDict):
    #: The mails, 1 to 100. One that is named twice counts once.
    messages: list[MessageName]


class BatchMessages(_BatchMessagesAlways, total=False):
    """Mails, and what changes of each of them. Where nothing is to change, they are only given."""

    #: Labels to have; each mail has at most 20.
    add_labels: list[str] | None
    #: Whether they were read. A mail that goes out always is.
    read: bool | None
    #: Labels to lose.
    remove_labels: list[str] | None


class Blocked(TypedDict):
    """A mail that a policy refused to take. Nothing else of it is stored."""

    inbox_id: str
    #: Why, as stable codes.
    reasons: list[str]
    requested_by: Actor


class Bounce(TypedDict):
    """How a mail bounced."""

    recipients: list[BouncedRecipient]
    #: More exactly, such as `general` or `mailbox_full`.
    subtype: str | None
    #: `permanent`, `transient` or `undetermined`; `rejected` where SES itself refused it.
    type: str


class BouncedRecipient(TypedDict):
    """What a server said of one recipient."""

    address: str
    #: What the server said, at most 500 characters.
    diagnostic: str | None
    #: The status of RFC 3463, such as `5.1.1`.
    status: str | None


class ChangePassword(TypedDict):
    """Another password."""

    #: The one that is to end.
    current_password: str
    #: The one in its place: 12 to 200 characters that are not easily guessed.
    new_password: str


class _CommentAlways(TypedDict):
    #: Whether it asks for a revision.
    asks_revision: bool
    at: str
    by: Actor
    text: str


class Comment(_CommentAlways, total=False):
    """What somebody said."""

    #: Of which revision of the mail it was said, where there are several.
    revision: int | None


class Comments(TypedDict):
    """All that was said about an approval, the first first; at most 50."""

    data: list[Comment]


class ConfirmReset(TypedDict):
    """Another password."""

    #: The password that they are to sign in with from now on.
    password: str
    #: What the link in the mail ends with.
    reset: str


class ConfirmTotp(TypedDict):
    """A first code, by which a second factor is enabled."""

    #: The six digits that the authenticator shows.
    code: str
    #: One's own password.
    password: str


class _ConfirmUploadAlways(TypedDict):
    #: The column of each field, by its name as `columns` has it: `to` is required; `name`, `subject`, `text`, `html`,
    #: `send_at`, `follow_up_1` to `follow_up_5` may be given; any other field is a variable.
    mapping: dict[str, Any]


class ConfirmUpload(_ConfirmUploadAlways, total=False):
    """What is to be made of the rows of an upload. Words have variables, such as `{{first_name}}`, or
    `{{first_name|there}}` with what stands for an empty one: the name of a column in lower case, with `_` for what is
    no letter and no digit, or a name of `mapping`.
    """

    #: Whether a mailbox that stands in several rows gets several mails. Left out, the later rows are wrong.
    allow_duplicates: bool | None
    #: How a date such as 03/04/2026 is read. Left out, a row with such a date is wrong.
    date_order: Literal["day_first", "month_first"] | None
    #: Whether it is only said what would be made: then nothing is. The plan is kept, and the rows are shown as it has
    #: them.
    dry_run: bool | None
    #: Mails that follow the first, to whoever does not answer it.
    follow_ups: list[FollowUpGiven] | None
    #: The HTML of all mails, within the form that `infra/docs/HTML.md` describes. Values are escaped in it.
    html: str | None
    #: When all mails go; left out where a column gives it, or where each goes as soon as it may.
    send_at: str | None
    #: The subject of all mails; left out where a column gives it.
    subject: str | None
    #: The text of all mails; left out where a column gives it, or where there is HTML.
    text: str | None
    #: The time of day of dates without one; `09:00` where it is left out.
    time: str | None
    #: Where dates without a time zone are; `UTC` where it is left out.
    time_zone: str | None
    #: Whether each recipient can unsubscribe with one click, as list mail must let them.
    unsubscribe: bool | None


class _CreateAccountAlways(TypedDict):
    #: The address that it sends from, which the provider knows as yours.
    email: str
    #: Whose it is.
    provider: Literal["resend", "sendgrid", "mailgun", "brevo", "smtp"]


class CreateAccount(_CreateAccountAlways, total=False):
    """An account that is to be connected: `api_key` of a provider, or `smtp` and `password` of a mail server."""

    #: A key that may send. Its last four characters are shown, and nothing else of it ever.
    api_key: str | None
    #: Of `smtp`, where that is left out: have the server looked up, among large providers and where the domain of
    #: `email` tells programs.
    autodiscover: bool | None
    #: The name beside the address, in mails that go out.
    display_name: str | None
    #: Of `smtp`: the password, often one for programs alone. Nothing of it is ever shown.
    password: str | None
    #: Where the provider keeps your data: of `sendgrid` and `mailgun`, `us` where it is left out.
    region: Literal["us", "eu"] | None
    #: Of `smtp`: the server.
    smtp: SmtpServer | None
    #: Of `smtp`: the name by which the server lets you in, `email` where it is left out.
    username: str | None


class _CreateAttachmentAlways(TypedDict):
    #: Its name, without a path.
    filename: str
    #: In bytes, 1 to 26,214,400.
    size: int


class CreateAttachment(_CreateAttachmentAlways, total=False):
    """A file that is to be uploaded."""

    #: Its media type; `application/octet-stream` where it is left out.
    content_type: str | None
    #: The inbox that will send it; may be left out where the credential reaches one alone.
    inbox_id: str | None


class _CreateDomainAlways(TypedDict):
    #: Such as `example.com`, in letters of any script.
    name: str


class CreateDomain(_CreateDomainAlways, total=False):
    """A domain that mail is to come to and go from."""

    #: Whether few mails may be asked for from it at first, 50 on the day on which it is verified, and twice as many
    #: on each of the 13 days that follow; true unless you say otherwise, as where it has been sending for long. It
    #: stays as it is.
    warm_up: bool | None


class CreateDraft(TypedDict, total=False):
    """A mail to go on with later. Any part may be missing until it is submitted."""

    #: At most 20, with at most 25 MB together. The draft keeps their bytes.
    attachments: list[FileGiven] | None
    #: Recipients that the others don't see.
    bcc: Mailbox | list[Mailbox] | None
    #: Recipients of copies.
    cc: Mailbox | list[Mailbox] | None
    #: A name of yours: where the inbox has a draft of this name, that is given as it stands, with `200`.
    client_id: str | None
    #: Further header fields, by name, as of a mail.
    headers: dict[str, Any] | None
    #: The body as HTML, at most 1 MB. It is brought into its form when it is submitted.
    html: str | None
    #: What becomes of HTML beyond that form when it is submitted: `normal` changes and names it, `strict` refuses the
    #: mail.
    html_mode: Literal["normal", "strict"] | None
    #: What a program keeps with the mail, by name.
    metadata: dict[str, Any] | None
    #: Whether the other recipients of that mail get the answer too.
    reply_all: bool | None
    #: Where answers go, if not to the inbox: at most 5.
    reply_to: Mailbox | list[Mailbox] | None
    #: The mail of this inbox that it answers.
    reply_to_message_id: str | None
    #: Not before this, at most 300 days ahead when it is submitted.
    send_at: str | None
    #: Of a reply, that of the mail that it answers where it is left out.
    subject: str | None
    #: Words that a program keeps with the mail.
    tags: list[str] | None
    #: The body as text, at most 1 MB.
    text: str | None
    #: Recipients: with `cc` and `bcc` at most 50.
    to: Mailbox | list[Mailbox] | None
    #: Whether its one recipient can unsubscribe with one click, as of a mail.
    unsubscribe: bool | None


class CreateGroup(TypedDict):
    """Members under a name, whom policies ask for votes as `group:<name>`."""

    #: Who belongs to it, at most 50.
    member_ids: list[str]
    #: Letters of a to z, digits and hyphens; no other group has it.
    name: str


class CreateInbox(TypedDict, total=False):
    """An inbox that is to be made."""

    #: The name beside the address, in mails that go out.
    display_name: str | None
    #: A verified domain of your organization that it is to be on. Left out, it is on the installation's mail domain.
    domain: str | None
    #: What stands before the `@`: 1 to 64 letters, digits, `.`, `_` and `-`. Left out, it is made up. Names that
    #: speak for the domain, such as `postmaster`, are not to be had.
    username: str | None


class _CreateInvitationAlways(TypedDict):
    #: Their own address: the mail with the link goes there, and they sign in with it.
    email: str
    #: What they may do: an owner invites owners and admins, and a person whoever decides.
    role: Literal["owner", "admin", "approver", "editor", "viewer"]


class CreateInvitation(_CreateInvitationAlways, total=False):
    """Who is to be invited."""

    #: The groups that they are to belong to, by ids or names; needs `policies.manage` as well.
    groups: list[str] | None


class _CreateListEntryAlways(TypedDict):
    #: `send` for mail that goes out, by its recipients; `receive` for mail that comes in, by its author.
    direction: Literal["send", "receive"]
    #: `block`, or `allow` for whom a less specific entry blocks.
    kind: Literal["allow", "block"]


class CreateListEntry(_CreateListEntryAlways, total=False):
    """Who is to stand on a list: one of an address, a domain and everyone."""

    #: One mailbox.
    address: str | None
    #: All mailboxes of this domain and of those below it.
    domain: str | None
    #: `true`: whoever has no entry of their own.
    everyone: bool | None
    #: Why, in at most 200 characters; whoever is refused is told.
    reason: str | None


class CreateRegistration(TypedDict):
    """An organization that is asked for."""

    #: What it is called.
    name: str
    #: Who is to own it: a person's own address. The link to claim it is mailed there.
    owner_email: str


class _CreateSessionAlways(TypedDict):
    #: Their address.
    email: str
    #: Their password.
    password: str


class CreateSession(_CreateSessionAlways, total=False):
    """Who signs in."""

    #: A code of their second factor, or one of its recovery codes: where one is set up.
    code: str | None


class _CreateStandingApprovalAlways(TypedDict):
    #: How many mails, 1 to 1,000.
    budget: int
    #: Until when, at most 90 days.
    expires_at: str


class CreateStandingApproval(_CreateStandingApprovalAlways, total=False):
    """A budget of mails that are approved ahead: for exactly one of a conversation, a recipient and a domain."""

    #: Mails for addresses of this domain alone.
    domain: str | None
    #: The inbox that they leave; left out, any.
    inbox_id: str | None
    #: Mails for this address alone.
    recipient: str | None
    #: Mails of this conversation.
    thread_id: str | None


class CreateSuppression(TypedDict, total=False):
    """Whom no mail is to go to any more: either of an address and a domain."""

    #: One mailbox.
    address: str | None
    #: All mailboxes of this domain and of those below it.
    domain: str | None
    #: Why, in at most 200 characters; whoever is refused is told.
    reason: str | None


class _CreateTokenAlways(TypedDict):
    #: What it is for.
    name: str
    #: What it may do: as little as it needs.
    scopes: list[Literal["messages.read", "messages.send", "messages.modify", "drafts.manage", "inboxes.manage", "accounts.read", "accounts.manage", "folders.read", "events.read", "webhooks.manage", "approvals.read", "approvals.decide", "policies.manage", "lists.manage", "domains.manage", "uploads.manage", "usage.read", "logs.read", "audit.read", "tokens.manage", "members.manage"]]


class CreateToken(_CreateTokenAlways, total=False):
    """A token for a program."""

    #: When it ends by itself; left out, when it is deleted, or with the token that makes it.
    expires_at: str | None
    #: The inboxes that it reaches; left out, all of them.
    inbox_ids: list[str] | None
    #: How many mails it may ask for on one day (UTC); left out, as many as the token that makes it.
    sends_per_day: int | None


class _CreateUploadAlways(TypedDict):
    #: Its name, without a path.
    filename: str
    #: The inbox that its mails are to leave.
    inbox_id: str
    #: In bytes, 1 to 20,971,520.
    size: int


class CreateUpload(_CreateUploadAlways, total=False):
    """A spreadsheet that is to be uploaded."""

    #: Its media type; `application/octet-stream` where it is left out. What it is, its bytes say.
    content_type: str | None


class _CreateWebhookAlways(TypedDict):
    #: `https`, on port 443, in a public network.
    url: str


class CreateWebhook(_CreateWebhookAlways, total=False):
    """An endpoint that is to be told of events."""

    #: Which events: types, groups such as `message.*`, or `*`; left out or empty, all of them. A group takes types
    #: that are added to it later.
    events: list[Literal["*", "account.*", "approval.*", "domain.*", "inbox.*", "invitation.*", "member.*", "message.*", "organization.*", "suppression.*", "token.*", "upload.*", "webhook.*", "message.received", "message.held", "message.released", "message.discarded", "message.sent", "message.delivered", "message.deferred", "message.bounced", "message.complained", "message.failed", "message.unknown", "message.edited", "message.blocked", "approval.requested", "approval.approved", "approval.rejected", "approval.expired", "approval.cancelled", "approval.superseded", "approval.delegated", "approval.revision_requested", "approval.commented", "approval.taken_back", "approval.reminder", "inbox.created", "inbox.deleted", "inbox.paused", "inbox.resumed", "token.paused", "token.resumed", "organization.paused", "organization.resumed", "webhook.disabled", "webhook.test", "suppression.created", "suppression.deleted", "upload.ready", "upload.confirmed", "upload.completed", "upload.failed", "upload.deleted", "domain.verified", "domain.failed", "account.connected", "account.error", "account.recovered", "account.disconnected", "member.created", "member.updated", "member.deleted", "invitation.created", "invitation.resent", "invitation.deleted"]] | None
    #: Only events about these inboxes; left out or empty, about all, and about none.
    inbox_ids: list[str] | None


class Credential(TypedDict):
    """With what somebody decided."""

    #: The session's or token's id; of a link the hash of its secret.
    id: str
    #: `session`, `link` or `token`.
    type: str


class Delegate(TypedDict):
    """Whom a vote is handed to."""

    #: Who votes from now on: somebody with a role that may.
    member_id: str


_DelegationFields = TypedDict(
    "_DelegationFields",
    {
        "at": "str",
        "credential": "Credential",
        "from": "str",
        "role": "Literal[\"owner\", \"admin\", \"approver\", \"editor\", \"viewer\"]",
        "to": "str",
    },
)


class Delegation(_DelegationFields):
    """A vote that was handed on."""


class Difference(TypedDict):
    """What an edit changed."""

    #: What it is; of a body the changed lines, as a unified diff.
    after: str
    #: What it was; of a body nothing.
    before: str
    #: `to`, `cc`, `bcc`, `reply_to`, `send_at`, `subject`, `attachments`, `text` or `html`.
    field: str


class DnsRecord(TypedDict):
    """A DNS record that a domain takes, and what was found in its place."""

    #: What DNS had at the last look; `null` where it did not answer, or nobody looked yet.
    found: list[FoundRecord] | None
    #: What is wrong, and what would be right.
    hint: str | None
    #: Of an SPF record where there is one already: a value that says both.
    merged: str | None
    #: Its full name.
    name: str
    #: Of an `MX`.
    priority: int | None
    purpose: Literal["ownership", "dkim", "mail_from_mx", "mail_from_spf", "dmarc", "receiving"]
    #: Whether the domain is verified without it.
    required: bool
    status: Literal["found", "missing", "differs", "unknown"]
    type: Literal["TXT", "CNAME", "MX"]
    value: str


class Domain(TypedDict):
    """A domain of the organization."""

    created_at: str
    created_by: Actor
    #: Of a verified one: since when required records are gone. Three days later it is `failed`.
    failing_since: str | None
    #: The same for the same name.
    id: str
    #: When its records were looked at last.
    looked_at: str | None
    #: When they are looked at next, unless somebody asks before.
    looks_at: str | None
    #: In ASCII.
    name: str
    records: list[DnsRecord]
    #: `pending` until its required records are there, three days at most; then `verified` or `failed`.
    status: Literal["pending", "verified", "failed"]
    verified_at: str | None
    #: Until then the mails that may be asked for from it are bounded by the day; `null` where it is not verified, or
    #: not warmed up.
    warm_at: str | None


class DomainNotice(TypedDict):
    """A domain, as events tell of it."""

    #: Of a verified one: since when required records are gone.
    failing_since: str | None
    id: str
    #: The names of the required records that were not found.
    missing: list[str]
    name: str
    status: Literal["pending", "verified", "failed"]


class Download(TypedDict):
    """A file with where to get it."""

    content_type: str
    #: What its first bytes say that it is, as a media type; null where they say nothing, where an upload's are not
    #: there yet, and of what was stored before this was looked at. Not proven: a file can be made to begin like
    #: another.
    detected_type: str | None
    download_url: str
    #: Seconds that the URL is good.
    expires_in: int
    filename: str
    id: str
    inbox_id: str
    #: The mail that it is part of; none while it is only uploaded.
    message_id: str | None
    #: In bytes.
    size: int


class Draft(TypedDict):
    """A draft as a list shows it."""

    #: The approval of that mail.
    approval_id: str | None
    attachments: list[FileOfDraft]
    bcc: list[Party]
    cc: list[Party]
    #: The name that its client gave it.
    client_id: str | None
    created_at: str
    #: Further header fields, by name.
    headers: dict[str, Any]
    #: What becomes of HTML beyond its form when it is submitted.
    html_mode: str
    id: str
    inbox_id: str
    #: That mail.
    message_id: str | None
    #: What a program keeps with it, by name.
    metadata: dict[str, Any]
    #: The first words of the text, at most 200 characters.
    preview: str
    #: Why the mail was rejected of which it was left.
    rejection_reason: str | None
    #: Whether the other recipients of that mail get the answer too.
    reply_all: bool
    #: Where answers go, if not to the inbox.
    reply_to: list[Party]
    #: The mail that it answers.
    reply_to_message_id: str | None
    #: Counts its changes, from 1. `If-Match` names it as `ETag` gives it.
    revision: int
    #: Not before.
    send_at: str | None
    subject: str | None
    #: Words that a program keeps with it, in the order of the alphabet.
    tags: list[str]
    to: list[Party]
    #: Whether its one recipient can unsubscribe with one click.
    unsubscribe: bool
    updated_at: str


class DraftDetail(TypedDict):
    """A draft with its bodies."""

    #: The approval of that mail.
    approval_id: str | None
    attachments: list[FileOfDraft]
    bcc: list[Party]
    cc: list[Party]
    #: The name that its client gave it.
    client_id: str | None
    created_at: str
    #: Further header fields, by name.
    headers: dict[str, Any]
    #: The body as HTML, as it was given.
    html: str | None
    #: What becomes of HTML beyond its form when it is submitted.
    html_mode: str
    id: str
    inbox_id: str
    #: That mail.
    message_id: str | None
    #: What a program keeps with it, by name.
    metadata: dict[str, Any]
    #: The first words of the text, at most 200 characters.
    preview: str
    #: Why the mail was rejected of which it was left.
    rejection_reason: str | None
    #: Whether the other recipients of that mail get the answer too.
    reply_all: bool
    #: Where answers go, if not to the inbox.
    reply_to: list[Party]
    #: The mail that it answers.
    reply_to_message_id: str | None
    #: Counts its changes, from 1. `If-Match` names it as `ETag` gives it.
    revision: int
    #: Not before.
    send_at: str | None
    subject: str | None
    #: Words that a program keeps with it, in the order of the alphabet.
    tags: list[str]
    #: The body as text.
    text: str | None
    to: list[Party]
    #: Whether its one recipient can unsubscribe with one click.
    unsubscribe: bool
    updated_at: str


class _DraftFileAlways(TypedDict):
    #: Its name.
    filename: str


class DraftFile(_DraftFileAlways, total=False):
    """A file of a mail that nobody sends."""

    #: Its media type; `application/octet-stream` where it is left out.
    content_type: str | None
    #: What its first bytes would say that it is, as a media type.
    detected_type: str | None
    #: In bytes.
    size: int | None


class DraftGiven(TypedDict, total=False):
    """A mail that nobody sends."""

    #: What files it has.
    attachments: list[DraftFile] | None
    #: Recipients that the others don't see.
    bcc: Mailbox | list[Mailbox] | None
    #: Recipients of copies.
    cc: Mailbox | list[Mailbox] | None
    #: The body as HTML.
    html: str | None
    #: The mail that it answers.
    in_reply_to: str | None
    #: Not before this.
    send_at: str | None
    #: The subject.
    subject: str | None
    #: The body as text.
    text: str | None
    #: Recipients.
    to: Mailbox | list[Mailbox] | None


class _EditMailAlways(TypedDict):
    #: The `digest` of the approval as it was shown.
    digest: str


class EditMail(_EditMailAlways, total=False):
    """What changes of a mail that waits. What is left out stays as it is."""

    #: Files beside those that stay.
    attachments: list[FileGiven] | None
    #: Recipients that the others don't see, in the place of those that it has.
    bcc: Mailbox | list[Mailbox] | None
    #: Recipients of copies, in the place of those that it has.
    cc: Mailbox | list[Mailbox] | None
    #: The body as HTML, the whole of it as well; empty, it has none any more.
    html: str | None
    #: As of a new mail.
    html_mode: Literal["normal", "strict"] | None
    #: Files that it has and is to lose, those that it passes on among them. The others stay.
    remove_attachments: list[str] | None
    #: Where answers go.
    reply_to: Mailbox | list[Mailbox] | None
    #: Not before this.
    send_at: str | None
    #: The subject.
    subject: str | None
    #: The body as text, the whole of it: with what is quoted in it or passed on.
    text: str | None
    #: Recipients, in the place of those that it has.
    to: Mailbox | list[Mailbox] | None


class Error(TypedDict):
    """What went wrong."""

    error: dict[str, Any]


class Evaluation(TypedDict):
    """What became of a mail that was tried out, and why."""

    facts: Facts
    #: When it would go that nobody had to approve: at its time, and outside of those hours.
    not_before: str
    #: So many more matched than the trace has room for.
    omitted_steps: int
    #: So many more did not match than are told of.
    omitted_unmatched: int
    #: `allow`, `hold` or `block`.
    outcome: str
    #: Hours within which it does not go.
    quiet_hours: list[QuietHours]
    #: Why, as stable codes.
    reasons: list[str]
    rules_looked_at: int
    #: What it would take, where it is held.
    terms: Terms | None
    #: The rules that matched.
    trace: list[PolicyStep]
    #: The rules that did not match: why, and the outcome that they would have had. Without the scope
    #: `policies.manage` those alone that would have let it go.
    unmatched: list[PolicyStep]


class _EventAlways(TypedDict):
    created_at: str
    data: EventData
    #: The same however often it is told of.
    id: str
    type: Literal["message.received", "message.held", "message.released", "message.discarded", "message.sent", "message.delivered", "message.deferred", "message.bounced", "message.complained", "message.failed", "message.unknown", "message.edited", "message.blocked", "approval.requested", "approval.approved", "approval.rejected", "approval.expired", "approval.cancelled", "approval.superseded", "approval.delegated", "approval.revision_requested", "approval.commented", "approval.taken_back", "approval.reminder", "inbox.created", "inbox.deleted", "inbox.paused", "inbox.resumed", "token.paused", "token.resumed", "organization.paused", "organization.resumed", "webhook.disabled", "webhook.test", "suppression.created", "suppression.deleted", "upload.ready", "upload.confirmed", "upload.completed", "upload.failed", "upload.deleted", "domain.verified", "domain.failed", "account.connected", "account.error", "account.recovered", "account.disconnected", "member.created", "member.updated", "member.deleted", "invitation.created", "invitation.resent", "invitation.deleted"]


class Event(_EventAlways, total=False):
    """An event, the same for whoever reads it and for webhooks."""

    #: Of what is about one mail or its approval: what has a higher one happened later. It grows, with gaps.
    sequence: int | None


class EventData(TypedDict, total=False):
    """What an event is about, as it stood then: one of these. It has no bodies, and of long lists and texts the
    beginning.
    """

    account: AccountNotice | None
    approval: Approval | None
    #: Of `message.blocked`: what a policy refused to take.
    blocked: Blocked | None
    #: Of `message.bounced`: what recipients' servers said.
    bounce: Bounce | None
    domain: DomainNotice | None
    #: Of `message.held` and `message.discarded`: no word of the mail.
    held: HeldNotice | None
    inbox: Inbox | None
    #: Of `invitation.created`, `.resent` and `.deleted`: no word of who it is.
    invitation: InvitationNotice | None
    #: Of `member.created`, `.updated` and `.deleted`: no word of who it is.
    member: MemberNotice | None
    message: Message | None
    #: Of `organization.paused` and `organization.resumed`.
    organization: OrganizationNotice | None
    #: Of `suppression.created` and `.deleted`.
    suppression: Suppression | None
    #: Of `token.paused` and `token.resumed`.
    token: TokenNotice | None
    upload: UploadNotice | None
    #: Of `webhook.disabled` and `webhook.test`.
    webhook: WebhookNotice | None


class Facts(TypedDict):
    """What policies look at, without the words of the mail."""

    #: Whether it answers a mail that a program wrote.
    answers_automatic: bool
    at: str
    attachments: list[FileFact]
    inbox_id: str
    #: Host names that it links to.
    links: list[str]
    #: Host names that it shows pictures of.
    pictures: list[str]
    recipients: list[RecipientFact]
    sender: Actor
    #: In bytes.
    size: int
    thread: ThreadFact
    volumes: list[Volume]


class File(TypedDict):
    """A file of a mail."""

    #: For `cid:` references.
    content_id: str | None
    content_type: str
    #: What its first bytes say that it is, as a media type; null where they say nothing, and of what was stored
    #: before this was looked at. Not proven: a file can be made to begin like another.
    detected_type: str | None
    filename: str
    id: str
    #: Shown within the text.
    inline: bool
    #: Of its bytes, in hexadecimal digits.
    sha256: str
    #: In bytes, decoded.
    size: int


class FileFact(TypedDict):
    """A file, as policies look at it."""

    content_type: str
    #: What its first bytes say that it is; null where they say nothing.
    detected_type: str | None
    filename: str
    #: In bytes.
    size: int


class FileGiven(TypedDict, total=False):
    """A file of a mail: its bytes in `content`, or the `attachment_id` of an upload or of a file of another mail."""

    #: Of `POST /v1/attachments`; or, with the scope `messages.read`, of a file of a mail that has come in or gone.
    attachment_id: str | None
    #: Its bytes.
    content: str | None
    #: For `cid:` references in `html`.
    content_id: str | None
    #: Its media type.
    content_type: str | None
    #: Its name, without a path; of a file that is named by its id, that which it has where it is left out.
    filename: str | None


class FileOfDraft(TypedDict):
    """A file of a draft."""

    #: For `cid:` references in `html`.
    content_id: str | None
    content_type: str
    #: What its first bytes say that it is, as a media type; null where they say nothing, and of what was stored
    #: before this was looked at. Not proven: a file can be made to begin like another.
    detected_type: str | None
    filename: str
    #: Of its bytes, in hexadecimal digits.
    sha256: str
    #: In bytes.
    size: int


class Finding(TypedDict):
    """What looks wrong with a mail."""

    code: str
    evidence: str
    explanation: str


class _FollowUpGivenAlways(TypedDict):
    #: Its subject.
    subject: str


class FollowUpGiven(_FollowUpGivenAlways, total=False):
    """A mail that follows the first mail of each row, in the same conversation. It does not go where somebody answered,
    or where the first mail did not arrive.
    """

    #: So many days after the first, at the same time of day; left out where a column gives its date.
    after_days: int | None
    #: Its HTML.
    html: str | None
    #: Its text.
    text: str | None


class Forward(TypedDict, total=False):
    """A mail that passes another one on: that one stands below `text` and `html`, which may be left out, at most 128 KB
    of its text.
    """

    #: At most 20, with at most 25 MB together.
    attachments: list[FileGiven] | None
    #: Recipients that the others don't see.
    bcc: Mailbox | list[Mailbox] | None
    #: Recipients of copies.
    cc: Mailbox | list[Mailbox] | None
    #: Further header fields, by name: `X-…`, and the `List-…` fields of RFC 2369, 2919 and 8058. They are part of
    #: what is approved.
    headers: dict[str, Any] | None
    #: The body as HTML, at most 1 MB, within the form that `infra/docs/HTML.md` describes.
    html: str | None
    #: What becomes of HTML beyond that form: `normal` changes and names it, `strict` refuses the mail.
    html_mode: Literal["normal", "strict"] | None
    #: Whether the files of that mail go with it, behind those in `attachments`. Left out, they do.
    include_attachments: bool | None
    #: What a program keeps with the mail, by name: it is shown with the mail and in its events, and to no recipient.
    metadata: dict[str, Any] | None
    #: Where answers go, if not to the inbox: at most 5.
    reply_to: Mailbox | list[Mailbox] | None
    #: Not before this, at most 300 days ahead; left out, at once.
    send_at: str | None
    #: Of a reply or of a mail that is passed on, that of the other mail where it is left out.
    subject: str | None
    #: Words that a program keeps with the mail, as `metadata`.
    tags: list[str] | None
    #: The body as text, at most 1 MB. Where it is left out, it is made of `html`.
    text: str | None
    #: Recipients: with `cc` and `bcc` at most 50. Of a reply, who is answered where `to` is left out, whatever `cc`
    #: and `bcc` say.
    to: Mailbox | list[Mailbox] | None


_FoundMessageAlways = TypedDict(
    "_FoundMessageAlways",
    {
        "attachments": "list[File]",
        "bcc": "list[Party]",
        "cc": "list[Party]",
        "created_at": "str",
        # When it was sent, as the sender's clock had it; of a mail that goes out, nothing.
        "date": "str | None",
        "from": "Party",
        "highlights": "Highlights",
        "id": "str",
        # The `Message-ID` of the mail that it answers.
        "in_reply_to": "str | None",
        "inbox_id": "str",
        # The `Message-ID`, without angle brackets; one that goes out has it once SES gave it.
        "internet_message_id": "str | None",
        # In the order of the alphabet.
        "labels": "list[str]",
        # What the program that sends it keeps with it, by name; nothing for one that came in.
        "metadata": "dict[str, Any]",
        # The first words of the text, at most 200 characters.
        "preview": "str",
        # Whether somebody said that it was read; a mail that goes out always is.
        "read": "bool",
        # The `Message-ID`s of its conversation that it names, oldest first.
        "references": "list[str]",
        # Where answers go, if not to the author.
        "reply_to": "list[Party]",
        # In bytes, raw.
        "size": "int",
        # `received`, or how far it is on its way out.
        "status": "str",
        "subject": "str",
        # Words that the program that sends it keeps with it, in the order of the alphabet.
        "tags": "list[str]",
        "thread_id": "str",
        "to": "list[Party]",
        "direction": "Literal[\"inbound\", \"outbound\"]",
    },
)


class FoundMessage(_FoundMessageAlways, total=False):
    """A mail that was found."""

    #: When it is deleted for good, where it is in the trash.
    deletes_at: str | None
    #: Since when it is in the trash; left out where it is not.
    trashed_at: str | None
    #: The author in `From` is proven to be the one who sent it.
    authenticated: bool
    #: A program wrote it, nobody waits for an answer (RFC 3834).
    automatic: bool
    #: Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found
    #: or not.
    content_trust: str
    #: What could not be read as it should be, as stable codes.
    defects: list[str]
    findings: list[Finding]
    #: Whether a finding taints its conversation.
    tainted: bool
    verdicts: Verdicts
    approval_id: str
    attempts: int | None
    cancel_reason: str | None
    cancelled_at: str | None
    #: Of the bytes that were countersigned, or are to be.
    digest: str
    #: When the next attempt is made.
    due_at: str | None
    failed_at: str | None
    failure_reason: str | None
    #: While it is `scheduled`: when it goes, at its time and outside of quiet hours.
    not_before: str | None
    #: The name that SES gave it.
    provider_id: str | None
    #: What SES reported of each recipient.
    recipients: list[Recipient] | None
    #: Not before.
    send_at: str | None
    #: The attempts that were made anew of it.
    sent_again_as: list[str]
    sent_at: str | None
    #: Since when nobody knows whether it left.
    unknown_since: str | None


class FoundPage(TypedDict):
    """A page of what was found."""

    #: All mails were looked through, also for the pages before. `false` where more of them are not in the index yet
    #: than are read for one page: the newest 50 of those were, and of large ones the beginning. Ask again later, or
    #: name `inbox_ids` or a time.
    complete: bool
    #: The mails. By a filter that few of them pass there may be fewer than were asked for, or none, and a next page
    #: all the same.
    data: list[FoundMessage]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class FoundRecord(TypedDict):
    """A DNS record that was found."""

    #: Of an `MX`.
    priority: int | None
    #: At most 512 characters of it.
    value: str


class Fragment(TypedDict):
    """A piece of a text with what was found in it."""

    #: Where in it something was found: from, and up to, in characters (Unicode code points) from 0.
    matches: list[list[int]]
    #: The piece, as plain text.
    text: str


class Group(TypedDict):
    """Members under a name, whom policies ask for votes."""

    created_at: str
    id: str
    member_ids: list[str]
    name: str
    updated_at: str
    updated_by: Actor
    #: Counts changes: `If-Match` takes it.
    version: int
    #: Rules that too few can meet since this change; empty but in the response to one.
    warnings: list[GroupWarning]


class GroupWarning(TypedDict):
    """A rule that too few members can meet."""

    message: str
    policy_id: str
    #: Its place among the rules of the policy, from 0.
    rule: int


class Groups(TypedDict):
    """All groups. They are few: there is one page."""

    data: list[Group]
    #: Always `null`.
    next_cursor: str | None


class Header(TypedDict):
    """A header of a mail."""

    name: str
    value: str


class Health(TypedDict):
    """Whether it answers."""

    #: Always `ok`.
    status: str


_HeldMessageAlways = TypedDict(
    "_HeldMessageAlways",
    {
        "attachments": "list[File]",
        "bcc": "list[Party]",
        "cc": "list[Party]",
        "created_at": "str",
        # When it was sent, as the sender's clock had it; of a mail that goes out, nothing.
        "date": "str | None",
        "from": "Party",
        "held": "Holding",
        "id": "str",
        # The `Message-ID` of the mail that it answers.
        "in_reply_to": "str | None",
        "inbox_id": "str",
        # The `Message-ID`, without angle brackets; one that goes out has it once SES gave it.
        "internet_message_id": "str | None",
        # In the order of the alphabet.
        "labels": "list[str]",
        # What the program that sends it keeps with it, by name; nothing for one that came in.
        "metadata": "dict[str, Any]",
        # The first words of the text, at most 200 characters.
        "preview": "str",
        # Whether somebody said that it was read; a mail that goes out always is.
        "read": "bool",
        # The `Message-ID`s of its conversation that it names, oldest first.
        "references": "list[str]",
        # Where answers go, if not to the author.
        "reply_to": "list[Party]",
        # In bytes, raw.
        "size": "int",
        # `received`, or how far it is on its way out.
        "status": "str",
        "subject": "str",
        # Words that the program that sends it keeps with it, in the order of the alphabet.
        "tags": "list[str]",
        "thread_id": "str",
        "to": "list[Party]",
        "direction": "Literal[\"inbound\", \"outbound\"]",
    },
)


class HeldMessage(_HeldMessageAlways, total=False):
    """A held mail as a list shows it. Until it is released it is in no conversation: `thread_id` is the one that it
    would join or begin.
    """

    #: When it is deleted for good, where it is in the trash.
    deletes_at: str | None
    #: Since when it is in the trash; left out where it is not.
    trashed_at: str | None
    #: The author in `From` is proven to be the one who sent it.
    authenticated: bool
    #: A program wrote it, nobody waits for an answer (RFC 3834).
    automatic: bool
    #: Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found
    #: or not.
    content_trust: str
    #: What could not be read as it should be, as stable codes.
    defects: list[str]
    findings: list[Finding]
    #: Whether a finding taints its conversation.
    tainted: bool
    verdicts: Verdicts
    approval_id: str
    attempts: int | None
    cancel_reason: str | None
    cancelled_at: str | None
    #: Of the bytes that were countersigned, or are to be.
    digest: str
    #: When the next attempt is made.
    due_at: str | None
    failed_at: str | None
    failure_reason: str | None
    #: While it is `scheduled`: when it goes, at its time and outside of quiet hours.
    not_before: str | None
    #: The name that SES gave it.
    provider_id: str | None
    #: What SES reported of each recipient.
    recipients: list[Recipient] | None
    #: Not before.
    send_at: str | None
    #: The attempts that were made anew of it.
    sent_again_as: list[str]
    sent_at: str | None
    #: Since when nobody knows whether it left.
    unknown_since: str | None


_HeldMessageDetailAlways = TypedDict(
    "_HeldMessageDetailAlways",
    {
        "attachments": "list[File]",
        "bcc": "list[Party]",
        "cc": "list[Party]",
        "created_at": "str",
        # When it was sent, as the sender's clock had it; of a mail that goes out, nothing.
        "date": "str | None",
        # The new part of a received reply.
        "extracted_text": "str | None",
        "from": "Party",
        # All of them, decoded, in order.
        "headers": "list[Header]",
        "held": "Holding",
        # The HTML has text that is made invisible.
        "hidden_text": "bool",
        # The body as HTML: of a received mail without anything active and without remote images, of a mail of ours
        # byte for byte as it is sealed.
        "html": "str | None",
        # The HTML goes on beyond what may be shown.
        "html_truncated": "bool",
        "id": "str",
        # The `Message-ID` of the mail that it answers.
        "in_reply_to": "str | None",
        "inbox_id": "str",
        # The `Message-ID`, without angle brackets; one that goes out has it once SES gave it.
        "internet_message_id": "str | None",
        # In the order of the alphabet.
        "labels": "list[str]",
        # What the program that sends it keeps with it, by name; nothing for one that came in.
        "metadata": "dict[str, Any]",
        # Where the pictures lie that a mail of ours shows from elsewhere: host names, sorted.
        "picture_hosts": "list[str]",
        # The first words of the text, at most 200 characters.
        "preview": "str",
        # Whether somebody said that it was read; a mail that goes out always is.
        "read": "bool",
        # The `Message-ID`s of its conversation that it names, oldest first.
        "references": "list[str]",
        # Why a person rejected it, in their words, if they gave any.
        "rejection_reason": "str | None",
        # How many remote images it shows, or would show.
        "remote_images": "int",
        # Where answers go, if not to the author.
        "reply_to": "list[Party]",
        # What it says of another mail, where a server sent it as a report. Anybody can make one up: it is a claim.
        "report": "Report | None",
        # In bytes, raw.
        "size": "int",
        # `received`, or how far it is on its way out.
        "status": "str",
        "subject": "str",
        # Words that the program that sends it keeps with it, in the order of the alphabet.
        "tags": "list[str]",
        # The body as text.
        "text": "str | None",
        "thread_id": "str",
        "to": "list[Party]",
        "direction": "Literal[\"inbound\", \"outbound\"]",
    },
)


class HeldMessageDetail(_HeldMessageDetailAlways, total=False):
    """A held mail with its body."""

    #: When it is deleted for good, where it is in the trash.
    deletes_at: str | None
    #: Since when it is in the trash; left out where it is not.
    trashed_at: str | None
    #: The author in `From` is proven to be the one who sent it.
    authenticated: bool
    #: A program wrote it, nobody waits for an answer (RFC 3834).
    automatic: bool
    #: Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found
    #: or not.
    content_trust: str
    #: What could not be read as it should be, as stable codes.
    defects: list[str]
    findings: list[Finding]
    #: Whether a finding taints its conversation.
    tainted: bool
    verdicts: Verdicts
    approval_id: str
    attempts: int | None
    cancel_reason: str | None
    cancelled_at: str | None
    #: Of the bytes that were countersigned, or are to be.
    digest: str
    #: When the next attempt is made.
    due_at: str | None
    failed_at: str | None
    failure_reason: str | None
    #: While it is `scheduled`: when it goes, at its time and outside of quiet hours.
    not_before: str | None
    #: The name that SES gave it.
    provider_id: str | None
    #: What SES reported of each recipient.
    recipients: list[Recipient] | None
    #: Not before.
    send_at: str | None
    #: The attempts that were made anew of it.
    sent_again_as: list[str]
    sent_at: str | None
    #: Since when nobody knows whether it left.
    unknown_since: str | None


class HeldNotice(TypedDict):
    """That a mail is held, without a word of it: people read it in a session."""

    inbox_id: str
    message_id: str
    #: `hold` or `block`.
    outcome: Literal["flag", "hold", "allow", "block"]
    reasons: list[ScreeningReason]


_HighlightsFields = TypedDict(
    "_HighlightsFields",
    {
        # In names of its files.
        "attachments": "list[Fragment]",
        # In name and address of its author.
        "from": "list[Fragment]",
        "subject": "list[Fragment]",
        # In the first 8 KB of its body.
        "text": "list[Fragment]",
        # In names and addresses of its recipients.
        "to": "list[Fragment]",
    },
)


class Highlights(_HighlightsFields):
    """Where a mail has what was looked for. What a mail says is `untrusted`: so are these."""


class Holding(TypedDict):
    """That a mail is held, and until when."""

    #: From then on it is gone.
    expires_at: str
    held_at: str
    #: `hold` or `block`.
    outcome: Literal["flag", "hold", "allow", "block"]
    reasons: list[ScreeningReason]


class HtmlChange(TypedDict):
    """What was changed in the HTML of a mail before it was sealed."""

    count: int
    kind: str
    message: str | None
    #: A name, or the beginning of a text.
    what: str


class Inbox(TypedDict):
    """An inbox."""

    #: The connected account that its mail leaves through; `null` where it is an address of ours.
    account_id: str | None
    address: str
    created_at: str
    display_name: str | None
    id: str
    #: While nothing leaves it.
    paused: Pause | None
    #: Whose account that is.
    provider: Literal["resend", "sendgrid", "mailgun", "brevo", "smtp"] | None


class Invitation(TypedDict):
    """That somebody is invited."""

    created_at: str
    email: str
    #: Until when it can be accepted.
    expires_at: str
    #: The groups that they are to belong to.
    groups: list[str]
    id: str
    #: Who invited them, or had it sent again last: it ends with their right to do so.
    invited_by: Actor
    role: Literal["owner", "admin", "approver", "editor", "viewer"]
    status: Literal["pending", "expired", "accepted"]


class InvitationNotice(TypedDict):
    """That somebody is invited, as events tell of it."""

    id: str
    #: The role that they are to have.
    role: Literal["owner", "admin", "approver", "editor", "viewer"]


class KeySigned(TypedDict):
    """What a key signed, as `navigator.credentials.get` gave it, in base64."""

    #: `authenticatorData`.
    authenticator_data: str
    #: `clientDataJSON`.
    client_data: str
    #: `signature`.
    signature: str


class Label(TypedDict):
    """A label that mails have."""

    #: What `label` of a list and `add_labels` take.
    label: str


class ListEntry(TypedDict):
    """Somebody on a list."""

    #: One mailbox.
    address: str | None
    created_at: str
    created_by: Actor
    direction: Literal["send", "receive"]
    #: All mailboxes of this domain and of those below it.
    domain: str | None
    #: Whoever has no entry of their own.
    everyone: bool
    #: The same for the same address, domain or everyone in one direction.
    id: str
    kind: Literal["allow", "block"]
    #: Why, in the words of whoever made it.
    reason: str | None


class LogCredential(TypedDict):
    """With what a request was made."""

    #: The session's or token's id.
    id: str
    #: What the token is called now; `null` where it is gone, and for sessions.
    name: str | None
    #: `session` or `token`.
    type: str


class LogLine(TypedDict):
    """A request that was answered."""

    #: When it was answered.
    at: str
    #: The `code` of the error, where it was refused.
    code: str | None
    credential: LogCredential
    duration_ms: int
    #: The inbox that its path names.
    inbox_id: str | None
    #: The member who made it, or who owns the token that did.
    member_id: str | None
    method: str
    #: The path, with the names of ids in their places.
    path: str
    request_id: str
    #: The name of the operation, as the `OpenAPI` document has it.
    route: str
    status: int


class Mail(TypedDict, total=False):
    """A mail."""

    #: At most 20, with at most 25 MB together.
    attachments: list[FileGiven] | None
    #: Recipients that the others don't see.
    bcc: Mailbox | list[Mailbox] | None
    #: Recipients of copies.
    cc: Mailbox | list[Mailbox] | None
    #: Further header fields, by name: `X-…`, and the `List-…` fields of RFC 2369, 2919 and 8058. They are part of
    #: what is approved.
    headers: dict[str, Any] | None
    #: The body as HTML, at most 1 MB, within the form that `infra/docs/HTML.md` describes.
    html: str | None
    #: What becomes of HTML beyond that form: `normal` changes and names it, `strict` refuses the mail.
    html_mode: Literal["normal", "strict"] | None
    #: What a program keeps with the mail, by name: it is shown with the mail and in its events, and to no recipient.
    metadata: dict[str, Any] | None
    #: Where answers go, if not to the inbox: at most 5.
    reply_to: Mailbox | list[Mailbox] | None
    #: Not before this, at most 300 days ahead; left out, at once.
    send_at: str | None
    #: Of a reply or of a mail that is passed on, that of the other mail where it is left out.
    subject: str | None
    #: Words that a program keeps with the mail, as `metadata`.
    tags: list[str] | None
    #: The body as text, at most 1 MB. Where it is left out, it is made of `html`.
    text: str | None
    #: Recipients: with `cc` and `bcc` at most 50. Of a reply, who is answered where `to` is left out, whatever `cc`
    #: and `bcc` say.
    to: Mailbox | list[Mailbox] | None
    #: Whether its one recipient can unsubscribe with one click, as list mail must let them: it gets
    #: `List-Unsubscribe` and `List-Unsubscribe-Post` (RFC 8058), which lead to a page of this installation. Left out,
    #: it does not.
    unsubscribe: bool | None


class Me(TypedDict):
    """Who calls, and what the credential may do. Of the person behind a token it says no more than whose seat it is.
    """

    #: The token's or the session's.
    id: str
    #: The inboxes that the credential reaches; `null` for all of them.
    inbox_ids: list[str] | None
    #: The seat of whoever signed in, or made the token and answers for it.
    member_id: str
    #: What a token is called.
    name: str | None
    organization: Organization
    organization_id: str
    role: Literal["owner", "admin", "approver", "editor", "viewer"]
    #: What the credential may do.
    scopes: list[Literal["messages.read", "messages.send", "messages.modify", "drafts.manage", "inboxes.manage", "accounts.read", "accounts.manage", "folders.read", "events.read", "webhooks.manage", "approvals.read", "approvals.decide", "policies.manage", "lists.manage", "domains.manage", "uploads.manage", "usage.read", "logs.read", "audit.read", "tokens.manage", "members.manage"]]
    #: How many mails a token may ask for on one day (UTC); `null` for as many as its organization.
    sends_per_day: int | None
    #: `token` or `session`.
    type: str
    #: Who signed in; not shown to a token.
    user: User | None


class Member(TypedDict):
    """A person's seat in an organization."""

    #: When they joined.
    created_at: str
    #: The address that they sign in with; `null` for a token without `members.manage`.
    email: str | None
    #: The groups that they belong to.
    groups: list[str]
    id: str
    role: Literal["owner", "admin", "approver", "editor", "viewer"]


class MemberNotice(TypedDict):
    """A seat, as events tell of it."""

    id: str
    #: Of one that is gone, the role that it had.
    role: Literal["owner", "admin", "approver", "editor", "viewer"]


_MessageAlways = TypedDict(
    "_MessageAlways",
    {
        "attachments": "list[File]",
        "bcc": "list[Party]",
        "cc": "list[Party]",
        "created_at": "str",
        # When it was sent, as the sender's clock had it; of a mail that goes out, nothing.
        "date": "str | None",
        "from": "Party",
        "id": "str",
        # The `Message-ID` of the mail that it answers.
        "in_reply_to": "str | None",
        "inbox_id": "str",
        # The `Message-ID`, without angle brackets; one that goes out has it once SES gave it.
        "internet_message_id": "str | None",
        # In the order of the alphabet.
        "labels": "list[str]",
        # What the program that sends it keeps with it, by name; nothing for one that came in.
        "metadata": "dict[str, Any]",
        # The first words of the text, at most 200 characters.
        "preview": "str",
        # Whether somebody said that it was read; a mail that goes out always is.
        "read": "bool",
        # The `Message-ID`s of its conversation that it names, oldest first.
        "references": "list[str]",
        # Where answers go, if not to the author.
        "reply_to": "list[Party]",
        # In bytes, raw.
        "size": "int",
        # `received`, or how far it is on its way out.
        "status": "str",
        "subject": "str",
        # Words that the program that sends it keeps with it, in the order of the alphabet.
        "tags": "list[str]",
        "thread_id": "str",
        "to": "list[Party]",
        "direction": "Literal[\"inbound\", \"outbound\"]",
    },
)


class Message(_MessageAlways, total=False):
    """A mail as a list shows it."""

    #: When it is deleted for good, where it is in the trash.
    deletes_at: str | None
    #: Since when it is in the trash; left out where it is not.
    trashed_at: str | None
    #: The author in `From` is proven to be the one who sent it.
    authenticated: bool
    #: A program wrote it, nobody waits for an answer (RFC 3834).
    automatic: bool
    #: Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found
    #: or not.
    content_trust: str
    #: What could not be read as it should be, as stable codes.
    defects: list[str]
    findings: list[Finding]
    #: Whether a finding taints its conversation.
    tainted: bool
    verdicts: Verdicts
    approval_id: str
    attempts: int | None
    cancel_reason: str | None
    cancelled_at: str | None
    #: Of the bytes that were countersigned, or are to be.
    digest: str
    #: When the next attempt is made.
    due_at: str | None
    failed_at: str | None
    failure_reason: str | None
    #: While it is `scheduled`: when it goes, at its time and outside of quiet hours.
    not_before: str | None
    #: The name that SES gave it.
    provider_id: str | None
    #: What SES reported of each recipient.
    recipients: list[Recipient] | None
    #: Not before.
    send_at: str | None
    #: The attempts that were made anew of it.
    sent_again_as: list[str]
    sent_at: str | None
    #: Since when nobody knows whether it left.
    unknown_since: str | None


class MessageBatch(TypedDict):
    """Mails that were named one by one."""

    #: Those that are there, as they are now, in the order in which they were named.
    data: list[Message]
    #: Those that are as they were, though they were to change. All others are changed.
    failed: list[MessageFailed]
    #: Those that are not there, or that this credential may not see.
    not_found: list[MessageNamed]


_MessageDetailAlways = TypedDict(
    "_MessageDetailAlways",
    {
        "attachments": "list[File]",
        "bcc": "list[Party]",
        "cc": "list[Party]",
        "created_at": "str",
        # When it was sent, as the sender's clock had it; of a mail that goes out, nothing.
        "date": "str | None",
        # The new part of a received reply.
        "extracted_text": "str | None",
        "from": "Party",
        # All of them, decoded, in order.
        "headers": "list[Header]",
        # The HTML has text that is made invisible.
        "hidden_text": "bool",
        # The body as HTML: of a received mail without anything active and without remote images, of a mail of ours
        # byte for byte as it is sealed.
        "html": "str | None",
        # The HTML goes on beyond what may be shown.
        "html_truncated": "bool",
        "id": "str",
        # The `Message-ID` of the mail that it answers.
        "in_reply_to": "str | None",
        "inbox_id": "str",
        # The `Message-ID`, without angle brackets; one that goes out has it once SES gave it.
        "internet_message_id": "str | None",
        # In the order of the alphabet.
        "labels": "list[str]",
        # What the program that sends it keeps with it, by name; nothing for one that came in.
        "metadata": "dict[str, Any]",
        # Where the pictures lie that a mail of ours shows from elsewhere: host names, sorted.
        "picture_hosts": "list[str]",
        # The first words of the text, at most 200 characters.
        "preview": "str",
        # Whether somebody said that it was read; a mail that goes out always is.
        "read": "bool",
        # The `Message-ID`s of its conversation that it names, oldest first.
        "references": "list[str]",
        # Why a person rejected it, in their words, if they gave any.
        "rejection_reason": "str | None",
        # How many remote images it shows, or would show.
        "remote_images": "int",
        # Where answers go, if not to the author.
        "reply_to": "list[Party]",
        # What it says of another mail, where a server sent it as a report. Anybody can make one up: it is a claim.
        "report": "Report | None",
        # In bytes, raw.
        "size": "int",
        # `received`, or how far it is on its way out.
        "status": "str",
        "subject": "str",
        # Words that the program that sends it keeps with it, in the order of the alphabet.
        "tags": "list[str]",
        # The body as text.
        "text": "str | None",
        "thread_id": "str",
        "to": "list[Party]",
        "direction": "Literal[\"inbound\", \"outbound\"]",
    },
)


class MessageDetail(_MessageDetailAlways, total=False):
    """A mail with its body."""

    #: When it is deleted for good, where it is in the trash.
    deletes_at: str | None
    #: Since when it is in the trash; left out where it is not.
    trashed_at: str | None
    #: The author in `From` is proven to be the one who sent it.
    authenticated: bool
    #: A program wrote it, nobody waits for an answer (RFC 3834).
    automatic: bool
    #: Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found
    #: or not.
    content_trust: str
    #: What could not be read as it should be, as stable codes.
    defects: list[str]
    findings: list[Finding]
    #: Whether a finding taints its conversation.
    tainted: bool
    verdicts: Verdicts
    approval_id: str
    attempts: int | None
    cancel_reason: str | None
    cancelled_at: str | None
    #: Of the bytes that were countersigned, or are to be.
    digest: str
    #: When the next attempt is made.
    due_at: str | None
    failed_at: str | None
    failure_reason: str | None
    #: While it is `scheduled`: when it goes, at its time and outside of quiet hours.
    not_before: str | None
    #: The name that SES gave it.
    provider_id: str | None
    #: What SES reported of each recipient.
    recipients: list[Recipient] | None
    #: Not before.
    send_at: str | None
    #: The attempts that were made anew of it.
    sent_again_as: list[str]
    sent_at: str | None
    #: Since when nobody knows whether it left.
    unknown_since: str | None


class MessageFailed(TypedDict):
    """A mail that was not changed."""

    #: Why, as the error of a single change would have it.
    code: str
    inbox_id: str
    message: str
    message_id: str


class MessageLeft(TypedDict):
    """A mail that was not moved."""

    #: Why, as the error of a single request would have it.
    code: str
    message: str
    message_id: str


class MessageName(TypedDict):
    """A mail: its `id` and its `inbox_id`, as lists give them."""

    #: Its inbox.
    inbox_id: str
    #: Its id.
    message_id: str


class MessageNamed(TypedDict):
    """A mail by its ids."""

    inbox_id: str
    message_id: str


_MyQuietHoursFields = TypedDict(
    "_MyQuietHoursFields",
    {
        # Days on which they begin.
        "days": "list[Literal[\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]]",
        "from": "str",
        # Until before this time of day; where it is before `from`, that of the next day.
        "to": "str",
    },
)


class MyQuietHours(_MyQuietHoursFields):
    """A part of the week within which somebody is left alone."""


class NewComment(TypedDict):
    """What somebody says about a mail."""

    #: In words, for all who see the approval and for whoever asked for the mail.
    text: str


class Notifications(TypedDict):
    """What somebody is told of by mail. Security alerts nobody switches off."""

    #: When the digest of a day comes.
    daily_at: str
    #: Which of the mails that wait for their vote.
    mails: Literal["each", "hourly", "daily", "pressing"]
    #: When they are left alone.
    quiet_hours: MyQuietHours | None
    #: The clock of all this.
    time_zone: str


class OpenSession(TypedDict):
    """A session of whoever calls, without its secret."""

    #: What it was opened in, as far as that said so: `Firefox on Linux`; at most 40 characters.
    browser: str | None
    #: When it was opened.
    created_at: str
    #: Whether it is the one that calls.
    current: bool
    #: When it ends whatever happens.
    ends_at: str
    #: When it ends without use; use moves it on.
    expires_at: str
    id: str
    #: When it was used last, to the hour (UTC).
    last_used_at: str
    #: What was shown to open it.
    opened_with: Literal["password", "openid", "totp", "recovery_code", "passkey"]


class Organization(TypedDict):
    """An organization."""

    id: str
    name: str
    #: While nothing leaves it.
    paused: Pause | None
    #: Whether whoever decides has to sign in with a second factor.
    require_second_factor: bool
    #: How many mails all of it may ask for on one day (UTC); `null` for as many as there are.
    sends_per_day: int | None
    #: While nobody has claimed it: nobody decides there, and nothing leaves it.
    unclaimed: bool


class OrganizationNotice(TypedDict):
    """An organization that is paused, or whose mail leaves again."""

    id: str
    #: While nothing leaves.
    paused: Pause | None


_OwnQuietHoursAlways = TypedDict(
    "_OwnQuietHoursAlways",
    {
        # A time of day such as `22:00`.
        "from": "str",
        # Until before this time of day; where it is before `from`, that of the next day.
        "to": "str",
    },
)


class OwnQuietHours(_OwnQuietHoursAlways, total=False):
    """A part of the week within which one is left alone."""

    #: Days on which they begin, `mon` to `sun`; all of them where this is left out.
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] | None


class PageOfAccount(TypedDict):
    """A page of a list."""

    data: list[Account]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfApproval(TypedDict):
    """A page of a list."""

    data: list[Approval]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfAttempt(TypedDict):
    """A page of a list."""

    data: list[Attempt]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfAuditEntry(TypedDict):
    """A page of a list."""

    data: list[AuditEntry]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfDomain(TypedDict):
    """A page of a list."""

    data: list[Domain]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfDraft(TypedDict):
    """A page of a list."""

    data: list[Draft]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfEvent(TypedDict):
    """A page of a list."""

    data: list[Event]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfHeldMessage(TypedDict):
    """A page of a list."""

    data: list[HeldMessage]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfInbox(TypedDict):
    """A page of a list."""

    data: list[Inbox]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfInvitation(TypedDict):
    """A page of a list."""

    data: list[Invitation]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfLabel(TypedDict):
    """A page of a list."""

    data: list[Label]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfListEntry(TypedDict):
    """A page of a list."""

    data: list[ListEntry]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfLogLine(TypedDict):
    """A page of a list."""

    data: list[LogLine]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfMember(TypedDict):
    """A page of a list."""

    data: list[Member]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfMessage(TypedDict):
    """A page of a list."""

    data: list[Message]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfOpenSession(TypedDict):
    """A page of a list."""

    data: list[OpenSession]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfSheetUpload(TypedDict):
    """A page of a list."""

    data: list[SheetUpload]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfStandingApproval(TypedDict):
    """A page of a list."""

    data: list[StandingApproval]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfSuppression(TypedDict):
    """A page of a list."""

    data: list[Suppression]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfThread(TypedDict):
    """A page of a list."""

    data: list[Thread]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfThreadMessage(TypedDict):
    """A page of a list."""

    data: list[ThreadMessage]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfToken(TypedDict):
    """A page of a list."""

    data: list[Token]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfUploadRow(TypedDict):
    """A page of rows."""

    data: list[UploadRow]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfUsage(TypedDict):
    """A page of a list."""

    data: list[Usage]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class PageOfWebhook(TypedDict):
    """A page of a list."""

    data: list[Webhook]
    #: For `cursor`, where there is more.
    next_cursor: str | None


class Party(TypedDict):
    """Who a mail is from, or for."""

    #: As the mail writes it: nothing is promised about its form.
    address: str
    name: str | None


class Passkey(TypedDict):
    """A passkey of whoever calls."""

    created_at: str
    id: str
    #: When it was shown last.
    last_used_at: str | None
    #: What its person calls it.
    name: str
    #: Whether it may be on several devices of its person; one that may not stays in the device that made it.
    synced: bool


class PasskeyOptions(TypedDict):
    """What a browser is to be asked."""

    #: To be sent with the answer, within five minutes.
    ceremony_id: str
    #: What `navigator.credentials` takes as `publicKey`: bytes in it are base64url, as
    #: `PublicKeyCredential.parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` read it.
    options: dict[str, Any]


class Passkeys(TypedDict):
    """The passkeys of whoever calls, oldest first: at most ten."""

    data: list[Passkey]


class Pause(TypedDict):
    """A pause."""

    at: str
    by: Actor
    reason: str


class Paused(TypedDict):
    """What is paused from now on."""

    paused: Pause


class Policies(TypedDict):
    """All policies. They are few: there is one page."""

    data: list[Policy]
    #: Always `null`.
    next_cursor: str | None
    #: Policies whose record can't be read. While there are any, everything is held.
    unreadable: list[Unreadable]


class Policy(TypedDict):
    """A policy as it is shown."""

    created_at: str
    description: str | None
    enabled: bool | None
    id: str
    #: The inboxes that it is for; null or left out, all of them.
    inbox_ids: list[str] | None
    name: str
    rules: list[dict[str, Any]]
    updated_at: str
    updated_by: Actor
    version: int


class _PolicyGivenAlways(TypedDict):
    name: str
    rules: list[dict[str, Any]]


class PolicyGiven(_PolicyGivenAlways, total=False):
    """A policy."""

    description: str | None
    enabled: bool | None
    #: The inboxes that it is for; null or left out, all of them.
    inbox_ids: list[str] | None


class PolicyStep(TypedDict):
    """A rule that matched."""

    #: The fact that met it, or for which it is not met, in one sentence.
    because: str
    #: `allow`, `hold`, `defer`, `block`, or `unreadable` where the rule could not be judged.
    outcome: str
    policy_id: str
    policy_name: str
    policy_version: int
    #: Its place among the rules of the policy, from 0.
    rule: int
    rule_name: str


class PolicyTemplate(TypedDict):
    """A policy to start from."""

    #: What it does.
    about: str
    #: What to change before it is made.
    change: str
    #: A name that stays, such as `first-contacts`.
    id: str
    #: What `POST /v1/policies` takes.
    policy: dict[str, Any]
    #: Who wants it most: `everyone`, `support`, `sales`, `legal`, `finance` or `security`.
    room: str
    title: str


class PolicyTemplates(TypedDict):
    """All templates: there is one page."""

    data: list[PolicyTemplate]
    #: Always `null`.
    next_cursor: str | None


class PolicyVersion(TypedDict):
    """What a policy says, or said."""

    description: str | None
    enabled: bool | None
    #: When somebody changed it, or deleted the policy; `null` for what it says now.
    ended_at: str | None
    ended_by: Actor | None
    #: The inboxes that it is for; null or left out, all of them.
    inbox_ids: list[str] | None
    name: str
    rules: list[dict[str, Any]]
    #: What each rule says, in plain English: for people, and no form to parse.
    sentences: list[str]
    version: int
    #: When this was written.
    written_at: str
    written_by: Actor


class PolicyVersions(TypedDict):
    """What a policy says and what it said before. There is one page: the last 50 are kept, beside what it says now.
    """

    #: The latest first.
    data: list[PolicyVersion]
    #: Always `null`.
    next_cursor: str | None


class Problem(TypedDict):
    """The first thing that is wrong."""

    #: The anchor that says otherwise.
    anchor: Anchor | None
    code: str
    message: str
    sequence: int


class Proof(TypedDict):
    """That somebody showed that it is them."""

    #: Until when nobody asks again in this session.
    fresh_until: str


class Prove(TypedDict, total=False):
    """What is shown once more: the password, with a code where a second factor is set up; or a passkey."""

    #: Of the options that the passkey answers.
    ceremony_id: str | None
    #: A code of the authenticator, or one of the recovery codes: where a second factor is set up.
    code: str | None
    #: What `navigator.credentials.get` gave, as `PublicKeyCredential.toJSON` writes it.
    credential: dict[str, Any] | None
    #: One's own password.
    password: str | None


class ProveTotp(TypedDict, total=False):
    """What is shown once more before a second factor is changed: one of both."""

    #: A code of the authenticator, or one of the recovery codes.
    code: str | None
    #: One's own password.
    password: str | None


_QuietHoursFields = TypedDict(
    "_QuietHoursFields",
    {
        # `mon` to `sun`.
        "days": "list[str]",
        # A time of day such as `20:00`.
        "from": "str",
        "time_zone": "str",
        # Until before this time of day; where it is before `from`, that of the next day.
        "to": "str",
    },
)


class QuietHours(_QuietHoursFields):
    """A part of the week within which mail does not go."""


class Reason(TypedDict, total=False):
    """Why something is held back or called off."""

    #: In words, for whoever meets it.
    reason: str | None


class Recipient(TypedDict):
    """What became of a mail at one recipient."""

    address: str
    #: `deferred`, `delivered`, `bounced` or `complained`.
    status: str


class RecipientFact(TypedDict):
    """A recipient, as policies look at it."""

    address: str
    first_contact: bool
    #: `internal` or `external`.
    kind: str


class RecoveryCodes(TypedDict):
    """Ten codes, each of which stands once for the authenticator. They are shown this once."""

    recovery_codes: list[str]


class Redeliver(TypedDict, total=False):
    """Whom an event is to be told again."""

    #: The webhook; left out, all that are told of such events.
    webhook_id: str | None


class Redelivery(TypedDict):
    """An event that is told again within a minute."""

    event_id: str
    #: Whom it is told.
    webhook_ids: list[str]


class _RegistrationAlways(TypedDict):
    #: Until when its owner can claim it; then it is deleted, with its mail.
    expires_at: str
    #: So many mails with a link were asked for, of four.
    mails: int
    organization_id: str


class Registration(_RegistrationAlways, total=False):
    """An organization that was signed up for. Until its owner has claimed it, mail comes in, and nothing leaves."""

    #: Its inbox. Only in the response that makes it.
    inbox: Inbox | None
    #: Its token, with the secret, which is shown this once: it reads the inbox, writes drafts and asks for mail.
    token: Token | None


class _RejectAlways(TypedDict):
    #: The `digest` of the approval as it was shown.
    digest: str


class Reject(_RejectAlways, total=False):
    """A vote against exactly these bytes."""

    #: Why. Whoever asked is told.
    reason: str | None
    #: Whether what the mail says is left as a draft of its inbox, where this vote decides; left out, it is not.
    revise: bool | None
    #: What your own key signed of it: nothing asks for that, and it is kept with the vote.
    signature: VoteSigned | None


class _ReplacePolicyAlways(TypedDict):
    name: str
    rules: list[dict[str, Any]]
    #: Of the policy whose place it takes, as you know it.
    version: int


class ReplacePolicy(_ReplacePolicyAlways, total=False):
    """A policy that takes the place of one."""

    description: str | None
    enabled: bool | None
    #: The inboxes that it is for; null or left out, all of them.
    inbox_ids: list[str] | None


class ReplaceScreening(TypedDict):
    """Rules in the place of those with this version."""

    #: All of them; their order means nothing.
    rules: list[ScreeningRule]
    #: The version of the rules that these replace; 0 where there are none.
    version: int


class Reply(TypedDict, total=False):
    """An answer to a mail."""

    #: At most 20, with at most 25 MB together.
    attachments: list[FileGiven] | None
    #: Recipients that the others don't see.
    bcc: Mailbox | list[Mailbox] | None
    #: Recipients of copies.
    cc: Mailbox | list[Mailbox] | None
    #: Further header fields, by name: `X-…`, and the `List-…` fields of RFC 2369, 2919 and 8058. They are part of
    #: what is approved.
    headers: dict[str, Any] | None
    #: The body as HTML, at most 1 MB, within the form that `infra/docs/HTML.md` describes.
    html: str | None
    #: What becomes of HTML beyond that form: `normal` changes and names it, `strict` refuses the mail.
    html_mode: Literal["normal", "strict"] | None
    #: Whether that mail stands quoted below the answer, at most 128 KB of its text, which takes the scope
    #: `messages.read` too. Left out, it does not.
    include_quote: bool | None
    #: What a program keeps with the mail, by name: it is shown with the mail and in its events, and to no recipient.
    metadata: dict[str, Any] | None
    #: Where answers go, if not to the inbox: at most 5.
    reply_to: Mailbox | list[Mailbox] | None
    #: Not before this, at most 300 days ahead; left out, at once.
    send_at: str | None
    #: Of a reply or of a mail that is passed on, that of the other mail where it is left out.
    subject: str | None
    #: Words that a program keeps with the mail, as `metadata`.
    tags: list[str] | None
    #: The body as text, at most 1 MB. Where it is left out, it is made of `html`.
    text: str | None
    #: Recipients: with `cc` and `bcc` at most 50. Of a reply, who is answered where `to` is left out, whatever `cc`
    #: and `bcc` say.
    to: Mailbox | list[Mailbox] | None


class _ReportAlways(TypedDict):
    kind: Literal["delivery", "complaint", "receipt"]
    #: The `Message-ID` of the mail that it is about.
    original_message_id: str | None


class Report(_ReportAlways, total=False):
    """What a report says of a mail: that it was not delivered (RFC 3464), that somebody complained about it (RFC 5965),
    or that it was read (RFC 8098).
    """

    recipients: list[Reported]
    arrived_at: str | None
    #: `abuse`, `fraud`, `virus`, `not-spam` or another.
    feedback_type: str
    original_recipients: list[str]
    #: `displayed`, `deleted`, `dispatched`, `processed`, `denied` or `failed`.
    disposition: str
    final_recipient: str | None
    original_recipient: str | None


class Reported(TypedDict):
    """What a report says of one recipient."""

    #: `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    action: str | None
    #: What the other server answered.
    diagnostic: str | None
    #: The address that it got to.
    final_recipient: str | None
    #: The address that the mail was sent to, as far as it is told.
    original_recipient: str | None
    #: Sending again is useless.
    permanent: bool
    #: As RFC 3463 has it, such as `5.1.1`.
    status: str | None


class RequestHead(TypedDict):
    """The head of a request to a webhook."""

    headers: dict[str, Any]
    #: Always `POST`.
    method: str
    #: The first 300 characters.
    url: str


class Requirement(TypedDict):
    """Votes that are needed."""

    #: Groups whose members may give them as well: those who belonged to them when the mail was asked for.
    groups: list[str]
    #: Members who may give them as well, those of the groups among them.
    member_ids: list[str]
    quorum: int
    roles: list[Literal["owner", "admin", "approver", "editor", "viewer"]]
    #: So many there are; `null` where nobody votes yet.
    votes: int | None


class _ResendAlways(TypedDict):
    #: Events that happened then or later, within 30 days.
    since: str


class Resend(_ResendAlways, total=False):
    """From when on a webhook is to be told again of what it has not taken."""

    #: The `next_cursor` of the response before.
    cursor: str | None


class Resent(TypedDict):
    """What a webhook is told again within a minute."""

    #: The events, the oldest first.
    event_ids: list[str]
    #: Where there may be more: repeat the request with it as `cursor`.
    next_cursor: str | None


class Resume(TypedDict, total=False):
    """What ending a pause is to do."""

    #: Mails to call off before.
    drop: list[str] | None
    #: Only say what would go.
    preview: bool | None


class Resumed(TypedDict):
    """What goes, or would go, when a pause ends."""

    #: The mails that were called off.
    dropped: list[str]
    #: Whether it ended: a preview ends nothing.
    resumed: bool
    will_send: PageOfMessage


class RevisionRequested(TypedDict):
    """That a mail is to be written otherwise."""

    at: str
    by: str
    #: What is to be otherwise.
    note: str


class Risk(TypedDict):
    """What about a mail deserves a look."""

    #: `thread_tainted`, `disguised_file`, `program_file`, `links_differ`, `active_file`, `odd_link`,
    #: `answers_elsewhere`, `words_differ`, `author_unproven` or `first_contact`.
    code: str
    #: `danger`, `caution` or `note`.
    level: str


class RotateToken(TypedDict, total=False):
    """How a token gets another secret."""

    #: For how many seconds the secret that it has is taken still: 0 ends it at once.
    overlap: int | None


class RowError(TypedDict):
    """What is wrong with a row."""

    code: str
    #: The column, where it is one's fault.
    column: str | None
    message: str


class RowMail(TypedDict):
    """A mail that was made of a row."""

    approval_id: str
    message_id: str


class RowPreview(TypedDict):
    """A row's mails, as they would be made."""

    #: The first, and those that follow.
    mails: list[RowPreviewMail]
    name: str | None
    number: int
    #: What policies say of the first of them: `allow`, `hold` or `block`; null where it would be refused.
    policy: str | None
    #: Why, as stable codes.
    reasons: list[str]
    #: Why it would be refused.
    refused: str | None
    to: str


class RowPreviewMail(TypedDict):
    """A mail of a row."""

    html: str | None
    send_at: str | None
    subject: str
    text: str | None


class RowSample(TypedDict):
    """What policies say of a row's mail."""

    number: int
    #: `allow`, `hold` or `block`; null where it would be refused.
    policy: str | None
    #: Why it would be refused.
    refused: str | None


class Screening(TypedDict):
    """The rules by which mail that comes in is screened."""

    rules: list[ScreeningRuleView]
    #: Nothing where nobody wrote any.
    updated_at: str | None
    updated_by: Actor | None
    #: For `PUT`.
    version: int


class ScreeningReason(TypedDict):
    """Why a mail is held: an entry of a list, or a rule."""

    list_entry_id: str | None
    #: The rule's name.
    rule: str | None


class _ScreeningRuleAlways(TypedDict):
    #: What people are shown.
    name: str
    #: What becomes of mail that meets it.
    outcome: Literal["flag", "hold", "allow", "block"]
    #: What it asks.
    when: ScreeningTest


class ScreeningRule(_ScreeningRuleAlways, total=False):
    """A rule for mail that comes in."""

    #: The inboxes that it is for; left out, all of them.
    inbox_ids: list[str] | None


class _ScreeningRuleViewAlways(TypedDict):
    name: str
    outcome: Literal["flag", "hold", "allow", "block"]
    when: ScreeningTestView


class ScreeningRuleView(_ScreeningRuleViewAlways, total=False):
    """A rule for mail that comes in."""

    inbox_ids: list[str] | None


class ScreeningTest(TypedDict, total=False):
    """What a rule asks. All that is named must hold, of each list one."""

    #: Whether it is proven who wrote it.
    authenticated: bool | None
    #: Checks of the receiving server that say `FAIL`.
    failed: list[Literal["spam", "virus", "spf", "dkim", "dmarc"]] | None
    #: What looks wrong with it.
    findings: list[Literal["virus", "spam", "authentication_failed", "hidden_text", "invisible_characters", "bidirectional_control", "model_instructions", "lookalike_domain", "display_name_address", "disguised_file", "not_inspected", "flagged", "reply_to_mismatch", "link_mismatch", "mislabelled_file"]] | None
    #: Whether the author stands on a receive list.
    listed: bool | None
    #: The author: addresses, domains with those below them, or `*` for everyone.
    senders: list[str] | None
    #: Whether something looks so wrong that it taints the conversation.
    tainted: bool | None


class ScreeningTestView(TypedDict, total=False):
    """What a rule asks: only what it names."""

    authenticated: bool | None
    failed: list[Literal["spam", "virus", "spf", "dkim", "dmarc"]]
    findings: list[Literal["virus", "spam", "authentication_failed", "hidden_text", "invisible_characters", "bidirectional_control", "model_instructions", "lookalike_domain", "display_name_address", "disguised_file", "not_inspected", "flagged", "reply_to_mismatch", "link_mismatch", "mislabelled_file"]]
    listed: bool | None
    senders: list[str]
    tainted: bool | None


class _SearchMessagesAlways(TypedDict):
    #: Words, all of which must be there, in any place; phrases in quotes; `from:`, `to:`, `subject:` and `filename:`
    #: before a word or a phrase; `label:`, `has:attachment`, `is:unread`, `is:read`; `before:` and `after:` with a
    #: day (UTC) or a time; a minus before what must not hold. At most 2,000 characters and 64 words.
    query: str


class SearchMessages(_SearchMessagesAlways, total=False):
    """What mail is looked for."""

    #: The `next_cursor` of the page before, with the same query, inboxes and sort.
    cursor: str | None
    #: In these inboxes, at most 20; in all that the credential reaches where it is left out.
    inbox_ids: list[str] | None
    #: How many mails at most; 50 where it is left out.
    limit: int | None
    #: `date` for the newest first, which it is where it is left out; `relevance` for what says most of the words
    #: first, among the newest 5,000 that have them.
    sort: Literal["date", "relevance"] | None


class Session(TypedDict):
    """A session that was just opened."""

    #: When it ends whatever happens.
    ends_at: str
    #: When it ends without use; use moves it on.
    expires_at: str
    id: str
    member_id: str
    #: What was shown to open it.
    opened_with: Literal["password", "openid", "totp", "recovery_code", "passkey"]
    organization_id: str
    role: Literal["owner", "admin", "approver", "editor", "viewer"]
    #: For `Authorization: Bearer`. It is shown this once.
    token: str


class SheetUpload(TypedDict):
    """A spreadsheet, and what became of it."""

    #: Its columns; null until it was read.
    columns: list[str] | None
    confirmed_at: str | None
    content_type: str
    counts: UploadCounts
    created_at: str
    created_by: Actor
    ended_at: str | None
    #: Why it failed.
    error: UploadNote | None
    #: Until when `upload_url` takes the file; null when it is there.
    expires_at: str | None
    filename: str
    #: `csv`, `tsv` or `xlsx`; null until it was read.
    format: str | None
    #: Which column is probably for what, by the fields of `mapping`; null until it was read.
    guesses: dict[str, Any] | None
    id: str
    inbox_id: str
    #: What about the sheet somebody should know.
    notes: list[UploadNote]
    #: In bytes.
    size: int
    #: `uploading` until the file is there, `reading`, `ready` to be confirmed, `importing` while mails are made of
    #: it, `imported`, `failed`, or `deleting`.
    status: str
    #: Why its mails wait to be made, where they do: they are made by themselves later.
    waits: str | None


_SheetUploadHeadersFields = TypedDict(
    "_SheetUploadHeadersFields",
    {
        "content-length": "str",
        "content-type": "str",
    },
)


class SheetUploadHeaders(_SheetUploadHeadersFields):
    """The headers that the upload must have: they are signed."""


class ShowPasskey(TypedDict):
    """A passkey that is shown, as the browser gave it."""

    #: Of the options that it answers.
    ceremony_id: str
    #: What `navigator.credentials.get` gave, as `PublicKeyCredential.toJSON` writes it.
    credential: dict[str, Any]


class _SignedAlways(TypedDict):
    algorithm: str
    key_id: str
    #: In base64.
    signature: str


class Signed(_SignedAlways, total=False):
    """A text that was signed, under its name, with its signature. What checks it is no part of it: who believes a key
    that lies beside a signature believes whoever put both there.
    """

    receipt: str
    anchor: str


class SignedVotes(TypedDict):
    """How many of the votes must be signed by a key, and by which keys."""

    #: Whether by keys that stay in their device alone.
    device_bound: bool
    #: So many at least; `by` says where it is each of them.
    votes: int


_SigningDemandFields = TypedDict(
    "_SigningDemandFields",
    {
        "device_bound": "bool",
        # It counts from then on.
        "from": "str",
        # A domain or an address that mail is from; `null` for all mail of the organization.
        "sender": "str | None",
        "votes": "int",
    },
)


class SigningDemand(_SigningDemandFields):
    """For which mail signed votes are demanded."""


_SigningKeyFields = TypedDict(
    "_SigningKeyFields",
    {
        # How it signs: `ES256`, `EdDSA` or `RS256`.
        "algorithm": "str",
        # Whether it says of itself that it stays in its device.
        "device_bound": "bool",
        # It counts from then on.
        "from": "str",
        # The SHA-256 of the id that its device gives it.
        "key": "str",
        # What it may do: `decide`, where its votes count, and `manage`, where it vouches for keys of others.
        "may": "list[str]",
        "member_id": "str",
        # `counts`, `pending` before it does, `suspended` or `revoked`.
        "status": "str",
        # It counts until then, where it was revoked.
        "until": "str | None",
    },
)


class SigningKey(_SigningKeyFields):
    """A key that signs votes."""


class SigningKeys(TypedDict):
    """The keys of an organization that sign votes."""

    data: list[SigningKey]
    #: For which mail signed votes are demanded: of each sender what counts now, and behind it what counts later.
    demands: list[SigningDemand]
    #: So many entries the log has.
    entries: int
    #: The SHA-256 of its last entry, which stands for all of them.
    head: str


class _SimulatePoliciesAlways(TypedDict):
    #: The inbox that it would leave.
    inbox_id: str


class SimulatePolicies(_SimulatePoliciesAlways, total=False):
    """A mail that is tried out on policies: either as a `draft`, or one that was saved as a draft, or one that is there.
    """

    #: A mail that nobody sends.
    draft: DraftGiven | None
    #: A draft that was saved, as submitting it would ask for it now: what would be refused then is refused.
    draft_id: str | None
    #: A mail that waits, or left.
    message_id: str | None
    #: In the place of those that there are.
    policies: list[PolicyGiven] | None
    #: As if this token had asked.
    token_id: str | None


class SmtpOfAccount(TypedDict):
    """Where a mail server takes outgoing mail."""

    host: str
    port: int
    security: Literal["tls", "starttls"]


class _SmtpServerAlways(TypedDict):
    #: Its name, such as `smtp.example.com`; a public one.
    host: str


class SmtpServer(_SmtpServerAlways, total=False):
    """Where a mail server takes outgoing mail."""

    #: 465 where it is left out; not 25.
    port: int | None
    #: `tls` from the first byte, `starttls` before anything else is said; what the port says where it is left out.
    #: Never without.
    security: Literal["tls", "starttls"] | None


class StandingApproval(TypedDict):
    """A budget of mails that are approved ahead."""

    budget: int
    created_at: str
    credential: Credential
    domain: str | None
    expires_at: str
    id: str
    inbox_id: str | None
    #: Whose vote it is.
    member_id: str
    recipient: str | None
    revoked_at: str | None
    #: `live`, `used_up`, `expired` or `revoked`.
    status: str
    thread_id: str | None
    used: int


class StartedTotp(TypedDict):
    """What an authenticator needs. It is shown this once."""

    #: The same as an address that authenticators read, and that a picture for their camera may be made of.
    otpauth_uri: str
    #: To be typed into an authenticator: base 32, for codes of six digits every 30 seconds (SHA-1).
    secret: str


class Submitted(TypedDict):
    """A mail that is held, or goes."""

    approval: Approval
    #: What its HTML was changed in before it was sealed.
    changes: list[HtmlChange]
    message: Message


class Suppression(TypedDict):
    """Whom no mail goes to."""

    #: One mailbox.
    address: str | None
    created_at: str
    created_by: Actor
    #: All mailboxes of this domain and of those below it.
    domain: str | None
    #: The same for the same address or domain.
    id: str
    #: The mail that bounced, or that was complained of.
    message_id: str | None
    #: Why, in the words of whoever made it.
    reason: str | None
    source: Literal["manual", "bounce", "complaint", "unsubscribed"]


class TakenBack(TypedDict):
    """A vote that was taken back."""

    at: str
    credential: Credential
    #: The vote, as it was.
    vote: Vote


class Terms(TypedDict):
    """What a held mail takes."""

    #: With what it is decided: `person`, `any`, or `passkey` where each vote is signed by a key.
    by: str
    #: Seconds that it waits for the votes.
    expires_in: int
    #: What happens where `send_at` passes before that: `expire` or `send`.
    late: str
    #: What the links do in the mails that tell of it: `decide` or `sign_in`.
    links: str
    #: Roles that are told of it by mail.
    notify: list[Literal["owner", "admin", "approver", "editor", "viewer"]]
    #: So many rows of an upload somebody must have decided about alone before they approve many of its mails at once.
    open_rows: int
    #: So many rejections end it.
    rejections: int
    #: Seconds until those who may vote are reminded, again and again; never where it is `null`.
    remind_after: int | None
    requirements: list[Requirement]
    #: Whether who asked, who owns the token that asked, who edited it last and who asked for earlier attempts can't
    #: approve it.
    separation: bool
    signed: SignedVotes


class TestSend(TypedDict):
    """A mail by which somebody tried an account."""

    #: What the provider calls it.
    provider_id: str
    #: Where it went: your own address.
    to: str


class Thread(TypedDict):
    """A conversation."""

    created_at: str
    id: str
    inbox_id: str
    #: Those of its mails, in the order of the alphabet.
    labels: list[str]
    #: The author of that mail.
    last_from: Party
    #: When its last mail came in, or went out.
    last_message_at: str
    #: Of mails of all kinds, also of those that never went.
    message_count: int
    #: The first words of the last mail that came in or went out; before there is one, of the mail that began it.
    preview: str
    #: The subject of its first mail.
    subject: str
    #: Whether one of its mails had a finding that taints: then no program decides in it.
    tainted: bool
    #: How many of them nobody has read.
    unread_count: int


class ThreadDetail(TypedDict):
    """A conversation with a page of its mails."""

    created_at: str
    id: str
    inbox_id: str
    #: Those of its mails, in the order of the alphabet.
    labels: list[str]
    #: The author of that mail.
    last_from: Party
    #: When its last mail came in, or went out.
    last_message_at: str
    #: Of mails of all kinds, also of those that never went.
    message_count: int
    #: Oldest first.
    messages: PageOfThreadMessage
    #: The first words of the last mail that came in or went out; before there is one, of the mail that began it.
    preview: str
    #: The subject of its first mail.
    subject: str
    #: Whether one of its mails had a finding that taints: then no program decides in it.
    tainted: bool
    #: How many of them nobody has read.
    unread_count: int


class ThreadFact(TypedDict):
    """The conversation, as policies look at it."""

    #: `reply` or `new`.
    kind: str
    tainted: bool


_ThreadMessageAlways = TypedDict(
    "_ThreadMessageAlways",
    {
        "attachments": "list[File]",
        "bcc": "list[Party]",
        "cc": "list[Party]",
        "created_at": "str",
        # When it was sent, as the sender's clock had it; of a mail that goes out, nothing.
        "date": "str | None",
        "from": "Party",
        "id": "str",
        # The `Message-ID` of the mail that it answers.
        "in_reply_to": "str | None",
        "inbox_id": "str",
        # The `Message-ID`, without angle brackets; one that goes out has it once SES gave it.
        "internet_message_id": "str | None",
        # In the order of the alphabet.
        "labels": "list[str]",
        # What the program that sends it keeps with it, by name; nothing for one that came in.
        "metadata": "dict[str, Any]",
        # Its text without what it quotes.
        "new_text": "str | None",
        # The first words of the text, at most 200 characters.
        "preview": "str",
        # Whether somebody said that it was read; a mail that goes out always is.
        "read": "bool",
        # The `Message-ID`s of its conversation that it names, oldest first.
        "references": "list[str]",
        # Where answers go, if not to the author.
        "reply_to": "list[Party]",
        # In bytes, raw.
        "size": "int",
        # `received`, or how far it is on its way out.
        "status": "str",
        "subject": "str",
        # Words that the program that sends it keeps with it, in the order of the alphabet.
        "tags": "list[str]",
        # Its text is left out: the mails of this page are too large together, or its bytes can't be had. Get the mail
        # itself.
        "text_left_out": "bool",
        "thread_id": "str",
        "to": "list[Party]",
        "direction": "Literal[\"inbound\", \"outbound\"]",
    },
)


class ThreadMessage(_ThreadMessageAlways, total=False):
    """A mail of a conversation with what it says that is new."""

    #: When it is deleted for good, where it is in the trash.
    deletes_at: str | None
    #: Since when it is in the trash; left out where it is not.
    trashed_at: str | None
    #: The author in `From` is proven to be the one who sent it.
    authenticated: bool
    #: A program wrote it, nobody waits for an answer (RFC 3834).
    automatic: bool
    #: Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found
    #: or not.
    content_trust: str
    #: What could not be read as it should be, as stable codes.
    defects: list[str]
    findings: list[Finding]
    #: Whether a finding taints its conversation.
    tainted: bool
    verdicts: Verdicts
    approval_id: str
    attempts: int | None
    cancel_reason: str | None
    cancelled_at: str | None
    #: Of the bytes that were countersigned, or are to be.
    digest: str
    #: When the next attempt is made.
    due_at: str | None
    failed_at: str | None
    failure_reason: str | None
    #: While it is `scheduled`: when it goes, at its time and outside of quiet hours.
    not_before: str | None
    #: The name that SES gave it.
    provider_id: str | None
    #: What SES reported of each recipient.
    recipients: list[Recipient] | None
    #: Not before.
    send_at: str | None
    #: The attempts that were made anew of it.
    sent_again_as: list[str]
    sent_at: str | None
    #: Since when nobody knows whether it left.
    unknown_since: str | None


class ThreadMoved(TypedDict):
    """What became of the mails of a conversation."""

    #: All of them were looked at. Else the same request goes on with the rest.
    complete: bool
    #: Those that were not, with the reason of each.
    left: list[MessageLeft]
    #: So many of its mails were moved by this request.
    moved: int
    thread_id: str


class _TokenAlways(TypedDict):
    created_at: str
    #: When it ends by itself; `null` where it does not.
    expires_at: str | None
    id: str
    #: The inboxes that it reaches; `null` for all of them.
    inbox_ids: list[str] | None
    #: The last four characters of its secret.
    last_four: str
    #: When it was used, give or take an hour; `null` where it never was.
    last_used_at: str | None
    #: Its owner.
    member_id: str
    name: str
    #: While it can't be used.
    paused: Pause | None
    #: Until when the secret before that is taken as well.
    previous_secret_until: str | None
    #: When it was given another secret; `null` where it has its first.
    rotated_at: str | None
    scopes: list[Literal["messages.read", "messages.send", "messages.modify", "drafts.manage", "inboxes.manage", "accounts.read", "accounts.manage", "folders.read", "events.read", "webhooks.manage", "approvals.read", "approvals.decide", "policies.manage", "lists.manage", "domains.manage", "uploads.manage", "usage.read", "logs.read", "audit.read", "tokens.manage", "members.manage"]]
    #: How many mails it may ask for on one day (UTC); `null` for as many as there are.
    sends_per_day: int | None


class Token(_TokenAlways, total=False):
    """A token."""

    #: Whether it can be used: what it was made with counts as well. Only where tokens are looked at.
    status: Literal["active", "paused", "ended"] | None
    #: The secret, only in the response to its creation, or to the rotation that made it.
    token: str | None


class TokenNotice(TypedDict):
    """A token that is paused, or holds again."""

    id: str
    #: While it is refused.
    paused: Pause | None


class Totp(TypedDict):
    """One's own second factor."""

    #: Whether a code is asked for at signing in.
    enabled: bool
    #: How many recovery codes were not used yet.
    recovery_codes_left: int
    #: Since when.
    since: str | None


class TransferOwnership(TypedDict):
    """To whom an organization is to belong."""

    #: They become owner, and the caller admin.
    member_id: str


class Unreadable(TypedDict):
    """A policy whose record can't be read."""

    id: str | None


class UpdateAccount(TypedDict, total=False):
    """What changes of an account. What is left out stays."""

    #: Another key of the same provider: the one before is forgotten.
    api_key: str | None
    #: The name beside the address, in mails that go out; an empty one takes it away.
    display_name: str | None
    #: Another password of the same mail server: the one before is forgotten.
    password: str | None


class UpdateDraft(TypedDict, total=False):
    """What changes of a draft. What is left out stays, what is `null` is taken out."""

    #: All its files, in the place of those that it has.
    attachments: list[FileGiven] | None
    #: Recipients that the others don't see, in the place of those that it has.
    bcc: Mailbox | list[Mailbox] | None
    #: Recipients of copies, in the place of those that it has.
    cc: Mailbox | list[Mailbox] | None
    #: All further header fields, in the place of those that it has.
    headers: dict[str, Any] | None
    #: The body as HTML.
    html: str | None
    #: As of a new draft.
    html_mode: Literal["normal", "strict"] | None
    #: All that a program keeps with it by name, in the place of what it has.
    metadata: dict[str, Any] | None
    #: Whether the other recipients of that mail get the answer too.
    reply_all: bool | None
    #: Where answers go, if not to the inbox.
    reply_to: Mailbox | list[Mailbox] | None
    #: The mail of its inbox that it answers.
    reply_to_message_id: str | None
    #: Not before this.
    send_at: str | None
    #: The subject.
    subject: str | None
    #: All words that a program keeps with it, in the place of those that it has.
    tags: list[str] | None
    #: The body as text.
    text: str | None
    #: Recipients, in the place of those that it has.
    to: Mailbox | list[Mailbox] | None
    #: As of a new draft.
    unsubscribe: bool | None


class UpdateGroup(TypedDict, total=False):
    """What changes of a group; what is left out stays."""

    #: All who belong to it from now on, at most 50. Mail that waits already asks whom it asked.
    member_ids: list[str] | None
    #: Another name: a group that a policy asks for votes keeps its own.
    name: str | None


class UpdateInbox(TypedDict):
    """What changes of an inbox. Its address is its own for ever."""

    #: The name beside the address, in mails that go out; an empty one takes it away.
    display_name: str


class UpdateMember(TypedDict, total=False):
    """What changes of a member; what is left out stays."""

    #: All groups that they belong to from now on, by ids or names; needs `policies.manage` as well. Mail that waits
    #: already asks whom it asked.
    groups: list[str] | None
    #: Another role: an owner gives and takes `owner` and `admin`, in a session, as whoever gives `approver` does.
    role: Literal["owner", "admin", "approver", "editor", "viewer"] | None


class UpdateMessage(TypedDict, total=False):
    """What changes of a mail, or of all mails of a conversation. What is left out stays as it is."""

    #: Labels to have; each mail has at most 20.
    add_labels: list[str] | None
    #: Whether it was read. A mail that goes out always is.
    read: bool | None
    #: Labels to lose.
    remove_labels: list[str] | None


class UpdateNotifications(TypedDict, total=False):
    """What changes of what one is told of; what is left out stays."""

    #: When the digest of a day comes, such as `08:00`.
    daily_at: str | None
    #: Which of the mails that wait for one's vote: `each`, a digest of each hour (`hourly`) or day (`daily`), or none
    #: but those that press (`pressing`): suspicious ones, and those that expire soon.
    mails: Literal["each", "hourly", "daily", "pressing"] | None
    #: When one is told of nothing but suspicious mail, and of what expires before they end or within an hour of it;
    #: `null` for never.
    quiet_hours: OwnQuietHours | None
    #: The clock of all this: a name of the IANA time zone database, such as `Europe/Berlin`.
    time_zone: str | None


class UpdateOrganization(TypedDict, total=False):
    """What changes of an organization; what is left out stays."""

    #: What it is called.
    name: str | None
    #: Whether whoever decides has to sign in with a second factor: an owner who has one sets it.
    require_second_factor: bool | None
    #: How many mails all of it may ask for on one day (UTC); `null` for as many as there are.
    sends_per_day: int | None


class UpdateToken(TypedDict, total=False):
    """What changes of a token; what is left out stays."""

    #: What it is for.
    name: str | None
    #: How many mails it may ask for on one day (UTC); `null` for as many as there are. A person sets it.
    sends_per_day: int | None


class UpdateWebhook(TypedDict, total=False):
    """What changes of a webhook; what is left out stays."""

    #: Which events: types, groups such as `message.*`, or `*`; empty, all of them.
    events: list[Literal["*", "account.*", "approval.*", "domain.*", "inbox.*", "invitation.*", "member.*", "message.*", "organization.*", "suppression.*", "token.*", "upload.*", "webhook.*", "message.received", "message.held", "message.released", "message.discarded", "message.sent", "message.delivered", "message.deferred", "message.bounced", "message.complained", "message.failed", "message.unknown", "message.edited", "message.blocked", "approval.requested", "approval.approved", "approval.rejected", "approval.expired", "approval.cancelled", "approval.superseded", "approval.delegated", "approval.revision_requested", "approval.commented", "approval.taken_back", "approval.reminder", "inbox.created", "inbox.deleted", "inbox.paused", "inbox.resumed", "token.paused", "token.resumed", "organization.paused", "organization.resumed", "webhook.disabled", "webhook.test", "suppression.created", "suppression.deleted", "upload.ready", "upload.confirmed", "upload.completed", "upload.failed", "upload.deleted", "domain.verified", "domain.failed", "account.connected", "account.error", "account.recovered", "account.disconnected", "member.created", "member.updated", "member.deleted", "invitation.created", "invitation.resent", "invitation.deleted"]] | None
    #: Only events about these inboxes; empty, about all, and about none.
    inbox_ids: list[str] | None
    #: `paused`: events wait for it, up to a day and a half each. `active`: it is told, also where it was disabled.
    status: Literal["active", "paused"] | None
    #: `https`, on port 443, in a public network.
    url: str | None


class Upload(TypedDict):
    """A file that was announced, with where to put it."""

    content_type: str
    #: Seconds that the URL is good.
    expires_in: int
    filename: str
    id: str
    inbox_id: str
    #: In bytes.
    size: int
    upload_headers: UploadHeaders
    upload_method: str
    upload_url: str


class UploadCounts(TypedDict):
    """How many there are."""

    #: Rows that were looked at since it was confirmed: of `rows`, as far as that is.
    done: int
    #: Rows that can't.
    errors: int | None
    #: Rows of which none was made, or not all.
    failed: int
    #: Mails that needed somebody's approval when they were made.
    held: int
    #: Rows that have all their mails.
    imported: int
    #: Mails that were made.
    mails: int
    #: Rows that can become a mail, as the plan has it that was tried out or confirmed last.
    ready: int | None
    #: Rows with anything in them, the header apart; null until they were read.
    rows: int | None


class UploadCreated(TypedDict):
    """A spreadsheet that was announced, with where to put it."""

    #: Its columns; null until it was read.
    columns: list[str] | None
    confirmed_at: str | None
    content_type: str
    counts: UploadCounts
    created_at: str
    created_by: Actor
    ended_at: str | None
    #: Why it failed.
    error: UploadNote | None
    #: Until when `upload_url` takes the file; null when it is there.
    expires_at: str | None
    filename: str
    #: `csv`, `tsv` or `xlsx`; null until it was read.
    format: str | None
    #: Which column is probably for what, by the fields of `mapping`; null until it was read.
    guesses: dict[str, Any] | None
    id: str
    inbox_id: str
    #: What about the sheet somebody should know.
    notes: list[UploadNote]
    #: In bytes.
    size: int
    #: `uploading` until the file is there, `reading`, `ready` to be confirmed, `importing` while mails are made of
    #: it, `imported`, `failed`, or `deleting`.
    status: str
    upload_headers: SheetUploadHeaders
    upload_method: str
    upload_url: str
    #: Why its mails wait to be made, where they do: they are made by themselves later.
    waits: str | None


_UploadHeadersFields = TypedDict(
    "_UploadHeadersFields",
    {
        "content-length": "str",
        "content-type": "str",
    },
)


class UploadHeaders(_UploadHeadersFields):
    """The headers that the upload must have: they are signed."""


class UploadNote(TypedDict):
    """A code and a sentence."""

    code: str
    message: str


class UploadNotice(TypedDict):
    """An upload as events tell of it: without a word of what it holds."""

    counts: UploadCounts
    #: Why it failed, as a code.
    error: str | None
    id: str
    inbox_id: str
    status: str


class UploadOutlook(TypedDict):
    """What a plan makes of an upload."""

    #: Its columns; null until it was read.
    columns: list[str] | None
    confirmed_at: str | None
    content_type: str
    counts: UploadCounts
    created_at: str
    created_by: Actor
    ended_at: str | None
    #: Why it failed.
    error: UploadNote | None
    #: Until when `upload_url` takes the file; null when it is there.
    expires_at: str | None
    filename: str
    #: `csv`, `tsv` or `xlsx`; null until it was read.
    format: str | None
    #: Which column is probably for what, by the fields of `mapping`; null until it was read.
    guesses: dict[str, Any] | None
    id: str
    inbox_id: str
    #: So many mails are made, those that follow among them.
    mails: int
    #: What about the sheet somebody should know.
    notes: list[UploadNote]
    #: What policies say of some of the mails, the first and the last among them.
    policies: list[RowSample]
    #: The first row that becomes mails, as its reader will see them.
    preview: RowPreview | None
    #: What is wrong, and in how many rows.
    problems: list[UploadProblem]
    #: In bytes.
    size: int
    #: `uploading` until the file is there, `reading`, `ready` to be confirmed, `importing` while mails are made of
    #: it, `imported`, `failed`, or `deleting`.
    status: str
    #: Why its mails wait to be made, where they do: they are made by themselves later.
    waits: str | None
    #: The first 50 rows with something wrong; `GET …/rows?status=error` has all.
    wrong_rows: list[WrongRow]


class UploadProblem(TypedDict):
    """What is wrong, and in how many rows."""

    code: str
    rows: int


class UploadRow(TypedDict):
    """A row of an upload."""

    #: The approval of its first mail.
    approval_id: str | None
    errors: list[RowError]
    #: The mails that follow it.
    follow_ups: list[RowMail]
    #: Its first mail.
    message_id: str | None
    #: Where that mail stands.
    message_status: str | None
    #: Its number in the sheet: its header is mostly 1.
    number: int
    #: `ready` where mails can be made of it, `error`, or `imported`.
    status: str
    #: What its cells show, by the names of their columns.
    values: dict[str, Any]


class UploadRowDetail(TypedDict):
    """A row, with its mails as they would be made."""

    #: The approval of its first mail.
    approval_id: str | None
    errors: list[RowError]
    #: The mails that follow it.
    follow_ups: list[RowMail]
    #: Its first mail.
    message_id: str | None
    #: Where that mail stands.
    message_status: str | None
    #: Its number in the sheet: its header is mostly 1.
    number: int
    #: Its mails as they would be made by the plan that was tried out last; null where they were made, or can't be.
    preview: RowPreview | None
    #: `ready` where mails can be made of it, `error`, or `imported`.
    status: str
    #: What its cells show, by the names of their columns.
    values: dict[str, Any]


class _UsageAlways(TypedDict):
    #: The day, in UTC.
    day: str
    #: Mails that came in and were filed; of a token always 0.
    received: int
    #: Requests to the API with a good credential; of an inbox, those whose path names it.
    requests: int
    #: Mails that the provider accepted.
    sent: int
    #: The bytes of the mails of `sent` and `received`. What is deleted later is not taken off.
    stored_bytes: int


class Usage(_UsageAlways, total=False):
    """What was used on one day: of the whole organization, of an inbox or of a token."""

    #: The inbox; with `by=inbox` alone.
    inbox_id: str | None
    #: What the token is called now; not there where it is gone.
    name: str | None
    #: The token; with `by=token` alone.
    token_id: str | None


class User(TypedDict):
    """A person who signs in."""

    email: str
    id: str


class Verdicts(TypedDict):
    """What the receiving server found out: `PASS`, `FAIL`, `GRAY`, `PROCESSING_FAILED` or `DISABLED`."""

    dkim: str
    dmarc: str
    spam: str
    spf: str
    virus: str


_VerificationFields = TypedDict(
    "_VerificationFields",
    {
        "anchors": "Anchors",
        # How many were.
        "entries": "int",
        # The first place that was looked at.
        "from": "int",
        "head": "AuditHead | None",
        # Where to go on, if that was not all.
        "next": "int | None",
        "problem": "Problem | None",
        # The last.
        "to": "int",
        "verified": "bool",
    },
)


class Verification(_VerificationFields):
    """What a check of the audit log found."""


class Volume(TypedDict):
    """How many mails left within a window."""

    count: int
    #: `mails`, or `first_contacts`: recipients who were never written to before.
    of: str
    per: str
    recipient: str | None
    window: str


class Vote(TypedDict):
    """A vote."""

    at: str
    credential: Credential
    member_id: str
    reason: str | None
    role: Literal["owner", "admin", "approver", "editor", "viewer"]
    #: Whether the mail itself was decided about; `false` where several were approved at once, of which a list was
    #: seen.
    seen: bool
    #: Where it was given ahead.
    standing_approval_id: str | None
    #: `approve` or `reject`.
    verdict: str


class _VoteSignedAlways(TypedDict):
    #: `authenticatorData`.
    authenticator_data: str
    #: `clientDataJSON`.
    client_data: str
    #: When the text was made, in whole seconds: at most ten minutes ago.
    given: str
    #: The id of the key, as the key log has it.
    key: str
    #: How long the vote is good for: a mail that goes later needs another.
    not_after: str
    #: `signature`.
    signature: str


class VoteSigned(_VoteSignedAlways, total=False):
    """What a key of yours signed: `infra/docs/KEYS.md` says how its text is made. The three values of bytes are what
    `navigator.credentials.get` gave, in base64.
    """

    #: Where one signature stands for many mails: their leaves, in the order in which the root was made of them.
    leaves: list[str] | None


class _WebhookAlways(TypedDict):
    created_at: str
    disabled_at: str | None
    #: `gone`: it answered with 410. `failing`: every call of it failed for three days.
    disabled_reason: str | None
    #: Which events it is told of; all of them where it is empty.
    events: list[Literal["*", "account.*", "approval.*", "domain.*", "inbox.*", "invitation.*", "member.*", "message.*", "organization.*", "suppression.*", "token.*", "upload.*", "webhook.*", "message.received", "message.held", "message.released", "message.discarded", "message.sent", "message.delivered", "message.deferred", "message.bounced", "message.complained", "message.failed", "message.unknown", "message.edited", "message.blocked", "approval.requested", "approval.approved", "approval.rejected", "approval.expired", "approval.cancelled", "approval.superseded", "approval.delegated", "approval.revision_requested", "approval.commented", "approval.taken_back", "approval.reminder", "inbox.created", "inbox.deleted", "inbox.paused", "inbox.resumed", "token.paused", "token.resumed", "organization.paused", "organization.resumed", "webhook.disabled", "webhook.test", "suppression.created", "suppression.deleted", "upload.ready", "upload.confirmed", "upload.completed", "upload.failed", "upload.deleted", "domain.verified", "domain.failed", "account.connected", "account.error", "account.recovered", "account.disconnected", "member.created", "member.updated", "member.deleted", "invitation.created", "invitation.resent", "invitation.deleted"]]
    #: When the first of them was made.
    failing_since: str | None
    #: Attempts in a row that were not taken, up to 5: then it is held back.
    failures: int
    #: Until when the secret before this one signs as well.
    former_secret_until: str | None
    #: Until when it is asked no more.
    held_until: str | None
    id: str
    #: The inboxes about which it is told; all of them where it is empty.
    inbox_ids: list[str]
    secret_last_four: str
    #: `active`; `paused`: events wait; `disabled`: it is told of nothing until it is made active again.
    status: str
    url: str


class Webhook(_WebhookAlways, total=False):
    """A webhook."""

    #: What signs the events, only in the response to its creation and to `rotate-secret`.
    secret: str | None


class WebhookNotice(TypedDict):
    """A webhook, as events tell of it."""

    #: Why it is disabled: `gone`, since it answered with 410, or `failing`, since every call of it failed for three
    #: days.
    disabled_reason: str | None
    id: str
    #: `active`, `paused` or `disabled`.
    status: str


class WrongRow(TypedDict):
    """A row with what is wrong with it."""

    errors: list[RowError]
    number: int


#: The member whose vote decided; `null` where no person did.
DecidedBy = Union[str, None]

#: An address, with or without a name.
Mailbox = Union[str, dict[str, Any]]
