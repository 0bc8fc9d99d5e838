"""Reads what has to be translated and what is: texts of templates and code, catalogues as written and as compiled."""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("ko", "ja", "zh_Hans", "de", "fr", "es")
SOURCES = sorted([*ROOT.glob("apps/**/*.py"), *ROOT.glob("config/**/*.py"), *ROOT.glob("templates/**/*.*")])
# A function of gettext and what its first arguments are: context, text, plural
ARGUMENTS = {"gettext": "t", "ngettext": "tp", "pgettext": "ct", "npgettext": "ctp"}
_STRING = r"""[rub]*(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL = re.compile(rf"\b(_|n?p?gettext)\(\s*({_STRING}(?:\s*,\s*{_STRING})*)")

Key = tuple[str | None, str, str | None]  # context, text, plural


@dataclass(slots=True)
class Entry:
    """One text and its translation in every plural form."""

    context: str | None = None
    text: str = ""
    plural: str | None = None
    forms: list[str] = field(default_factory=list)
    flags: str = ""
    comments: list[str] = field(default_factory=list)
    obsolete: bool = False

    @property
    def key(self) -> Key:
        return self.context, self.text, self.plural

    def __str__(self) -> str:
        return f"{self.text!r}" if self.context is None else f"{self.text!r} ({self.context})"


def po(locale: str) -> Path:
    return ROOT / "locale" / locale / "LC_MESSAGES" / "django.po"


def parse(written: str) -> tuple[Entry, list[Entry]]:
    """The header and the entries of a .po file."""
    entries = [_entry(block) for block in re.split(r"\n\s*\n", written.strip())]
    return entries[0], entries[1:]


def _entry(block: str) -> Entry:
    entry, values = Entry(), {}
    name = ""
    for line in block.splitlines():
        if line.startswith("#~"):
            entry.obsolete = True
            line = line[2:].strip()
        if line.startswith("#,"):
            entry.flags += line[2:]
        elif line.startswith("#"):
            entry.comments.append(line)
        elif line:
            word, _, rest = line.partition(" ") if line.startswith("msg") else (name, "", line)
            name = word
            values[name] = values.get(name, "") + ast.literal_eval(rest)
    entry.context, entry.text, entry.plural = values.get("msgctxt"), values.get("msgid", ""), values.get("msgid_plural")
    entry.forms = [text for name, text in sorted(values.items()) if name.startswith("msgstr")]
    return entry


def compiled(data: bytes) -> dict[str, str]:
    """The texts of a .mo file by their key; the forms of a plural are parted by NUL on both sides."""
    count, ids, texts = struct.unpack("<3I", data[8:20])

    def read(start: int) -> list[str]:
        return [
            data[at : at + size].decode() for size, at in struct.iter_unpack("<2I", data[start : start + 8 * count])
        ]

    return dict(zip(read(ids), read(texts), strict=True))


def compiled_key(entry: Entry) -> str:
    text = entry.text if entry.context is None else f"{entry.context}\x04{entry.text}"
    return text if entry.plural is None else f"{text}\0{entry.plural}"


def used_in(path: Path) -> set[Key]:
    """The texts a file shows to people."""
    source = path.read_text(encoding="utf-8")
    try:
        return set(used_in_code(source) if path.suffix == ".py" else used_in_template(source))
    except ValueError as problem:
        raise ValueError(f"{path.relative_to(ROOT)}: {problem}") from problem


def used_in_template(source: str) -> Iterator[Key]:
    for name, arguments in _CALL.findall(templatize(source, origin="template")):
        yield _key("gettext" if name == "_" else name, ast.literal_eval(f"[{arguments}]"))


def used_in_code(source: str) -> Iterator[Key]:
    tree = ast.parse(source)
    names = _gettext_names(tree)
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        function = re.sub(r"_(lazy|noop)$", "", names.get(called, called))
        if function not in ARGUMENTS:
            continue
        given = call.args[: len(ARGUMENTS[function])]
        if any(isinstance(one, ast.JoinedStr | ast.BinOp) for one in given):
            raise ValueError(f"line {call.lineno}: a text put together at run time is in no catalogue")
        if all(isinstance(one, ast.Constant) for one in given):
            yield _key(function, [one.value for one in given])  # type: ignore[attr-defined]


def _gettext_names(tree: ast.AST) -> dict[str, str]:
    """What a module calls the functions of gettext."""
    return {
        one.asname or one.name: one.name
        for line in ast.walk(tree)
        if isinstance(line, ast.ImportFrom) and line.module == "django.utils.translation"
        for one in line.names
    }


def _key(function: str, given: list[str]) -> Key:
    by_kind = dict(zip(ARGUMENTS[function], given, strict=False))
    return by_kind.get("c"), by_kind["t"], by_kind.get("p")
