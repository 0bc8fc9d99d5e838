"""python -m embedded.vectors: the owner process of the embedded vector engine."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import uvicorn

from embedded.vectors.application import Application
from embedded.vectors.errors import Taken
from embedded.vectors.store import Store

TAKEN = 3  # exit code: another process owns the folder


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m embedded.vectors", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the collections; one owner at a time")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument(
        "--token", default=os.environ.get("QDRANT_API_KEY", ""), help="api-key (default QDRANT_API_KEY)"
    )
    options = parser.parse_args()
    if not options.token:
        parser.error("a token is needed: --token or QDRANT_API_KEY")
    try:
        store = Store(options.data)
    except Taken as exc:
        sys.stderr.write(f"{exc}\n")
        return TAKEN
    # uvicorn raises the signal again once it has ended in order; then it is our turn to close, not to die of it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    uvicorn.run(
        Application(store, options.token),
        host="127.0.0.1",
        port=options.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
