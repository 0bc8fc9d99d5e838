"""Small documents made by hand: what an office writes, and what somebody writes who means harm."""

from __future__ import annotations

import io
import zipfile

W, A = "http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://schemas.openxmlformats.org/drawingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def packed(parts: dict[str, str | bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, part in parts.items():
            folder.writestr(name, part)
    return held.getvalue()


def docx(*paragraphs: str, before: str = "") -> bytes:
    lines = "".join(f"<w:p><w:r><w:t>{one}</w:t></w:r></w:p>" for one in paragraphs)
    return packed({
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f'<?xml version="1.0"?>{before}<w:document xmlns:w="{W}"><w:body>{lines}</w:body></w:document>',
    })  # fmt: skip


def pptx(*slides: str) -> bytes:
    return packed({
        f"ppt/slides/slide{number}.xml": f'<p:sld xmlns:p="p" xmlns:a="{A}"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>'
        for number, text in enumerate(slides, start=1)
    })  # fmt: skip


def xlsx(rows: list[list[str]]) -> bytes:
    strings = [cell for row in rows for cell in row]
    places = iter(range(len(strings)))
    lines = "".join("<row>" + "".join(f'<c t="s"><v>{next(places)}</v></c>' for _ in row) + "<c><v>7.5</v></c></row>" for row in rows)
    return packed({
        "xl/workbook.xml": "<workbook/>",
        "xl/sharedStrings.xml": f'<sst xmlns="{S}">' + "".join(f"<si><t>{one}</t><rPh><t>spoken</t></rPh></si>" for one in strings) + "</sst>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{S}"><sheetData>{lines}</sheetData></worksheet>',
    })  # fmt: skip


def odt(*paragraphs: str) -> bytes:
    lines = "".join(f"<text:p>{one}</text:p>" for one in paragraphs)
    return packed({
        "mimetype": "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": "<manifest/>",
        "content.xml": f'<o:document-content xmlns:o="o" xmlns:text="t"><o:font>no</o:font><o:body>{lines}</o:body></o:document-content>',
    })  # fmt: skip


def pdf(*pages: str, more: bytes = b"") -> bytes:
    """One line of Latin letters a page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    kids = []
    for text in pages:
        drawn = b"BT /F1 12 Tf 72 700 Td (" + text.encode("latin-1") + b") Tj ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
        font = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents %d 0 R /Resources %s >>" % (len(objects), font))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    made, places = bytearray(b"%PDF-1.4\n" + more), []
    for number, one in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(made + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))


def bomb(megabytes: int) -> bytes:
    """A document whose one part unfolds to so much, from a thousandth of it."""
    body = b'<w:document xmlns:w="' + W.encode() + b'"><w:t>' + b" " * (megabytes * 2**20) + b"</w:t></w:document>"
    return packed({"word/document.xml": body})
