"""python -m simulators.llm: serves one provider of language models until it is told to stop."""

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

from simulators.llm.api import MODELS, Api
from simulators.llm.control import Control
from simulators.llm.faults import ERRORS, GARBAGE, INSTEAD, PACE
from simulators.llm.manners import BAD, MANNERS
from simulators.llm.vectors import ODD
from simulators.web import listen


def _listed(names: Sequence[str]) -> str:
    """Names, wrapped and indented as the help is."""
    return textwrap.fill(", ".join(names), 115, initial_indent=" " * 27, subsequent_indent=" " * 27).strip()


_EPILOG = f"""
When it listens it prints one line:
  {{"api": "http://…/v1", "control": "http://…", "models": […]}}
It speaks OpenAI's interface: POST /v1/chat/completions (also streamed, with usage; response_format json_schema and
json_object), POST /v1/embeddings (numbers or base64), GET /v1/models. The key counts as Bearer or as api-key.

Nothing it says is made up: it answers with sentences of the numbered sources of the prompt. A source is a line that
begins with [3] or [S3], up to the next one or an empty line, or <source id="3">…</source>. Asked for JSON it fills the
schema: what is named source…, id, …_id or citation… gets the source's number, quote… its first sentence letter by
letter, any other text that sentence, an array an entry a source (three at most). The same request has the same answer.

The control port (never known to the product), JSON in and out:
  GET  /__sim/log      every call with what was asked (the prompts as received), status, tokens sent, and how it ended:
                       sent, broken (a fault), left (the client went away; "ended" is when), open. DELETE empties it
  GET|POST /__sim/faults   {{"faults": [{{"kind": "429", "at": [3], "retry_after": "2"}}, {{"kind": "stall", "after": 5}}]}}
                           errors: {_listed(list(ERRORS))}
                           instead of an answer: {_listed(INSTEAD)}
                           pace: {_listed(PACE)}
                           garbage: {_listed(GARBAGE)}
                           embeddings: {_listed(ODD)}
                           manners: {_listed(MANNERS[1:])}
                           options: path (prefix), model, at (numbers of calls), rate, most (hits), seconds, after
                           (tokens), retry_after (text or null); without at and rate every call
  POST /__sim/answers      {{"answers": [{{"match": "refund", "json": {{"text": "…"}}, "times": 2}}, {{"text": "…"}}]}}
                           the first whose pattern is found in the prompt is what the model says
  GET|POST /__sim/settings {{"manner": "obedient", "first_token": 0.4, "gap": 0.02, "models": ["sim-large"],
                            "dimension": 256, "version": 2, "api_key": "…"}}
                           bad_citations cites in {len(BAD)} wrong ways, in turn; obedient says whatever the prompt's
                           texts tell it to, its own instructions and every address included
  POST /__sim/stop     ends the process
"""


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.llm",
        description="Serve a simulated provider of language models over HTTP.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--api-key", required=True, help="the key callers must send")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port of the API; 0 takes a free one (default)")
    parser.add_argument("--control-port", type=int, default=0, help="port of the controls; 0 takes a free one (default)")
    parser.add_argument("--tls-certificate", type=Path, help="PEM; the API then speaks https only")
    parser.add_argument("--tls-key", type=Path, help="PEM, with --tls-certificate")
    parser.add_argument("--models", default=",".join(MODELS), help="names of its models, by comma (default: %(default)s)")
    parser.add_argument("--dimension", type=int, default=256, help="numbers of an embedding (default: %(default)s)")
    parser.add_argument("--first-token", type=float, default=0.0, help="seconds before the first token (0)")
    parser.add_argument("--gap", type=float, default=0.0, help="seconds before each other token (0)")
    options = parser.parse_args(argv)
    if (options.tls_certificate is None) is not (options.tls_key is None):
        parser.error("--tls-certificate and --tls-key belong together")
    return options


async def serve(options: argparse.Namespace) -> None:
    """Serve both ports until a signal or the control port ends it."""
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    models = [one.strip() for one in options.models.split(",") if one.strip()]
    api = Api(options.api_key, models, options.dimension, first_token=options.first_token, gap=options.gap)
    tls = None
    if options.tls_certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.tls_certificate, options.tls_key)
    public = await listen(api, options.host, options.port, tls)
    control = await listen(Control(api, stopped), options.host, options.control_port)
    scheme = "https" if tls else "http"
    line = {
        "api": f"{scheme}://{options.host}:{_port(public)}/v1",
        "control": f"http://{options.host}:{_port(control)}",
        "models": models,
    }
    print(orjson.dumps(line).decode(), flush=True)
    await stopped.wait()
    for server in (public, control):
        server.close()


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


def main(argv: Sequence[str] | None = None) -> int:
    asyncio.run(serve(arguments(argv)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
