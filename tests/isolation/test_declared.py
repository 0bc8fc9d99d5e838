"""Everything that can touch data says whose: a company's, everybody's or the operator's. What says nothing fails here.

Each walk is also given something new that says nothing, and must find it. Addresses: test_routes.py, test_admin_pages.py.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Task
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from prometheus_client import REGISTRY, Counter

import apps
from apps.accounts.reach import ALL_TICKETS
from apps.core.errors import NoCompany
from apps.core.events import AUDIT_EVENTS, LOG_EVENTS, METRICS, Event, Scope
from apps.search import index
from apps.tenancy.cache import namespaces
from apps.tenancy.commands import CompanyCommand, JsonCommand
from apps.tenancy.context import bind_company
from apps.tenancy.tasks import CompanyTask, OperatorTask
from config.celery import app as celery
from tests.isolation import declared, walks
from tests.isolation.declared import COMPANY, OPERATOR

HERE = "tests/isolation/declared.py"


@pytest.fixture(scope="module", autouse=True)
def everything_imported() -> None:
    """What is made at import is only there once its module was imported."""
    for one in pkgutil.walk_packages(apps.__path__, "apps."):
        if ".management" not in one.name and ".migrations" not in one.name:
            importlib.import_module(one.name)
    celery.loader.import_default_modules()


@pytest.fixture
def new_file(tmp_path):
    def write(text: str) -> list[Path]:
        path = tmp_path / "new.py"
        path.write_text(text, encoding="utf-8")
        return [path]

    return write


# Addresses


def unprobed(path: Path) -> list[str]:
    words = {
        node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Constant)
    }
    found = {word for word in words if isinstance(word, str) and word.startswith("/") and len(word) > 1}
    return [f'add to PROBES in {HERE}: "{one}": PUBLIC,' for one in sorted(found - set(declared.PROBES))]


def test_every_probe_is_declared(new_file):
    assert unprobed(walks.ROOT / "apps/core/health.py") == []
    assert '"/debugz"' in unprobed(new_file('if request.path == "/debugz": pass')[0])[0]


# Tasks


def undeclared_tasks(tasks: Iterable[Any]) -> list[str]:
    bases = {COMPANY: CompanyTask, OPERATOR: OperatorTask}
    return [
        f"task {task.name}: give it base=CompanyTask, or base=OperatorTask when it works for the installation"
        for task in tasks
        if task.name not in declared.LIBRARY_TASKS
        and not isinstance(task, bases.get(getattr(task, "scope", None), ()))
    ]  # fmt: skip


def test_every_task_is_declared():
    assert undeclared_tasks(celery.tasks.values()) == []
    assert sorted(set(declared.LIBRARY_TASKS) - set(celery.tasks)) == []


def test_a_task_that_says_nothing_is_found():
    class Plain(Task):
        name = "ingest.everything"

    class Lying(Task):
        name, scope = "ingest.lying", COMPANY

    assert [line.split()[1] for line in undeclared_tasks([Plain(), Lying()])] == ["ingest.everything:", "ingest.lying:"]


def test_every_company_task_refuses_to_be_sent_and_to_run_without_a_company():
    own = [task for task in celery.tasks.values() if getattr(task, "scope", None) == COMPANY]
    assert len(own) >= 3
    for task in own:
        with pytest.raises(NoCompany):
            task.apply_async()
        with pytest.raises(NoCompany):
            task()


# Commands


def undeclared_commands(commands: dict[str, str | BaseCommand]) -> Iterator[str]:
    for name, home in commands.items():
        if home in declared.LIBRARY_COMMANDS:
            continue
        command = home if isinstance(home, BaseCommand) else load_command_class(home, name)
        scope = getattr(command, "scope", None)
        if not isinstance(command, CompanyCommand if scope == COMPANY else JsonCommand) or scope is None:
            yield (
                f"command {name} ({type(command).__module__}): let its class inherit tenancy.commands.CompanyCommand,"
                " or JsonCommand with the line `scope = Scope.OPERATOR` when it works for the installation"
            )


def test_every_command_is_declared():
    commands = get_commands()
    assert list(undeclared_commands(commands)) == []
    assert set(declared.LIBRARY_COMMANDS) <= set(commands.values())


def test_a_command_that_says_nothing_is_found():
    class Lying(JsonCommand):
        scope = COMPANY

    found = list(undeclared_commands({"django": BaseCommand(), "ours": JsonCommand(), "lying": Lying()}))
    assert [line.split()[1] for line in found] == ["django", "ours", "lying"]


def test_a_command_that_says_nothing_does_not_run():
    from django.core.management.base import CommandError

    with pytest.raises(CommandError, match="whose data"):
        JsonCommand().handle(json=False)


# Cache


def undeclared_cache(files: Iterable[Path], aliases: dict[str, Any]) -> list[str]:
    found = {*walks.importers(files, "redis", "django.core.cache"), *(f"CACHES {name}" for name in aliases)}
    return [
        f'{one}: use a namespace of tenancy.cache.declare(), or add to CACHE_CLIENTS in {HERE}: "{one}": OPERATOR,'
        for one in sorted(found - set(declared.CACHE_CLIENTS))
    ]


def test_every_client_of_the_cache_is_declared(new_file):
    assert undeclared_cache(walks.product(), settings.CACHES) == []
    new = undeclared_cache(new_file("from django.core.cache import cache"), {"default": {}, "fast": {}})
    assert [line.split(":")[0] for line in new] == ["CACHES fast", "new.py"]


def test_every_cache_of_a_company_asks_which():
    for name, scope in declared.CACHE_CLIENTS.items():
        if name.startswith("CACHES ") and scope == COMPANY:
            assert settings.CACHES[name.removeprefix("CACHES ")]["KEY_FUNCTION"] == "apps.tenancy.cache.make_key"
    assert namespaces()
    for space in namespaces():
        with pytest.raises(NoCompany):
            space.get("x")


# Vectors


def undeclared_vectors(path: Path) -> list[str]:
    found = set(walks.vector_calls(path))
    return [f'add to VECTOR_CALLS in {HERE}: "{one}": COMPANY,' for one in sorted(found - set(declared.VECTOR_CALLS))]


def test_every_call_of_the_vector_engine_is_declared(new_file):
    path = walks.ROOT / "apps/search/index.py"
    assert undeclared_vectors(path) == []
    assert sorted(set(declared.VECTOR_CALLS) - set(walks.vector_calls(path))) == []
    new = new_file("class CompanyIndex:\n    def all(self):\n        return self._client.facet('chunks')")[0]
    assert '"CompanyIndex.all: facet"' in undeclared_vectors(new)[0]


def test_every_call_for_a_company_names_it_to_the_engine(in_acme, monkeypatch):
    """Each is made once and looked at on its way: a company's condition is in every filter, or in the points."""
    asked: list[tuple[str, str]] = []
    send = index._engine

    def look(call: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append((call.__name__, repr((args, kwargs))))
        return send(call, *args, **kwargs)

    monkeypatch.setattr(index, "_engine", look)
    index.ensure_collection()
    asked.clear()
    one = index.point_id(index.PROFILE, index.POINTS, "message", 0)
    words = index.Sparse([1], [1.0])
    found = index.open_index()
    found.put([index.Point(one, [1.0] * index.DENSE_SIZE, words, {})])
    found.place([one], dict.fromkeys(index.PLACE, "x"))
    found.doubt([one])
    found.count()
    found.held([one])
    found.page(None, 1)
    found.nearest([1.0] * index.DENSE_SIZE, index.Wanted(ALL_TICKETS), 1)
    found.closeness([1.0] * index.DENSE_SIZE, [one])
    found.matching(words, index.Wanted(ALL_TICKETS), 1)
    found.delete([one])
    index.erase_company()
    own = repr(models_of_acme()), "'company_id': 'acme'"
    wanted = {name.split(": ")[1] for name, scope in declared.VECTOR_CALLS.items() if scope == COMPANY}
    assert {name for name, _ in asked if name != "get_collections"} == wanted
    for name, text in asked:
        if name != "get_collections":
            assert any(text.count(one) for one in own), name
        if "indices=" in text and name == "query_points":
            assert text.count(own[0]) == 2, "the corpus of the weights is the company's too"


def models_of_acme() -> Any:
    return index.models.FieldCondition(key="company_id", match=index.models.MatchValue(value="acme"))


# Log, audit, metrics


def undeclared_events(found: Iterable[walks.Named], table: dict[str, Event], name: str) -> list[str]:
    told = []
    for one in sorted(found):
        event = table.get(one.name)
        if event is None:
            told.append(
                f'{one.place}: add to {name} in apps/core/events.py: "{one.name}": _company({_quoted(one.fields)}),'
            )
        elif more := one.fields - event.fields:
            told.append(f'{one.place}: add {_quoted(more)} to "{one.name}" of {name} in apps/core/events.py')
    return told


def _quoted(fields: Iterable[str]) -> str:
    return ", ".join(f'"{one}"' for one in sorted(fields))


def test_every_log_event_is_declared(new_file):
    assert undeclared_events(walks.log_events(walks.product()), LOG_EVENTS, "LOG_EVENTS") == []
    text = 'log.info("seen", ticket=1)\nlog.info("indexed", text=2)\nlogging.error(f"{x}")'
    new = undeclared_events(walks.log_events(new_file(text)), LOG_EVENTS, "LOG_EVENTS")
    assert [line.split(":")[1] for line in new] == ["1", "2", "3"]
    assert '"seen": _company("ticket")' in new[0]
    assert '"text"' in new[1]


def test_every_audit_event_is_declared(new_file):
    assert undeclared_events(walks.audit_events(walks.product()), AUDIT_EVENTS, "AUDIT_EVENTS") == []
    new = undeclared_events(walks.audit_events(new_file('record("door_opened", who=1)')), AUDIT_EVENTS, "AUDIT_EVENTS")
    assert '"door_opened": _company("who")' in new[0]


def test_every_metric_is_declared(new_file):
    found = list(walks.metrics(walks.product()))
    assert len(found) >= 3
    assert undeclared_events(found, METRICS, "METRICS") == []
    assert sorted(set(METRICS) - {one.name for one in found}) == []
    text = "from prometheus_client import Counter\nCounter('deskhand_asked', 'x', ['company'])"
    assert '"deskhand_asked"' in undeclared_events(walks.metrics(new_file(text)), METRICS, "METRICS")[0]


def unexpected_metrics() -> set[str]:
    """Of the names /metrics would show."""
    own = tuple(METRICS)
    return {
        name
        for names in REGISTRY._collector_to_names.values()
        for name in names
        if not name.startswith(own) and name.split("_")[0] not in declared.LIBRARY_METRICS
    }


def test_metrics_shows_nothing_else():
    assert unexpected_metrics() == set()
    new = Counter("surprise", "made somewhere else")
    try:
        assert "surprise_total" in unexpected_metrics()
    finally:
        REGISTRY.unregister(new)


def test_no_metric_has_a_label_that_could_name_a_company():
    labels = {label for event in METRICS.values() for label in event.fields}
    assert labels & {"company", "company_id", "schema", "host", "principal", "user", "ticket"} == set()


# Files


def undeclared_files(files: Iterable[Path]) -> list[str]:
    found = set(walks.written_files(files))
    return [f'add to FILES in {HERE}: "{one}": COMPANY,' for one in sorted(found - set(declared.FILES))]


def test_every_written_file_is_declared(new_file):
    assert undeclared_files(walks.product()) == []
    assert sorted(set(declared.FILES) - set(walks.written_files(walks.product()))) == []
    for text in (
        "open('x', 'w')",
        "path.write_text('x')",
        "path.open(mode='ab')",
        "os.open('x', 1)",
        "models.FileField()",
    ):
        assert '"new.py: keep"' in undeclared_files(new_file(f"def keep():\n    {text}"))[0]
    assert undeclared_files(new_file("def keep():\n    open('x'), path.open('rb'), path.open()")) == []


def test_the_folder_of_a_company_is_found_by_its_binding_only(acme, globex):
    from apps.compliance.heads import _file

    with pytest.raises(NoCompany):
        _file()
    places = set()
    for company in (acme, globex):
        with bind_company(company.binding()):
            places.add(_file().name)
    assert places == {"acme.jsonl", "globex.jsonl"}


def test_all_that_is_declared_has_one_of_three_owners():
    tables = [declared.PROBES, declared.ADMIN_PAGES, declared.LIBRARY_TASKS, declared.LIBRARY_COMMANDS, declared.CACHE_CLIENTS,
              declared.VECTOR_CALLS, declared.LIBRARY_METRICS, declared.FILES]  # fmt: skip
    assert {type(scope) for table in tables for scope in table.values()} == {Scope}
