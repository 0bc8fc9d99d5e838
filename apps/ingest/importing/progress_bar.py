"""A line on the terminal that says how far something is."""

from __future__ import annotations

import sys
import time

WIDTH = 24


class ProgressBar:
    """Writes to standard error, over itself, and only where somebody looks or asked for it."""

    def __init__(self, label: str, total: int, *, shown: bool | None = None) -> None:
        self._label, self._total, self._began = label, max(1, total), time.monotonic()
        self.shown = sys.stderr.isatty() if shown is None else shown
        self._first: int | None = None

    def show(self, done: int, text: str) -> None:
        if not self.shown:
            return
        self._first = done if self._first is None else self._first
        share = min(1.0, done / self._total)
        bar = "#" * int(WIDTH * share)
        seconds = max(0.1, time.monotonic() - self._began)
        rate = (done - self._first) / seconds
        left = f", {(self._total - done) / rate:.0f} s left" if rate > 0 and done < self._total else ""
        sys.stderr.write(f"\r{self._label} [{bar:<{WIDTH}}] {share:4.0%} {text}{left}\033[K")
        sys.stderr.flush()

    def end(self) -> None:
        if self.shown:
            sys.stderr.write("\n")
