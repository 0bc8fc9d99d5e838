"""python -m simulators.servicenow: serves one instance until it is told to stop.

In a test: `with tests.simulated_servicenow.running("--account", "generated:400:1") as simulator:` starts it as a process
of its own on free ports (`simulator.url`, `simulator.tell("switches", journals="forbidden")`, `simulator.told("truth")`);
`tests.simulators.inside_servicenow.generated(400)` is the same without a process, and its clock stands still.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import textwrap
from collections.abc import Sequence

import orjson

from simulators.accounts.load import AccountInvalid, load_account
from simulators.clock import Clock, parse_time
from simulators.faults import KINDS as FAULTS
from simulators.script import CLIENT
from simulators.servicenow.api import Api
from simulators.servicenow.auth import Grants, Secrets
from simulators.servicenow.authored import AuthoredOrigin
from simulators.servicenow.control import Control
from simulators.servicenow.events import KINDS as EVENTS
from simulators.servicenow.generated import GeneratedOrigin
from simulators.servicenow.setup import INTEGRATION
from simulators.servicenow.switches import Switches
from simulators.servicenow.world import Origin, World
from simulators.web import listen


def _listed(names: Sequence[str]) -> str:
    """Names, wrapped and indented as the help is."""
    return textwrap.fill(", ".join(names), 115, initial_indent=" " * 27, subsequent_indent=" " * 27).strip()


_EPILOG = f"""
When it listens it prints one line:
  {{"api": "http://…", "control": "http://…", "account": …, "incidents": …}}
One process serves one instance: its API with the bytes of files, and its control port, each on a port.

The control port (never known to an adapter), JSON in and out:
  GET  /__sim/truth    what a perfect mirror would export: tickets with threads, valid articles by language; also
                       attachments with their hashes, what is gone, what an ACL hides, and what was planted in texts.
                       ?first=&last= bound the tickets by sys_id, ?table= says of which tables
  GET  /__sim/log      every call with status, rows and caller, the last 50,000; DELETE empties it
  GET|POST /__sim/clock    {{"now": "2026-01-01T00:00:00Z", "advance": 60, "rate": 10}} (rate 0 stands still)
  GET|POST /__sim/faults   {{"faults": [{{"kind": "503", "at": [3]}}, {{"kind": "slow", "rate": 0.1, "seconds": 2}}]}}
                           kinds: {_listed(FAULTS)}
                           options: path (prefix), method, at (numbers of calls), rate, most (hits), seconds,
                           retry_after (text or null)
  GET|POST /__sim/script   {{"rules": [{{"after": 7, "apply": [{{"op": "update", "random": 3}}]}},
                                     {{"every": 1, "rate": 0.2, "apply": [{{"op": "random", "random": 1}}]}}]}}
                           counted by lists (of any table), with "of": "calls" by all calls
                           or {{"seed": 7}}: a random script (python -m simulators.servicenow.scripts --seed 7 shows it)
  GET  /__sim/script/told  events for whoever runs the reader ({", ".join(CLIENT)}), and those that failed
  POST /__sim/script/finish  what has not come yet comes now; then the instance is at rest (ACLs, faults, sleep)
  POST /__sim/update   {{"apply": [{{"op": "comment", "ticket": "INC0000005", "by": "agent0", "text": "…"}}]}}, at once
                           targets: ticket (number or sys_id), tickets, or random (how many); table (incident)
                           ops: {_listed(EVENTS)}
                           {{"op": "import", "count": 2500}}: in one second; {{"op": "delete", "audited": false}};
                           {{"op": "acl", "random": 9, "blocked": true}}; {{"op": "acl_share", "share": 0.15}};
                           {{"op": "field_acl", "fields": ["close_notes"]}}; {{"op": "key", "password": "…"}}
  POST /__sim/key      {{"password": "…"}} (or user, client_id, client_secret, api_key) revokes what counted before
  GET|POST /__sim/switches {{"journals": "forbidden"}}: how the instance is set up, and what nobody knows of the service
                           {_listed(tuple(Switches().all()))}
  GET|POST /__sim/rates    {{"rules": [{{"limit": 100, "resource": "Table API", "who": "user"}}]}} of the admin, per hour,
                           counted up to the last half minute
  GET|POST /__sim/push     {{"url": "http://…", "key": "…", "loss": 0.1, "duplicate": 0.1, "reorder": 0.1, "late": 2}}
                           an async business rule: {{table, sys_id, sys_updated_on, op}} with X-Deskhand-Timestamp and
                           X-Deskhand-Signature (base64 HMAC-SHA256 of "timestamp.body"), once each; {{}} ends it
  GET  /__sim/mails    comments that would have reached a customer
  POST /__sim/stop     ends the process
"""


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.servicenow",
        description="Serve a simulated ServiceNow instance over HTTP.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--account", required=True, help="generated:COUNT:SEED (incidents, up to 200000), initech, or a folder "
                        "path with an account.toml")  # fmt: skip
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port of the API; 0 takes a free one (default)")
    parser.add_argument(
        "--control-port", type=int, default=0, help="port of the controls; 0 takes a free one (default)"
    )
    parser.add_argument("--user", default=INTEGRATION, help="who signs in (default: %(default)s)")
    parser.add_argument("--password", required=True, help="of that user, for Basic auth and the password grant")
    parser.add_argument("--client-id", default="client-of-deskhand", help="of the OAuth application (default: %(default)s)")
    parser.add_argument("--client-secret", default="secret-of-the-client", help="(default: %(default)s)")
    parser.add_argument("--api-key", default="", help="what x-sn-apikey must be; without it no key counts")
    parser.add_argument("--now", help="ISO time at which the instance's clock starts (default: the real time)")
    options = parser.parse_args(argv)
    options.start = None if options.now is None else parse_time(options.now)
    if options.now is not None and options.start is None:
        parser.error("--now is not an ISO time")
    kind, *numbers = options.account.split(":")
    options.size, options.seed = None, 1
    if kind == "generated":
        try:
            options.size, options.seed = (int(one) for one in (*numbers, *("2000", "1")[len(numbers) :]))
        except ValueError:
            parser.error("--account generated:COUNT:SEED")
        if not 1 <= options.size <= 200_000:
            parser.error("COUNT must be 1 to 200000")
    return options


def build(options: argparse.Namespace) -> Api:
    """The instance ready to be asked. Raises AccountInvalid."""
    clock = Clock(options.start)
    origin: Origin
    if options.size is None:
        origin = AuthoredOrigin(load_account(options.account), clock.second())
    else:
        origin = GeneratedOrigin(options.size, options.seed, clock.second())
    world = World(origin, clock, options.seed)
    secrets = Secrets(options.user, options.password, options.client_id, options.client_secret, options.api_key)
    return Api(world, Grants(world, secrets))


async def serve(options: argparse.Namespace, api: Api) -> None:
    """Serve both ports until a signal or the control port ends it."""
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    public = await listen(api, options.host, options.port)
    control = await listen(Control(api, stopped), options.host, options.control_port)
    line = {
        "api": f"http://{options.host}:{_port(public)}",
        "control": f"http://{options.host}:{_port(control)}",
        "account": options.account,
        "incidents": len(api.world.stores["incident"]),
    }
    push = asyncio.create_task(api.push.run())
    print(orjson.dumps(line).decode(), flush=True)
    await stopped.wait()
    push.cancel()
    for server in (public, control):
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
