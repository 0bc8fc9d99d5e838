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


def manage(*arguments: str) -> Any:
    """A management command's JSON."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments, "--json"], cwd=ROOT, capture_output=True, check=False
    )
    if done.returncode:
        raise Failed(f"manage.py {' '.join(arguments)}: {done.stderr.decode()[-500:]}")
    return orjson.loads(done.stdout)


def inside(began: float, result: dict[str, Any]) -> None:
    """Runs in the site's environment: wait, look, measure. What was measured stands in `result`, also after a failure."""
    result["cold_start_s"] = round(time.time() - began, 1)
    acme = Caller("acme", manage("create_token", "acme", "mara@acme.example")["token"])
    globex = Caller("globex", manage("create_token", "globex", "noor@globex.example")["token"])
    result["first_brief_s"] = round(_wait_first_brief(acme, began), 1)
    result |= _wait_sync(began)
    ticket, brief = looks.best_ticket(acme)
    browser = Caller("acme").sign_in("mara@acme.example")
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


def _wait_first_brief(acme: Caller, began: float) -> float:
    """Seconds from the start until a ticket's brief can be read."""
    while time.time() - began < 120:
        for row in acme.tickets("open"):
            if row["draft"] is not None:
                acme.json(f"/api/v1/tickets/{row['id']}/brief/")
                return time.time() - began
        time.sleep(0.5)
    raise Failed("no brief within 120 s")


def _wait_sync(began: float) -> dict[str, Any]:
    while time.time() - began < 300:
        states = [manage("sync_status", company) for company in ("acme", "globex")]
        if all(state["done"] for state in states):
            counts = {name: states[0][name] for name in ("tickets", "messages", "articles", "chunks")}
            require(all(counts.values()), f"a whole account is more than {counts}")
            return counts | {"first_sync_s": round(time.time() - began, 1)}
        time.sleep(1)
    raise Failed(f"first sync not complete within 300 s: {states}")


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
        inside(float(began), result)
    except (Failed, OSError, http.client.HTTPException) as exc:
        result["error"] = f"{type(exc).__name__}: {exc}"
        traceback.print_exc()
    Path(file).write_bytes(orjson.dumps(result))
    return 1 if "error" in result else 0


if __name__ == "__main__":
    sys.exit(main())
