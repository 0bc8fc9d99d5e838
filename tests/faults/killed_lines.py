"""Work an order off with kill -9 before every Nth line of the code that does it; run as a program of its own.

KIND is an order's kind, "claim" for an order to open a company that finds a standby, or "keep" for making standbys.

python -m tests.faults.killed_lines KIND STRIDE [OFFSET]: prints one JSON object with how many lines were met, how often
it was killed, and every order that did not end as if nothing had happened. Processes are forked before they connect.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django
import orjson
import psycopg

django.setup()

from django.conf import settings  # noqa: E402

from apps.compliance import heads  # noqa: E402
from apps.core.models import AuditEvent  # noqa: E402
from apps.tenancy import closing, lifecycle, orders, standby  # noqa: E402
from apps.tenancy.context import bind_company  # noqa: E402
from apps.tenancy.models import Order  # noqa: E402
from apps.tenancy.provisioning import create_company, owner_connection  # noqa: E402
from tests.faults.leaving import furnish, heads_kept, left_over  # noqa: E402
from tests.isolation.companies import drop  # noqa: E402

COMPANY = "kill-me"
SUPERUSER = os.environ["SUPERUSER_URL"]
WATCHED = tuple(str(Path(lifecycle.__file__).with_name(name)) for name in (
    "lifecycle.py", "provisioning.py", "template.py", "standby.py", "closing.py", "sweeping.py", "queues.py",
)) + (str(heads.__file__),)  # fmt: skip
TAKES = 30  # seconds an order may take after the kill


def in_child(work: Callable[[], object]) -> int:
    """Exit status as waitpid tells it: 0, the signal, or 256 and more for an exception."""
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException as exc:
            sys.stderr.write(f"{type(exc).__name__}: {exc}\n")
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def prepare(kind: str) -> None:
    drop(SUPERUSER, COMPANY)
    with psycopg.connect(SUPERUSER) as admin:
        admin.execute("DELETE FROM public.tenancy_order")
    keep(2 if kind == "claim" else 0)
    if kind == "keep":
        return
    if kind in ("open", "claim"):
        orders.ask_open(company_id=COMPANY, name="Kill me")
        return
    create_company(company_id=COMPANY, name="Kill me")
    if kind == "suspend":
        orders.ask_suspend(company_id=COMPANY)
    else:
        furnish(COMPANY, SUPERUSER)
        orders.ask_close(company_id=COMPANY, confirm=COMPANY)


def keep(count: int) -> None:
    """Have that many standbys."""
    with owner_connection() as owner:
        owner.autocommit = True
        while standby.keep(owner, count):
            pass


def standbys() -> list[str]:
    with psycopg.connect(SUPERUSER) as admin:
        return [row[0] for row in admin.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^standby_'")]


def work_until(kind: str, line: int, count: Path) -> None:
    """Work off, and die before the line of that number; without dying, say how many there were."""
    met = 0

    def trace(frame, event, argument):
        nonlocal met
        if not frame.f_code.co_filename.startswith(WATCHED):
            return None
        if event == "line":
            met += 1
            if met == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    if kind == "keep":
        keep(2)
    else:
        work_off()
    sys.settrace(None)
    count.write_text(str(met))


def work_off() -> Order:
    """The only order, to its end: a step is put off when a busy store does not answer in time, without waiting for it here."""
    until = time.monotonic() + TAKES
    while True:
        with psycopg.connect(SUPERUSER) as admin:
            admin.execute("UPDATE public.tenancy_order SET next_at = now()")
        lifecycle.work_off()
        (order,) = orders.newest_orders()
        if not order.is_open or time.monotonic() > until:
            return order
        time.sleep(0.05)


def finish(kind: str) -> None:
    """The next worker; then everything must be as after an undisturbed one."""
    if kind == "keep":
        assert len(standbys()) <= 2
        keep(2)
        assert len(standbys()) == 2
        return
    order = work_off()
    assert order.state == Order.State.DONE, (order.state, order.code, order.steps)
    assert order.steps == [step.name for step in lifecycle._plans[order.kind]]
    with bind_company(orders.operators()):
        assert AuditEvent.objects.filter(subject=f"order:{order.pk}").count() == 1, "audited once"
    with psycopg.connect(SUPERUSER) as admin:
        statuses = admin.execute("SELECT status FROM public.tenancy_company WHERE company_id = %s", [COMPANY]).fetchall()
        schemas = admin.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^c_kill_me'").fetchall()
    if kind == "close":
        assert set(left_over(COMPANY, SUPERUSER).values()) == {0}, left_over(COMPANY, SUPERUSER)
        assert heads_kept(COMPANY) == ([1], []), "the last head of its audit log stays, once"
    wanted = {"open": "active", "claim": "active", "suspend": "suspended", "close": "closed"}[kind]
    assert statuses == [(wanted,)], statuses
    assert schemas == ([] if kind == "close" else [("c_kill_me",)])
    assert len(standbys()) == (1 if kind == "claim" else 0), "one was claimed, none was lost"


def main() -> int:
    kind, stride, line = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1
    count = Path(os.environ["COUNT_FILE"])
    settings.AUDIT_HEADS_DIR, closing.SETTLE_SECONDS = str(count.with_name("heads")), 0.0
    kills, bad = 0, []
    while True:
        assert in_child(lambda: prepare(kind)) == 0
        status = in_child(lambda line=line: work_until(kind, line, count))
        if in_child(lambda: finish(kind)):
            bad.append(line)
        if status != signal.SIGKILL:
            break
        kills, line = kills + 1, line + stride
    assert in_child(lambda: (keep(0), drop(SUPERUSER, COMPANY))) == 0
    with psycopg.connect(SUPERUSER) as admin:
        admin.execute("DELETE FROM public.tenancy_order")
    sys.stdout.write(orjson.dumps({"lines": int(count.read_text()), "kills": kills, "bad": bad}).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
