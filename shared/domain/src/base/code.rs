//! The codes of refusals: each names one thing that is wrong, and never changes.

/// What kind of refusal a code is of: an API makes its status of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The request can't be read.
    Malformed,
    /// No credential, or none that holds.
    Unauthenticated,
    /// The credential is good, its rights are not.
    Forbidden,
    /// It does not exist, or the caller may not know that it does.
    NotFound,
    /// There is no such call of what is there.
    NoSuchMethod,
    /// It can't be done as things stand.
    Conflict,
    /// It is not as the caller says that they saw it.
    Stale,
    /// Fields that are not as they must be.
    Invalid,
    /// Not before a time.
    RateLimited,
    /// Somebody whom we asked refused it.
    Upstream,
    /// A defect of ours.
    Internal,
    /// Possible in a moment.
    Unavailable,
}

macro_rules! codes {
    ($($class:ident { $($name:ident = $text:literal, $advice:literal;)* })*) => {
        /// A code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "`advice` says of each what to do")]
        pub enum Code {
            $($($name,)*)*
        }

        impl Code {
            /// All there are, by class.
            pub const ALL: &[Code] = &[$($(Code::$name,)*)*];

            /// The code in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $($(Code::$name => $text,)*)* }
            }

            /// What kind of refusal it is.
            pub const fn class(self) -> Class {
                match self { $($(Code::$name => Class::$class,)*)* }
            }

            /// What to do about it, or what would be right, as a part of a sentence.
            pub const fn advice(self) -> &'static str {
                match self { $($(Code::$name => $advice,)*)* }
            }
        }
    };
}

codes! {
    Malformed {
        InvalidJson = "invalid_json", "send one JSON object, in UTF-8, in which no name stands twice";
    }
    Unauthenticated {
        MissingCredential = "missing_credential", "send `Authorization: Bearer …` with a token (`cs_live_…`) or a session (`cs_session_…`)";
        InvalidCredential = "invalid_credential", "it is cut short, unknown or revoked: make a new token, or sign in again";
        SessionExpired = "session_expired", "sign in again: a session ends after 12 hours without use, or after seven days";
        TokenExpired = "token_expired", "this token, or the one that it was made with, was made with an end, which has come: make a new one";
        SignedOut = "signed_out", "sign in";
        SecondFactorRequired = "second_factor_required", "the password is right: send `code` as well, of the authenticator or one of the recovery codes";
        WrongSecondFactor = "wrong_second_factor", "the password is right, the code is not, or was used: take the next one that the authenticator shows; after ten attempts in a quarter of an hour none is taken until the next begins";
        WrongPasskey = "wrong_passkey", "sign in with a passkey that is listed among yours (`GET /v1/me/passkeys`), or with the password; after ten attempts in a quarter of an hour none is taken until the next begins";
        WrongEmailOrPassword = "wrong_email_or_password", "look at both; after ten attempts in a quarter of an hour even the right password is refused until the next begins (at :00, :15, :30 and :45)";
    }
    Forbidden {
        MissingScope = "missing_scope", "use a credential with the scope that `message` names";
        RequesterCannotDecide = "requester_cannot_decide", "whoever asked for a mail, or owns the token that did, can't approve it (they may reject it): somebody else does";
        EditorCannotDecide = "editor_cannot_decide", "whoever edited a mail last can't approve it: somebody else does";
        AuthorCannotDecide = "author_cannot_decide", "whoever asked for or edited an earlier attempt at this mail can't approve it: somebody else does";
        RoleNotEntitled = "role_not_entitled", "the policy asks for other roles: somebody who has one decides";
        RoleCannotDecide = "role_cannot_decide", "owners, admins and approvers decide";
        VoteDelegated = "vote_delegated", "this vote was handed on: that member gives it";
        OwnerOfTokenRequired = "owner_of_token_required", "the member who made the token rotates it, in a session or with a token that made it: others pause it or delete it";
        PersonRequired = "person_required", "a person does it, in a session: not a token";
        SignInRequired = "sign_in_required", "the policy wants a session, not a link";
        ManagerRequired = "manager_required", "an owner or an admin does it";
        OwnersOnly = "owners_only", "an owner makes, changes and removes owners and admins, in a session";
        OwnerNeeded = "owner_needed", "an owner does it";
        SecondFactorNeeded = "second_factor_needed", "the organization asks whoever decides for a second factor: set one up (`POST /v1/me/totp`, or the console's settings), and sign in with it";
        ProofNeeded = "proof_needed", "show once more that it is you (`POST /v1/me/proof` with `password` and, where a second factor is set up, `code`, or with a passkey), and repeat the request within ten minutes; whoever signed in within ten minutes is not asked";
        OwnSecondFactor = "own_second_factor", "one's own is taken away with a code of it or the password (`DELETE /v1/me/totp`); whoever has neither asks somebody else";
        NotRequester = "not_requester", "whoever asked calls it off, or somebody who decides";
        TokenPaused = "token_paused", "this token, or the one that it was made with, is paused: an owner or an admin resumes it";
        MemberRemoved = "member_removed", "the member whom this stands for left the organization, or does not decide any more: ask an owner";
        BlockedByPolicy = "blocked_by_policy", "`details.policy_trace` says which rule and why; nothing was stored";
        SignUpClosed = "sign_up_closed", "nobody makes an organization here by themselves: ask an owner of one for an invitation";
        ForeignForm = "foreign_form", "the form was not sent by this console: open the page anew";
        ForeignOrigin = "foreign_origin", "call it from a program, or from a page of this host: a browser sends `Origin` for every other";
    }
    NotFound {
        NotFound = "not_found", "it is not there, or not for this credential to know of";
        RouteNotFound = "route_not_found", "look at method and path: this API has no such route";
    }
    NoSuchMethod {
        MethodNotAllowed = "method_not_allowed", "`details.allow` names the methods of this path";
    }
    Conflict {
        DigestMismatch = "digest_mismatch", "look again: the mail is another, `details.digest`";
        ApprovalSuperseded = "approval_superseded", "the mail was edited: decide `details.superseded_by` instead";
        ApprovalNotPending = "approval_not_pending", "it was decided, or it expired: `details.status`";
        MessageNotWaiting = "message_not_waiting", "it has gone or came to another end: `details.status`";
        AlreadyVoted = "already_voted", "this vote is given: it stands";
        NoVote = "no_vote", "there is no approval of yours to take back: cancel the mail instead";
        OpenRowsFirst = "open_rows_first", "the policy asks that whoever approves many mails of an upload at once has decided about `details.asked` of its rows alone before: open some, and approve each on its own page";
        LookFirst = "look_first", "something about this mail deserves a look (`details.risks`): open it, and approve it alone";
        VotedBefore = "voted_before", "take your approval back first (`take-back`)";
        NoRevisionRequested = "no_revision_requested", "cancel the mail and ask for another, or have it edited by who decides";
        TooManyComments = "too_many_comments", "decide about the mail, or edit it: the next revision has comments of its own";
        TooLateToTakeBack = "too_late_to_take_back", "its time is over: cancel the mail, if it has not gone";
        TakenBackTooOften = "taken_back_too_often", "cancel the mail, or reject it while it waits";
        ChangedMeanwhile = "changed_meanwhile", "it changed at the same time: load it again and repeat";
        NotWaiting = "not_waiting", "it waits no more, so it can't be dropped: ask for a preview again";
        UploadNotReady = "upload_not_ready", "`details.status` says where it stands: an upload is looked at and confirmed once, when it is `ready`";
        NoGoodRows = "no_good_rows", "a dry run (`dry_run`) says what is wrong with each row: mend the sheet or the plan";
        PolicyChanged = "policy_changed", "it has another version: load it again and repeat";
        PolicyUnreadable = "policy_unreadable", "its stored form can't be read: replace or delete it";
        PoliciesUnreadable = "policies_unreadable", "the policies can't be read and hold every mail: the operator restores them";
        RequestInFlight = "request_in_flight", "a request with this Idempotency-Key is being answered: repeat it";
        IdempotencyKeyReused = "idempotency_key_reused", "another request had this Idempotency-Key within 24 hours: use a new one";
        InboxOfAccount = "inbox_of_account", "it belongs to a connected account: `DELETE /v1/accounts/{account_id}` disconnects it, and its inbox goes with it";
        AccountKnown = "account_known", "this address is connected at this provider already, as `details.account_id`: change that one";
        TooManyAccounts = "too_many_accounts", "disconnect what is not used, then repeat";
        AccountPaused = "account_paused", "its inbox or the organization is paused: nothing leaves until a person resumes it";
        AddressNotProven = "address_not_proven", "prove first that your own address is yours (`POST /v1/me/email/verification`, or the console's settings): a test goes there alone";
        AddressTaken = "address_taken", "an inbox has this address: take another name";
        GroupNameTaken = "group_name_taken", "a group has this name: take another, or change that group";
        GroupInUse = "group_in_use", "policies ask this group for votes: change those that `details.policy_ids` names first";
        ListedOtherwise = "listed_otherwise", "it stands on the other list of this direction, as `details.list_entry_id`: delete that entry first";
        SecondFactorEnabled = "second_factor_enabled", "a second factor is set up already: delete it first, with a code of it or the password";
        SecondFactorNotStarted = "second_factor_not_started", "start (`POST /v1/me/totp`), enter the secret into an authenticator, and confirm within an hour";
        NoSecondFactor = "no_second_factor", "no second factor is set up";
        CeremonyOver = "ceremony_over", "ask for options again: they hold for five minutes, and an answer is taken once";
        PasskeyKnown = "passkey_known", "it is among yours already: sign in with it, or add one of another device";
        TooManyPasskeys = "too_many_passkeys", "there are at most ten: remove one that you don't use, then repeat";
        KeyLogChanged = "key_log_changed", "somebody else wrote the key log meanwhile, or what was signed is older than ten minutes: begin again";
        KeyLogRefused = "key_log_refused", "the rules of the key log do not allow it: `message` says which";
        KeyLinkClosed = "key_link_closed", "have whoever deployed this draw another link for your organization's key log";
        KeyNotOffered = "key_not_offered", "the member offers the key first, on their page of passkeys; an offer stands for a week";
        NoPasskeysHere = "no_passkeys_here", "passkeys need a name: reach this installation under one, or under `localhost`";
        OpenIdLapsed = "openid_lapsed", "this way to the provider was used, took longer than ten minutes, or began in another browser: begin anew";
        OpenIdRefused = "openid_refused", "the provider did not say who it is, or what it said could not be trusted: begin anew";
        OpenIdUnknown = "openid_unknown", "no login is connected with this account: sign in with the password and connect it in the settings, or ask for an invitation";
        OpenIdElsewhere = "openid_elsewhere", "this account at the provider opens another login: take another account, or disconnect it there";
        OpenIdConnected = "openid_connected", "an account at the provider is connected already: disconnect it first";
        OpenIdNotConnected = "openid_not_connected", "no account at a provider is connected";
        OpenIdOtherAddress = "openid_other_address", "the provider does not say that the invited address is this person's: take the account with that address, or choose a password";
        OnlyWayIn = "only_way_in", "choose a password first (\"Forgot your password?\", where you sign in): without it nobody could come in any more";
        EmailTaken = "email_taken", "somebody signs in with this address: take another";
        AlreadyMember = "already_member", "somebody with this address belongs to the organization: change their role instead";
        AlreadyInvited = "already_invited", "this address is invited: send `details.invitation_id` again, or cancel it";
        InvitationNotValid = "invitation_not_valid", "the newest mail has the link that holds; where there is none, ask whoever invited you to invite you again";
        InvitationUsed = "invitation_used", "it was accepted: sign in";
        InvitationExpired = "invitation_expired", "ask whoever invited you to send it again: an invitation holds for seven days";
        ResetNotValid = "reset_not_valid", "the newest mail has the link that holds; where there is none, ask for another";
        ResetUsed = "reset_used", "another password was chosen with it: sign in with that, or ask for another link";
        ResetExpired = "reset_expired", "a link holds for an hour: ask for another";
        SetupNotValid = "setup_not_valid", "the link is cut short or long over: whoever deployed the installation draws another (`infra/docs/RUNBOOK.md`)";
        SetupUsed = "setup_used", "an organization was made with this link: sign in, or have another link drawn";
        SetupExpired = "setup_expired", "a link holds for 24 hours: whoever deployed the installation draws another";
        ClaimNotValid = "claim_not_valid", "the newest mail has the link that holds; where there is none, sign up again";
        ClaimUsed = "claim_used", "the organization has its owner: sign in, or ask them for an invitation";
        ClaimExpired = "claim_expired", "an organization that nobody claims within seven days is deleted with its mail: sign up again";
        ClaimMailedOften = "claim_mailed_often", "look for the newest mail, also among spam; where there is none, sign up again";
        EmailVerified = "email_verified", "there is nothing to do: the address is known to be theirs";
        EmailLinkNotValid = "email_link_not_valid", "the newest mail has the link that holds; where there is none, ask for another (`POST /v1/me/email/verification`)";
        EmailLinkExpired = "email_link_expired", "a link holds for a day: ask for another (`POST /v1/me/email/verification`)";
        OrganizationExists = "organization_exists", "its owners invite others; a link that makes one more is drawn with `{\"another\": true}`";
        LastOwner = "last_owner", "an organization keeps an owner: make somebody else one first (`POST /v1/organization/transfer-ownership`)";
        LastSigningKey = "last_signing_key", "another key must manage the key log first: register one, on the console's page of signing keys";
        BytesMissing = "bytes_missing", "the mail's bytes are not in the bucket: the operator looks for them";
        MessageNotReadable = "message_not_readable", "reading this mail failed, so it is neither quoted nor passed on: fetch it raw";
        MessageNotSent = "message_not_sent", "this mail of ours has not gone (`details.status`), so it is neither quoted nor passed on";
        MessageNotEnded = "message_not_ended", "the mail may still go: cancel its approval, or wait until it came to an end";
        MessageInTrash = "message_in_trash", "the mail is in the trash: restore it first";
        SentAgainAlready = "sent_again_already", "another attempt at this mail is on its way: `details`";
        TooManyAttempts = "too_many_attempts", "there are at most ten attempts at a mail: write a new one";
        AlreadySubmitted = "already_submitted", "the mail that was made of it is `details.message_id`";
        DomainTaken = "domain_taken", "another organization has verified this domain: ask its people to delete it there";
        DomainOfAnother = "domain_of_another_organization", "another organization has verified a domain above or below this one: take a domain that is yours alone";
        DomainLooksAlike = "domain_looks_alike", "another organization has verified a domain that a reader takes for this one: take another, or ask the operator";
        DomainNotAvailable = "domain_not_available", "this account of AWS sends for the domain otherwise, or too many look like it: ask the operator";
        DomainInUse = "domain_in_use", "inboxes are on it, as `details` says: delete these first";
        DomainNotVerified = "domain_not_verified", "set its records, and `POST /v1/domains/{id}/verify`";
        TooManyDomains = "too_many_domains", "delete what is not used, then repeat";
        TooManyDrafts = "too_many_drafts", "submit or delete one, then repeat";
        TooManyEntries = "too_many_entries", "a receipt tells of at most 1,000 audit entries";
        TooManyGroups = "too_many_groups", "delete a group, then repeat";
        TooManyPolicies = "too_many_policies", "delete a policy, then repeat";
        TooManyStandingApprovals = "too_many_standing_approvals", "revoke one, then repeat";
        TooManyTokens = "too_many_tokens", "delete what is not used, then repeat";
        TooManyWebhooks = "too_many_webhooks", "delete what is not used, then repeat";
        WebhookDisabled = "webhook_disabled", "`PATCH` its `status` to `active` first";
        EventNotWanted = "event_not_wanted", "the webhook's `events` or `inbox_ids` leave this event out";
        VoteNotChained = "vote_not_chained", "tell the operator: record and audit chain disagree, and no receipt is signed (`infra/docs/AUDIT.md`)";
        VoteNotRecorded = "vote_not_recorded", "tell the operator: record and audit chain disagree, and no receipt is signed (`infra/docs/AUDIT.md`)";
        EntryNotChained = "entry_not_chained", "tell the operator: record and audit chain disagree, and no receipt is signed (`infra/docs/AUDIT.md`)";
        RecordDiffers = "record_differs", "tell the operator: record and audit chain disagree, and no receipt is signed (`infra/docs/AUDIT.md`)";
        EntryAltered = "entry_altered", "tell the operator: record and audit chain disagree, and no receipt is signed (`infra/docs/AUDIT.md`)";
    }
    Stale {
        RevisionMismatch = "revision_mismatch", "it was changed meanwhile: load it again; `details.revision` is what it has now";
    }
    Invalid {
        InvalidRequest = "invalid_request", "several fields are not as they must be: `details.fields` names all of them (at most 100), each with a code of its own";
        Required = "required", "give this field";
        UnknownField = "unknown_field", "the request has no such field: `message` names those that it has";
        WrongType = "wrong_type", "give the type that `message` names";
        InvalidQuery = "invalid_query", "`message` says what is wrong with the query, and at which character; `infra/docs/SEARCH.md` has what can be asked";
        InvalidTimeout = "invalid_timeout", "a request waits 0 to 25 seconds: wait again with `after`";
        InvalidLabel = "invalid_label", "a label is 1 to 64 characters that people can see, on one line, without white space at an end";
        InvalidTag = "invalid_tag", "1 to 64 letters of a to z, digits, dots, hyphens, colons and underscores";
        TooLong = "too_long", "give less: where there is one bound, `message` says it";
        TooMany = "too_many", "give fewer: `message` says how many fit";
        ControlCharacter = "control_character", "leave out control characters: line breaks and tabs are for `text` and `html` alone";
        NotAscii = "not_ascii", "write ASCII here";
        OutOfRange = "out_of_range", "`message` names the bounds";
        LimitOfZero = "limit_of_zero", "a limit lets at least one mail through: to stop mail pause the token, the inbox or the organization; `null` takes a limit away";
        NamedTwice = "named_twice", "name it once: `message` says where it stands already";
        EmptyList = "empty_list", "name at least one; a list that may be left out is left out";
        UnknownChoice = "unknown_choice", "`message` names the choices";
        InvalidAddress = "invalid_address", "give a mail address: `name@example.com`";
        AddressNotAscii = "address_not_ascii", "what stands before the `@` has to be ASCII: SES sends to no other";
        InvalidId = "invalid_id", "give an id as the API gave it";
        InvalidTime = "invalid_time", "a time in RFC 3339: `2026-12-01T09:00:00Z`; in a policy's `time`, a time of day: `09:00`";
        InvalidDate = "invalid_date", "give a day";
        InvalidLimit = "invalid_limit", "1 to 100";
        InvalidCursor = "invalid_cursor", "pass `next_cursor` as this list gave it";
        InvalidSequence = "invalid_sequence", "give the place of an entry, from 1";
        BeyondTheHead = "beyond_the_head", "the chain ends before: `message` says where";
        InvalidDigest = "invalid_digest", "`sha256:` and 64 lower-case hexadecimal digits, as the approval shows it";
        InvalidIdempotencyKey = "invalid_idempotency_key", "1 to 256 visible ASCII characters";
        InvalidIfMatch = "invalid_if_match", "one `ETag` as a response gave it, in quotes, or `*`";
        InvalidForm = "invalid_form", "open the page anew";
        InvalidSubject = "invalid_subject", "one line of text";
        InvalidUrl = "invalid_url", "an `https` URL with port 443 and a public host name";
        InvalidUsername = "invalid_username", "letters, digits, dots, hyphens and underscores; names that speak for the domain can't be had";
        InvalidMessageId = "invalid_message_id", "an id as RFC 5322 writes it";
        InvalidContentType = "invalid_content_type", "a media type such as `application/pdf`";
        InvalidFilename = "invalid_filename", "a name without a path";
        InvalidBase64 = "invalid_base64", "give base 64 (RFC 4648), padded";
        InvalidDomain = "invalid_domain", "a domain such as `example.com`";
        PublicSuffix = "public_suffix", "give a domain of your own below it";
        DomainOfInstallation = "domain_of_installation", "inboxes of everybody are on it: leave `domain` out for one there; name a domain of your own";
        UnknownDomain = "unknown_domain", "your organization has no such domain: `POST /v1/domains` first";
        InvalidExtension = "invalid_extension", "an extension such as `pdf`";
        InvalidMediaType = "invalid_media_type", "a media type such as `application/pdf` or `image/*`";
        InvalidPattern = "invalid_pattern", "a regular expression of Rust's `regex`";
        EncodedWord = "encoded_word", "write the text itself: it is encoded when it is sent";
        HeaderNotAllowed = "header_not_allowed", "this header can't be set, or stands twice";
        NoRecipients = "no_recipients", "give at least one recipient in `to`, `cc` or `bcc`";
        RecipientSuppressed = "recipient_suppressed", "no mail goes to this recipient: `message` says why; write to somebody else, or have an owner or an admin delete the suppression";
        RecipientBlocked = "recipient_blocked", "a list of your organization blocks this recipient: write to somebody else, or have an owner or an admin change the list";
        AddressOrDomain = "address_or_domain", "give exactly one of `address` and `domain`; for a list one of these or `everyone: true`";
        NotOneRecipient = "not_one_recipient", "the mail must have one recipient";
        TooManyRecipients = "too_many_recipients", "`message` says how many fit into `to`, `cc` and `bcc` together";
        NoAnswerableAddress = "no_answerable_address", "the mail names nobody to answer: name the recipients";
        EmptyBody = "empty_body", "give `text`, `html` or both";
        BodyTooLarge = "body_too_large", "attach what is larger than 1 MB";
        TooLargeToShow = "too_large_to_show", "a person could not look through it: attach it (`infra/docs/HTML.md`)";
        NothingChanged = "nothing_changed", "an edit changes something";
        SendAtInThePast = "send_at_in_the_past", "give a time ahead";
        ExpiresAtInThePast = "expires_at_in_the_past", "give a time ahead, or leave it out for no end";
        BeyondParent = "beyond_parent", "a token ends no later than the one that it is made with, and asks for no more mails a day";
        SendAtTooFar = "send_at_too_far", "at most 300 days ahead";
        AttachmentTooLarge = "attachment_too_large", "`message` says what fits";
        FileTooLarge = "file_too_large", "a sheet has at most 20 MB: split it";
        InvalidPlan = "invalid_plan", "`message` says what the field must be";
        TooManyAttachments = "too_many_attachments", "`message` says how many fit";
        ApiKeyRefused = "api_key_refused", "the provider does not take this key, or it may not send: copy it anew, with the right to send";
        PasswordRefused = "password_refused", "the mail server does not let this name and password in: some take the whole address as the name, and some a password for programs (an app password) in place of your own";
        MailServerUnusable = "mail_server_unusable", "no mail can be handed in there: `message` says why. Look up the host and the port for outgoing mail at whoever runs the mailbox";
        MailServerUnknown = "mail_server_unknown", "nothing says which server takes the mail of this address: name it in `smtp`, as whoever runs the mailbox says";
        InvalidMailServer = "invalid_mail_server", "`message` says what it must be";
        NotOfProvider = "not_of_provider", "this provider is connected by other fields: `message` says which";
        SenderNotAllowed = "sender_not_allowed", "the provider or server sends nothing from this address: verify it, or its domain, there first";
        NotCarried = "not_carried", "the provider of this account can't be given the mail as it is (`infra/docs/ACCOUNTS.md`): change what `message` names, or send it from another inbox";
        RegionNotOffered = "region_not_offered", "this provider has one region: leave `region` out";
        UnknownAttachment = "unknown_attachment", "the mail has no such file";
        UnknownUpload = "unknown_upload", "`PUT` the file first to the URL that `POST /v1/attachments` gives, which holds 15 minutes, and name it within a day; a file of a mail takes the scope `messages.read`, and that the mail has come in or gone";
        UnknownDraft = "unknown_draft", "there is no such draft in this inbox, or this credential may not see it";
        UnknownInbox = "unknown_inbox", "there is no such inbox, or this credential may not see it";
        UnknownGroup = "unknown_group", "there is no group of this name: make it first (`POST /v1/groups`)";
        UnknownMember = "unknown_member", "there is no such member";
        UnknownMessage = "unknown_message", "there is no such mail in this inbox";
        UnknownThread = "unknown_thread", "there is no such conversation";
        UnknownToken = "unknown_token", "there is no such token";
        UnknownScope = "unknown_scope", "`message` names the scopes";
        UnknownEvent = "unknown_event", "`message` names the kinds of event";
        UnknownStatus = "unknown_status", "`message` names those that are listed";
        UnknownVoter = "unknown_voter", "`role:approver`, `group:legal` or `member:mem_…`";
        UnknownRole = "unknown_role", "`message` names the roles";
        ScopesNotGrantable = "scopes_not_grantable", "`message` says which: a token holds no more than what makes it, and does not send and decide or manage at once";
        CannotVote = "cannot_vote", "that member's vote is not asked for";
        StandsInAlready = "stands_in_already", "that member gives another's vote already: two votes that are asked for stay two persons";
        ThreadTainted = "thread_tainted", "the conversation had hostile mail: each answer in it needs a person";
        OneTarget = "one_target", "give one of `thread_id`, `recipient` and `domain`";
        BudgetOutOfRange = "budget_out_of_range", "`message` names the bounds";
        ExpiresAtOutOfRange = "expires_at_out_of_range", "ahead, and at most 90 days";
        AddressOfInbox = "address_of_inbox", "give a person's own address: an inbox of this installation is read by whoever holds a token for it";
        OwnerRequired = "owner_required", "an organization begins with an owner";
        PasswordLength = "password_length", "12 to 200 characters";
        WrongCode = "wrong_code", "take the next code that the authenticator shows: each is good once, for half a minute or so";
        InvalidEntry = "invalid_entry", "send an entry of the key log as it was signed, line by line, with what each key signed";
        SignatureRequired = "signature_required", "sign the vote on the page of the mail, with a registered key; whoever has none has a member with one vote";
        NobodyCouldSign = "nobody_could_sign", "register a key of somebody who may vote about this mail (`infra/docs/KEYS.md`), or have somebody else ask for it";
        SignatureRefused = "signature_refused", "sign what the page shows, on a page of this installation, with the key that it names; `message` says what does not fit";
        PasskeyRefused = "passkey_refused", "`credential` is what the browser gave, to the options that were asked for last, on a page of this installation; `message` says what does not fit";
        PasswordOrPasskey = "password_or_passkey", "give `password`, with `code` where a second factor is set up, or `ceremony_id` and `credential`";
        CodeOrPassword = "code_or_password", "give one of `code` and `password`";
        PasswordUnchanged = "password_unchanged", "take another password than the one that you have";
        WrongPassword = "wrong_password", "give your own password; after ten attempts in a quarter of an hour even the right one is refused until the next begins";
        PasswordGuessable = "password_guessable", "take four or more words that have nothing to do with each other, with you or with your organization";
        DraftOrMessage = "draft_or_message", "give one of `draft`, `draft_id` and `message_id`";
        OneRecipientNeeded = "one_recipient_needed", "list mail goes to each recipient as a mail of their own: send one to each";
        UnsubscribeUnavailable = "unsubscribe_unavailable", "people reach this installation under no address that it knows: have its operator set `DomainName` or `PublicUrl`";
        NotOutgoing = "not_outgoing", "name a mail that goes out";
        PoliciesTooLarge = "policies_too_large", "`message` says how many bytes all policies together may have";
        TooManyPatterns = "too_many_patterns", "`message` says how many fit";
        TooManyRules = "too_many_rules", "`message` says how many fit";
        TooManyConditions = "too_many_conditions", "`message` says how many fit";
        TooDeep = "too_deep", "`message` says how deep conditions may nest";
        PatternTooLarge = "pattern_too_large", "write a simpler pattern";
        OneCondition = "one_condition", "an object has one condition: put several into `all` or `any`";
        EmptyCondition = "empty_condition", "a condition asks something";
        EmptyPattern = "empty_pattern", "a pattern that matches every text asks nothing: write what must stand there";
        InvalidCurrency = "invalid_currency", "three capital letters of ISO 4217: `EUR`";
        EmptyKeyword = "empty_keyword", "a keyword has at least one visible character";
        UnknownCondition = "unknown_condition", "`message` names the conditions";
        UnknownDay = "unknown_day", "`mon` to `sun`";
        UnknownOutcome = "unknown_outcome", "`allow`, `hold`, `defer` or `block`";
        UnknownTimeZone = "unknown_time_zone", "a name of the IANA database, such as `Europe/Berlin`";
        QuorumImpossible = "quorum_impossible", "ask for fewer votes or of more people: `message` says how many members could give one";
        RolesOrFrom = "roles_or_from", "give one of `roles` and `from`";
        InvalidGroupName = "invalid_group_name", "1 to 50 letters of a to z, digits and hyphens";
        QuorumOutOfRange = "quorum_out_of_range", "`message` names the bounds";
        HoursWithoutDefer = "hours_without_defer", "quiet hours belong to the outcome `defer`";
        TermsWithoutHold = "terms_without_hold", "terms belong to the outcome `hold`";
        HtmlWouldChange = "html_would_change", "with `html_mode: strict` nothing is changed: `message` says what would be";
        HtmlTooLarge = "html_too_large", "at most 1 MB: attach it as a file";
        HtmlTooDeep = "html_too_deep", "nest elements at most 100 deep";
        HtmlTooManyElements = "html_too_many_elements", "at most 30,000 elements";
        HtmlAttributeTooLong = "html_attribute_too_long", "an attribute has at most 8 KB";
        HtmlStyleSheetTooLarge = "html_style_sheet_too_large", "write styles into the elements";
        HtmlBase = "html_base", "write whole addresses, without `<base>`";
        HtmlScheme = "html_scheme", "link to a page, or attach a file";
        HtmlLinkCredentials = "html_link_credentials", "leave user name and password out of the link";
        HtmlUnknownContentId = "html_unknown_content_id", "attach a file with this `content_id`";
        HtmlCharset = "html_charset", "write UTF-8";
        HtmlEmpty = "html_empty", "write something that a reader sees";
        HtmlAmbiguous = "html_ambiguous", "make it simpler: it can't be written so that every program reads it alike";
    }
    RateLimited {
        TooManyTestSends = "too_many_test_sends", "an account is tried twenty times a day";
        DailyLimitReached = "daily_limit_reached", "no more mails may be asked for today (UTC): wait as `Retry-After` says, or have a person raise `sends_per_day` of the token or the organization; a domain that is new is warmed up";
        TooManyRegistrations = "too_many_registrations", "one address of the network signs up 20 times an hour, one owner three times a day, and for one owner five wait unclaimed in a week: wait as `Retry-After` says";
        TooManyVerifications = "too_many_verifications", "ten mails a day (UTC) prove an address: look for the newest, or wait as `Retry-After` says";
        TooManyInvitations = "too_many_invitations", "an organization sends 100 invitations a day (UTC), and five to one address: wait as `Retry-After` says";
        LookedJustNow = "looked_just_now", "the records of a domain are looked at every ten seconds at most: wait as `Retry-After` says";
        RateLimited = "rate_limited", "wait as `Retry-After` says; `RateLimit` says what is left";
        TooManySignIns = "too_many_sign_ins", "a thousand attempts with one address: wait as `Retry-After` says";
    }
    Upstream {
        CredentialsRefused = "credentials_refused", "the provider takes the key or password of this account no more: give it another (`PATCH /v1/accounts/{account_id}`)";
        ProviderSilent = "provider_silent", "nobody knows whether it went: look into your mail before you try again";
        ProviderRefused = "provider_refused", "`message` says what the provider did; look at the account there";
    }
    Internal {
        InternalError = "internal_error", "a defect of ours: tell us the `request_id`";
    }
    Unavailable {
        ProviderUnavailable = "provider_unavailable", "the provider does not answer: nothing was changed; repeat the request in a minute";
        NotChainedYet = "not_chained_yet", "try again in a moment: a receipt waits until its votes are chained";
        TemporarilyUnavailable = "temporarily_unavailable", "something that we need does not answer: repeat the request";
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What a client does about a credential depends on it: these are written out.
    #[test]
    fn codes_of_credentials_and_decisions_keep_their_class() {
        for (code, class) in [
            (Code::MissingCredential, Class::Unauthenticated),
            (Code::InvalidCredential, Class::Unauthenticated),
            (Code::SessionExpired, Class::Unauthenticated),
            (Code::WrongEmailOrPassword, Class::Unauthenticated),
            (Code::MissingScope, Class::Forbidden),
            (Code::PersonRequired, Class::Forbidden),
            (Code::RequesterCannotDecide, Class::Forbidden),
            (Code::TokenPaused, Class::Forbidden),
            (Code::BlockedByPolicy, Class::Forbidden),
            (Code::NotFound, Class::NotFound),
            (Code::DigestMismatch, Class::Conflict),
            (Code::ApprovalNotPending, Class::Conflict),
            (Code::AlreadyVoted, Class::Conflict),
            (Code::RequestInFlight, Class::Conflict),
            (Code::InvalidRequest, Class::Invalid),
            (Code::TooManySignIns, Class::RateLimited),
            (Code::NotChainedYet, Class::Unavailable),
        ] {
            assert_eq!(code.class(), class, "{code:?}");
        }
    }

    #[test]
    fn codes_are_distinct_and_say_what_to_do() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            let sound = |c: char| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit();
            assert!(code.as_str().chars().all(sound), "{code:?}");
            assert!(!code.advice().is_empty() && !code.advice().ends_with('.'), "{code:?}");
        }
    }
}
