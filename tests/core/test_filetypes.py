"""What a file is: what its bytes begin as, whatever its name and a second reader would say."""

from __future__ import annotations

import pytest

from apps.core.filetypes import image_type, kind_by_bytes, kind_by_name, text_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PNG, "png"), (b"\xff\xd8\xff\xe0" + bytes(9), "jpeg"), (b"GIF89a" + bytes(9), "gif"), (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "webp"),
        (b"RIFF\x10\x00\x00\x00WAVE", "unknown"), (b"%PDF-1.7\n", "pdf"), (b"PK\x03\x04...", "zip"), (b"MZ\x90", "program"), (b"\x7fELF", "program"),
        (b"#!/bin/sh\nrm -rf /", "program"), (b"<svg onload=alert(1)>", "svg"), (b'<?xml version="1.0"?><svg>', "svg"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><p>", "html"), (b"<script>alert(1)</script>", "html"), (b"plain words", "text"),
        ("한국어 로그".encode(), "text"), ("日本".encode("utf-16"), "text"), (b"<note>xml without a drawing</note>", "text"),
        (b"caf\xe9 is closed on mondays and tuesdays", "text"), (bytes(range(256)), "unknown"), (b"a\x00b", "unknown"), (b"", "text"),
    ],
)  # fmt: skip
def test_the_bytes_decide(body, kind):
    assert kind_by_bytes(body) == kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"GIF89a/*" + b"*/=1;alert(1)//", "gif"), (b"%PDF-1.4\n<html><script>alert(1)</script>", "pdf"),
        (b"<html><script>alert(1)</script>\n%PDF-1.4", "html"), (PNG + b"<script>alert(1)</script>", "png"),
        (b"MZ" + b"<html>", "program"), (b"GIF89a" + b"PK\x03\x04", "gif"), (b"PK\x03\x04%PDF-1.4", "zip"),
    ],
)  # fmt: skip
def test_what_would_pass_for_two_things_is_what_it_begins_as(body, kind):
    assert kind_by_bytes(body) == kind


def test_a_text_cut_within_a_sign_is_a_text():
    body = ("가" * 5000).encode()
    assert kind_by_bytes(body[:-1] + "나".encode()[:2]) == "text"
    assert text_of(body[:4096]) is None
    assert text_of(body[:4096], cut=True)


def test_only_four_kinds_of_image_are_shown():
    assert image_type(PNG) == "image/png"
    assert {image_type(one) for one in (b"<svg>", b"%PDF-1.7", b"BM" + bytes(20), b"II*\x00", b"<html>", b"")} == {None}


@pytest.mark.parametrize(
    ("name", "label", "kind"),
    [("a.PDF", "", "pdf"), ("a.pdf.exe", "image/png", "program"), ("a", "image/heic", "image"), ("exe", "", "file"), ("a.unknown", "text/x", "text"), ("a.js ", "", "program")],
)  # fmt: skip
def test_a_files_kind_by_name_is_what_a_system_would_take_it_for(name, label, kind):
    assert kind_by_name(name, label) == kind
