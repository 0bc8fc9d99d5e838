"""No secret stands in the tree or its history (SEC-5): keys, tokens, passwords in addresses; and example files are bare."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from apps.tenancy.credentials import new_token, token_company
from config.env import SECRETS, Env

ROOT = Path(__file__).resolve().parent.parent

OWN_TOKEN = re.compile(r"dsk_[a-z]+_[a-z0-9-]+_[A-Za-z0-9_-]{40,}")
KEY_RING = re.compile(r"\b[a-z][a-z0-9]*:([A-Za-z0-9+/]{43}=)")
FOREIGN = {
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/]{20}",
    "AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{60,}",
    "GitLab": r"\bglpat-[A-Za-z0-9_-]{20}\b",
    "Slack": r"\bxox[abprs]-[A-Za-z0-9-]{20,}|hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,}",
    "Google": r"\bAIza[A-Za-z0-9_-]{35}\b",
    "OpenAI": r"\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,}",
    "Stripe": r"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "JSON web token": r"\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
}  # fmt: skip
ASSIGNED = re.compile(
    rf"^\s*(?:export\s+)?(?:{'|'.join(SECRETS)}|[A-Z_]*PASSWORD)=[\"']?(?!\$|<|[a-z+]+://)([A-Za-z0-9+/_=:-]{{16,}})", re.MULTILINE
)


def found_in(text: str) -> Iterator[str]:
    """What kind of secret stands there; never the secret itself."""
    if "dsk_" in text and any(token_company(token) for token in OWN_TOKEN.findall(text)):
        yield "an API token of ours with a right checksum"
    for key in KEY_RING.findall(text):
        if len(set(base64.b64decode(key))) > 8:  # 32 times the same sign is an example
            yield "a key of a key ring"
    for name, pattern in FOREIGN.items():
        if re.search(pattern, text):
            yield name
    if ASSIGNED.search(text):
        yield "a variable with its secret"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_file_of_the_tree_holds_a_secret():
    files = tracked()
    assert len(files) > 500
    told = {path.relative_to(ROOT).as_posix(): list(found_in(path.read_text(errors="replace"))) for path in files}
    assert {name: found for name, found in told.items() if found} == {}


def test_no_file_that_holds_secrets_elsewhere_is_tracked():
    names = [path.name for path in tracked()]
    bad = re.compile(r"(?:^|.*\.)(?:pem|key|p12|pfx|keystore|kdbx|env|sqlite3|dump)|id_(?:rsa|ed25519|ecdsa)")
    assert [name for name in names if bad.fullmatch(name)] == ["example.env"]
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {".env", ".data/"} <= set(ignored)


@pytest.mark.verify
def test_no_commit_ever_held_a_secret():
    log = subprocess.run(["git", "log", "-p", "--no-color", "--text", "HEAD"], cwd=ROOT, capture_output=True, check=True)
    added = "\n".join(line[1:] for line in log.stdout.decode(errors="replace").splitlines() if line.startswith("+"))
    assert list(found_in(added)) == []


def planted() -> dict[str, str]:
    """Put together here, or this file would be found."""
    letters = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"
    ring = base64.b64encode(letters.encode()).decode()
    return {
        "own": new_token("api", "acme"), "ring": f"MASTER_KEYS: k1:{ring}", "aws": "AKIA" + "IOSFODNN7EXAMPLE", "github": "ghp_" + letters + "aB3d",
        "pem": "-----BEGIN EC PRIVATE " + "KEY-----\nMHcCAQEEIIGLRq0123456789", "slack": "xox" + "b-123456789012-" + letters,
        "google": "AIza" + letters + "aB3", "openai": "sk-" + "proj-" + letters, "stripe": "sk_" + "live_" + letters,
        "jwt": "eyJ" + letters + ".eyJ" + letters + "." + letters, "env": "SECRET_KEY" + "=" + letters,
        "quoted": "export APP_PASSWORD" + '="' + letters + '"',
    }  # fmt: skip


@pytest.mark.parametrize("kind", sorted(planted()))
def test_the_scan_finds_what_it_is_for(kind):
    assert list(found_in(f"some text\n{planted()[kind]}\nmore"))


def test_the_example_is_bare_and_names_every_variable_there_is():
    text = (ROOT / "deploy/example.env").read_text()
    filled = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert not any(filled.get(name) for name in {*SECRETS, *(one for one in filled if "PASSWORD" in one)} - {"EMAIL_URL"})
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"].values()
    given = {name for service in services for name in service.get("environment", {})}
    named = set(re.findall(r"^#? ?([A-Z_]+)=", text, re.MULTILINE))
    known = {name.upper() for name in Env.model_fields}
    assert known - given - named == set(), "neither given by docker-compose.yml nor told of in the example"
    assert named - known - set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text())) == set()
