"""python -m benchmarks [--only a,b]: every benchmark, one JSON line each; exit 1 when a goal was missed."""

from __future__ import annotations

import argparse
import sys

from benchmarks.site import scratch_site

NAMES = ("tenant_create", "upsert", "api_list")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help=f"names by comma: {', '.join(NAMES)}")
    chosen = [name for name in parser.parse_args().only.split(",") if name] or list(NAMES)
    unknown = set(chosen) - set(NAMES)
    if unknown:
        parser.error(f"unknown benchmark {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
    with scratch_site() as urls:
        from benchmarks import cases

        met = [getattr(cases, name)(urls) for name in chosen]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
