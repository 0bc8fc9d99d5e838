"""Words of documents that are a packed folder of XML: docx, xlsx, pptx, odt, ods, odp.

Read by the two tools of the standard library they need. A document that declares its own entities or a type is refused
whole: none that an office writes does, and what they unfold to is anybody's guess.
"""

from __future__ import annotations

import io
import re
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from xml.parsers import expat

from apps.ingest.reading.limits import CELLS, PARTS, TEXT_CHARACTERS, UNPACKED_BYTES
from apps.ingest.reading.refusals import Encrypted, NotReadable, TooLarge

_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_LOCKED = 0x1  # bit of a packed part
_ENOUGH = 2 * TEXT_CHARACTERS


class Folder:
    """The parts of a document, unpacked one by one and counted together."""

    def __init__(self, body: bytes) -> None:
        try:
            self._file = zipfile.ZipFile(io.BytesIO(body))
        except zipfile.BadZipFile as exc:
            raise NotReadable from exc
        self.names = frozenset(self._file.namelist())
        self._room = UNPACKED_BYTES
        if len(self._file.infolist()) > PARTS:
            raise TooLarge
        if any(one.flag_bits & _LOCKED for one in self._file.infolist()):
            raise Encrypted

    def part(self, name: str) -> bytes:
        """What its directory says of the size is a stranger's word: the bytes are counted."""
        with self._file.open(name=name, mode="r") as packed:
            found = packed.read(self._room + 1)
        self._room -= len(found)
        if self._room < 0:
            raise TooLarge
        return found

    def numbered(self, pattern: re.Pattern[str]) -> list[str]:
        found = [(int(match[1]), name) for name in self.names if (match := pattern.fullmatch(name))]
        return [name for _, name in sorted(found)]


def office_text(body: bytes) -> str:
    """Raises TooLarge, Encrypted, NotReadable, expat's errors."""
    folder = Folder(body)
    if "word/document.xml" in folder.names:
        return _Words({"p": "\n", "br": "\n", "cr": "\n", "tab": "\t", "tc": "\t"}, inside={"t"}).read(folder.part("word/document.xml"))
    if slides := folder.numbered(_SLIDE):
        return "\n\n".join(_Words({"p": "\n", "br": "\n"}, inside={"t"}).read(folder.part(one)) for one in slides)
    if sheets := folder.numbered(_SHEET):
        return _sheets(folder, sheets)
    if "mimetype" in folder.names and folder.part("mimetype").startswith(b"application/vnd.oasis.opendocument."):
        if b"manifest:encryption-data" in folder.part("META-INF/manifest.xml"):
            raise Encrypted
        ends = {"p": "\n", "h": "\n", "line-break": "\n", "tab": "\t", "s": " ", "table-cell": "\t"}
        return _Words(ends, inside={"body"}).read(folder.part("content.xml"))
    raise NotReadable


class _Xml(ABC):
    """Events of a part, by the names within their space."""

    def read(self, part: bytes) -> str:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = lambda name, given: self.start(name.rpartition(":")[2], given)
        parser.EndElementHandler = lambda name: self.end(name.rpartition(":")[2])
        parser.CharacterDataHandler = self.words
        parser.Parse(part, True)
        return self.whole()

    @staticmethod
    def _refuse(*_: object) -> None:
        raise NotReadable

    @abstractmethod
    def start(self, name: str, given: dict[str, str]) -> None: ...

    @abstractmethod
    def end(self, name: str) -> None: ...

    @abstractmethod
    def words(self, text: str) -> None: ...

    @abstractmethod
    def whole(self) -> str: ...


class _Words(_Xml):
    """Text inside some elements; others end a line, a cell or a word."""

    def __init__(self, ends: dict[str, str], *, inside: set[str]) -> None:
        self._ends, self._inside = ends, inside
        self._depth = self._length = 0
        self._found: list[str] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        self._depth += name in self._inside

    def end(self, name: str) -> None:
        self._depth -= name in self._inside
        if name in self._ends:
            self._found.append(self._ends[name])

    def words(self, text: str) -> None:
        if self._depth and self._length < _ENOUGH:
            self._found.append(text)
            self._length += len(text)

    def whole(self) -> str:
        return "".join(self._found)


class _Strings(_Xml):
    """The texts a spreadsheet's cells point at; how a word is spoken (rPh) is none of it."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self._now: list[str] = []
        self._text = self._spoken = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        self._text += name == "t"
        self._spoken += name == "rPh"
        if name == "si":
            self._now = []

    def end(self, name: str) -> None:
        self._text -= name == "t"
        self._spoken -= name == "rPh"
        if name == "si":
            self.strings.append("".join(self._now))

    def words(self, text: str) -> None:
        if self._text and not self._spoken:
            self._now.append(text)

    def whole(self) -> str:
        return ""


class _Rows(_Xml):
    """A sheet as lines of cells. Formulas are left out, what they came to is not."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._lines: list[str] = []
        self._row: list[str] = []
        self._kind, self._value, self._open = "", [""], 0
        self._cells = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "row":
            self._row = []
        elif name == "c":
            self._kind, self._value = given.get("t", ""), []
        elif name in ("v", "t"):
            self._open += 1

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._open -= 1
        elif name == "c":
            self._cells += 1
            if self._cells > CELLS:
                raise TooLarge
            self._row.append(self._cell("".join(self._value)))
        elif name == "row":
            self._lines.append("\t".join(self._row))

    def _cell(self, value: str) -> str:
        if self._kind != "s":
            return value
        return self._strings[int(value)] if value.isdecimal() and int(value) < len(self._strings) else ""

    def words(self, text: str) -> None:
        if self._open:
            self._value.append(text)

    def whole(self) -> str:
        return "\n".join(line for line in self._lines if line.strip())


def _sheets(folder: Folder, names: list[str]) -> str:
    strings = _Strings()
    if "xl/sharedStrings.xml" in folder.names:
        strings.read(folder.part("xl/sharedStrings.xml"))
    return "\n\n".join(_bounded(_Rows(strings.strings).read(folder.part(one)) for one in names))


def _bounded(texts: Iterator[str]) -> Iterator[str]:
    length = 0
    for text in texts:
        yield text
        length += len(text)
        if length > TEXT_CHARACTERS:
            return
