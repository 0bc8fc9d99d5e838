"""python -m benchmarks [--only a,b] [--short]: every benchmark, one JSON line each; exit 1 when a goal was missed."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import Any

import orjson

from benchmarks.cases import NAMES
from benchmarks.site import scratch_site


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help=f"names by comma: {', '.join(NAMES)}")
    parser.add_argument(
        "--short", action="store_true", help="a few rows and rounds: shows that they run, judges nothing"
    )
    options = parser.parse_args()
    chosen = [name for name in options.only.split(",") if name] or list(NAMES)
    unknown = set(chosen) - set(NAMES)
    if unknown:
        parser.error(f"unknown benchmark {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
    with scratch_site() as urls:
        met = [_print(import_module(f"benchmarks.cases.{name}").run(urls, short=options.short)) for name in chosen]
    return 0 if options.short or all(met) else 1


def _print(line: dict[str, Any]) -> bool:
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()
    return bool(line["ok"])


if __name__ == "__main__":
    sys.exit(main())
