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
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "deskhand-demo"
PANELS = ("Suggested reply", "Request", 'id="panel-similar"', 'id="panel-articles"', 'id="panel-why"')


class Failed(RuntimeError):
    """Something a newcomer would see is not as it should be."""


def manage(*arguments: str) -> Any:
    """A management command's JSON."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments, "--json"], cwd=ROOT, capture_output=True, check=False
    )
    if done.returncode:
        raise Failed(f"manage.py {' '.join(arguments)}: {done.stderr.decode()[-500:]}")
    return orjson.loads(done.stdout)


class Caller:
    """Speaks to the site as one company's host, with a token or a session."""

    def __init__(self, company: str, token: str = "") -> None:
        self.host = f"{company}.localhost"
        self.port = urlsplit(os.environ["PUBLIC_URL"]).port
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.cookies: dict[str, str] = {}
        self.times: dict[str, list[float]] = {}

    def call(
        self, path: str, *, name: str = "", form: dict[str, str] | None = None, body: Any = None
    ) -> tuple[int, bytes]:
        headers = self.headers | {"Host": f"{self.host}:{self.port}"}
        data = None
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        if form is not None:
            data = urlencode(form | {"csrfmiddlewaretoken": self.cookies.get("csrf", "")}).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if body is not None:
            data, headers["Content-Type"] = orjson.dumps(body), "application/json"
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST" if data is not None else "GET", path, body=data, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or []:
            key, _, value = line.split(";")[0].partition("=")
            self.cookies[key] = value
        connection.close()
        if name:
            self.times.setdefault(name, []).append((time.perf_counter() - began) * 1000)
        return answer.status, content

    def json(self, path: str, *, name: str = "", body: Any = None) -> Any:
        status, content = self.call(path, name=name, body=body)
        if status != 200:
            raise Failed(f"{path} answered {status}: {content[:200]!r}")
        return orjson.loads(content)

    def sign_in(self, email: str) -> None:
        self.call("/sign-in/")
        status, _ = self.call("/sign-in/", form={"username": email, "password": PASSWORD})
        if status != 302:
            raise Failed(f"signing in as {email} answered {status}")


def inside(began: float, result_file: Path) -> int:
    """Runs in the site's environment: wait, look, measure."""
    result: dict[str, Any] = {"cold_start_s": round(time.time() - began, 1)}
    acme = Caller("acme", manage("create_token", "acme", "mara@acme.example")["token"])
    globex = Caller("globex", manage("create_token", "globex", "noor@globex.example")["token"])
    result["first_brief_s"] = round(_wait_first_brief(acme, began), 1)
    result |= _wait_sync(began)
    ticket, brief = _best_ticket(acme)
    _look_at_page(ticket)
    _ask(acme, brief)
    _outsider(globex, ticket)
    for _ in range(20):
        acme.json("/api/v1/tickets/", name="tickets")
        acme.json(f"/api/v1/tickets/{ticket}/brief/", name="brief")
    result["api_p50_ms"] = {name: round(statistics.median(times), 1) for name, times in acme.times.items()}
    result_file.write_bytes(orjson.dumps(result))
    return 0


def _wait_first_brief(acme: Caller, began: float) -> float:
    """Seconds from the start until a ticket's brief can be read."""
    while time.time() - began < 120:
        for row in acme.json("/api/v1/tickets/?status=open")["results"]:
            if row["draft"] is not None:
                return time.time() - began
        time.sleep(0.5)
    raise Failed("no brief within 120 s")


def _wait_sync(began: float) -> dict[str, Any]:
    while time.time() - began < 300:
        states = [manage("sync_status", company) for company in ("acme", "globex")]
        if all(state["done"] for state in states):
            counts = {name: states[0][name] for name in ("tickets", "messages", "articles", "chunks")}
            return counts | {"first_sync_s": round(time.time() - began, 1)}
        time.sleep(1)
    raise Failed(f"first sync not complete within 300 s: {states}")


def _best_ticket(acme: Caller) -> tuple[str, dict[str, Any]]:
    """An open ticket whose every panel holds something."""
    for row in acme.json("/api/v1/tickets/?status=open&limit=100")["results"]:
        if row["draft"] != "reply":
            continue
        brief = acme.json(f"/api/v1/tickets/{row['id']}/brief/")
        if brief["similar"] and brief["articles"] and brief["summary"]["request"] and brief["draft"]["citations"]:
            return row["id"], brief
    raise Failed("no open ticket with summary, similar case, article and suggested reply")


def _look_at_page(ticket: str) -> None:
    browser = Caller("acme")
    browser.sign_in("mara@acme.example")
    status, page = browser.call(f"/tickets/{ticket}/")
    missing = [words for words in PANELS if words not in page.decode()]
    if status != 200 or missing:
        raise Failed(f"ticket page answered {status}, without {missing}")


def _ask(acme: Caller, brief: dict[str, Any]) -> None:
    """A question about the draft's own source comes back with words that stand in it."""
    source = brief["draft"]["citations"][0]["source"]
    answer = acme.json("/api/v1/ask/", name="ask", body={"question": source["title"]})
    if answer["outcome"] != "answer" or not answer["citations"]:
        raise Failed(f"no answer to {source['title']!r}")
    for quote in answer["citations"]:
        if quote["end"] - quote["start"] != len(quote["text"]):
            raise Failed("a quote does not fit its place")


def _outsider(globex: Caller, ticket: str) -> None:
    for path in (f"/api/v1/tickets/{ticket}/", f"/api/v1/tickets/{ticket}/brief/"):
        status, _ = globex.call(path)
        if status != 404:
            raise Failed(f"globex got {status} for {path} of acme")
    _, listed = globex.call("/api/v1/tickets/?limit=100")
    if ticket.encode() in listed:
        raise Failed("globex saw a ticket of acme in its list")


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


def outside() -> int:
    """Measure installation, start the demo in a temporary folder, print the result as the last line."""
    began = time.time()
    subprocess.run([str(ROOT / ".ci" / "setup.sh"), "base"], check=True)
    result: dict[str, Any] = {"install_s": round(time.time() - began, 1)}
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
    try:
        return inside(float(options.inside[0]), Path(options.inside[1]))
    except Failed as exc:
        sys.stderr.write(f"smoke: {exc}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
