"""The routes: made of infra/docs/openapi.json by shared/clients/generate.py: `make routes` writes it."""

from __future__ import annotations

import builtins
from typing import Any, Iterator, Literal

from . import types
from ._transport import UNSET, Transport, Unset


class AccountsRoutes:
    """The routes of `accounts`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        email: str,
        provider: Literal["resend", "sendgrid", "mailgun", "brevo", "smtp"],
        api_key: str | None = None,
        autodiscover: bool | None = None,
        display_name: str | None = None,
        password: str | None = None,
        region: Literal["us", "eu"] | None = None,
        smtp: types.SmtpServer | None = None,
        username: str | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Account:
        """Connects a sending provider of one's own by its key, or a mail server by a password. It is asked first whether
        that may send from the address. `infra/docs/ACCOUNTS.md`; the provider or mail server is asked whether key or
        password may send from the address. Needs the scope `accounts.manage`. `POST /v1/accounts`
        """
        answer: types.Account = self._transport.request(
            "POST",
            "/v1/accounts",
            names={},
            body=_given(
                {
                    "api_key": api_key,
                    "autodiscover": autodiscover,
                    "display_name": display_name,
                    "email": email,
                    "password": password,
                    "provider": provider,
                    "region": region,
                    "smtp": smtp,
                    "username": username,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        account_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Disconnects an account. Its key or password is gone at once, and what waits in its inbox is called off. Its
        key or password is forgotten at once; what waits in its inbox is called off, and that inbox is deleted with
        its mail. Needs the scope `accounts.manage`. `DELETE /v1/accounts/{account_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/accounts/{account_id}",
            names={"account_id": account_id},
            timeout=request_timeout,
        )

    def get(
        self,
        account_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Account:
        """One connected account. `status` is `error` where its provider takes the key or password no more: `error` says
        since when. Needs the scope `accounts.read`. `GET /v1/accounts/{account_id}`
        """
        answer: types.Account = self._transport.request(
            "GET",
            "/v1/accounts/{account_id}",
            names={"account_id": account_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfAccount:
        """The connected accounts. Oldest first; of each key the last four characters, of a password none. Needs the
        scope `accounts.read`. `GET /v1/accounts`
        """
        answer: types.PageOfAccount = self._transport.request(
            "GET",
            "/v1/accounts",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Account]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def test_send(
        self,
        account_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.TestSend:
        """A mail of fixed words goes through the account to whoever asks. In a session: a mail of fixed words goes to
        your own proven address, twenty times a day at most. Needs the scope `accounts.manage`. `POST
        /v1/accounts/{account_id}/test-send`
        """
        answer: types.TestSend = self._transport.request(
            "POST",
            "/v1/accounts/{account_id}/test-send",
            names={"account_id": account_id},
            timeout=request_timeout,
        )
        return answer

    def update(
        self,
        account_id: str,
        *,
        api_key: str | None | Unset = UNSET,
        display_name: str | None | Unset = UNSET,
        password: str | None | Unset = UNSET,
        request_timeout: float | None = None,
    ) -> types.Account:
        """Gives an account another name, or another key of the same provider, or password of the same server. Another
        `api_key` or `password` is asked about first, and ends the one before; what waited for it goes with its next
        attempt. Needs the scope `accounts.manage`. `PATCH /v1/accounts/{account_id}`
        """
        answer: types.Account = self._transport.request(
            "PATCH",
            "/v1/accounts/{account_id}",
            names={"account_id": account_id},
            body=_changed(
                {
                    "api_key": api_key,
                    "display_name": display_name,
                    "password": password,
                }
            ),
            timeout=request_timeout,
        )
        return answer


class ApprovalsRoutes:
    """The routes of `approvals`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def approve(
        self,
        approval_id: str,
        *,
        digest: str,
        signature: types.VoteSigned | None = None,
        request_timeout: float | None = None,
    ) -> types.Approval:
        """Lets exactly the bytes with this `digest` go. Needs the scope `approvals.decide`. `POST
        /v1/approvals/{approval_id}/approve`
        """
        answer: types.Approval = self._transport.request(
            "POST",
            "/v1/approvals/{approval_id}/approve",
            names={"approval_id": approval_id},
            body=_given(
                {
                    "digest": digest,
                    "signature": signature,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def ask_to_revise(
        self,
        approval_id: str,
        *,
        digest: str,
        note: str,
        request_timeout: float | None = None,
    ) -> types.Approval:
        """Asks whoever asked for the mail with this `digest` to write it otherwise. It waits on, and nobody is asked to
        decide about it until it is revised. Needs the scope `approvals.decide`. `POST
        /v1/approvals/{approval_id}/ask-to-revise`
        """
        answer: types.Approval = self._transport.request(
            "POST",
            "/v1/approvals/{approval_id}/ask-to-revise",
            names={"approval_id": approval_id},
            body=_given(
                {
                    "digest": digest,
                    "note": note,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def batch(
        self,
        *,
        items: builtins.list[types.BatchItem],
        verdict: Literal["approve", "reject"],
        reason: str | None = None,
        signature: types.VoteSigned | None = None,
        request_timeout: float | None = None,
    ) -> types.ApprovalBatch:
        """Approves or rejects up to 50 mails, each for itself and for exactly the bytes with its `digest`. In a session;
        one about which something deserves a look is not approved so, and the others are. Needs the scope
        `approvals.decide`. `POST /v1/approvals/batch`
        """
        answer: types.ApprovalBatch = self._transport.request(
            "POST",
            "/v1/approvals/batch",
            names={},
            body=_given(
                {
                    "items": items,
                    "reason": reason,
                    "signature": signature,
                    "verdict": verdict,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def cancel(
        self,
        approval_id: str,
        *,
        reason: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Approval:
        """Calls a mail off before it is claimed, decided or not. Whoever asked, or somebody who decides. Needs the scope
        `messages.read`. `POST /v1/approvals/{approval_id}/cancel`
        """
        answer: types.Approval = self._transport.request(
            "POST",
            "/v1/approvals/{approval_id}/cancel",
            names={"approval_id": approval_id},
            body=_given(
                {
                    "reason": reason,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def comment(
        self,
        approval_id: str,
        *,
        text: str,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Comment:
        """Says something about a mail that waits. By a person, or by the token that asked for the mail; at most 50 of an
        approval. Needs the scope `messages.read`. `POST /v1/approvals/{approval_id}/comments`
        """
        answer: types.Comment = self._transport.request(
            "POST",
            "/v1/approvals/{approval_id}/comments",
            names={"approval_id": approval_id},
            body=_given(
                {
                    "text": text,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def comments(
        self,
        approval_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Comments:
        """What was said about a mail that waits, or did, the first first. For whoever may see the approval, and for the
        token that asked for the mail; at most 50. Needs the scope `messages.read`. `GET
        /v1/approvals/{approval_id}/comments`
        """
        answer: types.Comments = self._transport.request(
            "GET",
            "/v1/approvals/{approval_id}/comments",
            names={"approval_id": approval_id},
            timeout=request_timeout,
        )
        return answer

    def delegate(
        self,
        approval_id: str,
        *,
        member_id: str,
        request_timeout: float | None = None,
    ) -> types.Approval:
        """Hands the caller's vote on to another member. Needs the scope `approvals.decide`. `POST
        /v1/approvals/{approval_id}/delegate`
        """
        answer: types.Approval = self._transport.request(
            "POST",
            "/v1/approvals/{approval_id}/delegate",
            names={"approval_id": approval_id},
            body=_given(
                {
                    "member_id": member_id,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def edit(
        self,
        approval_id: str,
        *,
        digest: str,
        attachments: builtins.list[types.FileGiven] | None = None,
        bcc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        cc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        html: str | None = None,
        html_mode: Literal["normal", "strict"] | None = None,
        remove_attachments: builtins.list[str] | None = None,
        reply_to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        send_at: str | None = None,
        subject: str | None = None,
        text: str | None = None,
        to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Submitted:
        """Makes a new revision of a mail that waits, with a new approval. Needs the scope `approvals.decide`. `POST
        /v1/approvals/{approval_id}/edit`
        """
        answer: types.Submitted = self._transport.request(
            "POST",
            "/v1/approvals/{approval_id}/edit",
            names={"approval_id": approval_id},
            body=_given(
                {
                    "attachments": attachments,
                    "bcc": bcc,
                    "cc": cc,
                    "digest": digest,
                    "html": html,
                    "html_mode": html_mode,
                    "remove_attachments": remove_attachments,
                    "reply_to": reply_to,
                    "send_at": send_at,
                    "subject": subject,
                    "text": text,
                    "to": to,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def get(
        self,
        approval_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.ApprovalDetail:
        """One approval with the mail as it would go out and the conversation that it belongs to. The mail as it is
        sealed under this `digest`, votes, terms, trace, what an edit changed. Needs the scope `approvals.read`. `GET
        /v1/approvals/{approval_id}`
        """
        answer: types.ApprovalDetail = self._transport.request(
            "GET",
            "/v1/approvals/{approval_id}",
            names={"approval_id": approval_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        status: Literal["pending", "approved", "rejected", "expired", "cancelled", "superseded"] | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfApproval:
        """What waits for a decision; with `status`, what was decided. Newest first. Needs the scope `approvals.read`.
        `GET /v1/approvals`
        """
        answer: types.PageOfApproval = self._transport.request(
            "GET",
            "/v1/approvals",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
                "status": status,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        limit: int | None = None,
        status: Literal["pending", "approved", "rejected", "expired", "cancelled", "superseded"] | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Approval]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(limit=limit, status=status, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def receipt(
        self,
        approval_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Signed:
        """Who asked, who decided about which bytes, and what became of them, signed. `infra/docs/AUDIT.md`. Needs the
        scope `approvals.read`. `GET /v1/approvals/{approval_id}/receipt`
        """
        answer: types.Signed = self._transport.request(
            "GET",
            "/v1/approvals/{approval_id}/receipt",
            names={"approval_id": approval_id},
            timeout=request_timeout,
        )
        return answer

    def reject(
        self,
        approval_id: str,
        *,
        digest: str,
        reason: str | None = None,
        revise: bool | None = None,
        signature: types.VoteSigned | None = None,
        request_timeout: float | None = None,
    ) -> types.Approval:
        """Stops the mail with this `digest`, for a `reason`; with `revise`, its words are left as a draft. With `revise`
        its words are left as a draft, `draft_id`. Needs the scope `approvals.decide`. `POST
        /v1/approvals/{approval_id}/reject`
        """
        answer: types.Approval = self._transport.request(
            "POST",
            "/v1/approvals/{approval_id}/reject",
            names={"approval_id": approval_id},
            body=_given(
                {
                    "digest": digest,
                    "reason": reason,
                    "revise": revise,
                    "signature": signature,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def revise(
        self,
        approval_id: str,
        *,
        digest: str,
        attachments: builtins.list[types.FileGiven] | None = None,
        bcc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        cc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        html: str | None = None,
        html_mode: Literal["normal", "strict"] | None = None,
        remove_attachments: builtins.list[str] | None = None,
        reply_to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        send_at: str | None = None,
        subject: str | None = None,
        text: str | None = None,
        to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Submitted:
        """Makes a new revision of a mail that the caller asked for, where somebody who decides asked for that. By
        whoever asked for the mail, while `revision_requested` says that it is to be written otherwise. Needs the
        scope `messages.send`. `POST /v1/approvals/{approval_id}/revise`
        """
        answer: types.Submitted = self._transport.request(
            "POST",
            "/v1/approvals/{approval_id}/revise",
            names={"approval_id": approval_id},
            body=_given(
                {
                    "attachments": attachments,
                    "bcc": bcc,
                    "cc": cc,
                    "digest": digest,
                    "html": html,
                    "html_mode": html_mode,
                    "remove_attachments": remove_attachments,
                    "reply_to": reply_to,
                    "send_at": send_at,
                    "subject": subject,
                    "text": text,
                    "to": to,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def take_back(
        self,
        approval_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Approval:
        """Takes the caller's approval back before the mail is claimed. In a session; where the votes that are left are
        not enough, the mail waits again. Needs the scope `approvals.decide`. `POST
        /v1/approvals/{approval_id}/take-back`
        """
        answer: types.Approval = self._transport.request(
            "POST",
            "/v1/approvals/{approval_id}/take-back",
            names={"approval_id": approval_id},
            timeout=request_timeout,
        )
        return answer


class AttachmentsRoutes:
    """The routes of `attachments`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        filename: str,
        size: int,
        content_type: str | None = None,
        inbox_id: str | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Upload:
        """Announces a file; the answer says where to `PUT` it. An upload URL, for 15 minutes. Needs the scope
        `messages.send`. `POST /v1/attachments`
        """
        answer: types.Upload = self._transport.request(
            "POST",
            "/v1/attachments",
            names={},
            body=_given(
                {
                    "content_type": content_type,
                    "filename": filename,
                    "inbox_id": inbox_id,
                    "size": size,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def get(
        self,
        attachment_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Download:
        """Where to get a file, for 15 minutes. A URL for 15 minutes, of files of inboxes that the credential reaches.
        Needs the scope `messages.read`. `GET /v1/attachments/{attachment_id}`
        """
        answer: types.Download = self._transport.request(
            "GET",
            "/v1/attachments/{attachment_id}",
            names={"attachment_id": attachment_id},
            timeout=request_timeout,
        )
        return answer


class AuditRoutes:
    """The routes of `audit`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        action: str | None = None,
        actor: str | None = None,
        cursor: str | None = None,
        from_: str | None = None,
        limit: int | None = None,
        target: str | None = None,
        to: str | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfAuditEntry:
        """What was done, by whom, newest first. `infra/docs/AUDIT.md`. Needs the scope `audit.read`. `GET /v1/audit`
        """
        answer: types.PageOfAuditEntry = self._transport.request(
            "GET",
            "/v1/audit",
            names={},
            query={
                "action": action,
                "actor": actor,
                "cursor": cursor,
                "from": from_,
                "limit": limit,
                "target": target,
                "to": to,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        action: str | None = None,
        actor: str | None = None,
        from_: str | None = None,
        limit: int | None = None,
        target: str | None = None,
        to: str | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.AuditEntry]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(action=action, actor=actor, from_=from_, limit=limit, target=target, to=to, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def verify(
        self,
        *,
        from_: int | None = None,
        to: int | None = None,
        request_timeout: float | None = None,
    ) -> types.Verification:
        """Computes the chain of the audit log anew and compares. The chain computed anew, and compared with its anchors.
        Needs the scope `audit.read`. `GET /v1/audit/verify`
        """
        answer: types.Verification = self._transport.request(
            "GET",
            "/v1/audit/verify",
            names={},
            query={
                "from": from_,
                "to": to,
            },
            timeout=request_timeout,
        )
        return answer


class DomainsRoutes:
    """The routes of `domains`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        name: str,
        warm_up: bool | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Domain:
        """Asks for a domain, and says which DNS records it takes. `200` with the one that is there.
        `infra/docs/DOMAINS.md`. Needs the scope `domains.manage`. `POST /v1/domains`
        """
        answer: types.Domain = self._transport.request(
            "POST",
            "/v1/domains",
            names={},
            body=_given(
                {
                    "name": name,
                    "warm_up": warm_up,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        domain_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Deletes a domain that no inbox is on. `409 domain_in_use` while inboxes are on it. Needs the scope
        `domains.manage`. `DELETE /v1/domains/{domain_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/domains/{domain_id}",
            names={"domain_id": domain_id},
            timeout=request_timeout,
        )

    def get(
        self,
        domain_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Domain:
        """One domain, with its records as they should be and as they were found. As the last look found it. Needs the
        scope `domains.manage`. `GET /v1/domains/{domain_id}`
        """
        answer: types.Domain = self._transport.request(
            "GET",
            "/v1/domains/{domain_id}",
            names={"domain_id": domain_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfDomain:
        """The domains of the organization. Oldest first, at most 20. Needs the scope `domains.manage`. `GET /v1/domains`
        """
        answer: types.PageOfDomain = self._transport.request(
            "GET",
            "/v1/domains",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Domain]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def verify(
        self,
        domain_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Domain:
        """Looks at the records of a domain now. Every ten seconds at most; one that failed is waited for anew. Needs the
        scope `domains.manage`. `POST /v1/domains/{domain_id}/verify`
        """
        answer: types.Domain = self._transport.request(
            "POST",
            "/v1/domains/{domain_id}/verify",
            names={"domain_id": domain_id},
            timeout=request_timeout,
        )
        return answer

    def zone_file(
        self,
        domain_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """The records of a domain as lines of a zone file. As BIND and others import them. Needs the scope
        `domains.manage`. `GET /v1/domains/{domain_id}/zone-file`
        """
        self._transport.request(
            "GET",
            "/v1/domains/{domain_id}/zone-file",
            names={"domain_id": domain_id},
            timeout=request_timeout,
        )


class DraftsRoutes:
    """The routes of `drafts`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        inbox_id: str,
        *,
        attachments: builtins.list[types.FileGiven] | None = None,
        bcc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        cc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        client_id: str | None = None,
        headers: dict[str, Any] | None = None,
        html: str | None = None,
        html_mode: Literal["normal", "strict"] | None = None,
        metadata: dict[str, Any] | None = None,
        reply_all: bool | None = None,
        reply_to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        reply_to_message_id: str | None = None,
        send_at: str | None = None,
        subject: str | None = None,
        tags: builtins.list[str] | None = None,
        text: str | None = None,
        to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        unsubscribe: bool | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Draft:
        """Makes a draft. `200` with the one that is there, where the inbox has one of this `client_id`. Any part may be
        missing. Needs the scope `drafts.manage`. `POST /v1/inboxes/{inbox_id}/drafts`
        """
        answer: types.Draft = self._transport.request(
            "POST",
            "/v1/inboxes/{inbox_id}/drafts",
            names={"inbox_id": inbox_id},
            body=_given(
                {
                    "attachments": attachments,
                    "bcc": bcc,
                    "cc": cc,
                    "client_id": client_id,
                    "headers": headers,
                    "html": html,
                    "html_mode": html_mode,
                    "metadata": metadata,
                    "reply_all": reply_all,
                    "reply_to": reply_to,
                    "reply_to_message_id": reply_to_message_id,
                    "send_at": send_at,
                    "subject": subject,
                    "tags": tags,
                    "text": text,
                    "to": to,
                    "unsubscribe": unsubscribe,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        draft_id: str,
        *,
        if_match: str | None = None,
        request_timeout: float | None = None,
    ) -> None:
        """Deletes a draft, with what it says. `If-Match` may name its revision. Needs the scope `drafts.manage`. `DELETE
        /v1/drafts/{draft_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/drafts/{draft_id}",
            names={"draft_id": draft_id},
            headers={"if-match": if_match},
            timeout=request_timeout,
        )

    def get(
        self,
        draft_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.DraftDetail:
        """One draft with its bodies. Needs the scope `drafts.manage`. `GET /v1/drafts/{draft_id}`"""
        answer: types.DraftDetail = self._transport.request(
            "GET",
            "/v1/drafts/{draft_id}",
            names={"draft_id": draft_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        inbox_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfDraft:
        """The drafts of an inbox, the one that was made last first, without their bodies. The one that was made last
        first. Needs the scope `drafts.manage`. `GET /v1/inboxes/{inbox_id}/drafts`
        """
        answer: types.PageOfDraft = self._transport.request(
            "GET",
            "/v1/inboxes/{inbox_id}/drafts",
            names={"inbox_id": inbox_id},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        inbox_id: str,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Draft]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(inbox_id, limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def submit(
        self,
        draft_id: str,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Submitted:
        """Asks for a draft to be sent, once. `202` where it is held, `201` where policies let it go, `200` with the mail
        as it stands where it was submitted before. Needs `messages.send` too; one mail is made of a draft, however
        often it is submitted; `If-Match` may name its revision. Needs the scope `drafts.manage`. `POST
        /v1/drafts/{draft_id}/submit`
        """
        answer: types.Submitted = self._transport.request(
            "POST",
            "/v1/drafts/{draft_id}/submit",
            names={"draft_id": draft_id},
            headers={"if-match": if_match},
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def update(
        self,
        draft_id: str,
        *,
        attachments: builtins.list[types.FileGiven] | None | Unset = UNSET,
        bcc: types.Mailbox | builtins.list[types.Mailbox] | None | Unset = UNSET,
        cc: types.Mailbox | builtins.list[types.Mailbox] | None | Unset = UNSET,
        headers: dict[str, Any] | None | Unset = UNSET,
        html: str | None | Unset = UNSET,
        html_mode: Literal["normal", "strict"] | None | Unset = UNSET,
        metadata: dict[str, Any] | None | Unset = UNSET,
        reply_all: bool | None | Unset = UNSET,
        reply_to: types.Mailbox | builtins.list[types.Mailbox] | None | Unset = UNSET,
        reply_to_message_id: str | None | Unset = UNSET,
        send_at: str | None | Unset = UNSET,
        subject: str | None | Unset = UNSET,
        tags: builtins.list[str] | None | Unset = UNSET,
        text: str | None | Unset = UNSET,
        to: types.Mailbox | builtins.list[types.Mailbox] | None | Unset = UNSET,
        unsubscribe: bool | None | Unset = UNSET,
        if_match: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Draft:
        """Changes a draft: what is left out stays, what is `null` is taken out. `If-Match` may name its revision. Needs
        the scope `drafts.manage`. `PATCH /v1/drafts/{draft_id}`
        """
        answer: types.Draft = self._transport.request(
            "PATCH",
            "/v1/drafts/{draft_id}",
            names={"draft_id": draft_id},
            headers={"if-match": if_match},
            body=_changed(
                {
                    "attachments": attachments,
                    "bcc": bcc,
                    "cc": cc,
                    "headers": headers,
                    "html": html,
                    "html_mode": html_mode,
                    "metadata": metadata,
                    "reply_all": reply_all,
                    "reply_to": reply_to,
                    "reply_to_message_id": reply_to_message_id,
                    "send_at": send_at,
                    "subject": subject,
                    "tags": tags,
                    "text": text,
                    "to": to,
                    "unsubscribe": unsubscribe,
                }
            ),
            timeout=request_timeout,
        )
        return answer


class EventsRoutes:
    """The routes of `events`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(
        self,
        event_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Event:
        """One event, within 30 days. Needs the scope `events.read`. `GET /v1/events/{event_id}`"""
        answer: types.Event = self._transport.request(
            "GET",
            "/v1/events/{event_id}",
            names={"event_id": event_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        *,
        after: str | None = None,
        cursor: str | None = None,
        inbox_id: str | None = None,
        limit: int | None = None,
        order: Literal["desc", "asc"] | None = None,
        types: str | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfEvent:
        """What happened within 30 days, as webhooks are told of it, in an order in which nobody who follows it loses
        any. Newest first; with `order=asc` there is always a `next_cursor` to go on from. Needs the scope
        `events.read`. `GET /v1/events`
        """
        answer: types.PageOfEvent = self._transport.request(
            "GET",
            "/v1/events",
            names={},
            query={
                "after": after,
                "cursor": cursor,
                "inbox_id": inbox_id,
                "limit": limit,
                "order": order,
                "types": types,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        after: str | None = None,
        inbox_id: str | None = None,
        limit: int | None = None,
        types: str | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Event]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(after=after, inbox_id=inbox_id, limit=limit, types=types, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def redeliver(
        self,
        event_id: str,
        *,
        webhook_id: str | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Redelivery:
        """Tells one webhook of an event again, or all that want it. Within a minute, with the same `webhook-id`. Needs
        the scope `webhooks.manage`. `POST /v1/events/{event_id}/redeliver`
        """
        answer: types.Redelivery = self._transport.request(
            "POST",
            "/v1/events/{event_id}/redeliver",
            names={"event_id": event_id},
            body=_given(
                {
                    "webhook_id": webhook_id,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def stream(
        self,
        *,
        cursor: str | None = None,
        inbox_id: str | None = None,
        types: str | None = None,
        last_event_id: str | None = None,
        request_timeout: float | None = None,
    ) -> bytes:
        """Events as they come, for `EventSource` and its like, without a URL that we could call. `text/event-stream` in
        slices of 25 seconds at most; goes on behind `Last-Event-ID`. Needs the scope `events.read`. `GET
        /v1/events/stream`
        """
        answer: bytes = self._transport.request(
            "GET",
            "/v1/events/stream",
            names={},
            query={
                "cursor": cursor,
                "inbox_id": inbox_id,
                "types": types,
            },
            headers={"last-event-id": last_event_id},
            raw=True,
            timeout=request_timeout,
        )
        return answer


class GroupsRoutes:
    """The routes of `groups`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        member_ids: builtins.list[str],
        name: str,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Group:
        """Puts members under a name, by which policies ask them for votes. Needs the scope `policies.manage`. `POST
        /v1/groups`
        """
        answer: types.Group = self._transport.request(
            "POST",
            "/v1/groups",
            names={},
            body=_given(
                {
                    "member_ids": member_ids,
                    "name": name,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        group_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Removes a group that no policy asks for votes. `409 group_in_use` names the policies that ask it for votes.
        Needs the scope `policies.manage`. `DELETE /v1/groups/{group_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/groups/{group_id}",
            names={"group_id": group_id},
            timeout=request_timeout,
        )

    def get(
        self,
        group_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Group:
        """One group of members. Needs the scope `policies.manage`. `GET /v1/groups/{group_id}`"""
        answer: types.Group = self._transport.request(
            "GET",
            "/v1/groups/{group_id}",
            names={"group_id": group_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.Groups:
        """All groups of members. Members under a name, whom policies ask for votes. Needs the scope `policies.manage`.
        `GET /v1/groups`
        """
        answer: types.Groups = self._transport.request(
            "GET",
            "/v1/groups",
            names={},
            timeout=request_timeout,
        )
        return answer

    def update(
        self,
        group_id: str,
        *,
        member_ids: builtins.list[str] | None | Unset = UNSET,
        name: str | None | Unset = UNSET,
        if_match: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Group:
        """Gives a group another name or other members. Mail that waits already asks whom it asked. `If-Match` may name
        its version. Needs the scope `policies.manage`. `PATCH /v1/groups/{group_id}`
        """
        answer: types.Group = self._transport.request(
            "PATCH",
            "/v1/groups/{group_id}",
            names={"group_id": group_id},
            headers={"if-match": if_match},
            body=_changed(
                {
                    "member_ids": member_ids,
                    "name": name,
                }
            ),
            timeout=request_timeout,
        )
        return answer


class HealthRoutes:
    """The routes of `health`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.Health:
        """Whether the API answers. Reads nothing. Whether it answers. Needs no credential. `GET /healthz`"""
        answer: types.Health = self._transport.request(
            "GET",
            "/healthz",
            names={},
            timeout=request_timeout,
        )
        return answer


class HeldMessagesRoutes:
    """The routes of `held_messages`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def discard(
        self,
        inbox_id: str,
        message_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Deletes a held mail for good, with its bytes. For good; in a session. Needs the scope `messages.modify`.
        `DELETE /v1/inboxes/{inbox_id}/held-messages/{message_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/inboxes/{inbox_id}/held-messages/{message_id}",
            names={"inbox_id": inbox_id, "message_id": message_id},
            timeout=request_timeout,
        )

    def get(
        self,
        inbox_id: str,
        message_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.HeldMessageDetail:
        """One held mail, with its body. In a session. Needs the scope `messages.read`. `GET
        /v1/inboxes/{inbox_id}/held-messages/{message_id}`
        """
        answer: types.HeldMessageDetail = self._transport.request(
            "GET",
            "/v1/inboxes/{inbox_id}/held-messages/{message_id}",
            names={"inbox_id": inbox_id, "message_id": message_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfHeldMessage:
        """Received mail that is held or blocked, newest first. In a session. Needs the scope `messages.read`. `GET
        /v1/held-messages`
        """
        answer: types.PageOfHeldMessage = self._transport.request(
            "GET",
            "/v1/held-messages",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.HeldMessage]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def release(
        self,
        inbox_id: str,
        message_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Message:
        """Lets a held mail in, and tells of it now. In a session. Needs the scope `messages.modify`. `POST
        /v1/inboxes/{inbox_id}/held-messages/{message_id}/release`
        """
        answer: types.Message = self._transport.request(
            "POST",
            "/v1/inboxes/{inbox_id}/held-messages/{message_id}/release",
            names={"inbox_id": inbox_id, "message_id": message_id},
            timeout=request_timeout,
        )
        return answer


class InboxesRoutes:
    """The routes of `inboxes`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        display_name: str | None = None,
        domain: str | None = None,
        username: str | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Inbox:
        """Makes an inbox on the installation's mail domain. Names that speak for the domain are not to be had:
        `shared/domain/src/mailbox/inbox.rs`. Needs the scope `inboxes.manage`. `POST /v1/inboxes`
        """
        answer: types.Inbox = self._transport.request(
            "POST",
            "/v1/inboxes",
            names={},
            body=_given(
                {
                    "display_name": display_name,
                    "domain": domain,
                    "username": username,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        inbox_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Deletes an inbox with all its mail; its address stays taken, and what waits is called off. With all its mail,
        for good; its address is never given again. Needs the scope `inboxes.manage`. `DELETE /v1/inboxes/{inbox_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/inboxes/{inbox_id}",
            names={"inbox_id": inbox_id},
            timeout=request_timeout,
        )

    def get(
        self,
        inbox_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Inbox:
        """One inbox. Needs the scope `messages.read`. `GET /v1/inboxes/{inbox_id}`"""
        answer: types.Inbox = self._transport.request(
            "GET",
            "/v1/inboxes/{inbox_id}",
            names={"inbox_id": inbox_id},
            timeout=request_timeout,
        )
        return answer

    def labels(
        self,
        inbox_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfLabel:
        """The labels that mails of an inbox have, in the order of their letters. A label that no mail has any more is
        not among them. Needs the scope `messages.read`. `GET /v1/inboxes/{inbox_id}/labels`
        """
        answer: types.PageOfLabel = self._transport.request(
            "GET",
            "/v1/inboxes/{inbox_id}/labels",
            names={"inbox_id": inbox_id},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_labels(
        self,
        inbox_id: str,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Label]:
        """All entries of `labels`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.labels(inbox_id, limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfInbox:
        """The inboxes that the credential may see. Oldest first. Needs the scope `messages.read`. `GET /v1/inboxes`
        """
        answer: types.PageOfInbox = self._transport.request(
            "GET",
            "/v1/inboxes",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Inbox]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def pause(
        self,
        inbox_id: str,
        *,
        reason: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Paused:
        """Holds back all mail of an inbox that is not claimed yet. Needs the scope `approvals.decide`. `POST
        /v1/inboxes/{inbox_id}/pause`
        """
        answer: types.Paused = self._transport.request(
            "POST",
            "/v1/inboxes/{inbox_id}/pause",
            names={"inbox_id": inbox_id},
            body=_given(
                {
                    "reason": reason,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def resume(
        self,
        inbox_id: str,
        *,
        drop: builtins.list[str] | None = None,
        preview: bool | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.Resumed:
        """Lets the mail of a paused inbox go, without what is dropped; with `preview` only says what would go. In a
        session. Needs the scope `inboxes.manage`. `POST /v1/inboxes/{inbox_id}/resume`
        """
        answer: types.Resumed = self._transport.request(
            "POST",
            "/v1/inboxes/{inbox_id}/resume",
            names={"inbox_id": inbox_id},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            body=_given(
                {
                    "drop": drop,
                    "preview": preview,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def update(
        self,
        inbox_id: str,
        *,
        display_name: str,
        request_timeout: float | None = None,
    ) -> types.Inbox:
        """Gives an inbox another name beside its address. Its display name; its address is its own for ever. Needs the
        scope `inboxes.manage`. `PATCH /v1/inboxes/{inbox_id}`
        """
        answer: types.Inbox = self._transport.request(
            "PATCH",
            "/v1/inboxes/{inbox_id}",
            names={"inbox_id": inbox_id},
            body=_changed(
                {
                    "display_name": display_name,
                }
            ),
            timeout=request_timeout,
        )
        return answer


class InvitationsRoutes:
    """The routes of `invitations`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def accept(
        self,
        *,
        invitation: str,
        password: str,
        request_timeout: float | None = None,
    ) -> types.Session:
        """Takes the seat that somebody was invited to, and signs them in. Once, with what the link of the last mail ends
        with. Needs no credential. `POST /v1/invitations/accept`
        """
        answer: types.Session = self._transport.request(
            "POST",
            "/v1/invitations/accept",
            names={},
            body=_given(
                {
                    "invitation": invitation,
                    "password": password,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def create(
        self,
        *,
        email: str,
        role: Literal["owner", "admin", "approver", "editor", "viewer"],
        groups: builtins.list[str] | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Invitation:
        """Invites somebody by mail. For seven days; owners invite owners and admins; whoever is to decide is invited in
        a session. Needs the scope `members.manage`. `POST /v1/invitations`
        """
        answer: types.Invitation = self._transport.request(
            "POST",
            "/v1/invitations",
            names={},
            body=_given(
                {
                    "email": email,
                    "groups": groups,
                    "role": role,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        invitation_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Takes an invitation back: its link opens nothing any more. Takes it back, at once. Needs the scope
        `members.manage`. `DELETE /v1/invitations/{invitation_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/invitations/{invitation_id}",
            names={"invitation_id": invitation_id},
            timeout=request_timeout,
        )

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfInvitation:
        """Invitations that nobody has accepted. Also those whose time is over, for 30 days. Needs the scope
        `members.manage`. `GET /v1/invitations`
        """
        answer: types.PageOfInvitation = self._transport.request(
            "GET",
            "/v1/invitations",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Invitation]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def resend(
        self,
        invitation_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Invitation:
        """Has an invitation mailed again: the link of the mail before holds no more. Its seven days begin anew. Needs
        the scope `members.manage`. `POST /v1/invitations/{invitation_id}/resend`
        """
        answer: types.Invitation = self._transport.request(
            "POST",
            "/v1/invitations/{invitation_id}/resend",
            names={"invitation_id": invitation_id},
            timeout=request_timeout,
        )
        return answer


class KeysRoutes:
    """The routes of `keys`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def append(
        self,
        *,
        text: str,
        link: str | None = None,
        offer: types.KeySigned | None = None,
        signature: types.KeySigned | None = None,
        request_timeout: float | None = None,
    ) -> types.SigningKeys:
        """Adds an entry to the key log, signed by whoever vouches for it. Signed by a key that vouches for it, or with a
        link. Needs no credential. `POST /v1/signing-keys/entries`
        """
        answer: types.SigningKeys = self._transport.request(
            "POST",
            "/v1/signing-keys/entries",
            names={},
            body=_given(
                {
                    "link": link,
                    "offer": offer,
                    "signature": signature,
                    "text": text,
                }
            ),
            timeout=request_timeout,
        )
        return answer


class ListsRoutes:
    """The routes of `lists`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        direction: Literal["send", "receive"],
        kind: Literal["allow", "block"],
        address: str | None = None,
        domain: str | None = None,
        everyone: bool | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.ListEntry:
        """Puts somebody on a list: allowed or blocked, for mail that goes out or comes in. `200` with the entry that is
        there. The most specific entry counts: `infra/docs/LISTS.md`. Needs the scope `lists.manage`. `POST /v1/lists`
        """
        answer: types.ListEntry = self._transport.request(
            "POST",
            "/v1/lists",
            names={},
            body=_given(
                {
                    "address": address,
                    "direction": direction,
                    "domain": domain,
                    "everyone": everyone,
                    "kind": kind,
                    "reason": reason,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        list_entry_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Takes somebody off a list. Needs the scope `lists.manage`. `DELETE /v1/lists/{list_entry_id}`"""
        self._transport.request(
            "DELETE",
            "/v1/lists/{list_entry_id}",
            names={"list_entry_id": list_entry_id},
            timeout=request_timeout,
        )

    def get(
        self,
        list_entry_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.ListEntry:
        """One entry of a list. Needs the scope `lists.manage`. `GET /v1/lists/{list_entry_id}`"""
        answer: types.ListEntry = self._transport.request(
            "GET",
            "/v1/lists/{list_entry_id}",
            names={"list_entry_id": list_entry_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        *,
        direction: Literal["send", "receive"],
        kind: Literal["allow", "block"],
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfListEntry:
        """Who stands on one of the four lists, newest first. Needs the scope `lists.manage`. `GET /v1/lists`"""
        answer: types.PageOfListEntry = self._transport.request(
            "GET",
            "/v1/lists",
            names={},
            query={
                "cursor": cursor,
                "direction": direction,
                "kind": kind,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        direction: Literal["send", "receive"],
        kind: Literal["allow", "block"],
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.ListEntry]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(direction=direction, kind=kind, limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return


class LogsRoutes:
    """The routes of `logs`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        route: str | None = None,
        status: str | None = None,
        token_id: str | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfLogLine:
        """The requests of the last 90 days, newest first. A minute behind, for the most part; `infra/docs/LOGGING.md`.
        Needs the scope `logs.read`. `GET /v1/logs`
        """
        answer: types.PageOfLogLine = self._transport.request(
            "GET",
            "/v1/logs",
            names={},
            query={
                "after": after,
                "before": before,
                "cursor": cursor,
                "limit": limit,
                "route": route,
                "status": status,
                "token_id": token_id,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        route: str | None = None,
        status: str | None = None,
        token_id: str | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.LogLine]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(after=after, before=before, limit=limit, route=route, status=status, token_id=token_id, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return


class MeRoutes:
    """The routes of `me`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.Me:
        """Who calls: the person behind the credential and their organization. Who the credential is, what it may do, and
        whether mail is paused. Needs any good credential. `GET /v1/me`
        """
        answer: types.Me = self._transport.request(
            "GET",
            "/v1/me",
            names={},
            timeout=request_timeout,
        )
        return answer


class MembersRoutes:
    """The routes of `members`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def delete(
        self,
        member_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Removes a member, from the next request on; one's own id is leaving. With `members.manage`; without it one's
        own, in a session. Sessions and tokens end, and what waits with their vote does not leave. Needs any good
        credential. `DELETE /v1/members/{member_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/members/{member_id}",
            names={"member_id": member_id},
            timeout=request_timeout,
        )

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfMember:
        """The people of the organization, with their roles and groups. With addresses for persons, and for tokens that
        hold `members.manage`. Needs the scope `approvals.read`. `GET /v1/members`
        """
        answer: types.PageOfMember = self._transport.request(
            "GET",
            "/v1/members",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Member]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def reset_second_factor(
        self,
        member_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Takes away the second factor of a member who lost it. In a session, never one's own; of owners and admins an
        owner; their sessions end, and they are told by mail. Needs the scope `members.manage`. `DELETE
        /v1/members/{member_id}/totp`
        """
        self._transport.request(
            "DELETE",
            "/v1/members/{member_id}/totp",
            names={"member_id": member_id},
            timeout=request_timeout,
        )

    def update(
        self,
        member_id: str,
        *,
        groups: builtins.list[str] | None | Unset = UNSET,
        role: Literal["owner", "admin", "approver", "editor", "viewer"] | None | Unset = UNSET,
        request_timeout: float | None = None,
    ) -> types.Member:
        """Gives a member another role or other groups, from the next request on. Owners make and change owners and
        admins; a role that decides is given in a session; an organization keeps an owner. Needs the scope
        `members.manage`. `PATCH /v1/members/{member_id}`
        """
        answer: types.Member = self._transport.request(
            "PATCH",
            "/v1/members/{member_id}",
            names={"member_id": member_id},
            body=_changed(
                {
                    "groups": groups,
                    "role": role,
                }
            ),
            timeout=request_timeout,
        )
        return answer


class MessagesRoutes:
    """The routes of `messages`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def batch(
        self,
        *,
        messages: builtins.list[types.MessageName],
        add_labels: builtins.list[str] | None = None,
        read: bool | None = None,
        remove_labels: builtins.list[str] | None = None,
        request_timeout: float | None = None,
    ) -> types.MessageBatch:
        """Up to 100 mails by their ids, of any inboxes, without their bodies; with a change, all of them changed. Up to
        100 by their ids, of any inboxes; with `messages.modify`, their labels and whether they were read. Needs the
        scope `messages.read`. `POST /v1/messages/batch`
        """
        answer: types.MessageBatch = self._transport.request(
            "POST",
            "/v1/messages/batch",
            names={},
            body=_given(
                {
                    "add_labels": add_labels,
                    "messages": messages,
                    "read": read,
                    "remove_labels": remove_labels,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        inbox_id: str,
        message_id: str,
        *,
        permanent: bool | None = None,
        request_timeout: float | None = None,
    ) -> types.Message:
        """Puts a mail into the trash; with `permanent=true`, deletes it for good. Into the trash for 30 days; with
        `permanent=true` for good. Needs the scope `messages.modify`. `DELETE
        /v1/inboxes/{inbox_id}/messages/{message_id}`
        """
        answer: types.Message = self._transport.request(
            "DELETE",
            "/v1/inboxes/{inbox_id}/messages/{message_id}",
            names={"inbox_id": inbox_id, "message_id": message_id},
            query={
                "permanent": permanent,
            },
            timeout=request_timeout,
        )
        return answer

    def forward(
        self,
        inbox_id: str,
        message_id: str,
        *,
        attachments: builtins.list[types.FileGiven] | None = None,
        bcc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        cc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        headers: dict[str, Any] | None = None,
        html: str | None = None,
        html_mode: Literal["normal", "strict"] | None = None,
        include_attachments: bool | None = None,
        metadata: dict[str, Any] | None = None,
        reply_to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        send_at: str | None = None,
        subject: str | None = None,
        tags: builtins.list[str] | None = None,
        text: str | None = None,
        to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Submitted:
        """Asks for a mail to be passed on, as its reader saw it. `202` where it is held, `201` where policies let it go.
        The same, to new recipients; that mail stands below, with its files. Needs `messages.read` too. Needs the
        scope `messages.send`. `POST /v1/inboxes/{inbox_id}/messages/{message_id}/forward`
        """
        answer: types.Submitted = self._transport.request(
            "POST",
            "/v1/inboxes/{inbox_id}/messages/{message_id}/forward",
            names={"inbox_id": inbox_id, "message_id": message_id},
            body=_given(
                {
                    "attachments": attachments,
                    "bcc": bcc,
                    "cc": cc,
                    "headers": headers,
                    "html": html,
                    "html_mode": html_mode,
                    "include_attachments": include_attachments,
                    "metadata": metadata,
                    "reply_to": reply_to,
                    "send_at": send_at,
                    "subject": subject,
                    "tags": tags,
                    "text": text,
                    "to": to,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def get(
        self,
        inbox_id: str,
        message_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.MessageDetail:
        """One mail with its body. With body, findings and where it stands. Needs the scope `messages.read`. `GET
        /v1/inboxes/{inbox_id}/messages/{message_id}`
        """
        answer: types.MessageDetail = self._transport.request(
            "GET",
            "/v1/inboxes/{inbox_id}/messages/{message_id}",
            names={"inbox_id": inbox_id, "message_id": message_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        inbox_id: str,
        *,
        after: str | None = None,
        before: str | None = None,
        cursor: str | None = None,
        direction: Literal["inbound", "outbound"] | None = None,
        from_: str | None = None,
        has_attachment: bool | None = None,
        label: str | None = None,
        limit: int | None = None,
        status: Literal["received", "pending_approval", "scheduled", "sending", "sent", "delivered", "deferred", "bounced", "complained", "failed", "rejected", "expired", "cancelled", "unknown"] | None = None,
        subject: str | None = None,
        to: str | None = None,
        unread: bool | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfMessage:
        """The mails of an inbox, newest first, without their bodies. Newest first. Needs the scope `messages.read`. `GET
        /v1/inboxes/{inbox_id}/messages`
        """
        answer: types.PageOfMessage = self._transport.request(
            "GET",
            "/v1/inboxes/{inbox_id}/messages",
            names={"inbox_id": inbox_id},
            query={
                "after": after,
                "before": before,
                "cursor": cursor,
                "direction": direction,
                "from": from_,
                "has_attachment": has_attachment,
                "label": label,
                "limit": limit,
                "status": status,
                "subject": subject,
                "to": to,
                "unread": unread,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        inbox_id: str,
        *,
        after: str | None = None,
        before: str | None = None,
        direction: Literal["inbound", "outbound"] | None = None,
        from_: str | None = None,
        has_attachment: bool | None = None,
        label: str | None = None,
        limit: int | None = None,
        status: Literal["received", "pending_approval", "scheduled", "sending", "sent", "delivered", "deferred", "bounced", "complained", "failed", "rejected", "expired", "cancelled", "unknown"] | None = None,
        subject: str | None = None,
        to: str | None = None,
        unread: bool | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Message]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(inbox_id, after=after, before=before, direction=direction, from_=from_, has_attachment=has_attachment, label=label, limit=limit, status=status, subject=subject, to=to, unread=unread, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def list_all(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        cursor: str | None = None,
        direction: Literal["inbound", "outbound"] | None = None,
        from_: str | None = None,
        has_attachment: bool | None = None,
        label: str | None = None,
        limit: int | None = None,
        status: Literal["received", "pending_approval", "scheduled", "sending", "sent", "delivered", "deferred", "bounced", "complained", "failed", "rejected", "expired", "cancelled", "unknown"] | None = None,
        subject: str | None = None,
        to: str | None = None,
        unread: bool | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfMessage:
        """The mails of all inboxes, newest first, without their bodies; those that are `scheduled` or `unknown` in the
        order in which they are due. Over all inboxes, newest first; with `status=scheduled` or `unknown`, those that
        are due first. Needs the scope `messages.read`. `GET /v1/messages`
        """
        answer: types.PageOfMessage = self._transport.request(
            "GET",
            "/v1/messages",
            names={},
            query={
                "after": after,
                "before": before,
                "cursor": cursor,
                "direction": direction,
                "from": from_,
                "has_attachment": has_attachment,
                "label": label,
                "limit": limit,
                "status": status,
                "subject": subject,
                "to": to,
                "unread": unread,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list_all(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        direction: Literal["inbound", "outbound"] | None = None,
        from_: str | None = None,
        has_attachment: bool | None = None,
        label: str | None = None,
        limit: int | None = None,
        status: Literal["received", "pending_approval", "scheduled", "sending", "sent", "delivered", "deferred", "bounced", "complained", "failed", "rejected", "expired", "cancelled", "unknown"] | None = None,
        subject: str | None = None,
        to: str | None = None,
        unread: bool | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Message]:
        """All entries of `list_all`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list_all(after=after, before=before, direction=direction, from_=from_, has_attachment=has_attachment, label=label, limit=limit, status=status, subject=subject, to=to, unread=unread, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def raw(
        self,
        inbox_id: str,
        message_id: str,
        *,
        request_timeout: float | None = None,
    ) -> bytes:
        """The bytes of a mail, through a short-lived URL. The bytes, or `303` to where they are for 15 minutes. Needs
        the scope `messages.read`. `GET /v1/inboxes/{inbox_id}/messages/{message_id}/raw`
        """
        answer: bytes = self._transport.request(
            "GET",
            "/v1/inboxes/{inbox_id}/messages/{message_id}/raw",
            names={"inbox_id": inbox_id, "message_id": message_id},
            raw=True,
            timeout=request_timeout,
        )
        return answer

    def reply(
        self,
        inbox_id: str,
        message_id: str,
        *,
        attachments: builtins.list[types.FileGiven] | None = None,
        bcc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        cc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        headers: dict[str, Any] | None = None,
        html: str | None = None,
        html_mode: Literal["normal", "strict"] | None = None,
        include_quote: bool | None = None,
        metadata: dict[str, Any] | None = None,
        reply_to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        send_at: str | None = None,
        subject: str | None = None,
        tags: builtins.list[str] | None = None,
        text: str | None = None,
        to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Submitted:
        """Asks for an answer to a mail's author to be sent. `202` where it is held, `201` where policies let it go. The
        same; recipients and subject may be left out. Needs the scope `messages.send`. `POST
        /v1/inboxes/{inbox_id}/messages/{message_id}/reply`
        """
        answer: types.Submitted = self._transport.request(
            "POST",
            "/v1/inboxes/{inbox_id}/messages/{message_id}/reply",
            names={"inbox_id": inbox_id, "message_id": message_id},
            body=_given(
                {
                    "attachments": attachments,
                    "bcc": bcc,
                    "cc": cc,
                    "headers": headers,
                    "html": html,
                    "html_mode": html_mode,
                    "include_quote": include_quote,
                    "metadata": metadata,
                    "reply_to": reply_to,
                    "send_at": send_at,
                    "subject": subject,
                    "tags": tags,
                    "text": text,
                    "to": to,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def reply_all(
        self,
        inbox_id: str,
        message_id: str,
        *,
        attachments: builtins.list[types.FileGiven] | None = None,
        bcc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        cc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        headers: dict[str, Any] | None = None,
        html: str | None = None,
        html_mode: Literal["normal", "strict"] | None = None,
        include_quote: bool | None = None,
        metadata: dict[str, Any] | None = None,
        reply_to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        send_at: str | None = None,
        subject: str | None = None,
        tags: builtins.list[str] | None = None,
        text: str | None = None,
        to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Submitted:
        """Asks for an answer to a mail's author and its other recipients to be sent. `202` where it is held, `201` where
        policies let it go. The same, to everybody. Needs the scope `messages.send`. `POST
        /v1/inboxes/{inbox_id}/messages/{message_id}/reply-all`
        """
        answer: types.Submitted = self._transport.request(
            "POST",
            "/v1/inboxes/{inbox_id}/messages/{message_id}/reply-all",
            names={"inbox_id": inbox_id, "message_id": message_id},
            body=_given(
                {
                    "attachments": attachments,
                    "bcc": bcc,
                    "cc": cc,
                    "headers": headers,
                    "html": html,
                    "html_mode": html_mode,
                    "include_quote": include_quote,
                    "metadata": metadata,
                    "reply_to": reply_to,
                    "send_at": send_at,
                    "subject": subject,
                    "tags": tags,
                    "text": text,
                    "to": to,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def restore(
        self,
        inbox_id: str,
        message_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Message:
        """Takes a mail out of the trash, into its conversation, with its labels. Out of the trash, as it was. Needs the
        scope `messages.modify`. `POST /v1/inboxes/{inbox_id}/messages/{message_id}/restore`
        """
        answer: types.Message = self._transport.request(
            "POST",
            "/v1/inboxes/{inbox_id}/messages/{message_id}/restore",
            names={"inbox_id": inbox_id, "message_id": message_id},
            timeout=request_timeout,
        )
        return answer

    def search(
        self,
        *,
        query: str,
        cursor: str | None = None,
        inbox_ids: builtins.list[str] | None = None,
        limit: int | None = None,
        sort: Literal["date", "relevance"] | None = None,
        request_timeout: float | None = None,
    ) -> types.FoundPage:
        """Mails by their words, and where in each they stand. Nothing is stored. By words, phrases and operators
        (`infra/docs/SEARCH.md`), newest first or by relevance, with highlights. Needs the scope `messages.read`.
        `POST /v1/messages/search`
        """
        answer: types.FoundPage = self._transport.request(
            "POST",
            "/v1/messages/search",
            names={},
            body=_given(
                {
                    "cursor": cursor,
                    "inbox_ids": inbox_ids,
                    "limit": limit,
                    "query": query,
                    "sort": sort,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def send(
        self,
        inbox_id: str,
        *,
        attachments: builtins.list[types.FileGiven] | None = None,
        bcc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        cc: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        headers: dict[str, Any] | None = None,
        html: str | None = None,
        html_mode: Literal["normal", "strict"] | None = None,
        metadata: dict[str, Any] | None = None,
        reply_to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        send_at: str | None = None,
        subject: str | None = None,
        tags: builtins.list[str] | None = None,
        text: str | None = None,
        to: types.Mailbox | builtins.list[types.Mailbox] | None = None,
        unsubscribe: bool | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Submitted:
        """Asks for a new mail to be sent. `202` where it is held, `201` where policies let it go. Needs the scope
        `messages.send`. `POST /v1/inboxes/{inbox_id}/messages/send`
        """
        answer: types.Submitted = self._transport.request(
            "POST",
            "/v1/inboxes/{inbox_id}/messages/send",
            names={"inbox_id": inbox_id},
            body=_given(
                {
                    "attachments": attachments,
                    "bcc": bcc,
                    "cc": cc,
                    "headers": headers,
                    "html": html,
                    "html_mode": html_mode,
                    "metadata": metadata,
                    "reply_to": reply_to,
                    "send_at": send_at,
                    "subject": subject,
                    "tags": tags,
                    "text": text,
                    "to": to,
                    "unsubscribe": unsubscribe,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def send_again(
        self,
        inbox_id: str,
        message_id: str,
        *,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Submitted:
        """Asks for a mail that did not go, or of which nobody knows, to be sent again, as a new one that a person
        decides about. A new attempt at one that did not go, or that nobody knows of. Needs the scope `messages.send`.
        `POST /v1/inboxes/{inbox_id}/messages/{message_id}/send-again`
        """
        answer: types.Submitted = self._transport.request(
            "POST",
            "/v1/inboxes/{inbox_id}/messages/{message_id}/send-again",
            names={"inbox_id": inbox_id, "message_id": message_id},
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def update(
        self,
        inbox_id: str,
        message_id: str,
        *,
        add_labels: builtins.list[str] | None | Unset = UNSET,
        read: bool | None | Unset = UNSET,
        remove_labels: builtins.list[str] | None | Unset = UNSET,
        request_timeout: float | None = None,
    ) -> types.Message:
        """Labels a mail, and says whether it was read. Its labels, and whether it was read. Needs the scope
        `messages.modify`. `PATCH /v1/inboxes/{inbox_id}/messages/{message_id}`
        """
        answer: types.Message = self._transport.request(
            "PATCH",
            "/v1/inboxes/{inbox_id}/messages/{message_id}",
            names={"inbox_id": inbox_id, "message_id": message_id},
            body=_changed(
                {
                    "add_labels": add_labels,
                    "read": read,
                    "remove_labels": remove_labels,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def wait(
        self,
        inbox_id: str,
        *,
        after: str | None = None,
        from_: str | None = None,
        subject: str | None = None,
        timeout: int | None = None,
        request_timeout: float | None = None,
    ) -> types.Arrived:
        """Answers as soon as a mail comes in, or with none when the time is up. As soon as a mail comes in, the first of
        them first; none when the time is up. Needs the scope `messages.read`. `GET
        /v1/inboxes/{inbox_id}/messages/wait`
        """
        answer: types.Arrived = self._transport.request(
            "GET",
            "/v1/inboxes/{inbox_id}/messages/wait",
            names={"inbox_id": inbox_id},
            query={
                "after": after,
                "from": from_,
                "subject": subject,
                "timeout": timeout,
            },
            timeout=request_timeout,
        )
        return answer


class MyRoutes:
    """The routes of `my`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def email_verify(
        self,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Has whoever calls mailed a link that proves their address. In a session, ten times a day; the page of the link
        confirms it. Needs any good credential. `POST /v1/me/email/verification`
        """
        self._transport.request(
            "POST",
            "/v1/me/email/verification",
            names={},
            timeout=request_timeout,
        )

    def notifications_get(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.Notifications:
        """What one is told of by mail, and when one is left alone. In a session. Needs any good credential. `GET
        /v1/me/notifications`
        """
        answer: types.Notifications = self._transport.request(
            "GET",
            "/v1/me/notifications",
            names={},
            timeout=request_timeout,
        )
        return answer

    def notifications_update(
        self,
        *,
        daily_at: str | None | Unset = UNSET,
        mails: Literal["each", "hourly", "daily", "pressing"] | None | Unset = UNSET,
        quiet_hours: types.OwnQuietHours | None | Unset = UNSET,
        time_zone: str | None | Unset = UNSET,
        request_timeout: float | None = None,
    ) -> types.Notifications:
        """Chooses what one is told of by mail, and when one is left alone. In a session; suspicious mail and security
        alerts come all the same. Needs any good credential. `PATCH /v1/me/notifications`
        """
        answer: types.Notifications = self._transport.request(
            "PATCH",
            "/v1/me/notifications",
            names={},
            body=_changed(
                {
                    "daily_at": daily_at,
                    "mails": mails,
                    "quiet_hours": quiet_hours,
                    "time_zone": time_zone,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def passkeys_create(
        self,
        *,
        ceremony_id: str,
        credential: dict[str, Any],
        name: str,
        request_timeout: float | None = None,
    ) -> types.Passkey:
        """Adds a passkey, which opens sessions from then on. In a session, with what the browser gave to the options; at
        most ten. Needs any good credential. `POST /v1/me/passkeys`
        """
        answer: types.Passkey = self._transport.request(
            "POST",
            "/v1/me/passkeys",
            names={},
            body=_given(
                {
                    "ceremony_id": ceremony_id,
                    "credential": credential,
                    "name": name,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def passkeys_delete(
        self,
        passkey_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Takes one of one's own passkeys away. In a session, within ten minutes of a proof; ends all others. Needs any
        good credential. `DELETE /v1/me/passkeys/{passkey_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/me/passkeys/{passkey_id}",
            names={"passkey_id": passkey_id},
            timeout=request_timeout,
        )

    def passkeys_list(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.Passkeys:
        """One's own passkeys, oldest first. In a session. Needs any good credential. `GET /v1/me/passkeys`"""
        answer: types.Passkeys = self._transport.request(
            "GET",
            "/v1/me/passkeys",
            names={},
            timeout=request_timeout,
        )
        return answer

    def passkeys_options(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.PasskeyOptions:
        """What a browser is to be asked for a new passkey. In a session, within ten minutes of a proof. Needs any good
        credential. `POST /v1/me/passkeys/options`
        """
        answer: types.PasskeyOptions = self._transport.request(
            "POST",
            "/v1/me/passkeys/options",
            names={},
            timeout=request_timeout,
        )
        return answer

    def password_change(
        self,
        *,
        current_password: str,
        new_password: str,
        request_timeout: float | None = None,
    ) -> None:
        """Gives oneself another password, and ends all one's own sessions but the one that calls. In a session. Needs
        any good credential. `POST /v1/me/password`
        """
        self._transport.request(
            "POST",
            "/v1/me/password",
            names={},
            body=_given(
                {
                    "current_password": current_password,
                    "new_password": new_password,
                }
            ),
            timeout=request_timeout,
        )

    def proof_create(
        self,
        *,
        ceremony_id: str | None = None,
        code: str | None = None,
        credential: dict[str, Any] | None = None,
        password: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Proof:
        """Shows once more that it is oneself, before what can do great harm. In a session: by the password, with a code
        where a second factor is set up, or by a passkey; fresh for ten minutes. Needs any good credential. `POST
        /v1/me/proof`
        """
        answer: types.Proof = self._transport.request(
            "POST",
            "/v1/me/proof",
            names={},
            body=_given(
                {
                    "ceremony_id": ceremony_id,
                    "code": code,
                    "credential": credential,
                    "password": password,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def proof_options(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.PasskeyOptions:
        """What a browser is to be asked to show one of one's own passkeys once more. In a session of whoever has a
        passkey. Needs any good credential. `POST /v1/me/proof/options`
        """
        answer: types.PasskeyOptions = self._transport.request(
            "POST",
            "/v1/me/proof/options",
            names={},
            timeout=request_timeout,
        )
        return answer

    def sessions_delete(
        self,
        session_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Ends one of one's own sessions, at once. In a session; also the one that calls. Needs any good credential.
        `DELETE /v1/me/sessions/{session_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/me/sessions/{session_id}",
            names={"session_id": session_id},
            timeout=request_timeout,
        )

    def sessions_delete_all(
        self,
        *,
        current: bool | None = None,
        request_timeout: float | None = None,
    ) -> None:
        """Ends all one's own sessions but the one that calls; with `current=true` that one as well. In a session: signs
        out everywhere. Needs any good credential. `DELETE /v1/me/sessions`
        """
        self._transport.request(
            "DELETE",
            "/v1/me/sessions",
            names={},
            query={
                "current": current,
            },
            timeout=request_timeout,
        )

    def sessions_list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfOpenSession:
        """One's own open sessions, newest first. In a session. Needs any good credential. `GET /v1/me/sessions`"""
        answer: types.PageOfOpenSession = self._transport.request(
            "GET",
            "/v1/me/sessions",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_sessions_list(
        self,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.OpenSession]:
        """All entries of `sessions_list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.sessions_list(limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def totp_confirm(
        self,
        *,
        code: str,
        password: str,
        request_timeout: float | None = None,
    ) -> types.RecoveryCodes:
        """Enables the second factor by a first code, and answers ten recovery codes. In a session, which all other
        sessions end for; shown this once. Needs any good credential. `POST /v1/me/totp/confirm`
        """
        answer: types.RecoveryCodes = self._transport.request(
            "POST",
            "/v1/me/totp/confirm",
            names={},
            body=_given(
                {
                    "code": code,
                    "password": password,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def totp_delete(
        self,
        *,
        code: str | None = None,
        password: str | None = None,
        request_timeout: float | None = None,
    ) -> None:
        """Takes one's own second factor away, for whoever shows a code of it or their password. In a session; ends all
        others. Needs any good credential. `DELETE /v1/me/totp`
        """
        self._transport.request(
            "DELETE",
            "/v1/me/totp",
            names={},
            body=_given(
                {
                    "code": code,
                    "password": password,
                }
            ),
            timeout=request_timeout,
        )

    def totp_get(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.Totp:
        """Whether one's own sign-in asks for a second factor. In a session. Needs any good credential. `GET /v1/me/totp`
        """
        answer: types.Totp = self._transport.request(
            "GET",
            "/v1/me/totp",
            names={},
            timeout=request_timeout,
        )
        return answer

    def totp_renew_codes(
        self,
        *,
        code: str | None = None,
        password: str | None = None,
        request_timeout: float | None = None,
    ) -> types.RecoveryCodes:
        """Makes ten recovery codes in the place of those before. In a session; shown this once. Needs any good
        credential. `POST /v1/me/totp/recovery-codes`
        """
        answer: types.RecoveryCodes = self._transport.request(
            "POST",
            "/v1/me/totp/recovery-codes",
            names={},
            body=_given(
                {
                    "code": code,
                    "password": password,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def totp_start(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.StartedTotp:
        """Draws the secret of a second factor, which a first code confirms. In a session; shown this once. Needs any
        good credential. `POST /v1/me/totp`
        """
        answer: types.StartedTotp = self._transport.request(
            "POST",
            "/v1/me/totp",
            names={},
            timeout=request_timeout,
        )
        return answer


class OpenapiRoutes:
    """The routes of `openapi`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(
        self,
        *,
        if_none_match: str | None = None,
        request_timeout: float | None = None,
    ) -> dict[str, Any]:
        """This API in the words of `OpenAPI` 3.1. `304` to whoever has it already. `infra/docs/openapi.json`, with an
        `ETag`. Needs no credential. `GET /openapi.json`
        """
        answer: dict[str, Any] = self._transport.request(
            "GET",
            "/openapi.json",
            names={},
            headers={"if-none-match": if_none_match},
            timeout=request_timeout,
        )
        return answer


class OrganizationRoutes:
    """The routes of `organization`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def pause(
        self,
        *,
        reason: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Paused:
        """Holds back all mail of the organization that is not claimed yet. Needs the scope `approvals.decide`. `POST
        /v1/organization/pause`
        """
        answer: types.Paused = self._transport.request(
            "POST",
            "/v1/organization/pause",
            names={},
            body=_given(
                {
                    "reason": reason,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def resume(
        self,
        *,
        drop: builtins.list[str] | None = None,
        preview: bool | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.Resumed:
        """Lets the mail of a paused organization go, without what is dropped; with `preview` only says what would go. In
        a session. Needs the scope `policies.manage`. `POST /v1/organization/resume`
        """
        answer: types.Resumed = self._transport.request(
            "POST",
            "/v1/organization/resume",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            body=_given(
                {
                    "drop": drop,
                    "preview": preview,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def transfer_ownership(
        self,
        *,
        member_id: str,
        request_timeout: float | None = None,
    ) -> types.Member:
        """Makes another member owner, and the caller admin. An owner does it, in a session. Needs the scope
        `members.manage`. `POST /v1/organization/transfer-ownership`
        """
        answer: types.Member = self._transport.request(
            "POST",
            "/v1/organization/transfer-ownership",
            names={},
            body=_given(
                {
                    "member_id": member_id,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def update(
        self,
        *,
        name: str | None | Unset = UNSET,
        require_second_factor: bool | None | Unset = UNSET,
        sends_per_day: int | None | Unset = UNSET,
        request_timeout: float | None = None,
    ) -> types.Organization:
        """Gives the organization another name, another limit of mails a day, or another rule about second factors.
        Owners and admins, in a session. Needs the scope `policies.manage`. `PATCH /v1/organization`
        """
        answer: types.Organization = self._transport.request(
            "PATCH",
            "/v1/organization",
            names={},
            body=_changed(
                {
                    "name": name,
                    "require_second_factor": require_second_factor,
                    "sends_per_day": sends_per_day,
                }
            ),
            timeout=request_timeout,
        )
        return answer


class PasswordResetsRoutes:
    """The routes of `password_resets`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def confirm(
        self,
        *,
        password: str,
        reset: str,
        request_timeout: float | None = None,
    ) -> None:
        """Chooses another password, and ends all sessions of the person. Once, within an hour, with what the link of the
        last mail ends with. Needs no credential. `POST /v1/password-resets/confirm`
        """
        self._transport.request(
            "POST",
            "/v1/password-resets/confirm",
            names={},
            body=_given(
                {
                    "password": password,
                    "reset": reset,
                }
            ),
            timeout=request_timeout,
        )

    def create(
        self,
        *,
        email: str,
        request_timeout: float | None = None,
    ) -> None:
        """Has somebody who forgot their password mailed a link. Answered alike, whether the address has a login or not.
        Needs no credential. `POST /v1/password-resets`
        """
        self._transport.request(
            "POST",
            "/v1/password-resets",
            names={},
            body=_given(
                {
                    "email": email,
                }
            ),
            timeout=request_timeout,
        )


class PoliciesRoutes:
    """The routes of `policies`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        name: str,
        rules: builtins.list[dict[str, Any]],
        description: str | None = None,
        enabled: bool | None = None,
        inbox_ids: builtins.list[str] | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Policy:
        """Makes a policy. It counts from the next mail on. Needs the scope `policies.manage`. `POST /v1/policies`"""
        answer: types.Policy = self._transport.request(
            "POST",
            "/v1/policies",
            names={},
            body=_given(
                {
                    "description": description,
                    "enabled": enabled,
                    "inbox_ids": inbox_ids,
                    "name": name,
                    "rules": rules,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        policy_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Removes a policy. What it let out is held from the next mail on. Needs the scope `policies.manage`. `DELETE
        /v1/policies/{policy_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/policies/{policy_id}",
            names={"policy_id": policy_id},
            timeout=request_timeout,
        )

    def get(
        self,
        policy_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Policy:
        """One policy. Needs the scope `policies.manage`. `GET /v1/policies/{policy_id}`"""
        answer: types.Policy = self._transport.request(
            "GET",
            "/v1/policies/{policy_id}",
            names={"policy_id": policy_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.Policies:
        """All policies. `infra/docs/POLICIES.md`. Needs the scope `policies.manage`. `GET /v1/policies`"""
        answer: types.Policies = self._transport.request(
            "GET",
            "/v1/policies",
            names={},
            timeout=request_timeout,
        )
        return answer

    def replace(
        self,
        policy_id: str,
        *,
        name: str,
        rules: builtins.list[dict[str, Any]],
        version: int,
        description: str | None = None,
        enabled: bool | None = None,
        inbox_ids: builtins.list[str] | None = None,
        request_timeout: float | None = None,
    ) -> types.Policy:
        """Puts a policy in the place of the one with the `version` that it names. With the `version` that it replaces.
        Needs the scope `policies.manage`. `PUT /v1/policies/{policy_id}`
        """
        answer: types.Policy = self._transport.request(
            "PUT",
            "/v1/policies/{policy_id}",
            names={"policy_id": policy_id},
            body=_given(
                {
                    "description": description,
                    "enabled": enabled,
                    "inbox_ids": inbox_ids,
                    "name": name,
                    "rules": rules,
                    "version": version,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def simulate(
        self,
        *,
        inbox_id: str,
        draft: types.DraftGiven | None = None,
        draft_id: str | None = None,
        message_id: str | None = None,
        policies: builtins.list[types.PolicyGiven] | None = None,
        token_id: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Evaluation:
        """What would become of a mail, and why. Nothing is stored or sent. What the policies would make of a mail; with
        `policies.manage` or `messages.send`. Needs any good credential. `POST /v1/policies/simulate`
        """
        answer: types.Evaluation = self._transport.request(
            "POST",
            "/v1/policies/simulate",
            names={},
            body=_given(
                {
                    "draft": draft,
                    "draft_id": draft_id,
                    "inbox_id": inbox_id,
                    "message_id": message_id,
                    "policies": policies,
                    "token_id": token_id,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def templates(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.PolicyTemplates:
        """Policies to start from. Ten good ones to start from. Needs the scope `policies.manage`. `GET
        /v1/policies/templates`
        """
        answer: types.PolicyTemplates = self._transport.request(
            "GET",
            "/v1/policies/templates",
            names={},
            timeout=request_timeout,
        )
        return answer

    def versions(
        self,
        policy_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.PolicyVersions:
        """What a policy says and what it said before, also of a deleted one. The last 50, the latest first. Needs the
        scope `policies.manage`. `GET /v1/policies/{policy_id}/versions`
        """
        answer: types.PolicyVersions = self._transport.request(
            "GET",
            "/v1/policies/{policy_id}/versions",
            names={"policy_id": policy_id},
            timeout=request_timeout,
        )
        return answer


class RegistrationsRoutes:
    """The routes of `registrations`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        name: str,
        owner_email: str,
        request_timeout: float | None = None,
    ) -> types.Registration:
        """Makes an organization with an inbox and a token, which somebody is to claim. Where signing up is open;
        answered alike, whether the owner's address is known or not; the secret of the token is shown this once. Needs
        no credential. `POST /v1/registrations`
        """
        answer: types.Registration = self._transport.request(
            "POST",
            "/v1/registrations",
            names={},
            body=_given(
                {
                    "name": name,
                    "owner_email": owner_email,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def resend(
        self,
        organization_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Registration:
        """Has the link to claim an organization mailed again. With the token that signing up gave, three times; its
        seven days go on. Needs any good credential. `POST /v1/registrations/{organization_id}/resend`
        """
        answer: types.Registration = self._transport.request(
            "POST",
            "/v1/registrations/{organization_id}/resend",
            names={"organization_id": organization_id},
            timeout=request_timeout,
        )
        return answer


class ScreeningRoutes:
    """The routes of `screening`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.Screening:
        """The rules by which mail that comes in is screened. `infra/docs/LISTS.md`. Needs the scope `policies.manage`.
        `GET /v1/screening`
        """
        answer: types.Screening = self._transport.request(
            "GET",
            "/v1/screening",
            names={},
            timeout=request_timeout,
        )
        return answer

    def replace(
        self,
        *,
        rules: builtins.list[types.ScreeningRule],
        version: int,
        request_timeout: float | None = None,
    ) -> types.Screening:
        """Puts other rules in the place of those with the `version` that it names. All of them, with the `version` that
        they replace. Needs the scope `policies.manage`. `PUT /v1/screening`
        """
        answer: types.Screening = self._transport.request(
            "PUT",
            "/v1/screening",
            names={},
            body=_given(
                {
                    "rules": rules,
                    "version": version,
                }
            ),
            timeout=request_timeout,
        )
        return answer


class SessionsRoutes:
    """The routes of `sessions`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        email: str,
        password: str,
        code: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Session:
        """Signs a person in with `email`, `password` and, where a second factor is set up, `code`. For 12 hours without
        use and at most seven days. Needs no credential. `POST /v1/sessions`
        """
        answer: types.Session = self._transport.request(
            "POST",
            "/v1/sessions",
            names={},
            body=_given(
                {
                    "code": code,
                    "email": email,
                    "password": password,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Signs out: ends the session that calls. Signs out. Needs any good credential. `DELETE /v1/sessions/current`
        """
        self._transport.request(
            "DELETE",
            "/v1/sessions/current",
            names={},
            timeout=request_timeout,
        )

    def passkey(
        self,
        *,
        ceremony_id: str,
        credential: dict[str, Any],
        request_timeout: float | None = None,
    ) -> types.Session:
        """Signs a person in with a passkey, which counts as both factors. With what the browser gave to the options; the
        session is as one of `POST /v1/sessions`. Needs no credential. `POST /v1/sessions/passkey`
        """
        answer: types.Session = self._transport.request(
            "POST",
            "/v1/sessions/passkey",
            names={},
            body=_given(
                {
                    "ceremony_id": ceremony_id,
                    "credential": credential,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def passkey_options(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.PasskeyOptions:
        """What a browser is to be asked of whoever signs in with a passkey. Nobody names themselves: the passkey tells
        whose it is. Needs no credential. `POST /v1/sessions/passkey/options`
        """
        answer: types.PasskeyOptions = self._transport.request(
            "POST",
            "/v1/sessions/passkey/options",
            names={},
            timeout=request_timeout,
        )
        return answer


class SigningKeysRoutes:
    """The routes of `signing_keys`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        request_timeout: float | None = None,
    ) -> types.SigningKeys:
        """The keys that sign votes, and for which mail they are demanded. As the key log has them, with what is
        demanded. Needs the scope `approvals.read`. `GET /v1/signing-keys`
        """
        answer: types.SigningKeys = self._transport.request(
            "GET",
            "/v1/signing-keys",
            names={},
            timeout=request_timeout,
        )
        return answer

    def log(
        self,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """The key log itself, for whoever checks it. The log itself, as text: `infra/docs/KEYS.md` says how it is
        checked. Needs the scope `audit.read`. `GET /v1/signing-keys/log`
        """
        self._transport.request(
            "GET",
            "/v1/signing-keys/log",
            names={},
            timeout=request_timeout,
        )


class StandingApprovalsRoutes:
    """The routes of `standing_approvals`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        budget: int,
        expires_at: str,
        domain: str | None = None,
        inbox_id: str | None = None,
        recipient: str | None = None,
        thread_id: str | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.StandingApproval:
        """Approves mails ahead: so many to a conversation, a recipient or a domain, until a time. Needs the scope
        `approvals.decide`. `POST /v1/standing-approvals`
        """
        answer: types.StandingApproval = self._transport.request(
            "POST",
            "/v1/standing-approvals",
            names={},
            body=_given(
                {
                    "budget": budget,
                    "domain": domain,
                    "expires_at": expires_at,
                    "inbox_id": inbox_id,
                    "recipient": recipient,
                    "thread_id": thread_id,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        standing_approval_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Ends a standing approval at once, also for mails that are not claimed yet. Ends it at once. Needs the scope
        `approvals.decide`. `DELETE /v1/standing-approvals/{standing_approval_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/standing-approvals/{standing_approval_id}",
            names={"standing_approval_id": standing_approval_id},
            timeout=request_timeout,
        )

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfStandingApproval:
        """What was approved ahead, with what is left of it. Needs the scope `approvals.read`. `GET
        /v1/standing-approvals`
        """
        answer: types.PageOfStandingApproval = self._transport.request(
            "GET",
            "/v1/standing-approvals",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.StandingApproval]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return


class SuppressionsRoutes:
    """The routes of `suppressions`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        address: str | None = None,
        domain: str | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Suppression:
        """Suppresses an address or a domain: no mail goes there. `200` with the one that is there. Bounces for good and
        complaints suppress by themselves. Needs the scope `lists.manage`. `POST /v1/suppressions`
        """
        answer: types.Suppression = self._transport.request(
            "POST",
            "/v1/suppressions",
            names={},
            body=_given(
                {
                    "address": address,
                    "domain": domain,
                    "reason": reason,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        suppression_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Ends a suppression: mail may be asked for again. What SES itself suppresses stays so. Needs the scope
        `lists.manage`. `DELETE /v1/suppressions/{suppression_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/suppressions/{suppression_id}",
            names={"suppression_id": suppression_id},
            timeout=request_timeout,
        )

    def get(
        self,
        suppression_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Suppression:
        """One suppression. Needs the scope `lists.manage`. `GET /v1/suppressions/{suppression_id}`"""
        answer: types.Suppression = self._transport.request(
            "GET",
            "/v1/suppressions/{suppression_id}",
            names={"suppression_id": suppression_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfSuppression:
        """Whom no mail goes to, newest first. Needs the scope `lists.manage`. `GET /v1/suppressions`"""
        answer: types.PageOfSuppression = self._transport.request(
            "GET",
            "/v1/suppressions",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Suppression]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return


class ThreadsRoutes:
    """The routes of `threads`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def delete(
        self,
        thread_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.ThreadMoved:
        """Puts the mails of a conversation into the trash, but for those that may still go. All its mails into the
        trash, but for those that may still go; at most 200 at a time. Needs the scope `messages.modify`. `DELETE
        /v1/threads/{thread_id}`
        """
        answer: types.ThreadMoved = self._transport.request(
            "DELETE",
            "/v1/threads/{thread_id}",
            names={"thread_id": thread_id},
            timeout=request_timeout,
        )
        return answer

    def get(
        self,
        thread_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.ThreadDetail:
        """A conversation with a page of its mails, oldest first, each with what it says that is new. Its mails, each
        with what it says that is new. Needs the scope `messages.read`. `GET /v1/threads/{thread_id}`
        """
        answer: types.ThreadDetail = self._transport.request(
            "GET",
            "/v1/threads/{thread_id}",
            names={"thread_id": thread_id},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        inbox_id: str,
        *,
        after: str | None = None,
        before: str | None = None,
        cursor: str | None = None,
        from_: str | None = None,
        label: str | None = None,
        limit: int | None = None,
        subject: str | None = None,
        unread: bool | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfThread:
        """The conversations of an inbox, those with the latest mail first. Needs the scope `messages.read`. `GET
        /v1/inboxes/{inbox_id}/threads`
        """
        answer: types.PageOfThread = self._transport.request(
            "GET",
            "/v1/inboxes/{inbox_id}/threads",
            names={"inbox_id": inbox_id},
            query={
                "after": after,
                "before": before,
                "cursor": cursor,
                "from": from_,
                "label": label,
                "limit": limit,
                "subject": subject,
                "unread": unread,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        inbox_id: str,
        *,
        after: str | None = None,
        before: str | None = None,
        from_: str | None = None,
        label: str | None = None,
        limit: int | None = None,
        subject: str | None = None,
        unread: bool | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Thread]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(inbox_id, after=after, before=before, from_=from_, label=label, limit=limit, subject=subject, unread=unread, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def list_all(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        cursor: str | None = None,
        from_: str | None = None,
        label: str | None = None,
        limit: int | None = None,
        subject: str | None = None,
        unread: bool | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfThread:
        """The conversations of all inboxes, those with the latest mail first. Over all inboxes. Needs the scope
        `messages.read`. `GET /v1/threads`
        """
        answer: types.PageOfThread = self._transport.request(
            "GET",
            "/v1/threads",
            names={},
            query={
                "after": after,
                "before": before,
                "cursor": cursor,
                "from": from_,
                "label": label,
                "limit": limit,
                "subject": subject,
                "unread": unread,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list_all(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        from_: str | None = None,
        label: str | None = None,
        limit: int | None = None,
        subject: str | None = None,
        unread: bool | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Thread]:
        """All entries of `list_all`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list_all(after=after, before=before, from_=from_, label=label, limit=limit, subject=subject, unread=unread, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def restore(
        self,
        thread_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.ThreadMoved:
        """Takes the mails of a conversation out of the trash. All its mails out of the trash; at most 200 at a time.
        Needs the scope `messages.modify`. `POST /v1/threads/{thread_id}/restore`
        """
        answer: types.ThreadMoved = self._transport.request(
            "POST",
            "/v1/threads/{thread_id}/restore",
            names={"thread_id": thread_id},
            timeout=request_timeout,
        )
        return answer

    def update(
        self,
        thread_id: str,
        *,
        add_labels: builtins.list[str] | None | Unset = UNSET,
        read: bool | None | Unset = UNSET,
        remove_labels: builtins.list[str] | None | Unset = UNSET,
        request_timeout: float | None = None,
    ) -> types.Thread:
        """Labels all mails of a conversation, and says whether they were read. The labels of all its mails, and whether
        they were read; of more than 500, the latest; part by part. Needs the scope `messages.modify`. `PATCH
        /v1/threads/{thread_id}`
        """
        answer: types.Thread = self._transport.request(
            "PATCH",
            "/v1/threads/{thread_id}",
            names={"thread_id": thread_id},
            body=_changed(
                {
                    "add_labels": add_labels,
                    "read": read,
                    "remove_labels": remove_labels,
                }
            ),
            timeout=request_timeout,
        )
        return answer


class TokensRoutes:
    """The routes of `tokens`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        name: str,
        scopes: builtins.list[Literal["messages.read", "messages.send", "messages.modify", "drafts.manage", "inboxes.manage", "accounts.read", "accounts.manage", "folders.read", "events.read", "webhooks.manage", "approvals.read", "approvals.decide", "policies.manage", "lists.manage", "domains.manage", "uploads.manage", "usage.read", "logs.read", "audit.read", "tokens.manage", "members.manage"]],
        expires_at: str | None = None,
        inbox_ids: builtins.list[str] | None = None,
        sends_per_day: int | None = None,
        request_timeout: float | None = None,
    ) -> types.Token:
        """Makes an API token. Its secret is in this answer and nowhere else. Its secret is shown this once; repeated
        within ten minutes, another secret for the same token ends the first. Needs the scope `tokens.manage`. `POST
        /v1/tokens`
        """
        answer: types.Token = self._transport.request(
            "POST",
            "/v1/tokens",
            names={},
            body=_given(
                {
                    "expires_at": expires_at,
                    "inbox_ids": inbox_ids,
                    "name": name,
                    "scopes": scopes,
                    "sends_per_day": sends_per_day,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        token_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Revokes a token, at once. Ends it at once. Needs the scope `tokens.manage`. `DELETE /v1/tokens/{token_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/tokens/{token_id}",
            names={"token_id": token_id},
            timeout=request_timeout,
        )

    def get(
        self,
        token_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Token:
        """One token, without its secret. One's own; any for owners and admins. Needs the scope `tokens.manage`. `GET
        /v1/tokens/{token_id}`
        """
        answer: types.Token = self._transport.request(
            "GET",
            "/v1/tokens/{token_id}",
            names={"token_id": token_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfToken:
        """The tokens of the organization, without their secrets. One's own; all of them for owners and admins. Needs the
        scope `tokens.manage`. `GET /v1/tokens`
        """
        answer: types.PageOfToken = self._transport.request(
            "GET",
            "/v1/tokens",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Token]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def pause(
        self,
        token_id: str,
        *,
        reason: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Paused:
        """Refuses a token, and holds back what it asked for and is not claimed yet. Needs the scope `approvals.decide`.
        `POST /v1/tokens/{token_id}/pause`
        """
        answer: types.Paused = self._transport.request(
            "POST",
            "/v1/tokens/{token_id}/pause",
            names={"token_id": token_id},
            body=_given(
                {
                    "reason": reason,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def resume(
        self,
        token_id: str,
        *,
        drop: builtins.list[str] | None = None,
        preview: bool | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.Resumed:
        """Takes a paused token again, and lets its mail go, without what is dropped; with `preview` only says what would
        go. Owners and admins, in a session. Needs the scope `tokens.manage`. `POST /v1/tokens/{token_id}/resume`
        """
        answer: types.Resumed = self._transport.request(
            "POST",
            "/v1/tokens/{token_id}/resume",
            names={"token_id": token_id},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            body=_given(
                {
                    "drop": drop,
                    "preview": preview,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def rotate(
        self,
        token_id: str,
        *,
        overlap: int | None = None,
        request_timeout: float | None = None,
    ) -> types.Token:
        """Gives a token another secret; the one that it has is taken for a while longer. By its owner; the new secret is
        shown this once; repeated within ten minutes, another ends it. Needs the scope `tokens.manage`. `POST
        /v1/tokens/{token_id}/rotate`
        """
        answer: types.Token = self._transport.request(
            "POST",
            "/v1/tokens/{token_id}/rotate",
            names={"token_id": token_id},
            body=_given(
                {
                    "overlap": overlap,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def update(
        self,
        token_id: str,
        *,
        name: str | None | Unset = UNSET,
        sends_per_day: int | None | Unset = UNSET,
        request_timeout: float | None = None,
    ) -> types.Token:
        """Gives a token another name or another limit of mails a day. Its name; its limit in a session. Needs the scope
        `tokens.manage`. `PATCH /v1/tokens/{token_id}`
        """
        answer: types.Token = self._transport.request(
            "PATCH",
            "/v1/tokens/{token_id}",
            names={"token_id": token_id},
            body=_changed(
                {
                    "name": name,
                    "sends_per_day": sends_per_day,
                }
            ),
            timeout=request_timeout,
        )
        return answer


class UploadsRoutes:
    """The routes of `uploads`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def confirm(
        self,
        upload_id: str,
        *,
        mapping: dict[str, Any],
        allow_duplicates: bool | None = None,
        date_order: Literal["day_first", "month_first"] | None = None,
        dry_run: bool | None = None,
        follow_ups: builtins.list[types.FollowUpGiven] | None = None,
        html: str | None = None,
        send_at: str | None = None,
        subject: str | None = None,
        text: str | None = None,
        time: str | None = None,
        time_zone: str | None = None,
        unsubscribe: bool | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.UploadOutlook:
        """Says what would be made of its rows, or has it made: a mail with an approval of its own for each good row, by
        and by. With `dry_run` what would be made of its rows; else a mail of each good row, by and by; with
        `messages.send`. Needs the scope `uploads.manage`. `POST /v1/uploads/{upload_id}/confirm`
        """
        answer: types.UploadOutlook = self._transport.request(
            "POST",
            "/v1/uploads/{upload_id}/confirm",
            names={"upload_id": upload_id},
            body=_given(
                {
                    "allow_duplicates": allow_duplicates,
                    "date_order": date_order,
                    "dry_run": dry_run,
                    "follow_ups": follow_ups,
                    "html": html,
                    "mapping": mapping,
                    "send_at": send_at,
                    "subject": subject,
                    "text": text,
                    "time": time,
                    "time_zone": time_zone,
                    "unsubscribe": unsubscribe,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def create(
        self,
        *,
        filename: str,
        inbox_id: str,
        size: int,
        content_type: str | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.UploadCreated:
        """Announces a spreadsheet; the answer says where to `PUT` it. It is read by itself when it is there. CSV, TSV or
        XLSX of at most 20 MB and 10,000 rows: an upload URL, for 15 minutes; the file is read when it is there. Needs
        the scope `uploads.manage`. `POST /v1/uploads`
        """
        answer: types.UploadCreated = self._transport.request(
            "POST",
            "/v1/uploads",
            names={},
            body=_given(
                {
                    "content_type": content_type,
                    "filename": filename,
                    "inbox_id": inbox_id,
                    "size": size,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        upload_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """From now on none of its mails goes that has not gone; they are deleted, and so is all that was read of the
        file. Mails that went stay. None of its mails goes that has not gone, and they are deleted with it; those that
        went stay. Needs the scope `uploads.manage`. `DELETE /v1/uploads/{upload_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/uploads/{upload_id}",
            names={"upload_id": upload_id},
            timeout=request_timeout,
        )

    def get(
        self,
        upload_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.SheetUpload:
        """A spreadsheet: where it stands, its columns, what they are probably for, and how far its mails are. Where it
        stands, its columns, what they are probably for, and how far its mails are. Needs the scope `uploads.manage`.
        `GET /v1/uploads/{upload_id}`
        """
        answer: types.SheetUpload = self._transport.request(
            "GET",
            "/v1/uploads/{upload_id}",
            names={"upload_id": upload_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfSheetUpload:
        """Spreadsheets and what became of them, the newest first. Spreadsheets and what became of them, the newest
        first. Needs the scope `uploads.manage`. `GET /v1/uploads`
        """
        answer: types.PageOfSheetUpload = self._transport.request(
            "GET",
            "/v1/uploads",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.SheetUpload]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def row(
        self,
        upload_id: str,
        number: str,
        *,
        request_timeout: float | None = None,
    ) -> types.UploadRowDetail:
        """A row, with its mails as its reader will see them and what policies say of them. A row with its mails as their
        reader will see them, and what policies say of them. Needs the scope `uploads.manage`. `GET
        /v1/uploads/{upload_id}/rows/{number}`
        """
        answer: types.UploadRowDetail = self._transport.request(
            "GET",
            "/v1/uploads/{upload_id}/rows/{number}",
            names={"upload_id": upload_id, "number": number},
            timeout=request_timeout,
        )
        return answer

    def rows(
        self,
        upload_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        status: Literal["ready", "error", "imported"] | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfUploadRow:
        """Its rows, as the plan has them that was tried out or confirmed last, and what became of them. Its rows with
        what is wrong with each, and what became of them; `status` is `ready`, `error` or `imported`. Needs the scope
        `uploads.manage`. `GET /v1/uploads/{upload_id}/rows`
        """
        answer: types.PageOfUploadRow = self._transport.request(
            "GET",
            "/v1/uploads/{upload_id}/rows",
            names={"upload_id": upload_id},
            query={
                "cursor": cursor,
                "limit": limit,
                "status": status,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_rows(
        self,
        upload_id: str,
        *,
        limit: int | None = None,
        status: Literal["ready", "error", "imported"] | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.UploadRow]:
        """All entries of `rows`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.rows(upload_id, limit=limit, status=status, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return


class UsageRoutes:
    """The routes of `usage`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        by: Literal["day", "inbox", "token"] | None = None,
        cursor: str | None = None,
        from_: str | None = None,
        limit: int | None = None,
        to: str | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfUsage:
        """What was used by the day, of the whole organization or of each inbox or token. A minute behind, for the most
        part; a day without any has no row. Needs the scope `usage.read`. `GET /v1/usage`
        """
        answer: types.PageOfUsage = self._transport.request(
            "GET",
            "/v1/usage",
            names={},
            query={
                "by": by,
                "cursor": cursor,
                "from": from_,
                "limit": limit,
                "to": to,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        by: Literal["day", "inbox", "token"] | None = None,
        from_: str | None = None,
        limit: int | None = None,
        to: str | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Usage]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(by=by, from_=from_, limit=limit, to=to, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return


class WebhooksRoutes:
    """The routes of `webhooks`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        url: str,
        events: builtins.list[Literal["*", "account.*", "approval.*", "domain.*", "inbox.*", "invitation.*", "member.*", "message.*", "organization.*", "suppression.*", "token.*", "upload.*", "webhook.*", "message.received", "message.held", "message.released", "message.discarded", "message.sent", "message.delivered", "message.deferred", "message.bounced", "message.complained", "message.failed", "message.unknown", "message.edited", "message.blocked", "approval.requested", "approval.approved", "approval.rejected", "approval.expired", "approval.cancelled", "approval.superseded", "approval.delegated", "approval.revision_requested", "approval.commented", "approval.taken_back", "approval.reminder", "inbox.created", "inbox.deleted", "inbox.paused", "inbox.resumed", "token.paused", "token.resumed", "organization.paused", "organization.resumed", "webhook.disabled", "webhook.test", "suppression.created", "suppression.deleted", "upload.ready", "upload.confirmed", "upload.completed", "upload.failed", "upload.deleted", "domain.verified", "domain.failed", "account.connected", "account.error", "account.recovered", "account.disconnected", "member.created", "member.updated", "member.deleted", "invitation.created", "invitation.resent", "invitation.deleted"]] | None = None,
        inbox_ids: builtins.list[str] | None = None,
        request_timeout: float | None = None,
    ) -> types.Webhook:
        """Registers an endpoint. Its signing secret is in this answer and nowhere else. Its `secret` is shown this once;
        repeated within ten minutes, another secret of the same webhook ends the first. Needs the scope
        `webhooks.manage`. `POST /v1/webhooks`
        """
        answer: types.Webhook = self._transport.request(
            "POST",
            "/v1/webhooks",
            names={},
            body=_given(
                {
                    "events": events,
                    "inbox_ids": inbox_ids,
                    "url": url,
                }
            ),
            timeout=request_timeout,
        )
        return answer

    def delete(
        self,
        webhook_id: str,
        *,
        request_timeout: float | None = None,
    ) -> None:
        """Removes an endpoint: it is told of nothing any more. Needs the scope `webhooks.manage`. `DELETE
        /v1/webhooks/{webhook_id}`
        """
        self._transport.request(
            "DELETE",
            "/v1/webhooks/{webhook_id}",
            names={"webhook_id": webhook_id},
            timeout=request_timeout,
        )

    def deliveries(
        self,
        webhook_id: str,
        *,
        cursor: str | None = None,
        delivered: bool | None = None,
        event_id: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfAttempt:
        """The attempts to tell an endpoint, latest first. Each attempt, latest first, kept for 90 days. Needs the scope
        `webhooks.manage`. `GET /v1/webhooks/{webhook_id}/deliveries`
        """
        answer: types.PageOfAttempt = self._transport.request(
            "GET",
            "/v1/webhooks/{webhook_id}/deliveries",
            names={"webhook_id": webhook_id},
            query={
                "cursor": cursor,
                "delivered": delivered,
                "event_id": event_id,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_deliveries(
        self,
        webhook_id: str,
        *,
        delivered: bool | None = None,
        event_id: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Attempt]:
        """All entries of `deliveries`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.deliveries(webhook_id, delivered=delivered, event_id=event_id, limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def get(
        self,
        webhook_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Webhook:
        """One endpoint. `held_until`, below. Needs the scope `webhooks.manage`. `GET /v1/webhooks/{webhook_id}`"""
        answer: types.Webhook = self._transport.request(
            "GET",
            "/v1/webhooks/{webhook_id}",
            names={"webhook_id": webhook_id},
            timeout=request_timeout,
        )
        return answer

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> types.PageOfWebhook:
        """All endpoints, without their secrets. Needs the scope `webhooks.manage`. `GET /v1/webhooks`"""
        answer: types.PageOfWebhook = self._transport.request(
            "GET",
            "/v1/webhooks",
            names={},
            query={
                "cursor": cursor,
                "limit": limit,
            },
            timeout=request_timeout,
        )
        return answer

    def iter_list(
        self,
        *,
        limit: int | None = None,
        request_timeout: float | None = None,
    ) -> Iterator[types.Webhook]:
        """All entries of `list`, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.list(limit=limit, request_timeout=request_timeout, cursor=cursor)
            yield from page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def resend(
        self,
        webhook_id: str,
        *,
        since: str,
        cursor: str | None = None,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Resent:
        """Tells an endpoint again of what it has not taken since a time. 40 events at a time, also those that it was not
        told of while it was disabled: repeat with `next_cursor` while there is one. Needs the scope
        `webhooks.manage`. `POST /v1/webhooks/{webhook_id}/resend`
        """
        answer: types.Resent = self._transport.request(
            "POST",
            "/v1/webhooks/{webhook_id}/resend",
            names={"webhook_id": webhook_id},
            body=_given(
                {
                    "cursor": cursor,
                    "since": since,
                }
            ),
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def retry(
        self,
        webhook_id: str,
        event_id: str,
        *,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Redelivery:
        """Tells an endpoint of one event again. A delivery is named by its event; it begins anew within a minute, with
        the same `webhook-id`. Needs the scope `webhooks.manage`. `POST
        /v1/webhooks/{webhook_id}/deliveries/{event_id}/retry`
        """
        answer: types.Redelivery = self._transport.request(
            "POST",
            "/v1/webhooks/{webhook_id}/deliveries/{event_id}/retry",
            names={"webhook_id": webhook_id, "event_id": event_id},
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def rotate_secret(
        self,
        webhook_id: str,
        *,
        request_timeout: float | None = None,
    ) -> types.Webhook:
        """Another signing secret; the one before signs as well for 24 hours. Its `secret` is shown this once; the one
        before signs as well for 24 hours, and none that was before that. Needs the scope `webhooks.manage`. `POST
        /v1/webhooks/{webhook_id}/rotate-secret`
        """
        answer: types.Webhook = self._transport.request(
            "POST",
            "/v1/webhooks/{webhook_id}/rotate-secret",
            names={"webhook_id": webhook_id},
            timeout=request_timeout,
        )
        return answer

    def test(
        self,
        webhook_id: str,
        *,
        idempotency_key: str | None = None,
        request_timeout: float | None = None,
    ) -> types.Event:
        """Tells one endpoint, and no other, of an event of type `webhook.test`, once. Also while it is paused, disabled
        or held back; what came of it stands in its deliveries within seconds. Needs the scope `webhooks.manage`.
        `POST /v1/webhooks/{webhook_id}/test`
        """
        answer: types.Event = self._transport.request(
            "POST",
            "/v1/webhooks/{webhook_id}/test",
            names={"webhook_id": webhook_id},
            once=True,
            idempotency_key=idempotency_key,
            timeout=request_timeout,
        )
        return answer

    def update(
        self,
        webhook_id: str,
        *,
        events: builtins.list[Literal["*", "account.*", "approval.*", "domain.*", "inbox.*", "invitation.*", "member.*", "message.*", "organization.*", "suppression.*", "token.*", "upload.*", "webhook.*", "message.received", "message.held", "message.released", "message.discarded", "message.sent", "message.delivered", "message.deferred", "message.bounced", "message.complained", "message.failed", "message.unknown", "message.edited", "message.blocked", "approval.requested", "approval.approved", "approval.rejected", "approval.expired", "approval.cancelled", "approval.superseded", "approval.delegated", "approval.revision_requested", "approval.commented", "approval.taken_back", "approval.reminder", "inbox.created", "inbox.deleted", "inbox.paused", "inbox.resumed", "token.paused", "token.resumed", "organization.paused", "organization.resumed", "webhook.disabled", "webhook.test", "suppression.created", "suppression.deleted", "upload.ready", "upload.confirmed", "upload.completed", "upload.failed", "upload.deleted", "domain.verified", "domain.failed", "account.connected", "account.error", "account.recovered", "account.disconnected", "member.created", "member.updated", "member.deleted", "invitation.created", "invitation.resent", "invitation.deleted"]] | None | Unset = UNSET,
        inbox_ids: builtins.list[str] | None | Unset = UNSET,
        status: Literal["active", "paused"] | None | Unset = UNSET,
        url: str | None | Unset = UNSET,
        request_timeout: float | None = None,
    ) -> types.Webhook:
        """Changes an endpoint: where it is, what it wants, whether it is told. `status` pauses it, and tells one again
        that was disabled. Needs the scope `webhooks.manage`. `PATCH /v1/webhooks/{webhook_id}`
        """
        answer: types.Webhook = self._transport.request(
            "PATCH",
            "/v1/webhooks/{webhook_id}",
            names={"webhook_id": webhook_id},
            body=_changed(
                {
                    "events": events,
                    "inbox_ids": inbox_ids,
                    "status": status,
                    "url": url,
                }
            ),
            timeout=request_timeout,
        )
        return answer


class Resources:
    """All routes, by their resource."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.accounts = AccountsRoutes(transport)
        self.approvals = ApprovalsRoutes(transport)
        self.attachments = AttachmentsRoutes(transport)
        self.audit = AuditRoutes(transport)
        self.domains = DomainsRoutes(transport)
        self.drafts = DraftsRoutes(transport)
        self.events = EventsRoutes(transport)
        self.groups = GroupsRoutes(transport)
        self.health = HealthRoutes(transport)
        self.held_messages = HeldMessagesRoutes(transport)
        self.inboxes = InboxesRoutes(transport)
        self.invitations = InvitationsRoutes(transport)
        self.keys = KeysRoutes(transport)
        self.lists = ListsRoutes(transport)
        self.logs = LogsRoutes(transport)
        self.me = MeRoutes(transport)
        self.members = MembersRoutes(transport)
        self.messages = MessagesRoutes(transport)
        self.my = MyRoutes(transport)
        self.openapi = OpenapiRoutes(transport)
        self.organization = OrganizationRoutes(transport)
        self.password_resets = PasswordResetsRoutes(transport)
        self.policies = PoliciesRoutes(transport)
        self.registrations = RegistrationsRoutes(transport)
        self.screening = ScreeningRoutes(transport)
        self.sessions = SessionsRoutes(transport)
        self.signing_keys = SigningKeysRoutes(transport)
        self.standing_approvals = StandingApprovalsRoutes(transport)
        self.suppressions = SuppressionsRoutes(transport)
        self.threads = ThreadsRoutes(transport)
        self.tokens = TokensRoutes(transport)
        self.uploads = UploadsRoutes(transport)
        self.usage = UsageRoutes(transport)
        self.webhooks = WebhooksRoutes(transport)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport.base_url!r})"


def _given(body: dict[str, Any]) -> dict[str, Any]:
    """Without what was left out."""
    return {name: value for name, value in body.items() if value is not None}


def _changed(body: dict[str, Any]) -> dict[str, Any]:
    """Without what was left out; `None` stays."""
    return {name: value for name, value in body.items() if not isinstance(value, Unset)}
