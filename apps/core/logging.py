"""What is logged: one line an event, of declared events and declared fields only (LOG-1, LOG-2).

A line of ours is an event of `events.LOG_EVENTS` with its fields. Of anything else, a library's line or an exception,
the line says where it was written and what kind it was, never what it says: messages of Django, psycopg, Celery and
pydantic quote rows, requests and settings. Every way out of the process ends here: all loggers, warnings, and what
nobody caught.
"""

from __future__ import annotations

import logging
import logging.config
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
import structlog

from apps.core.events import EVERYWHERE, LOG_EVENTS, fits, mark

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("apps/", "config/", "embedded/", "simulators/", "manage.py")
# say something of every call or message; httpx is the vector store's, and openai's would be whole prompts (LLM-9)
TALKATIVE = ("celery", "openai", "httpx", "httpcore", "httpx2", "httpcore2", "django.server", "uvicorn.access", "gunicorn.access")
DEEPEST, LONGEST_CHAIN = 12, 4  # frames of one exception; exceptions that led to one another
_PACKAGES = "site-packages/"
_crash = logging.getLogger("deskhand.crash")


def configure(*, level: str, form: str) -> None:
    """Send every logger of the process, structlog's and the standard library's, through one formatter to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter(form))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in list(logging.root.manager.loggerDict):
        _to_root(logging.getLogger(name))
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.lastResort = handler  # a logger that is cut off from the root would print its message as it stands
    logging.raiseExceptions = False  # else a line that cannot be written is printed with its arguments
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda hook: _uncaught(hook.exc_type, hook.exc_value, hook.exc_traceback)
    sys.unraisablehook = lambda hook: _uncaught(hook.exc_type, hook.exc_value, hook.exc_traceback)
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _to_root(logger: logging.Logger) -> None:
    """Servers bring handlers of their own, which print messages and tracebacks as they are."""
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
    logger.propagate = True


class LineFormatter(logging.Formatter):
    """`form` json: an object a line; text: the same fields for reading."""

    def __init__(self, form: str = "json") -> None:
        super().__init__()
        self._write = _as_json if form == "json" else _as_text

    def format(self, record: logging.LogRecord) -> str:
        return self._write(line_of(record))


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    """The fields of a record's line; the record itself is not changed."""
    own = record.msg if isinstance(record.msg, dict) and record.name.startswith("deskhand.") else None
    error = _error_of(own.get("exc_info") if own else record.exc_info)
    event, fields = _declared(own, record) if own else _foreign(record, error)
    context = structlog.contextvars.get_contextvars()
    line: dict[str, Any] = {
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name if fits("logger", record.name) else mark(record.name),
        "event": event,
        **{name: _kept(name, context[name]) for name in sorted(EVERYWHERE & set(context)) if context[name]},
        **fields,
    }
    if error is not None:
        line["error"] = [_told(one) for one in _chain(error)]
    return line


def _declared(own: dict[str, Any], record: logging.LogRecord) -> tuple[str, dict[str, Any]]:
    declared = LOG_EVENTS.get(own.get("event", ""))
    if declared is None:
        return "undeclared", {"where": _where(record.pathname, record.lineno, record.funcName)}
    return own["event"], {name: _kept(name, own[name]) for name in sorted(declared.fields & set(own))}


def _foreign(record: logging.LogRecord, error: BaseException | None) -> tuple[str, dict[str, Any]]:
    if record.name == _crash.name:
        return "crashed", {}
    where = _where(record.pathname, record.lineno, record.funcName)
    return ("foreign" if error is None else "crashed"), {"where": where}


def _kept(name: str, value: Any) -> Any:
    return value if fits(name, value) else mark(value)


def _error_of(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if len(given) > 1 else None
    return sys.exc_info()[1] if given else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, then what led to it."""
    for _ in range(LONGEST_CHAIN):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _told(error: BaseException) -> dict[str, Any]:
    """Class, stable code and our own frames: what the exception says is not told, nor what its variables held."""
    told: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    for name in ("sqlstate", "code", "errno"):
        code = getattr(error, name, None)
        if code is not None and fits("code", str(code)):
            told["code"] = str(code)
            break
    frames = [_where(*frame) for frame in _frames(error.__traceback__)]
    told["frames"] = [one for one in frames[:-1] if one.startswith(OURS)][-DEEPEST:] + frames[-1:]
    if not fits("logger", told["type"]):
        told["type"] = mark(error)
    return told


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, int, str]]:
    while trace is not None:
        code = trace.tb_frame.f_code
        yield code.co_filename, trace.tb_lineno, code.co_name
        trace = trace.tb_next


def _where(path: str, line: int, function: str) -> str:
    """file:line function, the file from the checkout or the package on; a mark when it has no such shape."""
    short = path.rpartition(_PACKAGES)[2] if _PACKAGES in path else path.removeprefix(f"{ROOT}/")
    short = short.rpartition("/lib/")[2] if short.startswith("/") else short
    place = f"{short}:{line} {function}"
    return place if fits("where", place) else mark(place)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return  # a person's Ctrl-C
    _crash.critical("", exc_info=error.with_traceback(trace) if error else None)


def _as_json(line: dict[str, Any]) -> str:
    return orjson.dumps(line).decode()


def _as_text(line: dict[str, Any]) -> str:
    first = " ".join(str(line.pop(name)) for name in ("timestamp", "level", "event"))
    return " ".join([first, *(f"{name}={_plain(value)}" for name, value in line.items())])


def _plain(value: Any) -> str:
    return orjson.dumps(value).decode() if isinstance(value, list) else str(value)
