"""Files of one folder below the allowed root: no link is followed, nothing but plain files is opened."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from apps.platforms.adapters.json_store.problems import Problem, StoreStopped

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe must not hold us
_LINK = (errno.ELOOP, errno.EMLINK, errno.ENOTDIR)


@contextmanager
def opened_folder(root: str, folder: str) -> Iterator[int]:
    """Its descriptor, walked to part by part, so that no part can be exchanged for a link meanwhile. Raises StoreStopped."""
    held: list[int] = []
    try:
        held.append(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))  # the root itself is the operator's word
        for part in folder.split("/"):
            held.append(os.open(part, _DIRECTORY, dir_fd=held[-1]))
        yield held[-1]
    except OSError as exc:
        raise StoreStopped(Problem("symlink" if exc.errno in _LINK else "folder_missing", folder)) from exc
    finally:
        for one in held:
            os.close(one)


@contextmanager
def opened_file(place: int, name: str) -> Iterator[int]:
    """A plain file of an opened folder, for os.pread. Raises StoreStopped, with code file_missing where it is not there."""
    try:
        handle = os.open(name, _FILE, dir_fd=place)
    except OSError as exc:
        raise StoreStopped(Problem("symlink" if exc.errno in _LINK else "file_missing", name)) from exc
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise StoreStopped(Problem("not_a_file", name))
        yield handle
    finally:
        os.close(handle)


def read_whole(place: int, name: str, most: int) -> bytes:
    """A small file. Raises StoreStopped; too large counts as no header of ours."""
    with opened_file(place, name) as handle:
        if os.fstat(handle).st_size > most:
            raise StoreStopped(Problem("header_invalid", name))
        return os.pread(handle, most, 0)
