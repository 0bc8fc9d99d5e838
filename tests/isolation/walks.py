"""Walks over the product's source: what it calls, and with which names. Each takes the files, so a test can add one."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "fatal", "msg", "log"}
RECORDS = {"record", "record_on_commit", "record_sparingly"}
KINDS = {"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"}
WRITES = {"write_text", "write_bytes", "mkdir", "makedirs", "FileField", "ImageField", "default_storage", "NamedTemporaryFile",
          "TemporaryDirectory", "mkstemp", "mkdtemp", "FileSystemStorage", "symlink_to", "hardlink_to", "copyfile"}  # fmt: skip
UNKNOWN = "?"  # a name that is not written where it is used: it cannot be looked up


class Named(NamedTuple):
    """A call: where it is, what it names, and with which fields or labels."""

    place: str
    name: str
    fields: frozenset[str]


def product() -> list[Path]:
    """Every module that runs in production, migrations apart."""
    found = (path for room in ("apps", "config") for path in (ROOT / room).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def log_events(files: Iterable[Path]) -> Iterator[Named]:
    """log.info("event", field=...) and whatever else writes a line."""
    for path, function, call in _calls(files):
        if (
            isinstance(call.func, ast.Attribute)
            and call.func.attr in LEVELS
            and _owner(call.func) in ("log", "logger", "logging")
        ):
            for name in _words(call, function):
                yield Named(_place(path, call), name, _keywords(call) - {"exc_info"})


def audit_events(files: Iterable[Path]) -> Iterator[Named]:
    """record("event", fact=...); core.audit itself only hands on."""
    for path, function, call in _calls(files):
        if _word(call.func) in RECORDS and not path.as_posix().endswith("apps/core/audit.py"):
            for name in _words(call, function):
                yield Named(_place(path, call), name, _keywords(call) - {"principal", "subject", "request_id"})


def metrics(files: Iterable[Path]) -> Iterator[Named]:
    """Counter("name", "help", [labels]) of prometheus_client."""
    for path in files:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "prometheus_client"
            for alias in node.names
            if alias.name in KINDS
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            dotted = isinstance(call.func, ast.Attribute) and _owner(call.func) == "prometheus_client"
            if _word(call.func) in imported or (dotted and _word(call.func) in KINDS):
                given = [one.value for one in call.keywords if one.arg == "labelnames"] or call.args[2:3]
                labels = {_text(one) for node in given for one in getattr(node, "elts", [node])}
                yield Named(_place(path, call), _text(call.args[0]) if call.args else UNKNOWN, frozenset(labels))


def vector_calls(path: Path) -> Iterator[str]:
    """'function: method' for every method of the engine's client that is called or handed on in the file."""
    for function, node in _inside(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and _owner(node) in ("client", "_client", "self._client", "_client()"):
            yield f"{function}: {node.attr}"


def written_files(files: Iterable[Path]) -> Iterator[str]:
    """'file: function' for everything that can make a file."""
    for path in files:
        for function, node in _inside(ast.parse(path.read_text(encoding="utf-8"))):
            opens = isinstance(node, ast.Call) and _word(node.func) == "open" and _opens_to_write(node)
            if opens or _word(node) in WRITES:
                yield f"{_name(path)}: {function.rpartition('.')[2]}"


def importers(files: Iterable[Path], *modules: str) -> Iterator[str]:
    """Files that import one of the modules."""
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
            if any(name == module or name.startswith(f"{module}.") for name in names for module in modules):
                yield _name(path)


def _calls(files: Iterable[Path]) -> Iterator[tuple[Path, ast.AST, ast.Call]]:
    """Every call with the function (or module) around it."""
    for path in files:
        stack: list[tuple[ast.AST, ast.AST]] = [(tree := ast.parse(path.read_text(encoding="utf-8")), tree)]
        while stack:
            node, function = stack.pop()
            if isinstance(node, ast.Call):
                yield path, function, node
            inner = node if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else function
            stack.extend((child, inner) for child in ast.iter_child_nodes(node))


def _inside(tree: ast.AST, names: tuple[str, ...] = ()) -> Iterator[tuple[str, ast.AST]]:
    """Every node with the dotted name of the function it stands in."""
    for node in ast.iter_child_nodes(tree):
        named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield ".".join(names) or "module", node
        yield from _inside(node, (*names, node.name) if named else names)


def _words(call: ast.Call, function: ast.AST) -> list[str]:
    """The texts the first argument may be: itself, or what was put into its name in the same function."""
    if not call.args:
        return [UNKNOWN]
    first = call.args[0]
    if isinstance(first, ast.Name):
        given = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == first.id for t in node.targets)
        ]
        return [text for value in given for text in _choices(value)] or [UNKNOWN]
    return _choices(first)


def _choices(value: ast.expr) -> list[str]:
    return [*_choices(value.body), *_choices(value.orelse)] if isinstance(value, ast.IfExp) else [_text(value)]


def _opens_to_write(call: ast.Call) -> bool:
    """A mode other than reading, or one nobody can read here."""
    if isinstance(call.func, ast.Attribute) and _owner(call.func) == "os":
        return True
    modes = call.args[1:] if isinstance(call.func, ast.Name) else call.args
    given = [*modes[:1], *(one.value for one in call.keywords if one.arg == "mode")]
    return any(not set(_text(mode)) <= set("rbt") for mode in given)


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else UNKNOWN


def _word(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _owner(node: ast.Attribute) -> str:
    return ast.unparse(node.value)


def _keywords(call: ast.Call) -> frozenset[str]:
    return frozenset(one.arg for one in call.keywords if one.arg)


def _place(path: Path, node: ast.Call) -> str:
    return f"{_name(path)}:{node.lineno}"


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
