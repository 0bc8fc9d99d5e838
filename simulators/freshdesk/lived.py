"""An authored account as one that was worked in: its customers have companies, rated what was solved, and agents noted time.

For the demo, where people look; tests that count calls or compare mirrors say themselves what they need. The same account
gives the same, always.
"""

from __future__ import annotations

from random import Random
from zlib import crc32

from simulators.accounts.load import Account
from simulators.freshdesk import companies, ratings, timesheet
from simulators.freshdesk.authored import in_order
from simulators.freshdesk.records import stable_id
from simulators.freshdesk.world import World

RATED = 0.55  # of what is solved
VALUES = (103, 103, 103, 102, 102, 101, 100, -101, -103)  # 103 extremely happy .. -103 extremely unhappy
WORDS = {
    "en": ("Quick and friendly, and it works again.", "I had to explain it twice."),
    "de": ("Schnell und freundlich, und es geht wieder.", "Ich musste es zweimal erklären."),
    "fr": ("Rapide et aimable, et tout fonctionne à nouveau.", "J’ai dû l’expliquer deux fois."),
    "es": ("Rápido y amable, y ya funciona otra vez.", "Tuve que explicarlo dos veces."),
    "ko": ("빠르고 친절했고, 이제 잘 됩니다.", "두 번이나 설명해야 했습니다."),
    "ja": ("早くて親切で、また使えるようになりました。", "二度説明しなければなりませんでした。"),
    "zh": ("又快又友好，现在恢复正常了。", "我不得不解释了两遍。"),
}


def live_in(world: World, account: Account) -> None:
    """Before anybody asks the account anything: no ticket's time of change moves."""
    domains = {one.domain: number for number, one in enumerate(account.head.company, 1)}
    for number, one in enumerate(account.head.company, 1):
        companies.change(world, {"company": number, "name": one.name})
    for number, case in enumerate(in_order(account), 1):
        dice, ticket = Random(crc32(case.subject.encode())), world.ticket(number)
        if ticket is None or ticket.feed not in ("live", "archived"):
            continue
        firm = domains.get(case.customer.partition("@")[2])
        if firm is not None:
            world.edit(number).company = companies.number_of(firm)
        if case.agent:
            minutes = sum(dice.randint(4, 25) for message in case.message if message.by != "customer") or 5
            timesheet.spend(world, number, {
                "minutes": minutes, "at": ticket.updated_at, "agent": stable_id("agent", case.agent), "billable": firm is not None,
            })  # fmt: skip
        if case.status in ("resolved", "closed") and dice.random() < RATED:
            value = dice.choice(VALUES)
            text = WORDS[case.lang][value < 0] if dice.random() < 0.5 else None
            ratings.rate(world, number, {"value": value, "text": text, "at": ticket.updated_at + dice.randint(600, 3_000)})
