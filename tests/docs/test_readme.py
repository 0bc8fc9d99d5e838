"""Documentation that cannot rot: the table of variables and the commands."""

from __future__ import annotations

import re
from pathlib import Path

from config.env import documentation

ROOT = Path(__file__).resolve().parents[2]


def table() -> str:
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    rows += [f"| `{name}` | {f'`{default}`' if default else ''} | {help_text} |" for name, default, help_text in documentation()]
    return "\n".join(rows)


def test_the_readme_lists_every_variable_with_default_and_help():
    text = (ROOT / "README.md").read_text()
    between = text.split("<!-- variables -->")[1].split("<!-- /variables -->")[0].strip()
    assert between == table()


def test_every_command_of_the_readme_exists():
    text = (ROOT / "README.md").read_text()
    named = set(re.findall(r"manage\.py ([a-z_]+)", text)) - {"dev", "sets"}
    found = {path.stem for path in ROOT.glob("apps/*/management/commands/*.py")}
    assert named <= found
    assert {"migrate_database", "create_company", "connect", "sync", "brief", "ask", "export_mirror"} <= named
