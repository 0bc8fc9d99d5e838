"""The help in the demo accounts: a site of its own mirrors them, every ticket is asked again. `make eval ONLY=accounts`.

One JSON line an account and one for both; exit 1 when a goal is missed.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from typing import Any

from benchmarks.evaluation.lines import tell
from benchmarks.smoke import ROOT, manage

GOALS = {"precision": 0.9, "coverage": 0.33, "article_in_3": 0.82}
MOST_FALSE_CONFIDENT = 0.12


def met(figures: dict[str, Any]) -> bool:
    return figures["false_confident"] <= MOST_FALSE_CONFIDENT and all(
        figures[name] >= goal for name, goal in GOALS.items()
    )


def inside(every: int) -> int:
    """Runs in the site's environment: wait for the first sync and for both meanings of the articles, then measure."""
    while any(
        not state["done"] or state["owed"] for state in (manage("sync_status", one) for one in ("acme", "globex"))
    ):
        time.sleep(1)
    import django

    django.setup()
    from apps.tenancy.context import bind_company
    from apps.tenancy.models import Company
    from benchmarks.evaluation.accounts import measure_questions, measure_tickets, together
    from benchmarks.evaluation.knowledge import tick
    from benchmarks.evaluation.labels import labels_of, questions

    tallies = []
    for account in ("acme", "globex"):
        labels = labels_of(account)
        with bind_company(Company.objects.get(company_id=account).binding()):
            tallies.append(measure_tickets(labels, every=every, seen=tick))
            sys.stderr.write("\n")
            tell({"account": account} | tallies[-1].figures())
            if account == "acme":
                tell({"account": account} | measure_questions(questions(), labels))
    whole = together(tallies)
    figures = whole.figures()
    sys.stdout.write("".join(f"wrong: {line}\n" for line in whole.wrong))
    tell({"account": "both", **figures, "goals": GOALS | {"false_confident": MOST_FALSE_CONFIDENT}, "ok": met(figures)})
    return 0 if met(figures) else 1


def measure_accounts(every: int) -> int:
    """Start the site and measure inside it. Returns its exit code."""
    with tempfile.TemporaryDirectory(prefix="deskhand-eval-") as folder:
        command = [sys.executable, "-m", "benchmarks.evaluation.site", str(every)]
        arguments = [sys.executable, "manage.py", "dev", "--data", f"{folder}/site", "--run", shlex.join(command)]
        return subprocess.run(arguments, cwd=ROOT, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}).returncode


if __name__ == "__main__":
    sys.exit(inside(int(sys.argv[1])))
