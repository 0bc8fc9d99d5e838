"""A venv with the clients others wrote, of the package index and exactly at the versions that were looked at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "tests" / "simulators" / "third_party.txt"


def index_silence() -> str | None:
    """Why pip's package index, whichever it is set to, cannot be asked, or None when it answers."""
    ask = [sys.executable, "-m", "pip", "index", "versions", "python-freshdesk", "--disable-pip-version-check"]
    asked = subprocess.run(ask, capture_output=True, text=True, check=False)
    said = asked.stderr.strip().splitlines() or ["without a word"]
    return f"the package index does not answer: {said[-1]}" if asked.returncode else None


def install(folder: Path, pins: Path = PINS) -> Path:
    """The interpreter of a new venv there with all of these in it. Raises CalledProcessError with pip's words."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--requirement", str(pins)]
    subprocess.run(pip, capture_output=True, text=True, check=True)
    return folder / "bin" / "python"
