"""Write state.json anew from the files as they are: after somebody mended a line by hand."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime

import orjson

from apps.platforms.adapters.json_store.folder import opened_file, opened_folder
from apps.platforms.adapters.json_store.lines import FILES, FORMAT
from apps.platforms.adapters.json_store.problems import StoreStopped
from apps.platforms.adapters.json_store.store import STATE

_CHUNK = 1024 * 1024
_NEW = "state.json.new"


def write_state(root: str, folder: str) -> dict[str, int]:
    """{file: lines}, up to the last whole line of each. A reader sees the old state or the new one. Raises StoreStopped."""
    sealed = {}
    with opened_folder(root, folder) as place:
        for name in FILES:
            try:
                with opened_file(place, name) as handle:
                    sealed[name] = _facts(handle)
            except StoreStopped as exc:
                if exc.code != "file_missing":
                    raise
        state = {"format": FORMAT, "written_at": datetime.now(UTC).isoformat(), "files": sealed}
        new = os.open(_NEW, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640, dir_fd=place)
        try:
            os.write(new, orjson.dumps(state, option=orjson.OPT_INDENT_2))
            os.fsync(new)
        finally:
            os.close(new)
        os.rename(_NEW, STATE, src_dir_fd=place, dst_dir_fd=place)
        os.fsync(place)
    return {name: int(facts["lines"]) for name, facts in sealed.items()}


def _facts(handle: int) -> dict[str, int | str]:
    """Of the whole lines: a line that is still being written comes with the next state."""
    sha, kept, at, lines, size = hashlib.sha256(), b"", 0, 0, 0
    while chunk := os.pread(handle, _CHUNK, at):
        at += len(chunk)
        whole, found, rest = chunk.rpartition(b"\n")
        if not found:
            kept += chunk
            continue
        text = kept + whole + b"\n"
        sha.update(text)
        lines, size, kept = lines + text.count(b"\n"), size + len(text), rest
    return {"bytes": size, "lines": lines, "sha256": sha.hexdigest()}
