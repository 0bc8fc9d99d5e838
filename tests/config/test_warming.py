"""Processes load their models when they start, once, and answer meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from apps.llm.providers import use

ROOT = Path(__file__).resolve().parents[2]
WEB = """
import sys, threading, time
import config.{kind}
from apps.core.text.languages import _identifier
from apps.llm.registry import embeddings
warming = [one for one in threading.enumerate() if one.name == "warm"]
assert warming, "nothing warms this process"
warming[0].join(60)
began = time.perf_counter()
embeddings().embed(["What now?"])
assert _identifier.cache_info().currsize == 1, "the language table was not read"
assert "qdrant_client" in sys.modules, "the client of the vector engine was not loaded"
sys.stdout.write(f"{{time.perf_counter() - began}}")
"""
WORKER = """
import sys
from celery.signals import worker_init
from config.celery import app
from apps.core.text.languages import _identifier
from apps.core.egress.transport import tls
from apps.llm import registry
from apps.platforms.registry import adapters
assert not tls.cache_info().currsize
worker_init.send(sender=app)
sys.stdout.write(f"{registry._provider.cache_info().currsize} {_identifier.cache_info().currsize}")
sys.stdout.write(f" {tls.cache_info().currsize} {adapters.cache_info().currsize} {'httpcore2' in sys.modules}")
sys.stdout.write(f" {'qdrant_client' in sys.modules}")
"""
COMMAND = """
import sys
import django
django.setup()
import config.urls
from config.celery import app
app.loader.import_default_modules()
sys.stdout.write(" ".join(sorted({"qdrant_client", "grpc"} & sys.modules.keys())))
"""

THREADS = """
import os, sys
import django
django.setup()
from apps.llm.registry import embeddings
embeddings().embed(["Where is my parcel?"] * 20)
sys.stdout.write(str(len(os.listdir("/proc/self/task"))))
"""
TOLD = ("MIGRATE_DATABASE_URL", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MODELS_THREADS")  # by the shell, or for a test


def printed_by(script: str) -> str:
    serving = {name: value for name, value in os.environ.items() if name not in TOLD}
    serving["DJANGO_SETTINGS_MODULE"] = "config.settings.base"  # as a site has it
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=ROOT, env=serving, check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.mark.alone  # measures an answer
@pytest.mark.parametrize("kind", ["asgi", "wsgi"])
def test_a_web_process_warms_itself_while_it_starts(kind):
    loading = "a load takes a second, an answer of a loaded model a few milliseconds"
    assert float(printed_by(WEB.format(kind=kind))) < 0.3, loading


def test_a_worker_loads_the_models_before_it_forks():
    assert printed_by(WORKER) == "2 1 1 1 True True"


@pytest.mark.skipif(os.cpu_count() == 1, reason="on one core the library starts no second thread of its own accord")
def test_a_text_is_read_by_one_thread_whatever_the_shell_says_of_threads():
    """A second one of the library waits by spinning: beside another busy process a text took 17 times as long."""
    assert printed_by(THREADS) == "1"


def test_who_searches_nothing_does_not_load_the_client_of_the_vector_engine():
    """It takes most of a second; models, tasks, pages and API are loaded without it."""
    assert printed_by(COMMAND) == ""


def test_who_asks_while_the_weights_are_read_waits_for_the_same_read(monkeypatch):
    reads: list[int] = []

    class SlowWeights:
        def __init__(self, threads: int) -> None:
            reads.append(threads)
            time.sleep(0.05)  # long enough for the others to ask

        def encode(self, texts: list[str]) -> list[list[float]]:
            return [[1.0, 0.0] for _ in texts]

    monkeypatch.setattr(use, "USE", SlowWeights)
    provider = use.UseEmbeddings()
    answers: list[list[list[float]]] = []
    askers = [threading.Thread(target=lambda: answers.append(provider.embed(["a"]))) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert answers == [[[1.0, 0.0]]] * 4
    assert reads == [1]
