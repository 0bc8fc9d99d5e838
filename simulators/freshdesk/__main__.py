"""python -m simulators.freshdesk: serves one account until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import ssl
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import orjson

from simulators.accounts.load import AccountInvalid, load_account
from simulators.clock import Clock, parse_time
from simulators.faults import KINDS as FAULTS
from simulators.freshdesk.api import Api
from simulators.freshdesk.authored import AuthoredOrigin
from simulators.freshdesk.control import Control
from simulators.freshdesk.events import KINDS as EVENTS
from simulators.freshdesk.generated import GeneratedOrigin
from simulators.freshdesk.limits import PLANS, Budget
from simulators.freshdesk.lived import live_in
from simulators.freshdesk.rough import RoughOrigin
from simulators.freshdesk.storage import LINK_SECONDS
from simulators.freshdesk.switches import Switches
from simulators.freshdesk.world import World
from simulators.script import CLIENT
from simulators.web import listen


def _listed(names: Sequence[str]) -> str:
    """Names, wrapped and indented as the help is."""
    return textwrap.fill(", ".join(names), 115, initial_indent=" " * 27, subsequent_indent=" " * 27).strip()


SWITCHES = tuple(Switches().all())
_EPILOG = f"""
When it listens it prints one line:
  {{"api": "http://…", "control": "http://…", "storage": "http://…", "account": …, "tickets": …}}
One process serves one account: its API, its storage host (attachments behind links signed for {LINK_SECONDS} s of the
account's clock: 403 XML when they are over, 400 when Authorization is sent) and its control port, each on a port.

The control port (never known to an adapter), JSON in and out:
  GET  /__sim/truth    what a perfect mirror would export: tickets with threads, articles by language; also attachments
                       with their hashes, numbers gone for good, numbers hidden from the key, and what was planted in
                       texts (kind, text, start, end). ?first=1&last=1000 bounds the tickets
  GET  /__sim/log      every call with status, credits and caller, the last 50,000; sums of all; DELETE empties it
  GET  /__sim/storage  every call to the storage host, and whether it sent Authorization
  GET|POST /__sim/clock    {{"now": "2026-01-01T00:00:00Z", "advance": 60, "rate": 10}} (rate 0 stands still)
  GET|POST /__sim/faults   {{"faults": [{{"kind": "503", "at": [3]}}, {{"kind": "slow", "rate": 0.1, "seconds": 2}}]}}
                           kinds: {_listed(FAULTS)}
                           options: path (prefix), method, at (numbers of calls), rate, most (hits), seconds,
                           retry_after (text or null)
  GET|POST /__sim/script   {{"rules": [{{"after": 7, "apply": [{{"op": "subject", "tickets": [41, 42]}}]}},
                                     {{"every": 1, "rate": 0.2, "apply": [{{"op": "random", "random": 1}}]}}]}}
                           counted by calls of GET /api/v2/tickets, with "of": "calls" by all calls
                           or {{"seed": 7}}: a random script (python -m simulators.freshdesk.scripts --seed 7 shows it)
  GET  /__sim/script/told  events for whoever runs the reader ({", ".join(CLIENT)}), and those that failed
  POST /__sim/script/finish  what has not come yet comes now; then the account is at rest (scope, faults, lag)
  POST /__sim/update   {{"apply": [{{"op": "reply", "ticket": 5, "by": "customer", "text": "…"}}]}}, at once
                           targets: ticket, tickets, or random (how many) of feed live, spam, deleted or archived
                           ops: {_listed(EVENTS)}
                           an agent's rights: {{"op": "agent", "agent": id, "scope": 2, "groups": [id]}}
  GET|POST /__sim/limits   {{"plan": "growth", "eat": 30, "share": 0.4, "burst": false}} (other apps of the account
                           spend 30 credits now, 40 % of every window evenly or at its beginning)
  POST /__sim/key      {{"api_key": "…"}} revokes the key that counted before
  POST /__sim/scope    {{"scope": 1}} of the key: 1 all tickets, 2 the owner's groups and own, 3 own
  GET|POST /__sim/switches {{"archived_in_list": true}} (unknown of the real service, so both can be tried)
                           {_listed(SWITCHES)}
  GET|POST /__sim/webhook  {{"url": "http://…", "headers": {{"X-Secret": "…"}}, "loss": 0.1, "duplicate": 0.1, "reorder": 0.1}}
                           called with {{"ticket_id", "event"}} when a ticket changes, unsigned; again after 5, 30 and
                           60 minutes; "hiding": true also for spam and trash; {{}} ends it
  GET  /__sim/mails    replies that would have reached a customer
  POST /__sim/stop     ends the process
"""


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.freshdesk",
        description="Serve a simulated Freshdesk account over HTTP.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--account", required=True, help="acme, globex, generated, or a folder path with an account.toml"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port of the API; 0 takes a free one (default)")
    parser.add_argument(
        "--control-port", type=int, default=0, help="port of the controls; 0 takes a free one (default)"
    )
    parser.add_argument(
        "--storage-port", type=int, default=0, help="port of the storage host; 0 takes a free one (default)"
    )
    parser.add_argument("--tls-certificate", type=Path, help="PEM; the API then speaks https only, as Freshdesk does")
    parser.add_argument("--tls-key", type=Path, help="PEM, with --tls-certificate")
    parser.add_argument("--api-key", required=True, help="the key callers must use as Basic auth user")
    parser.add_argument("--tickets", type=int, default=2000, help="size of a generated account, up to 100000 (2000)")
    parser.add_argument("--seed", type=int, default=1, help="which generated account (1)")
    parser.add_argument("--rough", action="store_true", help="a generated account as rough as real ones: threads of up "
                        "to 1,500 entries, files, odd bodies, web chat, personal data, empty fields")  # fmt: skip
    parser.add_argument("--lived-in", action="store_true", help="an authored account whose customers have companies and "
                        "rated what was solved, and whose agents noted their time")  # fmt: skip
    parser.add_argument("--plan", choices=sorted(PLANS), default="2000", help="rate limits a minute (default: 2000)")
    parser.add_argument("--now", help="ISO time at which the account's clock starts (default: the real time)")
    options = parser.parse_args(argv)
    if not 1 <= options.tickets <= 100_000:
        parser.error("--tickets must be 1 to 100000")
    if (options.tls_certificate is None) is not (options.tls_key is None):
        parser.error("--tls-certificate and --tls-key belong together")
    if options.rough and options.account != "generated":
        parser.error("--rough belongs to --account generated")
    if options.lived_in and options.account == "generated":
        parser.error("--lived-in belongs to an authored account")
    options.start = None if options.now is None else parse_time(options.now)
    if options.now is not None and options.start is None:
        parser.error("--now is not an ISO time")
    return options


def build(options: argparse.Namespace) -> Api:
    """The account ready to be asked. Raises AccountInvalid."""
    clock = Clock(options.start)
    if options.account == "generated":
        kind = RoughOrigin if options.rough else GeneratedOrigin
        origin = kind(options.tickets, options.seed, clock.second())
        return Api(World(origin, clock), Budget(PLANS[options.plan]), options.api_key)
    account = load_account(options.account)
    world = World(AuthoredOrigin(account, clock.second()), clock)
    if options.lived_in:
        live_in(world, account)
    return Api(world, Budget(PLANS[options.plan]), options.api_key)


async def serve(options: argparse.Namespace, api: Api) -> None:
    """Serve both ports until a signal or the control port ends it."""
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    tls = None
    if options.tls_certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.tls_certificate, options.tls_key)
        api.scheme = "https"
    storage = await listen(api.world.storage, options.host, options.storage_port)
    api.world.storage.base_url = f"http://{options.host}:{_port(storage)}"
    public = await listen(api, options.host, options.port, tls)
    control = await listen(Control(api, stopped), options.host, options.control_port)
    line = {
        "api": f"{api.scheme}://{options.host}:{_port(public)}",
        "control": f"http://{options.host}:{_port(control)}",
        "storage": api.world.storage.base_url,
        "account": options.account,
        "tickets": sum(len(index) for index in api.world.index.values()),
    }
    webhooks = asyncio.create_task(api.world.webhooks.run())
    print(orjson.dumps(line).decode(), flush=True)
    await stopped.wait()
    webhooks.cancel()
    for server in (public, control, storage):
        server.close()


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments(argv)
    try:
        api = build(options)
    except AccountInvalid as exc:
        print(exc, file=sys.stderr)
        return 2
    asyncio.run(serve(options, api))
    return 0


if __name__ == "__main__":
    sys.exit(main())
