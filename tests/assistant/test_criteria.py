"""Articles whose readers are told by criteria of the helpdesk: nobody else meets them in search, answers, briefs, pages, API."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.reach import ALL_TICKETS, Reach
from apps.assistant.finding import Wish, find_sources
from apps.assistant.reaching import brief_for
from apps.assistant.services import EVERYTHING, ask_question
from apps.ingest.models import Stream
from apps.ingest.outbox import due_kinds, work_off
from apps.platforms.agents import map_by_hand
from apps.platforms.base import AgentData
from apps.platforms.models import Article, Connection, Person, Ticket
from apps.platforms.reach import reach_of
from apps.search.index import Sparse, Wanted, ensure_collection, open_index
from apps.tenancy.context import bind_company
from tests.ingest.test_sync import run_feeds
from tests.ingest.test_thread_walk import turn
from tests.platforms.toy.adapter import Account
from tests.platforms.toy.joined import join, known
from tests.search.test_walls import SAME, point

# (readers, barred) of an article, and whether an agent who meets gold and blue alone may read it
RULES = [
    ((), (), True), (("gold",), (), True), (("red",), (), False), (("red", "blue"), (), True), ((), ("red",), True),
    ((), ("gold",), False), (("gold",), ("blue",), False), (("gold",), ("red",), True), (("nobody",), ("nobody",), False),
]  # fmt: skip
WORDS = ["router", "light", "blinks", "red", "green", "button", "update", "hold", "seconds", "firmware", "reset", "antenna", "cable", "power", "channel", "speaker", "pairs"]
MET, MARA = ("blue", "gold"), "mara@helpdesk.example"
MAY = {f"zq{number:02}" for number in range(27) if RULES[number % len(RULES)][2]}
OPEN = {f"zq{number:02}" for number in range(27) if number % len(RULES) == 0}


def marks(told: Any) -> set[str]:
    return set(re.findall(r"zq\d\d", str(told)))


@dataclass
class Desk:
    account: Account
    connection: Connection
    person: Any
    company: Any
    api: Any
    browser: Any

    def index(self) -> None:
        while kinds := due_kinds():
            for kind in kinds:
                work_off(kind)

    def questions(self, many: int, seed: int) -> set[str]:
        """Everything that random questions bring this person, wherever they may ask."""
        dice, met = random.Random(seed), set()
        ids = list(map(str, Article.objects.values_list("pk", flat=True)))
        texts = [one.text.partition(" ")[2] for one in self.account.articles.values()]  # without its mark, which answers repeat
        for number in range(many):
            text = " ".join(dice.sample(dice.choice(texts).split(), 4))
            reach = reach_of(self.person)
            way = number % 4
            if way == 0:
                met |= marks(find_sources(wish=Wish(text, reach, visibilities=EVERYTHING)))
            elif way == 1:
                met |= marks(ask_question(question=text, reach=reach))
            elif way == 2:
                key = dice.choice(ids)
                told = self.api.get(f"/api/v1/articles/{key}/"), self.browser.get(f"/sources/article/{key}/")
                met |= {mark for one in told for mark in marks(one.content) if one.status_code == 200}
            else:
                met |= marks(self.api.get("/api/v1/search/", {"q": text}).content)
        return met


@pytest.fixture
def desk(in_acme, settings, make_user, token_of, client_of) -> Iterator[Desk]:
    with known(settings) as (name, account):
        dice = random.Random(7)
        for number in range(27):
            readers, barred, _may = RULES[number % len(RULES)]
            text = f"zq{number:02} " + " ".join(dice.sample(WORDS, 9)) + "."
            account.write(f"k{number}", text, title=f"zq{number:02} router", readers=readers, barred=barred, visibility=dice.choice(("public", "private")))
        account.add("t1", category="open", subject="The light of my router blinks red", description_text="router light blinks red: firmware update, hold button?")
        account.agents = [AgentData(remote_id="a1", email=MARA, scope="all", criteria=MET)]
        account.size = 50
        connection = join(name)
        person = make_user(in_acme, email="mara@acme.example")
        with bind_company(in_acme.binding()):
            browser, token = client_of(in_acme), token_of(in_acme)
        from rest_framework.test import APIClient

        api = APIClient(headers={"authorization": f"Bearer {token}", "host": "acme.localhost"})
        run_feeds()
        yield Desk(account, connection, person, in_acme, api, browser)


def test_rows_and_the_plain_value_agree(desk):
    rows = list(Article.objects.values_list("title", "connection_id", "readers", "barred"))
    dice, homes = random.Random(11), [desk.connection.pk, uuid4()]
    for _ in range(100):
        met = tuple((home, tuple(sorted(dice.sample(("red", "blue", "gold"), dice.randrange(4))))) for home in dice.sample(homes, dice.randrange(3)))
        reach = Reach(met=tuple(sorted(met)))
        assert {title for title in Article.objects.within(reach).values_list("title", flat=True)} == {title for title, *where in rows if reach.reads(*where)}
    assert {title[:4] for title, *where in rows if Reach(met=((desk.connection.pk, MET),)).reads(*where)} == MAY


def test_the_engine_itself_leaves_out_what_its_reader_may_not_see(in_acme):
    home, other = uuid4(), uuid4()
    told = [{"readers": list(readers), "barred": list(barred)} for readers, barred, _ in RULES]
    points = [point(connection=str(home), kind="article", **one) for one in told] + [point(connection=str(home), kind="message"), point(connection=str(home), kind="article")]
    ensure_collection()
    index = open_index()
    index.put(points)
    names = {one.id: number for number, one in enumerate(points)}
    fits = [number for number, rule in enumerate(RULES) if rule[2]]
    try:
        for reach, expected in (
            (ALL_TICKETS, list(range(9))), (Reach(met=((home, MET),)), fits), (Reach(met=()), [0]), (Reach(met=((home, ()),)), [0, 4, 5]),
            (Reach(met=((other, MET),)), [0]), (Reach((home,), met=((home, MET),)), fits),
        ):  # fmt: skip
            for leg in (index.nearest(SAME, Wanted(reach, kinds=("message", "article")), 40), index.matching(Sparse([7], [1.0]), Wanted(reach, kinds=("message", "article")), 40)):
                tail = [10] if reach.limited else [9, 10]  # a message, and an article of a release that told nothing
                assert sorted(names[one.id] for one in leg if one.id in names) == [*expected, *tail]
    finally:
        index.delete(names)


def a_stored_brief_and_a_list_are_cut(desk: Desk) -> None:
    ticket = Ticket.objects.get()
    whole, cut = brief_for(ticket, ALL_TICKETS), brief_for(ticket, reach_of(desk.person))
    assert marks(whole.data) - MAY, "made of all the company knows"
    assert cut is not None and marks(cut.data) and marks(cut.data) <= MAY
    listed, after = set(), ""
    while True:
        page = desk.api.get("/api/v1/articles/", {"limit": 10, "cursor": after} if after else {"limit": 10}).json()
        listed |= {one["title"][:4] for one in page["results"]}
        if not (after := page.get("next")):
            break
    assert listed == MAY


def a_change_counts_at_once_and_follows_into_the_index(desk: Desk) -> None:
    before = Article.objects.get(remote_id="k0")
    text = before.text.partition(" ")[2]
    assert "zq00" in marks(find_sources(wish=Wish(text, reach_of(desk.person), visibilities=EVERYTHING)))
    desk.account.articles["k0"] = desk.account.articles["k0"].model_copy(update={"readers": ("red",)})  # nothing else of it
    turn(Stream.Kind.ARTICLES)
    reach = reach_of(desk.person)
    assert "zq00" not in marks(find_sources(wish=Wish(text, reach, visibilities=EVERYTHING))), "the row is asked, whatever the index says"
    desk.index()
    assert next(iter(open_index().held([before.pk]).values()))["readers"] == ["red"]


def everything_is_opened(desk: Desk) -> None:
    for article in desk.account.articles:
        desk.account.articles[article] = desk.account.articles[article].model_copy(update={"readers": (), "barred": ()})
    turn(Stream.Kind.ARTICLES)
    desk.index()
    assert reach_of(desk.person) == ALL_TICKETS, "where nothing is closed nobody is asked"


@pytest.mark.parametrize("many", [40, pytest.param(300, marks=pytest.mark.verify), pytest.param(1000, marks=pytest.mark.soak)])
def test_random_questions_of_a_restricted_agent_bring_nothing_foreign(desk, make_user, many):
    desk.index()
    assert desk.questions(many // 4, 1) <= OPEN, "who is no agent there meets no criterion, and is not known to meet none"
    map_by_hand(person=desk.person, agent_email=MARA)
    assert reach_of(desk.person).met == ((desk.connection.pk, MET),)
    met = desk.questions(many, 2)
    assert met <= MAY
    assert many < 300 or met == MAY, "and what is theirs is there"
    a_stored_brief_and_a_list_are_cut(desk)
    assert reach_of(make_user(desk.company, role="admin")) == ALL_TICKETS
    a_change_counts_at_once_and_follows_into_the_index(desk)
    Person.objects.filter(email=MARA).update(criteria=None)  # of a release that did not ask
    assert desk.questions(many // 4, 3) <= OPEN
    everything_is_opened(desk)
