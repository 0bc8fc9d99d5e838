"""Reads an authored account and says, file by file and case by case, what is wrong with it."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from simulators.accounts.shapes import STATUS_IDS, AccountHead, Article, Case, Folder, Language, Message

HERE = Path(__file__).resolve().parent
_LANGUAGES = frozenset(get_args(Language))


class AccountInvalid(Exception):
    """The content cannot be served; `problems` lists every fault found, each with file and place."""

    def __init__(self, account: str, problems: list[str]) -> None:
        super().__init__(f"account {account} has {len(problems)} problem(s):\n" + "\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Account:
    """Everything authored for one account, in file order."""

    key: str
    head: AccountHead
    folders: tuple[Folder, ...]
    cases: tuple[Case, ...]


@dataclass(slots=True)
class _Reading:
    """What has been read so far and what was wrong with it."""

    folder: Path
    problems: list[str]

    def toml(self, path: Path) -> dict[str, Any]:
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
            self.problems.append(f"{self.name(path)}: {exc}")
            return {}

    def name(self, path: Path) -> str:
        return str(path.relative_to(self.folder))

    def report(self, place: str, error: ValidationError) -> None:
        for fault in error.errors(include_url=False, include_context=False):
            at = ".".join(str(step) for step in fault["loc"])
            self.problems.append(f"{place}: {at}: {fault['msg']}")


def account_folder(account: str) -> Path:
    """The folder of a named account, or the path itself when `account` is one."""
    return Path(account) if "/" in account else HERE / account


def load_account(account: str) -> Account:
    """The account `acme`, `globex` or a folder path. Raises AccountInvalid with every problem found."""
    loaded, problems = read_account(account)
    if problems or loaded is None:
        raise AccountInvalid(account, problems)
    return loaded


def read_account(account: str) -> tuple[Account | None, list[str]]:
    """What could be read and every problem; None when account.toml itself is unusable."""
    folder = account_folder(account)
    reading = _Reading(folder, [])
    if not (folder / "account.toml").is_file():
        return None, [f"account.toml: not found in {folder.name}/"]
    try:
        head = AccountHead.model_validate(reading.toml(folder / "account.toml"))
    except ValidationError as exc:
        reading.report("account.toml", exc)
        return None, reading.problems
    folders = _read_folders(reading)
    cases = _read_cases(reading, head)
    _check_head(reading, head)
    _check_folders(reading, head, folders)
    return Account(folder.name, head, tuple(f for _, f in folders), tuple(cases)), reading.problems


def _read_folders(reading: _Reading) -> list[tuple[str, Folder]]:
    found = []
    for path in sorted((reading.folder / "articles").glob("*.toml")):
        raw = reading.toml(path)
        articles = []
        for number, row in enumerate(raw.pop("article", []), 1):
            place = f"{reading.name(path)} article {number} ({row.get('slug', 'no slug')})"
            try:
                articles.append(Article.model_validate(_gather_texts(row)))
            except ValidationError as exc:
                reading.report(place, exc)
        try:
            found.append((reading.name(path), Folder.model_validate(raw | {"article": articles})))
        except ValidationError as exc:
            reading.report(reading.name(path), exc)
    return found


def _gather_texts(row: dict[str, Any]) -> dict[str, Any]:
    texts = {key: value for key, value in row.items() if key in _LANGUAGES}
    return {key: value for key, value in row.items() if key not in _LANGUAGES} | {"texts": texts}


def _read_cases(reading: _Reading, head: AccountHead) -> list[Case]:
    cases = []
    for path in sorted((reading.folder / "tickets").glob("*.toml")):
        raw = reading.toml(path)
        for key in raw.keys() - {"case"}:
            reading.problems.append(f"{reading.name(path)}: {key}: only [[case]] tables belong here")
        for number, row in enumerate(raw.get("case", []), 1):
            place = f"{reading.name(path)} case {number} ({str(row.get('subject', 'no subject'))[:50]})"
            try:
                case = Case.model_validate(row)
            except ValidationError as exc:
                reading.report(place, exc)
                continue
            reading.problems.extend(f"{place}: {fault}" for fault in _case_faults(case, head))
            cases.append(case)
    return cases


def _case_faults(case: Case, head: AccountHead) -> list[str]:
    """What a case says about things outside itself, and the order of its messages."""
    agents = {a.email for a in head.agent} | {""}
    known = {
        f"customer {case.customer} is not in the pool": case.customer in {c.email for c in head.customer},
        f"agent {case.agent} is not in account.toml": case.agent in agents,
        f"group {case.group} is not in account.toml": case.group in {g.name for g in head.group},
        f"status {case.status} ({STATUS_IDS[case.status]}) is not in account.toml": STATUS_IDS[case.status]
        in {s.id for s in head.status},
        f"language {case.lang} is not supported by the account": case.lang in head.supported_languages,
        "the first message must be by the customer": case.message[0].by == "customer",
        "an agent or note speaks but the case names no agent": bool(case.agent)
        or all(m.by == "customer" for m in case.message),
    }
    known |= {f"custom field {name} is not in account.toml": name in head.custom_fields for name in case.custom_fields}
    return [fault for fault, ok in known.items() if not ok] + _message_faults(case.message)


def _message_faults(messages: tuple[Message, ...]) -> list[str]:
    faults = []
    for number, message in enumerate(messages, 1):
        if number == 1 and message.after is not None:
            faults.append("message 1: the first message has no `after`; its age is days_ago")
        if number == 1 and message.quoted:
            faults.append("message 1: there is nothing before it to quote")
        for one in message.planted:
            if one.text not in message.text:
                faults.append(f"message {number}: planted {one.kind} {one.text!r} is not in its text")
        if number > 1 and message.after is None:
            faults.append(f'message {number}: `after` is missing (time since the message before, like "2h")')
    return faults


def _repeated(values: list[str]) -> list[str]:
    return sorted(value for value, times in Counter(values).items() if times > 1)


def _check_head(reading: _Reading, head: AccountHead) -> None:
    lists = {
        "customer email": [c.email for c in head.customer],
        "agent email": [a.email for a in head.agent],
        "group": [g.name for g in head.group],
        "status id": [str(s.id) for s in head.status],
    }
    for what, values in lists.items():
        reading.problems.extend(f"account.toml: {what} {value} appears twice" for value in _repeated(values))
    groups = {g.name for g in head.group}
    reading.problems.extend(
        f"account.toml: agent {a.email}: group {a.group} is not in account.toml"
        for a in head.agent
        if a.group and a.group not in groups
    )


def _check_folders(reading: _Reading, head: AccountHead, folders: list[tuple[str, Folder]]) -> None:
    slugs = [article.slug for _, folder in folders for article in folder.article]
    reading.problems.extend(f"articles: slug {slug} appears twice" for slug in _repeated(slugs))
    names = {(f.category, f.folder) for _, f in folders}
    for name, folder in folders:
        if folder.parent and (folder.category, folder.parent) not in names:
            fault = f"parent folder {folder.parent} is not in category {folder.category}"
            reading.problems.append(f"{name}: {fault}")
        for article in folder.article:
            place = f"{name} ({article.slug})"
            if head.primary_language not in article.texts:
                reading.problems.append(f"{place}: no text in {head.primary_language}")
            for group in set(article.readers) - {one.name for one in head.group}:
                reading.problems.append(f"{place}: group {group} is not in account.toml")
            for language in article.texts.keys() - set(head.supported_languages):
                reading.problems.append(f"{place}: {language} is not supported by the account")
