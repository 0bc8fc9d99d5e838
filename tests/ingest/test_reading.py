"""Words out of files, by a child that may die of them: each kind, each harm, and what is told of it."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from apps.ingest import reading
from apps.ingest.reading import Reading, limits, read_text
from tests.made_files import bomb, docx, odt, packed, pdf, pptx, xlsx

ENTITIES = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'


def locked_pdf() -> bytes:
    writer, held = PdfWriter(), io.BytesIO()
    writer.append(PdfReader(io.BytesIO(pdf("nobody may read this"))))
    writer.encrypt("open sesame", algorithm="AES-256")
    writer.write(held)
    return held.getvalue()


def locked_zip() -> bytes:
    made = bytearray(docx("secret"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the bit that says so, in both places it stands in
        at = made.find(mark)
        while at >= 0:
            made[at + offset] |= 1
            at = made.find(mark, at + 4)
    return bytes(made)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (pdf("The warranty lasts two years.", "Page two."), ["The warranty lasts two years.", "Page two."]),
        (docx("Erste Zeile", "Zweite &amp; letzte"), ["Erste Zeile", "Zweite & letzte"]), (pptx("Slide one", "Slide two"), ["Slide one", "Slide two"]),
        (xlsx([["Item", "Pieces"], ["Wren 3", "two"]]), ["Item\tPieces\t7.5", "Wren 3\ttwo\t7.5"]), (odt("기기가 켜지지 않습니다", "zwei"), ["기기가 켜지지 않습니다", "zwei"]),
        (b"2026-01-01 fehler 42\nzweite", ["2026-01-01 fehler 42", "zweite"]), (b"a;b\n1;2\n", ["a;b", "1;2"]),
        (b"<html><head><title>t</title></head><script>evil()</script><p>Hello</p><p>there</p></html>", ["Hello", "there"]),
    ],
    ids=["pdf", "docx", "pptx", "xlsx", "odt", "log", "csv", "html"],
)  # fmt: skip
def test_the_words_of_what_an_office_writes_are_read(body, words):
    found = read_text(body)
    assert found.outcome == "read"
    assert [line.strip() for line in found.text.splitlines() if line.strip()] == words


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (bomb(60), "too_large"), (packed({f"part{number}": "x" for number in range(limits.PARTS + 1)}), "too_large"),
        (docx("&b;", before=ENTITIES), "not_readable"), (docx("&c;", before=ENTITIES), "not_readable"), (docx("plain", before=ENTITIES), "not_readable"), (docx("plain", before="<!DOCTYPE d>"), "not_readable"),
        (locked_pdf(), "encrypted"), (locked_zip(), "encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "not_readable"), (b"MZ" + bytes(99), "unsafe_type"), (b"#!/bin/sh\n", "unsafe_type"),
        (b"<svg><script>alert(1)</script></svg>", "unsafe_type"), (b"\x1f\x8b" + bytes(99), "unsafe_type"), (b"GIF89a/*" + b"*/=1;alert(1)", "not_readable"),
        (b"%PDF-1.7 and nothing else", "not_readable"), (pdf("words")[:-300], "not_readable"), (b"PK\x03\x04 broken", "not_readable"), (b"", "not_readable"),
        (packed({"a.txt": "just an archive"}), "not_readable"), (b"   \n", "not_readable"), (bytes(range(256)), "not_readable"), (pdf(), "not_readable"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(body, outcome):
    assert read_text(body).outcome == outcome


@pytest.mark.parametrize(
    ("body", "outcome", "word"),
    [
        (pdf("the pdf speaks", more=b"<html><script>alert(1)</script></html>\n"), "read", "the pdf speaks"),
        (b"<html><p>the page speaks</p></html>\n" + pdf("the pdf speaks"), "read", "the page speaks"),
        (docx("the document speaks") + b"<html>appended</html>", "read", "the document speaks"),
        (b"MZ" + docx("hidden behind a program"), "unsafe_type", ""), (b"GIF89a" + docx("hidden behind an image"), "not_readable", ""),
    ],
    ids=["pdf+html", "html+pdf", "docx+html", "exe+docx", "gif+docx"],
)  # fmt: skip
def test_of_two_things_in_one_the_beginning_is_read_and_nothing_runs(body, outcome, word):
    found = read_text(body)
    assert found.outcome == outcome
    assert word in found.text
    assert "alert" not in found.text


def test_a_long_text_is_cut_and_a_short_one_ends_where_it_ends():
    found = read_text(b"word " * 100_000)
    assert (found.outcome, len(found.text)) == ("read", limits.TEXT_CHARACTERS)
    assert read_text(("한" * 70_000).encode()).text == "한" * limits.TEXT_CHARACTERS


def in_child(code: str, monkeypatch, *, seconds: float = 12.0) -> tuple[Reading, float]:
    """As if reading had been that code."""
    monkeypatch.setattr(reading, "_START", f"import sys; sys.path.insert(0, sys.argv[1]); from apps.ingest.reading import child; {code}")
    monkeypatch.setattr(reading, "WALL_SECONDS", seconds)
    began = time.monotonic()
    return read_text(b"anything"), time.monotonic() - began


@pytest.mark.parametrize(
    "code",
    ["import os; os.kill(os.getpid(), 11)", "child._shut_in(); hold = bytearray(600 * 2**20); print('read\\nwords')", "sys.exit(3)", "print('read', 'x' * 2**22)",
     "print('a word we do not know')"],
)  # fmt: skip
def test_what_kills_the_child_kills_nobody_else(code, monkeypatch):
    assert in_child(code, monkeypatch)[0] == Reading("not_readable")


def test_a_child_that_does_not_come_back_is_ended(monkeypatch):
    found, took = in_child("import time; time.sleep(60)", monkeypatch, seconds=1.0)
    assert found == Reading("not_readable")
    assert took < 8


def test_a_child_writes_no_file_starts_nothing_and_knows_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    where = tmp_path / "out"
    code = f"child._shut_in(); f = open({str(where)!r}, 'wb', 0); n = f.write(b'x')"
    assert in_child(code, monkeypatch)[0] == Reading("not_readable")
    assert not where.exists() or where.stat().st_size == 0
    code = "import os; sys.stdout.write('read\\n' + ' '.join(['names:', *os.environ]))"
    assert "SECRET_KEY" not in in_child(code, monkeypatch)[0].text


def test_a_calculation_without_end_is_ended_by_its_share_of_the_processor():
    """The limit itself, shortened: the wall clock is not what ends it."""
    code = (
        f"import sys; sys.path.insert(0, {str(reading.ROOT)!r}); from apps.ingest.reading import child; child.CPU_SECONDS = 1\n"
        "child._shut_in()\nwhile True: pass"
    )
    began = time.monotonic()
    ended = subprocess.run([sys.executable, "-I", "-c", code], env={}, timeout=60, check=False)
    assert ended.returncode < 0
    assert time.monotonic() - began < 50


def test_no_child_is_left_behind():
    before = set(os.listdir("/proc"))
    for _ in range(3):
        read_text(b"words")
    named = []
    for one in set(os.listdir("/proc")) - before:
        with contextlib.suppress(OSError):
            named += [one] if b"apps.ingest.reading" in Path(f"/proc/{one}/cmdline").read_bytes() else []
    assert named == []


def test_a_size_that_a_directory_lies_about_is_counted_while_it_unfolds():
    whole = bomb(60)
    with zipfile.ZipFile(io.BytesIO(whole)) as folder:
        told = folder.infolist()[0].file_size
    at = whole.rfind(told.to_bytes(4, "little"))
    lying = whole[:at] + (10).to_bytes(4, "little") + whole[at + 4 :]
    assert read_text(lying).outcome in ("too_large", "not_readable")
