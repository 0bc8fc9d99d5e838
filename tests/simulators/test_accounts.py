from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from apps.platforms.base import PersonData
from simulators.accounts.load import AccountInvalid, load_account, read_account
from tests.simulated import KEY, NOW, ROOT, Mirror, as_export, running

HEAD = """
name = "Sample"
primary_language = "en"
supported_languages = ["en", "de", "ja"]
[[group]]
name = "Hardware"
[[agent]]
name = "Mara Lind"
email = "mara@sample.example"
group = "Hardware"
[[status]]
id = 2
label = "Open"
category = "open"
[[status]]
id = 4
label = "Resolved"
category = "resolved"
[[status]]
id = 8
label = "With Engineering"
category = "engineering"
[[customer]]
name = "Anna Weiß"
email = "anna@mail.example"
language = "de"
[[customer]]
name = "Bo"
email = "bo@mail.example"
language = "en"
"""
ARTICLES = """
category = "Help"
folder = "Charging"
visibility = 1
[[article]]
slug = "restore-charging"
status = "published"
[article.en]
title = "Restore charging"
body = "<p>Hold the <b>button</b>.</p><ul><li>Fifteen seconds</li></ul>"
[article.ja]
title = "充電を直す"
body = "<p>ボタンを押します。</p>"
[[article]]
slug = "preview"
status = "draft"
[article.en]
title = "Preview"
body = "<p>Soon</p>"
"""
PLAYBOOK = """
category = "Internal"
folder = "Playbooks"
visibility = 3
[[article]]
slug = "limits"
[article.en]
title = "Limits"
body = "<p>40 euros</p>"
"""
CASES = '''
[[case]]
topic = "restore-charging"
lang = "de"
subject = "Lädt nicht"
status = "resolved"
priority = 3
group = "Hardware"
tags = ["wren"]
days_ago = 12.5
channel = "email"
customer = "anna@mail.example"
agent = "mara@sample.example"
[[case.message]]
by = "customer"
text = """Hallo,

der linke Hörer <lädt> nicht."""
signature = """Anna Weiß
Studio Weiß"""
[[case.message]]
by = "note"
after = "30m"
text = "Known fault, canary-7."
[[case.message]]
by = "agent"
after = "2h"
text = "Bitte halten Sie die Taste."
[[case.message]]
by = "customer"
after = "1.5d"
quoted = true
text = "Danke, geht!"

[[case]]
lang = "en"
subject = "Hello?"
status = "open"
priority = 1
group = "Hardware"
days_ago = 3
channel = "chat"
customer = "bo@mail.example"
[[case.message]]
by = "customer"
text = "Is anybody there?"
[[case.message]]
by = "customer"
after = "10m"
text = "Hello again"

[[case]]
lang = "en"
subject = "Broken"
status = "engineering"
priority = 4
group = "Hardware"
days_ago = 40
channel = "portal"
customer = "bo@mail.example"
agent = "mara@sample.example"
[[case.message]]
by = "customer"
text = "It is broken"
'''


def write(folder: Path, head: str = HEAD, articles: str = ARTICLES, cases: str = CASES) -> str:
    for name in ("articles", "tickets"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "account.toml").write_text(head, encoding="utf-8")
    (folder / "articles" / "charging.toml").write_text(articles, encoding="utf-8")
    (folder / "articles" / "internal.toml").write_text(PLAYBOOK, encoding="utf-8")
    (folder / "tickets" / "charging.toml").write_text(cases, encoding="utf-8")
    return f"{folder}/"


def test_an_authored_account_is_served_with_its_newest_message_an_hour_old(tmp_path: Path) -> None:
    with running("--account", write(tmp_path / "sample"), "--now", NOW) as simulator:
        tickets = simulator.get("/tickets", updated_since="2000-01-01", order_by="created_at", order_type="asc").json()
        entries = [row for ticket in tickets for row in simulator.get(f"/tickets/{ticket['id']}/conversations").json()]
        again = simulator.told("truth")
    assert [ticket["subject"] for ticket in tickets] == ["Broken", "Lädt nicht", "Hello?"]
    assert [ticket["id"] for ticket in tickets] == [1, 2, 3]
    assert [ticket["status"] for ticket in tickets] == [8, 4, 2]
    assert max(row["created_at"] for row in entries) == "2026-03-01T08:00:00Z"
    with running("--account", write(tmp_path / "sample"), "--now", NOW) as simulator:
        assert simulator.told("truth") == again


def test_a_thread_is_rendered_as_mail_and_notes_stay_private(tmp_path: Path) -> None:
    with running("--account", write(tmp_path / "sample"), "--now", NOW) as simulator:
        ticket = simulator.get("/tickets/2").json()
        note, reply, thanks = simulator.get("/tickets/2/conversations").json()
    assert "&lt;lädt&gt;" in ticket["description"]
    assert "Studio Weiß" in ticket["description"]
    assert ticket["description_text"].startswith("Hallo,")
    assert "der linke Hörer <lädt> nicht." in ticket["description_text"]
    assert (note["private"], note["incoming"], note["from_email"]) == (True, False, None)
    assert (reply["private"], reply["incoming"]) == (False, False)
    assert (thanks["incoming"], thanks["has_quoted_text"]) == (True, True)
    assert "Bitte halten Sie die Taste." in thanks["body_text"]
    assert "canary-7" not in ticket["description"] + reply["body"] + thanks["body"]
    first = datetime.fromisoformat(ticket["created_at"])
    assert (datetime.fromisoformat(note["created_at"]) - first).total_seconds() == 1800


def test_an_adapter_mirrors_an_authored_account_whole(tmp_path: Path) -> None:
    with running("--account", write(tmp_path / "sample")) as simulator:

        async def fill() -> tuple[Mirror, PersonData]:
            mirror = Mirror()
            async with simulator.adapter(KEY) as adapter:
                await mirror.sync(adapter)
                await mirror.read_articles(adapter)
                people = (await adapter.fetch_people(adapter.first_people())).items
            return mirror, next(one for one in people if one.email == "anna@mail.example")

        mirror, anna = asyncio.run(fill())
        assert mirror.export() == as_export(simulator.told("truth"))
    assert {(item.title, item.language, item.visibility, item.published) for item in mirror.articles.values()} == {
        ("Restore charging", "en", "public", True), ("充電を直す", "ja", "public", True),
        ("Preview", "en", "public", False), ("Limits", "en", "private", True),
    }  # fmt: skip
    customer = mirror.tickets["2"].customer
    assert customer is not None and customer.name is None, "it is long ago: its customer is named apart"
    assert anna.remote_id == customer.remote_id and anna.email == "anna@mail.example"


@pytest.mark.parametrize(
    ("wrong", "right", "complaint"),
    [
        ('customer = "bo@mail.example"', 'customer = "x@y.example"', "tickets/charging.toml case 2 (Hello?): customer x@y.example is not in the pool"),
        ("priority = 4", "priority = 5", "tickets/charging.toml case 3 (Broken): priority: Input should be less than"),
        ('after = "10m"\n', "", "case 2 (Hello?): message 2: `after` is missing"),
        ('after = "10m"', 'after = "soon"', "case 2 (Hello?): message.1.after"),
        ('status = "engineering"', 'status = "closed"', "case 3 (Broken): status closed (5) is not in account.toml"),
        ('days_ago = 3\n', "days_ago = 3\ndays_old = 4\n", "case 2 (Hello?): days_old"),
        ('lang = "en"', 'lang = "fr"', "language fr is not supported by the account"),
    ],
)  # fmt: skip
def test_a_slip_is_named_with_its_file_and_case(tmp_path: Path, wrong: str, right: str, complaint: str) -> None:
    assert wrong in CASES
    with pytest.raises(AccountInvalid) as caught:
        load_account(write(tmp_path / "sample", cases=CASES.replace(wrong, right, 1)))
    assert any(complaint in problem for problem in caught.value.problems), caught.value.problems


@pytest.mark.parametrize(
    ("wrong", "right", "complaint"),
    [
        ('slug = "preview"', 'slug = "restore-charging"', "slug restore-charging appears twice"),
        ("visibility = 1", "visibility = 9", "articles/charging.toml: visibility"),
        ("[article.ja]", "[article.ko]", "ko is not supported"),
        ('title = "Preview"', 'titel = "Preview"', "articles/charging.toml article 2 (preview)"),
        ("visibility = 1", "visibility = ", "articles/charging.toml: "),
    ],
)
def test_a_slip_in_an_article_is_named_too(tmp_path: Path, wrong: str, right: str, complaint: str) -> None:
    _, problems = read_account(write(tmp_path / "sample", articles=ARTICLES.replace(wrong, right, 1)))
    assert any(complaint in problem for problem in problems), problems


def test_the_checker_prints_counts_and_fails_on_a_dangling_topic(tmp_path: Path) -> None:
    def check(folder: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "simulators.accounts", folder]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)

    good = check(write(tmp_path / "good"))
    assert good.returncode == 0, good.stdout
    assert "articles 3" in good.stdout
    assert "messages 7" in good.stdout
    bad = check(write(tmp_path / "bad", cases=CASES.replace('topic = "restore-charging"', 'topic = "gone"')))
    assert (bad.returncode, "topic gone has no article" in bad.stdout) == (1, True)


def test_a_broken_account_is_not_served(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "simulators.freshdesk",
        "--account",
        write(tmp_path / "sample", head=""),
        "--api-key",
        "k",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=20, check=False)
    assert (ended.returncode, "account.toml: name" in ended.stderr) == (2, True)


@pytest.mark.parametrize("account", ["acme", "globex", "initech"])
def test_the_demo_accounts_are_without_fault(account: str) -> None:
    loaded = load_account(account)
    spoken = {case.lang for case in loaded.cases}
    assert spoken == {"en", "de", "fr", "es", "ja", "ko", "zh"}
