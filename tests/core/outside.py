"""What egress tests stand before: a server nobody may reach, names that lead inside, a watch on every connection."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

_watches: list[Watch] = []


@dataclass(slots=True)
class Watch:
    """Every address a Python socket of this process was to connect to. What is not on this machine is not let out."""

    tried: list[tuple[Any, ...]] = field(default_factory=list)

    def see(self, address: Any) -> None:
        if not isinstance(address, tuple):
            return  # a socket file: an engine of the test's own
        self.tried.append(address[:2])
        if not str(address[0]).startswith(("127.", "::1")):
            raise ConnectionRefusedError("no test leaves this machine")


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        for watch in _watches:
            watch.see(arguments[1])


sys.addaudithook(_hook)


@contextmanager
def watching() -> Iterator[Watch]:
    watch = Watch()
    _watches.append(watch)
    try:
        yield watch
    finally:
        _watches.remove(watch)


@dataclass(slots=True)
class Canary:
    """A server on this machine that counts who comes; it answers nothing."""

    port: int
    visits: list[Any] = field(default_factory=list)


@contextmanager
def canary() -> Iterator[Canary]:
    """On 127.0.0.1 and, where the machine has it, on ::1."""
    listeners = [socket.create_server(("127.0.0.1", 0))]
    found = Canary(listeners[0].getsockname()[1])
    if socket.has_ipv6:
        listeners.append(socket.create_server(("::1", found.port), family=socket.AF_INET6))

    def count(visitor: socket.socket) -> None:
        found.visits.append(visitor.getpeername())

    with _accepting(listeners, count):
        yield found


@dataclass(slots=True)
class Server:
    """`host` is host:port; `heads` are the requests it got."""

    host: str
    heads: list[bytes] = field(default_factory=list)


@contextmanager
def server(speak: Callable[[], Iterable[bytes]], *, greets: bool = False) -> Iterator[Server]:
    """Reads the head of one request a connection (not when it `greets`), then says what it likes until it or the
    client has had enough.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    found = Server(f"127.0.0.1:{listener.getsockname()[1]}")

    def answer(visitor: socket.socket) -> None:
        head = b""
        while not greets and b"\r\n\r\n" not in head and (more := visitor.recv(65536)):
            head += more
        found.heads.append(head)
        for part in speak():
            visitor.sendall(part)

    with _accepting([listener], answer):
        yield found


@contextmanager
def _accepting(listeners: list[socket.socket], serve: Callable[[socket.socket], None]) -> Iterator[None]:
    def one(visitor: socket.socket) -> None:
        with visitor, suppress(OSError):  # the client has gone
            serve(visitor)

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                threading.Thread(target=one, args=[listener.accept()[0]], daemon=True).start()

    for listener in listeners:
        threading.Thread(target=accept, args=[listener], daemon=True).start()
    try:
        yield
    finally:
        for listener in listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


@contextmanager
def names(answer: Callable[[str], list[str]]) -> Iterator[list[str]]:
    """The machine's own lookup, answered by the test. Yields the names that were asked for, in order."""
    asked: list[str] = []

    def lookup(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer(host)]

    with patch.object(socket, "getaddrinfo", lookup):
        yield asked


@contextmanager
def silent_port() -> Iterator[int]:
    """A port where a firewall drops everything: its queue is full, so nobody's first packet is answered."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
            waiting.append(one)
        try:
            yield listener.getsockname()[1]
        finally:
            for one in waiting:
                one.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
