"""A company's models: tested before they are kept, chosen by use, bounded by budgets the database keeps (P18, P20, CAP-2)."""

from __future__ import annotations

import asyncio
import math
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.core.errors import BadInput
from apps.llm import budget as ledger
from apps.llm import services
from apps.llm.base import Ask
from apps.llm.budget import Asker, Held, OverBudget, reserve, settle
from apps.llm.connecting import provider_of, store, try_account
from apps.llm.models import Budget, Feature, FeatureChoice, ModelConnection, Price, Spend
from apps.llm.router import Ended, Reason, Spent
from apps.llm.services import ask_model, finish, prepare
from apps.llm.tokens import count_ask
from apps.tenancy.context import bind_company
from tests.isolation.companies import companies
from tests.llm.models import Answer, asked
from tests.simulated_llm import LLM_KEY, SimulatedLlm

NOBODY = Asker()


@pytest.fixture
def allowed(llm: SimulatedLlm, settings: Any) -> Iterator[SimulatedLlm]:
    settings.EGRESS_ALLOW_HOSTS = llm.hosts
    yield llm


def connect(llm: SimulatedLlm, label: str = "ours", *, region: str = "local", key: str = LLM_KEY, **choice: Any) -> ModelConnection:
    made = ModelConnection(label=label, base_url=llm.url, region=region, names=["sim-large", "sim-small"])
    store(made, api_key=key)
    if choice.get("feature", "reply"):
        FeatureChoice.objects.create(feature="reply", connection=made, model="sim-large", **choice)
    return made


def one_call(ask: Ask) -> int:
    return count_ask(ask) + ask.most_tokens


def test_without_a_choice_words_are_quoted_and_nothing_is_spent(in_acme: Any) -> None:
    assert ask_model(feature="summary", ask=asked(), asker=NOBODY) == Ended(reason=Reason.OFF)
    assert not Spend.objects.exists()


def test_the_chosen_model_answers_and_the_ledger_has_what_it_counted(in_acme: Any, allowed: SimulatedLlm) -> None:
    connect(allowed)
    Price.objects.create(model="sim-large", prompt=Decimal("2.5"), answer=Decimal(10))
    limit = Budget.objects.create(unit="money", most=1)
    agent = uuid4()
    ended = ask_model(feature="reply", ask=asked(schema=Answer), asker=Asker(agent))
    assert isinstance(ended.value, Answer)
    (usage,), spend = [one.usage for one in ended.calls], Spend.objects.get()
    assert usage.counted and spend.tokens == usage.prompt + usage.answer and spend.settled and spend.calls == 1
    assert spend.money == math.ceil(usage.prompt * 2.5 + usage.answer * 10) and spend.agent == agent and spend.outcome == ""
    limit.refresh_from_db()
    assert limit.used == spend.money > 0


def test_of_fifty_at_once_on_a_budget_of_one_call_one_is_made(
    django_db_setup: None, django_db_blocker: Any, superuser_url: str, settings: Any, llm: SimulatedLlm
) -> None:
    """CAP-2, P20: exactly one call upstream, and nothing beyond the budget."""
    settings.EGRESS_ALLOW_HOSTS = llm.hosts
    ask, ended = asked(most_tokens=200), []
    with django_db_blocker.unblock(), companies(superuser_url, "fifty") as [company]:
        with bind_company(company.binding()):
            connect(llm, region=company.region)
            Budget.objects.create(unit="tokens", period="day", most=one_call(ask) + 10)
        llm.tell("settings", first_token=1)  # it is under way while the others ask
        gate = threading.Barrier(50)

        def start() -> None:
            gate.wait()
            with bind_company(company.binding()):
                ended.append(ask_model(feature="reply", ask=ask, asker=NOBODY))
            connection.close()

        threads = [threading.Thread(target=start) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(llm.calls()) == 1
        assert sorted(str(one.reason) for one in ended) == ["None"] + ["over_budget"] * 49
        with bind_company(company.binding()):
            assert Spend.objects.count() == 1 and Budget.objects.get().used == Spend.objects.get().tokens


def test_each_budget_counts_whom_it_is_for(in_acme: Any, make_user: Any) -> None:
    anna, ben = make_user(in_acme, email="anna@acme.example"), make_user(in_acme, email="ben@acme.example")
    group = uuid4()
    rows = [
        Budget.objects.create(scope="agent", agent=anna, unit="tokens", most=100),
        Budget.objects.create(scope="group", group=group, unit="tokens", most=100),
        Budget.objects.create(scope="feature", feature="triage", unit="tokens", most=100),
    ]

    def held(feature: str = "reply", agent: Any = None, groups: tuple[Any, ...] = (), tokens: int = 60) -> Held:
        return reserve(feature=feature, models=["m"], asker=Asker(agent, groups), prompt=tokens - 10, answer=10)

    def used() -> list[int]:
        return [Budget.objects.get(pk=one.pk).used for one in rows]

    held(agent=ben.pk)
    assert used() == [0, 0, 0]
    first = held(agent=anna.pk)
    held(groups=(uuid4(), group))
    held(feature="triage", agent=ben.pk)
    assert used() == [60, 60, 60]
    for more in ({"agent": anna.pk}, {"groups": (group,)}, {"feature": "triage"}):
        with pytest.raises(OverBudget):
            held(**more)
    assert used() == [60, 60, 60] and Spend.objects.count() == 4, "what is refused leaves nothing"
    settle(first, calls=[], outcome="busy")
    assert used() == [0, 60, 60]
    settle(first, calls=[], outcome="busy")
    assert used() == [0, 60, 60], "settled once"
    held(agent=anna.pk, tokens=100)


def test_a_new_day_begins_with_nothing_and_a_new_budget_with_what_was_spent(in_acme: Any) -> None:
    limit = Budget.objects.create(unit="tokens", period="day", most=100)
    held = reserve(feature="ask", models=["m"], asker=NOBODY, prompt=90, answer=10)
    with pytest.raises(OverBudget):
        reserve(feature="ask", models=["m"], asker=NOBODY, prompt=1, answer=0)
    later = Budget(scope="company", unit="tokens", period="month", most=100)
    ledger.recount(later)
    assert later.used == 100
    Budget.objects.filter(pk=limit.pk).update(starts=timezone.now() - timedelta(days=1))
    reserve(feature="ask", models=["m"], asker=NOBODY, prompt=30, answer=0)
    assert Budget.objects.get(pk=limit.pk).used == 30
    settle(Held(held.spend, held.at - timedelta(days=1), held.tokens, held.money, held.budgets), calls=[], outcome="")
    assert Budget.objects.get(pk=limit.pk).used == 30, "what was reserved yesterday is not given back today"


def test_money_needs_a_price_and_the_dearest_of_the_models_is_reserved(in_acme: Any) -> None:
    Budget.objects.create(unit="money", period="day", most=Decimal("0.01"))
    Price.objects.create(model="cheap", prompt=1, answer=1)
    with pytest.raises(OverBudget) as caught:
        reserve(feature="ask", models=["cheap", "unknown"], asker=NOBODY, prompt=10, answer=10)
    assert caught.value.code == "price_missing"
    Price.objects.create(model="dear", prompt=100, answer=300)
    assert reserve(feature="ask", models=["cheap", "dear"], asker=NOBODY, prompt=10, answer=10).money == 4000


def test_a_ledger_that_is_away_asks_nobody(in_acme: Any, allowed: SimulatedLlm, monkeypatch: Any) -> None:
    connect(allowed)

    def away(*_: Any, **__: Any) -> Any:
        raise DatabaseError("gone")

    monkeypatch.setattr(ledger, "_reserve", away)
    ended = ask_model(feature="reply", ask=asked(), asker=NOBODY)
    assert ended.reason is Reason.LEDGER_DOWN and allowed.calls() == []


def test_a_reader_who_left_is_charged_for_what_came(in_acme: Any, allowed: SimulatedLlm) -> None:
    """F19, F39: one charge, of the prompt and the tokens until then."""
    connect(allowed)
    allowed.tell("settings", gap=0.3)
    limit = Budget.objects.create(unit="tokens", most=10_000)
    prepared, spent = prepare(feature="reply", ask=asked(), asker=NOBODY), list[Spent]()

    async def leave() -> None:
        stream = services.router.stream(prepared.targets, asked(), spent)
        await anext(stream)
        await stream.aclose()

    asyncio.run(leave())
    finish(prepared, calls=spent, outcome="left")
    limit.refresh_from_db()
    assert count_ask(asked()) < limit.used < count_ask(asked()) + 10 and Spend.objects.get().outcome == "left"


def test_a_refused_key_stops_the_connection_with_one_notice_and_no_more_calls(in_acme: Any, allowed: SimulatedLlm) -> None:
    """F21."""
    made = connect(allowed)
    allowed.tell("settings", api_key="another")
    said = [ask_model(feature="reply", ask=asked(), asker=NOBODY) for _ in range(3)]
    assert [(one.reason, one.code) for one in said] == [(Reason.REJECTED, "key_refused")] * 3
    assert len(allowed.calls()) == 1
    made.refresh_from_db()
    assert made.state == ModelConnection.State.REJECTED and made.last_error == "key_refused"


def test_only_where_the_company_s_data_is_kept(in_acme: Any, allowed: SimulatedLlm) -> None:
    """CMP-9: neither tested nor asked anywhere else, whatever a row says."""
    with pytest.raises(BadInput) as caught:
        try_account(provider="openai", base_url=allowed.url, region="elsewhere", api_key=LLM_KEY, model="sim-large")
    assert caught.value.code == "region_refused"
    ModelConnection.objects.filter(pk=connect(allowed).pk).update(region="elsewhere")
    assert ask_model(feature="reply", ask=asked(), asker=NOBODY).reason is Reason.REJECTED
    assert allowed.calls() == []


def test_no_address_but_those_of_providers_and_what_the_operator_allowed(settings: Any) -> None:
    settings.EGRESS_ALLOW_HOSTS = frozenset()
    for url in ("http://127.0.0.1:8080/v1", "https://example.com/v1", "https://openai.com.evil.example/v1", "http://api.openai.com/v1"):
        with pytest.raises(BadInput):
            provider_of(provider="openai", base_url=url, api_key="k")
    for url in ("https://api.openai.com/v1", "https://acme.openai.azure.com/openai/v1", "https://api.mistral.ai/v1"):
        provider_of(provider="openai", base_url=url, api_key="k")


def form(llm: SimulatedLlm, **more: str) -> dict[str, str]:
    return {"label": "Ours", "provider": "openai", "base_url": llm.url, "region": "local", "api_key": LLM_KEY, "names": "sim-large\nsim-small"} | more


def test_the_admin_tests_before_saving_and_shows_no_key(acme: Any, allowed: SimulatedLlm, client_of: Any) -> None:
    """P18: a wrong key, model or address cannot be saved; the key is in no page."""
    browser, page = client_of(acme, "admin"), "/admin/llm/modelconnection/add/"
    for wrong, told in (({"api_key": "wrong"}, "refused the key"), ({"names": "sim-huge"}, "no such model"),
                        ({"base_url": "http://169.254.169.254/v1"}, "not allowed"), ({"region": "mars"}, "The provider must process"),
                        ({"api_key": ""}, "Enter the key")):  # fmt: skip
        answer = browser.post(page, form(allowed, **wrong))
        assert answer.status_code == 200 and told in answer.content.decode(), wrong
    with bind_company(acme.binding()):
        assert not ModelConnection.objects.exists()
    assert browser.post(page, form(allowed)).status_code == 302
    with bind_company(acme.binding()):
        made = ModelConnection.objects.get()
        assert made.key() == LLM_KEY and made.names == ["sim-large", "sim-small"] and LLM_KEY not in made.credentials
    change = f"/admin/llm/modelconnection/{made.pk}/change/"
    assert LLM_KEY not in browser.get(change).content.decode()
    assert browser.post(change, form(allowed, api_key="", label="Renamed")).status_code == 302, "the kept key is tested"
    moved = browser.post(change, form(allowed, api_key="", base_url=allowed.url + "/x")).content.decode()
    assert "Enter the key" in moved and all("/x/" not in one["path"] for one in allowed.calls())
    choice = {"feature": "reply", "connection": str(made.pk), "model": "sim-huge", "second": "", "second_model": ""}
    assert "no such model" in browser.post("/admin/llm/featurechoice/add/", choice).content.decode()
    assert browser.post("/admin/llm/featurechoice/add/", choice | {"model": "sim-small"}).status_code == 302
    budget = {"scope": "feature", "feature": "", "unit": "tokens", "period": "day", "most": "5000", "group": "", "agent": ""}
    assert "only that" in browser.post("/admin/llm/budget/add/", budget).content.decode()
    assert browser.post("/admin/llm/budget/add/", budget | {"feature": "reply"}).status_code == 302
    assert client_of(acme, "agent").post(page, form(allowed)).status_code in (302, 403)
    before = len(allowed.calls())
    client_of(acme, "lead").post(page, form(allowed, label="Theirs"))
    assert len(allowed.calls()) == before, "who may not save asks nobody"


def test_commands_say_what_is_connected_and_test_it(in_acme: Any, allowed: SimulatedLlm) -> None:
    made = connect(allowed)
    Budget.objects.create(unit="tokens", most=500)

    def told(*arguments: str) -> Any:
        out = StringIO()
        kept, sys.stdout = sys.stdout, out
        try:
            call_command(*arguments, "--json")
        finally:
            sys.stdout = kept
        return orjson.loads(out.getvalue())

    status = told("llm_status", "acme")
    assert status["connections"][0]["used_for"] == ["reply"] and status["budgets"] == [{"scope": "company", "unit": "tokens", "period": "month", "most": 500, "used": 0}]
    assert LLM_KEY not in str(status)
    ModelConnection.objects.filter(pk=made.pk).update(state="rejected", last_error="key_refused")
    tested = told("llm_test", "acme", "ours", "--model", "sim-small")
    assert tested["model"] == "sim-small" and tested["seconds"] < 5 and tested["tokens"] > 0
    made.refresh_from_db()
    assert made.state == "active" and made.last_error == ""
    for arguments in (("llm_test", "acme", "theirs"), ("llm_test", "acme", "ours", "--model", "sim-huge")):
        with pytest.raises(CommandError):
            told(*arguments)


def test_every_use_has_words() -> None:
    assert {one.value for one in Feature} == {"summary", "reply", "ask", "triage", "writing"}
