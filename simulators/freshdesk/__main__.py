"""python -m simulators.freshdesk: serves one account until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence

import orjson

from simulators.accounts.load import AccountInvalid, load_account
from simulators.freshdesk.api import Api
from simulators.freshdesk.authored import AuthoredOrigin
from simulators.freshdesk.changes import KINDS as CHANGES
from simulators.freshdesk.clock import Clock, parse_time
from simulators.freshdesk.control import Control
from simulators.freshdesk.faults import KINDS as FAULTS
from simulators.freshdesk.generated import GeneratedOrigin
from simulators.freshdesk.limits import PLANS, Budget
from simulators.freshdesk.records import Origin
from simulators.freshdesk.world import World
from simulators.web import listen

_EPILOG = f"""
When it listens it prints one line: {{"api": "http://…", "control": "http://…", "account": …, "tickets": …}}

The control port (never known to an adapter), JSON in and out:
  GET  /__sim/truth    what a perfect mirror would export: tickets with threads, articles by language
  GET  /__sim/log      every call with status and credits; DELETE empties it
  GET|POST /__sim/clock    {{"now": "2026-01-01T00:00:00Z", "advance": 60, "rate": 10}} (rate 0 stands still)
  GET|POST /__sim/faults   {{"faults": [{{"kind": "503", "at": [3]}}, {{"kind": "slow", "rate": 0.1, "seconds": 2}}]}}
                           kinds: {", ".join(FAULTS)}
  GET|POST /__sim/script   {{"rules": [{{"after": 7, "apply": [{{"op": "subject", "tickets": [41, 42]}}]}},
                                     {{"every": 1, "times": 50, "apply": [{{"op": "random", "random": 1}}]}}]}}
                           counted by calls of GET /api/v2/tickets
  POST /__sim/update   {{"apply": [{{"op": "reply", "ticket": 5, "by": "customer", "text": "…"}}]}}, at once
                           ops: {", ".join(CHANGES)}
  GET|POST /__sim/limits   {{"plan": "growth", "eat": 30}} (another app of the account spends 30 credits)
  POST /__sim/key      {{"api_key": "…"}} revokes the key that counted before
  POST /__sim/switches {{"archived_in_list": true}} (unknown of the real service, so both can be tried)
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
    parser.add_argument("--api-key", required=True, help="the key callers must use as Basic auth user")
    parser.add_argument("--tickets", type=int, default=2000, help="size of a generated account, up to 100000 (2000)")
    parser.add_argument("--seed", type=int, default=1, help="which generated account (1)")
    parser.add_argument("--plan", choices=sorted(PLANS), default="2000", help="rate limits a minute (default: 2000)")
    parser.add_argument("--now", help="ISO time at which the account's clock starts (default: the real time)")
    options = parser.parse_args(argv)
    if not 1 <= options.tickets <= 100_000:
        parser.error("--tickets must be 1 to 100000")
    options.start = None if options.now is None else parse_time(options.now)
    if options.now is not None and options.start is None:
        parser.error("--now is not an ISO time")
    return options


def build(options: argparse.Namespace) -> Api:
    """The account ready to be asked. Raises AccountInvalid."""
    clock = Clock(options.start)
    origin: Origin
    if options.account == "generated":
        origin = GeneratedOrigin(options.tickets, options.seed, clock.second())
    else:
        origin = AuthoredOrigin(load_account(options.account), clock.second())
    return Api(World(origin, clock), Budget(PLANS[options.plan]), options.api_key)


async def serve(options: argparse.Namespace, api: Api) -> None:
    """Serve both ports until a signal or the control port ends it."""
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    public = await listen(api, options.host, options.port)
    control = await listen(Control(api, stopped), options.host, options.control_port)
    line = {
        "api": f"http://{options.host}:{public.sockets[0].getsockname()[1]}",
        "control": f"http://{options.host}:{control.sockets[0].getsockname()[1]}",
        "account": options.account,
        "tickets": sum(len(index) for index in api.world.index.values()),
    }
    print(orjson.dumps(line).decode(), flush=True)
    await stopped.wait()
    public.close()
    control.close()


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
