"""Checks authored accounts: `python -m simulators.accounts acme` prints counts and every problem."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping

from simulators.accounts.load import Account, read_account


def count(account: Account) -> dict[str, Mapping[str, int]]:
    """How much of everything the account holds."""
    articles = [(folder, article) for folder in account.folders for article in folder.article]
    messages = [(case, message) for case in account.cases for message in case.message]
    return {
        "totals": {
            "customers": len(account.head.customer),
            "agents": len(account.head.agent),
            "folders": len(account.folders),
            "articles": len(articles),
            "translations": sum(len(article.texts) - 1 for _, article in articles),
            "drafts": sum(article.status == "draft" for _, article in articles),
            "agents-only articles": sum(folder.visibility == 3 for folder, _ in articles),
            "tickets": len(account.cases),
            "messages": len(messages),
            "private notes": sum(message.by == "note" for _, message in messages),
        },
        "tickets by language": Counter(case.lang for case in account.cases),
        "messages by language": Counter(message.lang or case.lang for case, message in messages),
        "tickets by status": Counter(case.status for case in account.cases),
        "tickets by group": Counter(case.group for case in account.cases),
        "tickets by length": Counter(f"{len(case.message):2d} messages" for case in account.cases),
        "article texts by language": Counter(lang for _, article in articles for lang in article.texts),
    }


def warnings(account: Account) -> list[str]:
    """Things that may be meant but are usually slips."""
    found = []
    texts = Counter(case.message[0].text.strip() for case in account.cases)
    for case in account.cases:
        label = f"{case.lang} {case.subject[:60]}"
        if len(case.message) < 2:
            found.append(f"only one message: {label}")
        if case.status in ("resolved", "closed") and not any(m.by == "agent" for m in case.message):
            found.append(f"solved without an agent's answer: {label}")
        if texts[case.message[0].text.strip()] > 1:
            found.append(f"the same first message as another case: {label}")
    used = {case.topic for case in account.cases}
    found.extend(
        f"no case speaks to article {article.slug}"
        for folder in account.folders
        for article in folder.article
        if article.slug not in used and article.status == "published"
    )
    return found


def dangling(account: Account) -> list[str]:
    """Cases whose article is not written; the account can be served all the same."""
    slugs = {article.slug for folder in account.folders for article in folder.article}
    return [f"{case.lang} {case.subject}: topic {case.topic} has no article" for case in account.cases
            if case.topic and case.topic not in slugs]  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Print the report; exit code 1 when an account cannot be served."""
    parser = argparse.ArgumentParser(prog="python -m simulators.accounts", description=__doc__)
    parser.add_argument("account", nargs="+", help="acme, globex, or a folder path holding account.toml")
    parser.add_argument("--warnings", action="store_true", help="also list what is probably a slip")
    options = parser.parse_args(argv)
    failed = False
    for name in options.account:
        account, problems = read_account(name)
        problems += dangling(account) if account else []
        failed = failed or bool(problems)
        print(f"== {name}")
        if account is not None:
            for title, figures in count(account).items():
                print(f"{title}: " + ", ".join(f"{key} {figures[key]}" for key in sorted(figures)))
            hints = warnings(account)
            print(f"warnings: {len(hints)}" + ("" if options.warnings else " (list them with --warnings)"))
            print("".join(f"  {hint}\n" for hint in hints if options.warnings), end="")
        print(f"errors: {len(problems)}")
        print("".join(f"  {problem}\n" for problem in problems), end="")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
