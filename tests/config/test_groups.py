"""What is installed beside the product in tests must not be what makes it run: each group is enough by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# In a process of its own: whatever only other packages hold cannot be imported there.
WITHOUT_OTHERS = """
import re, sys
from importlib.metadata import packages_distributions
from pathlib import Path

held = {re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"(?m)^([\\w.-]+)==", "".join(map(Path.read_text, map(Path, sys.argv[1:]))))}
held |= {"pip", "setuptools"}
others = {
    module for module, homes in packages_distributions().items()
    if not {re.sub(r"[-_.]+", "-", home).lower() for home in homes} & held
}

class Closed:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in others:
            raise ModuleNotFoundError(f"{name} is not of this group", name=name)

sys.meta_path.insert(0, Closed)
assert others, "only this group is installed: nothing to hide"
"""
SERVES = """
import kombu.transport.redis, redis.asyncio, qdrant_client, openai, django_redis
import config.celery, config.asgi, config.wsgi
from apps.llm.masking import mask
config.celery.app.loader.import_default_modules()
config.celery.app.connection_for_read().transport
"""


@pytest.mark.parametrize("group", [("base", "embedded"), ("prod",)], ids="-".join)
def test_a_group_holds_all_that_web_and_workers_import(group):
    files = [str(ROOT / "requirements" / f"{name}.txt") for name in group]
    environment = {name: value for name, value in os.environ.items() if name != "MIGRATE_DATABASE_URL"}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings.base", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_OTHERS + SERVES, *files], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
