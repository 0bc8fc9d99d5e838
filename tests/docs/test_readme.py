"""Documentation that cannot rot: the table of variables, the commands, the compose file."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from config.env import Env, documentation

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


def test_compose_names_only_variables_and_files_that_exist():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert set(compose["services"]) >= {"postgres", "redis", "qdrant", "web", "worker", "beat"}
    known = {name.upper() for name in Env.model_fields} | {"DJANGO_SETTINGS_MODULE"}
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy/example.env").read_text(), re.M))
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert used <= example
    for name in ("web", "worker", "beat", "migrate"):
        service = compose["services"][name]
        assert set(service["environment"]) <= known, name
        assert (ROOT / service["build"]["dockerfile"]).exists()
    for volume in compose["services"]["postgres"]["volumes"][1:]:
        assert (ROOT / volume.split(":")[0]).exists()


def test_migrating_is_the_only_service_with_the_migrating_login():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    holders = {name for name, one in compose["services"].items() if "MIGRATE_DATABASE_URL" in (one.get("environment") or {})}
    assert holders == {"migrate"}
