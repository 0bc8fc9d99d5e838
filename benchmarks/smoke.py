"""make smoke: the whole demo in a folder of its own, looked at through its pages and API; one JSON line at the end."""

from __future__ import annotations

import argparse
import http.client
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import orjson

from benchmarks import looks
from benchmarks.caller import Caller, Failed, require

ROOT = Path(__file__).resolve().parents[1]
QUEUE_S = 60  # from the first page of a cold start until every ticket of the demo's account is in the queue


def manage(*arguments: str) -> Any:
    """A management command's JSON."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments, "--json"], cwd=ROOT, capture_output=True, check=False
    )
    if done.returncode:
        raise Failed(f"manage.py {' '.join(arguments)}: {done.stderr.decode()[-500:]}")
    return orjson.loads(done.stdout)


def inside(began: float, folder: Path, result: dict[str, Any]) -> None:
    """Runs in the site's environment: wait, look, measure. What was measured stands in `result`, also after a failure."""
    result["cold_start_s"] = round(time.time() - began, 1)
    Caller("acme").page("/sign-in/")
    first_page = time.time()
    account = _account(folder)
    acme, globex = (
        Caller(one, manage("create_token", one, f"admin@{one}.example")["token"]) for one in ("acme", "globex")
    )
    brief_at, queue_at = _wait_first(first_page, acme, len(account))
    result |= {"first_brief_s": round(brief_at - began, 1), "queue_complete_s": round(queue_at - first_page, 1)}
    result |= _wait_sync(began, acme, globex)
    browser = Caller("acme").sign_in("mara@acme.example")
    require(looks.queue_numbers(browser) == account, "the queue is not the account")
    ticket, brief = looks.best_ticket(acme)
    looks.look_at_page(browser, ticket, brief)
    passages = [one["fix"] for one in brief["similar"] if one["fix"]] + [one["passage"] for one in brief["articles"]]
    question = brief["draft"]["citations"][0]["source"]["title"]
    answer = looks.ask(acme, question)
    quotes = [*brief["draft"]["citations"], *passages, *answer]
    result["quotes_verified"] = looks.verify(browser, quotes)
    result["first_ask_ms"] = round(acme.times["ask"][0], 1)
    looks.outsider(globex, Caller("globex").sign_in("noor@globex.example"), acme, ticket, quotes, question)
    for _ in range(20):
        acme.json("/api/v1/tickets/", name="tickets")
        acme.json(f"/api/v1/tickets/{ticket['id']}/brief/", name="brief")
        looks.ask(acme, question)
    result["api_p50_ms"] = {name: round(statistics.median(times), 1) for name, times in acme.times.items()}
    require(
        result["queue_complete_s"] <= QUEUE_S, f"a ticket was missing in the queue {QUEUE_S} s after the first page"
    )


def _wait_first(first_page: float, acme: Caller, tickets: int) -> tuple[float, float]:
    """The moments at which a ticket's brief could be read, and at which the queue had so many tickets."""
    brief_at = queue_at = 0.0
    while time.time() - first_page < 120:
        if not queue_at and acme.json("/api/v1/sync/")["tickets"] >= tickets:
            queue_at = time.time()
        if not brief_at and _a_brief(acme):
            brief_at = time.time()
        if brief_at and queue_at:
            return brief_at, queue_at
        time.sleep(0.5)
    raise Failed(
        f"within 120 s of the first page: {'a' if brief_at else 'no'} brief, queue {'' if queue_at else 'not '}complete"
    )


def _a_brief(acme: Caller) -> bool:
    for row in acme.tickets("open"):
        if row["draft"] is not None:
            acme.json(f"/api/v1/tickets/{row['id']}/brief/")
            return True
    return False


def _wait_sync(began: float, acme: Caller, globex: Caller) -> dict[str, Any]:
    while time.time() - began < 300:
        states = [caller.json("/api/v1/sync/") for caller in (acme, globex)]
        if all(state["done"] for state in states):
            counts = {name: states[0][name] for name in ("tickets", "messages", "articles", "chunks")}
            require(all(counts.values()), f"a whole account is more than {counts}")
            return counts | {"first_sync_s": round(time.time() - began, 1)}
        time.sleep(1)
    left = [{name: state[name] for name in ("tickets", "owed", "failing", "dead")} for state in states]
    raise Failed(f"first sync not complete within 300 s: {left}")


def _account(folder: Path) -> set[str]:
    """The numbers of the tickets an agent may meet in acme's helpdesk, as the simulator knows them."""
    port = orjson.loads((folder / "site" / "ports.json").read_bytes())["acme-control"]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/__sim/truth")
    truth = orjson.loads(connection.getresponse().read())
    connection.close()
    apart = {*truth["unlisted"], *truth["hidden"]}
    listed = (one for one in truth["tickets"] if one["state"] in ("live", "archived"))
    return {one["remote_id"] for one in listed if int(one["remote_id"]) not in apart}


def left_running(mark: str) -> list[str]:
    """Processes whose command line or environment names our folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*") if Path("/proc").is_dir() else []:
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if mark in line and entry.name != str(os.getpid()):
            found.append(re.sub(r"\s+", " ", line)[:120])
    return found


def install_seconds() -> int:
    """How long .ci/setup.sh took for the packages; it leaves the figure in .venv."""
    return max((int(stamp.read_text() or 0) for stamp in (ROOT / ".venv").glob(".installed-*")), default=0)


def outside() -> int:
    """Start the demo in a temporary folder, print the result as the last line."""
    result: dict[str, Any] = {"install_s": install_seconds()}
    with tempfile.TemporaryDirectory(prefix="deskhand smoke ") as folder:
        answer = Path(folder) / "result.json"
        began = time.time()
        command = shlex.join([sys.executable, "-m", "benchmarks.smoke", "--inside", str(began), str(answer)])
        arguments = [sys.executable, "manage.py", "dev", "--data", f"{folder}/site", "--run", command]
        code = subprocess.run(arguments, cwd=ROOT, check=False).returncode
        left = left_running(folder)
        result |= orjson.loads(answer.read_bytes()) if answer.exists() else {}
        if code:
            for log in sorted(Path(folder).glob("site/logs/*.log")):
                sys.stderr.write(f"== {log.name}\n{log.read_text(errors='replace')[-1500:]}\n")
    result["left_running"] = left
    result["ok"] = code == 0 and not left
    sys.stdout.write(orjson.dumps(result).decode() + "\n")
    return 0 if result["ok"] else 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.smoke", description=__doc__)
    parser.add_argument("--inside", nargs=2, metavar=("BEGAN", "FILE"), help="used by itself inside the running site")
    options = parser.parse_args()
    if not options.inside:
        return outside()
    began, file = options.inside
    result: dict[str, Any] = {}
    try:
        inside(float(began), Path(file).parent, result)
    except (Failed, OSError, http.client.HTTPException) as exc:
        result["error"] = f"{type(exc).__name__}: {exc}"
        traceback.print_exc()
    Path(file).write_bytes(orjson.dumps(result))
    return 1 if "error" in result else 0


if __name__ == "__main__":
    sys.exit(main())
