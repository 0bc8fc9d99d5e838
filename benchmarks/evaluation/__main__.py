"""python -m benchmarks.evaluation: starts a site of its own, mirrors the demo accounts, measures the help in them.

One JSON line an account and one for both; exit 1 when a goal is missed. `make eval` runs it.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from typing import Any

import orjson

from benchmarks.smoke import ROOT, manage

GOALS = {"precision": 0.9, "coverage": 0.33, "article_in_3": 0.82}
MOST_FALSE_CONFIDENT = 0.12


def met(figures: dict[str, Any]) -> bool:
    return figures["false_confident"] <= MOST_FALSE_CONFIDENT and all(
        figures[name] >= goal for name, goal in GOALS.items()
    )


def tell(line: dict[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()


def inside(every: int, show: bool) -> int:
    """Runs in the site's environment: wait for the first sync, then measure."""
    while not all(manage("sync_status", company)["done"] for company in ("acme", "globex")):
        time.sleep(1)
    import django

    django.setup()
    from apps.tenancy.context import bind_company
    from apps.tenancy.models import Company
    from benchmarks.evaluation.labels import labels_of, questions
    from benchmarks.evaluation.measure import measure_questions, measure_tickets, together

    tallies = []
    for account in ("acme", "globex"):
        labels = labels_of(account)
        with bind_company(Company.objects.get(company_id=account).binding()):
            tallies.append(measure_tickets(labels, every=every, seen=_dot))
            sys.stderr.write("\n")
            tell({"account": account} | tallies[-1].figures())
            if account == "acme":
                tell({"account": account} | measure_questions(questions(), labels))
    whole = together(tallies)
    figures = whole.figures()
    if show:
        sys.stdout.write("".join(f"wrong: {line}\n" for line in whole.wrong))
    tell({"account": "both", **figures, "goals": GOALS | {"false_confident": MOST_FALSE_CONFIDENT}, "ok": met(figures)})
    return 0 if met(figures) else 1


def _dot() -> None:
    sys.stderr.write(".")
    sys.stderr.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluation", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="measure every n-th ticket only (default 1: all)")
    parser.add_argument("--show", action="store_true", help="name the tickets whose reply rested on the wrong source")
    parser.add_argument("--inside", action="store_true", help="used by itself inside the running site")
    options = parser.parse_args()
    if options.inside:
        return inside(options.every, options.show)
    with tempfile.TemporaryDirectory(prefix="deskhand-eval-") as folder:
        command = [sys.executable, "-m", "benchmarks.evaluation", "--inside", "--every", str(options.every)]
        command += ["--show"] if options.show else []
        arguments = [sys.executable, "manage.py", "dev", "--data", f"{folder}/site", "--run", shlex.join(command)]
        return subprocess.run(arguments, cwd=ROOT, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}).returncode


if __name__ == "__main__":
    sys.exit(main())
