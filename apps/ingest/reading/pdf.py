"""Words of a PDF, page by page."""

from __future__ import annotations

import io

from pypdf import PdfReader

from apps.ingest.reading.limits import PAGES, TEXT_CHARACTERS
from apps.ingest.reading.refusals import Encrypted


def pdf_text(body: bytes) -> str:
    """Its first pages, as long as they fit. Raises Encrypted, and whatever pypdf does at a broken one."""
    reader = PdfReader(io.BytesIO(body), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Encrypted
    found, length = [], 0
    for page in reader.pages[:PAGES]:
        text = page.extract_text()
        found.append(text)
        length += len(text)
        if length > TEXT_CHARACTERS:
            break
    return "\n\n".join(found)
