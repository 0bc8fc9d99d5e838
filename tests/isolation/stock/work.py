"""A Celery application as its documentation begins one: `celery -A tests.isolation.stock.work worker`.

BROKER_URL names the broker, STOCK_OPTIONS (JSON) the transport's options.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import orjson
from celery import Celery
from redis import Redis

URL = os.environ["BROKER_URL"]
app = Celery("stock", broker=URL, set_as_current=False)
app.conf.update(
    broker_transport_options=orjson.loads(os.environ.get("STOCK_OPTIONS", "{}")), broker_connection_retry_on_startup=True
)


def begin(name: str) -> int:
    """Leaves a trace. Returns how often this name has begun."""
    with Redis.from_url(URL) as store:
        return int(store.rpush(f"stock:{name}", b"begun"))


def die_once(name: str) -> None:
    """The child is killed in its first attempt, as by the kernel when memory runs out."""
    if begin(name) == 1:
        os.kill(os.getpid(), signal.SIGKILL)


def hold(name: str, seconds: float) -> None:
    begin(name)
    time.sleep(seconds)


OPTIONS: dict[str, dict[str, Any]] = {
    "early": {}, "late": {"acks_late": True}, "returned": {"acks_late": True, "reject_on_worker_lost": True},
}  # fmt: skip
for _name, _options in OPTIONS.items():
    app.task(name=f"die.{_name}", **_options)(die_once)
app.task(name="hold", acks_late=True)(hold)
app.task(name="begin")(begin)
