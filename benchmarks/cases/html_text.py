"""HTML of mails as text, beside selectolax alone: parse, drop what is no text, read it out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from apps.core.text import html_to_text
from benchmarks.measure import Cost, best

GOAL = 1.5
DROPPED = ["script", "style", "title", "noscript", "template"]
MAIL = """<div style="font-family:Arial;font-size:13px"><div dir="ltr">Hi,<br><br>since the update to 2.4.1 the left earbud no
longer charges in the case. I already <b>cleaned</b> the contacts.<div><br></div><ul><li>Order HA-{n}</li><li>Bought in March
</li></ul><p>What can I do? See <a href="https://shop.example/orders/{n}">this page</a>.</p></div><br><div class="gmail_quote"><div
dir="ltr" class="gmail_attr">On Mon, 3 Nov 2026 at 10:12, Acme &lt;support@acme.example&gt; wrote:<br></div><blockquote
class="gmail_quote" style="margin:0 0 0 .8ex"><p>Hello Priya,</p><p>Please restart the case &amp; tell us what happens.</p>
<table><tr><td>Part</td><td>Serial</td></tr><tr><td>Case</td><td>{n}</td></tr></table></blockquote></div></div>"""
NOTE = "<div>Since the update the left earbud no longer charges in the case {n}, what can I do?</div>"
LETTER = "<style>p {{ margin: 0 }}</style>" + MAIL * 6


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """CPU microseconds a body: six mails of ten, three notes, one newsletter; PostgreSQL has no part in it."""
    count, rounds = (100, 1) if short else (10_000, 5)
    bodies = [(LETTER, MAIL, NOTE, MAIL, MAIL, NOTE, MAIL, MAIL, NOTE, MAIL)[n % 10].format(n=n) for n in range(count)]
    found: dict[str, list[Cost]] = {"ours": [], "bare": []}
    for number in range(rounds + 1):
        for name, read in (("ours", html_to_text), ("bare", _bare)):
            spent = _cost(read, bodies)
            if number:
                found[name].append(spent)
    own, least = (best(found[name]).cpu / count * 1e6 for name in ("ours", "bare"))
    double = _cost(html_to_text, [MAIL.format(n=1) * 40]).cpu / _cost(html_to_text, [MAIL.format(n=1) * 20]).cpu
    return {
        "name": "html_text", "ours": round(own, 2), "unit": "CPU microseconds a body", "reference": round(least, 2),
        "reference_name": "selectolax: parse, strip tags, text", "ratio": round(own / least, 2), "goal": f"<= {GOAL} x",
        "ok": own <= GOAL * least, "cpu_client_us": round(own, 2), "bodies": count,
        "bytes_a_body": sum(map(len, bodies)) // count, "twice_the_length_times": round(double, 2),
    }  # fmt: skip


def _cost(read: Callable[[str], str], bodies: list[str]) -> Cost:
    wall, client = time.perf_counter(), time.process_time()
    for body in bodies:
        read(body)
    return Cost(wall=time.perf_counter() - wall, client=time.process_time() - client, server=0.0)


def _bare(html: str) -> str:
    tree = LexborHTMLParser(html)
    tree.strip_tags(DROPPED)
    return tree.body.text(separator="\n", strip=True) if tree.body else ""
