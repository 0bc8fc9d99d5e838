"""A real mail server on a port of this machine: it takes mails over SMTP, or is away, or refuses an address."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any


class MailServer:
    """`mails`: (address, message) as they were taken. `refused`: {address: SMTP code}. `taken` is called before the sender
    is told that a mail was taken: whatever happens there, the mail is delivered."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.refused: dict[str, int] = {}
        self.taken: Callable[[], Any] = lambda: None
        self.port, self._server = 0, None

    def __enter__(self) -> MailServer:
        self.open()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def open(self) -> None:
        """Listen, after the first time on the same port."""
        self._server = _Listener(("127.0.0.1", self.port), _talk_for(self))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        """Nobody listens: who calls is turned away at once."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def to(self, address: str) -> list[EmailMessage]:
        return [message for one, message in self.mails if one == address]

    def use(self, settings: Any) -> None:
        """Have this process send here."""
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", self.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def _talk_for(mailbox: MailServer) -> type[socketserver.StreamRequestHandler]:
    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            people: list[str] = []
            while line := self.rfile.readline():
                verb, told = line[:4].decode().upper(), line.decode().strip()
                if verb == "RCPT":
                    address = told.partition("<")[2].partition(">")[0]
                    if code := mailbox.refused.get(address):
                        self.say(f"{code} not here")
                        continue
                    people.append(address)
                if verb == "DATA":
                    self.say("354 go on")
                    message = email.message_from_bytes(self.text(), policy=policy.default)
                    mailbox.mails += [(one, message) for one in people]
                    people = []
                    mailbox.taken()
                if verb == "QUIT":
                    self.say("221 bye")
                    return
                self.say("250 ok")

        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def text(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()).rstrip() != b"." and line:
                lines.append(line[1:] if line.startswith(b"..") else line)
            return b"".join(lines).replace(b"\r\n", b"\n")

    return Talk
