"""The client against a small server that answers what each test lays down."""

import copy
import json
import pickle
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import mock

from countersign import (
    ConnectionFailed,
    Countersign,
    CountersignError,
    InvalidSignature,
    WaitTimeout,
    verify_webhook,
)

TOKEN = "cs_live_secret"


def error(code: str, **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": "m", "request_id": "r1", "details": {}, **more}}


class Handler(BaseHTTPRequestHandler):
    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        TestClient.seen.append({"method": self.command, "url": self.path, "headers": headers, "body": body})
        answers = TestClient.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer is None:
            self.close_connection = True
            self.connection.close()
            return
        status, told, more = (*answer, {})[:3]
        data = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        if "Content-Length" not in more:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_: Any) -> None:
        pass


class TestClient(unittest.TestCase):
    # What comes, and what is answered: status, body, headers; or nothing, and the line is cut.
    seen: list[dict[str, Any]] = []
    answers: list[Any] = []

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        cls.base_url = f"http://127.0.0.1:{cls.server.server_port}"
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self) -> None:
        self.put((200, {}))
        TestClient.seen = []
        patched = mock.patch("countersign._transport.time.sleep")
        patched.start()
        self.addCleanup(patched.stop)

    def put(self, *answers: Any) -> None:
        TestClient.answers = list(answers)

    def client(self, **more: Any) -> Countersign:
        return Countersign(self.base_url, TOKEN, **more)

    def test_a_call_has_the_credential_its_fields_and_one_key_however_often_it_is_made(self) -> None:
        self.put(None, (503, error("temporarily_unavailable"), {"Retry-After": "1"}), (202, {"message": {}}))
        self.client().messages.send("inb/1", to=["a@example.com"], subject="Ü", text="T")
        first, _, last = self.seen
        self.assertEqual((first["method"], first["url"]), ("POST", "/v1/inboxes/inb%2F1/messages/send"))
        self.assertEqual(first["headers"]["authorization"], f"Bearer {TOKEN}")
        self.assertEqual(last["body"], {"to": ["a@example.com"], "subject": "Ü", "text": "T"})
        self.assertRegex(first["headers"]["idempotency-key"], "^[0-9a-f-]{36}$")
        self.assertEqual(first["headers"]["idempotency-key"], last["headers"]["idempotency-key"])

    def test_what_may_not_be_done_twice_is_not_repeated_and_a_bounded_number_of_times_at_most(self) -> None:
        self.put((500, error("internal_error")))
        with self.assertRaises(CountersignError):
            self.client().approvals.approve("apr_1", digest="sha256:0")
        self.assertEqual(len(self.seen), 1)
        self.put((503, error("temporarily_unavailable")))
        with self.assertRaises(CountersignError):
            self.client(max_retries=2).messages.list_all()
        self.assertEqual(len(self.seen), 4)
        self.put((429, error("too_many_sign_ins"), {"Retry-After": "900"}))
        with self.assertRaises(CountersignError) as caught:
            self.client().me.get()
        self.assertEqual((caught.exception.retry_after, len(self.seen)), (900, 5))

    def test_a_change_of_one_revision_is_made_once_and_takes_out_what_it_says(self) -> None:
        self.put(None, (200, {}))
        with self.assertRaises(ConnectionFailed):
            self.client().drafts.update("drf_1", send_at=None, text="x", if_match='"3"')
        self.assertEqual([it["body"] for it in self.seen], [{"send_at": None, "text": "x"}])
        self.put(None, (200, {}))
        self.client().drafts.update("drf_1", text="x")
        self.assertEqual(len(self.seen), 3)

    def test_what_the_gateway_says_itself_is_not_that_nothing_was_done(self) -> None:
        self.put((503, {"message": "Service Unavailable"}))
        with self.assertRaises(CountersignError):
            self.client().approvals.approve("apr_1", digest="sha256:0")
        self.assertEqual(len(self.seen), 1)

    def test_half_an_answer_is_none(self) -> None:
        self.put((200, b"half", {"Content-Length": "100"}))
        with self.assertRaises(ConnectionFailed):
            self.client(max_retries=0).messages.raw("inb_1", "msg_1")

    def test_an_error_has_its_code_and_nothing_shows_the_token(self) -> None:
        self.put((422, error("invalid_request", details={"fields": [{"field": "to[0]"}]})))
        with self.assertRaises(CountersignError) as caught:
            self.client().messages.send("inb_1")
        told = caught.exception
        self.assertEqual((told.code, told.status, told.request_id), ("invalid_request", 422, "r1"))
        self.assertEqual(told.details, {"fields": [{"field": "to[0]"}]})
        client = self.client()
        for shown in (repr(told), str(told), repr(client), repr(client.messages), repr(client._transport)):
            self.assertNotIn("secret", shown)
        for take in (pickle.dumps, copy.deepcopy):
            with self.assertRaises(TypeError):
                take(client)
        self.put((413, {"message": "Request Too Long"}))
        with self.assertRaises(CountersignError) as caught:
            client.messages.send("inb_1")
        self.assertEqual(caught.exception.code, "http_413")
        self.put((200, b"<html>"))
        with self.assertRaises(CountersignError) as caught:
            client.me.get()
        self.assertEqual(caught.exception.code, "not_json")

    def test_no_token_goes_over_a_line_that_others_read_nor_elsewhere(self) -> None:
        for bad in ("http://mail.example.com", "http://127.0.0.1.example.com", "ftp://x", "https://x/?a", "x", "file:///x"):
            with self.assertRaises(ValueError, msg=bad):
                Countersign(bad, TOKEN)
        with self.assertRaises(ValueError):
            self.client().inboxes.get("..")
        with self.assertRaises(ValueError):
            Countersign(self.base_url, "a\nb")
        self.put((303, b"", {"Location": "/bytes"}), (200, b"raw bytes"))
        self.assertEqual(self.client().messages.raw("inb_1", "msg_1"), b"raw bytes")
        self.assertEqual(self.seen[1]["url"], "/bytes")
        self.assertNotIn("authorization", self.seen[1]["headers"])

    def test_a_list_goes_on_to_its_end_with_its_filters(self) -> None:
        pages = [([1, 2], "a/b"), ([], "c"), ([3], None)]
        self.put(*[(200, {"data": data, "next_cursor": cursor}) for data, cursor in pages])
        found = list(self.client().messages.iter_list("inb_1", unread=True, from_="ann", limit=2))
        self.assertEqual(found, [1, 2, 3])
        self.assertEqual(
            [it["url"].split("?")[1] for it in self.seen],
            ["from=ann&limit=2&unread=true", "cursor=a%2Fb&from=ann&limit=2&unread=true", "cursor=c&from=ann&limit=2&unread=true"],
        )

    def test_nobody_answers(self) -> None:
        with self.assertRaises(ConnectionFailed):
            Countersign("http://127.0.0.1:9", TOKEN, max_retries=1).me.get()

    def test_a_decision_is_waited_for_by_the_mail_or_by_the_approval(self) -> None:
        sent = {"message": {"id": "msg_1", "inbox_id": "inb_1"}}
        pauses: list[float] = []
        pending = (200, {"status": "pending_approval"})
        self.put(pending, pending, (200, {"status": "rejected", "rejection_reason": "Not yet"}))
        rejected = self.client().wait_for_approval(sent, _sleep=pauses.append)
        self.assertEqual((rejected.outcome, rejected.reason, pauses), ("rejected", "Not yet", [1.0, 1.5]))
        self.put((200, {"status": "superseded", "superseded_by": "apr_2"}), (200, {"status": "approved"}))
        self.assertEqual(self.client().wait_for_approval("apr_1").outcome, "approved")
        self.assertEqual(self.seen[-1]["url"], "/v1/approvals/apr_2")
        self.put((200, {"status": "pending"}))
        with self.assertRaises(WaitTimeout):
            self.client().wait_for_approval("apr_1", timeout=0)

    def test_a_mail_is_waited_for_behind_the_last_that_is_there(self) -> None:
        self.put((200, {"data": [{"id": "msg_1"}]}), (200, {"data": []}), (200, {"data": [{"id": "msg_2"}]}))
        found = self.client().wait_for_message("inb_1", from_="ann")
        self.assertEqual(found["id"], "msg_2")
        self.assertEqual(self.seen[1]["url"], "/v1/inboxes/inb_1/messages/wait?after=msg_1&from=ann&timeout=25")
        self.put((200, {"data": []}))
        with self.assertRaises(WaitTimeout):
            self.client().wait_for_message("inb_1", timeout=0)


class TestWebhooks(unittest.TestCase):
    # The example of the specification, with its key.
    BODY = b'{"test": 2432232314}'
    HEADERS = {
        "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v2,x",
    }
    SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    def test_a_call_is_known_by_its_signature(self) -> None:
        event = verify_webhook(self.BODY, self.HEADERS, self.SECRET, now=1_614_265_330)
        self.assertEqual(event, {"test": 2432232314})
        self.assertEqual(verify_webhook(self.BODY.decode(), self.HEADERS, self.SECRET, now=1_614_265_629), event)

    def test_any_other_is_refused(self) -> None:
        good: dict[str, Any] = {"body": self.BODY, "headers": self.HEADERS, "secret": self.SECRET, "now": 1_614_265_330}
        for bad in (
            {"body": b'{"test": 2432232315}'},
            {"now": 1_614_265_631},
            {"now": 1_614_265_029},
            {"secret": "whsec_AAAA"},
            {"headers": {}},
            {"headers": {**self.HEADERS, "webhook-signature": "v1,é v1a,x"}},
            {"headers": {**self.HEADERS, "webhook-timestamp": "1614265330x"}},
        ):
            with self.assertRaises(InvalidSignature, msg=str(bad)):
                verify_webhook(**{**good, **bad})
        for secret in ("g0hM", "whsec_%", "whsec_é"):
            with self.assertRaises(ValueError):
                verify_webhook(**{**good, "secret": secret})


if __name__ == "__main__":
    unittest.main()
