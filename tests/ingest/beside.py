"""What goes on in an account beside the script: its agent writes through us, its files are read, its webhooks call us.

Webhooks are lost, doubled and late; a call that meets a bad moment is answered with 503 and comes again. What was sent is
counted at the end: in the threads, and in what was mailed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import orjson
from django.test import Client

from apps.core.errors import Forbidden
from apps.ingest.models import Outbox
from apps.ingest.outbox import work_off
from apps.ingest.webhooks import HEADER, HOOKS, make_hook
from apps.platforms import sending
from apps.platforms.changes import TicketChange
from apps.platforms.models import Attachment, Connection, Person, Ticket
from apps.platforms.outgoing import Outgoing
from tests.platforms.desk import Desk, send_all
from tests.simulated import Simulator, fingerprint

CARE = ("", "", "", "short", "long", "redirect")  # trouble of a file
MOST_ORDERS = 12
Heard = SimpleQueue[tuple[str, dict[str, str], bytes]]


@dataclass(slots=True)
class Beside:
    """Inside the company. `act` once a round of the reader, `end` when nobody touches the account any more."""

    simulator: Simulator
    connection: Connection
    person: Any
    dice: random.Random
    heard: Heard
    firms: random.Random  # of their own: what else happens stays what it was
    agent: Person | None = None
    told: int = 0  # calls of the webhook that were taken
    orders: list[int] = field(default_factory=list)

    def act(self) -> None:
        self.listen()
        work_off(Outbox.Kind.HINT)
        work_off(Outbox.Kind.FILE)
        if self.dice.random() < 0.3:
            self._attach()
        if self.dice.random() < 0.4 and len(self.orders) < MOST_ORDERS:
            self._order()
        if self.firms.random() < 0.4:
            self._found()
        for order_id in sending.due_orders():
            sending.send(order_id)

    def listen(self) -> None:
        """Hand on what the account has called since."""
        while True:
            try:
                path, headers, body = self.heard.get_nowait()
            except Empty:
                return
            wanted = {"host": "acme.localhost", HEADER: headers.get(HEADER, "")}
            answer = Client(headers=wanted, enforce_csrf_checks=True).post(path, body, content_type="application/json")
            assert answer.status_code == 202, answer.content
            self.told += 1

    def end(self) -> None:
        self.listen()
        send_all()

    def _found(self) -> None:
        """A company of customers is named, named anew, given a ticket or deleted."""
        number = self._any(self.firms)
        change: dict[str, Any] = {"op": "company", "company": self.firms.randint(1, 5), "tickets": [int(number)] if number else []}
        if self.firms.random() < 0.7:
            change["name"] = self.firms.choice((f"Firma {self.firms.randint(1, 99)} GmbH", "주식회사 & Söhne", None))
        self._told(change)

    def _told(self, change: dict[str, Any]) -> None:
        answer = self.simulator.control.post("/__sim/update", content=orjson.dumps({"apply": [change]}))
        assert answer.status_code == 200 or "no such" in answer.text, answer.text  # gone, and not heard of yet

    def _attach(self) -> None:
        number = self._any(self.dice)
        if number is not None:
            trouble = self.dice.choice(CARE)
            name = self.dice.choice(("plan.txt", "page.html", "photo.png", "setup.exe"))
            self._told({"op": "attach", "ticket": int(number), "name": name, "trouble": trouble})

    def _order(self) -> None:
        number = self._any(self.dice)
        if number is None or not self._agent():
            return
        kind = self.dice.choice(("reply", "note", "update"))
        text = "" if kind == "update" else f"Order {len(self.orders)}: hold the button, {self.dice.random()}"
        change = TicketChange(priority=self.dice.randint(1, 4)) if kind == "update" else None
        desk = Desk(self.simulator, self.connection, self.person, self.agent)
        try:
            self.orders.append(desk.order(int(number), text, kind, change=change).pk)
        except Forbidden as exc:  # a ticket in the trash, a key that is refused just now
            assert exc.code in ("ticket_not_live", "connection_refused"), exc.code

    def _any(self, dice: random.Random) -> str | None:
        numbers = list(Ticket.objects.filter(state="live", deleted=False).order_by("remote_id").values_list("remote_id", flat=True))
        return dice.choice(numbers) if numbers else None

    def _agent(self) -> Person | None:
        """The person is mapped by hand: by e-mail is proved elsewhere."""
        if self.agent is None:
            self.agent = Person.objects.filter(kind=Person.Kind.AGENT).order_by("remote_id").first()
            if self.agent is not None:
                Person.objects.filter(pk=self.agent.pk).update(user=self.person, mapped=Person.Mapped.HAND)
        return self.agent


@contextmanager
def beside(simulator: Simulator, connection: Connection, person: Any, seed: int) -> Iterator[Beside]:
    """The account calls us from here on."""
    heard: Heard = SimpleQueue()
    dice = random.Random(f"beside:{seed}")
    HOOKS.clear()
    with listening(heard, random.Random(f"line:{seed}")) as address:
        secrets = make_hook(connection=connection)[1]
        simulator.tell(
            "webhook", url=f"{address}/hooks/acme/{secrets.path}/", headers={HEADER: secrets.header}, loss=0.2, duplicate=0.3,
            reorder=0.3, hiding=dice.random() < 0.5, seed=seed,
        )  # fmt: skip
        try:
            yield Beside(simulator, connection, person, dice, heard, random.Random(f"firms:{seed}"))
        finally:
            simulator.tell("webhook")
            HOOKS.clear()


@contextmanager
def listening(heard: Heard, dice: random.Random) -> Iterator[str]:
    """An address that keeps every call for the reader, who has the database; one in ten it sends away."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            away = dice.random() < 0.1
            if not away:
                heard.put((self.path, dict(self.headers), body))
            self.send_response(503 if away else 202)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def check_written(ran: Beside, truth: dict[str, Any]) -> None:
    """What was sent is in the account once, or somebody edited or deleted it since; what failed never was."""
    threads = {one["remote_id"]: one["messages"] for one in truth["tickets"]}
    mailed = [str(row["conversation_id"]) for row in ran.simulator.told("mails")]
    for order in Outgoing.objects.filter(pk__in=ran.orders).exclude(kind="update").select_related("ticket"):
        mark, sent = fingerprint(order.text), order.state == Outgoing.State.SENT
        assert sent or order.state == Outgoing.State.FAILED, order.state
        thread = threads.get(order.ticket.remote_id, [])
        times = sum(one["text_sha256"] == mark for one in thread)
        changed = all(one["remote_id"] != order.remote_id or one["text_sha256"] != mark for one in thread)
        assert times == 1 if sent and not changed else times == 0, (order.state, order.code, times)
        if order.kind == "reply" and sent:
            assert mailed.count(order.remote_id) == 1


def check_files(truth: dict[str, Any]) -> None:
    """Every file of a ticket that is shown is listed once, and was read, or says why not."""
    shown = set(Ticket.objects.filter(deleted=False).exclude(files=None).values_list("remote_id", flat=True))
    rows = Attachment.objects.filter(message__ticket__deleted=False)
    ours = sorted(rows.values_list("message__ticket__remote_id", "remote_id", "name", "size"))
    theirs = [(str(one["ticket"]), one["remote_id"], one["name"], one["size"]) for one in truth["attachments"]]
    assert ours == sorted(row for row in theirs if row[0] in shown)
    assert list(rows.filter(outcome="").values_list("name", flat=True)) == []


def check_firms(truth: dict[str, Any]) -> None:
    """Every ticket that is shown is of the company it is of there, and a company that is there has the name it has there.
    No list tells of one that was deleted: what we called it stays."""
    rows = Ticket.objects.filter(deleted=False).exclude(firm=None).values_list("remote_id", "firm__remote_id", "firm__name")
    ours, theirs = {key: firm for key, firm, _name in rows}, dict(truth["companies"]["tickets"])
    shown = set(Ticket.objects.filter(deleted=False).values_list("remote_id", flat=True))
    assert ours == {key: firm for key, firm in theirs.items() if key in shown}
    names: dict[str, str] = truth["companies"]["names"]
    assert {firm: name for _key, firm, name in rows if firm in names} == {firm: names[firm] for firm in ours.values() if firm in names}
