"""A real door for every event about models of language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from apps.llm.budget import Asker
from apps.llm.models import FeatureChoice, ModelConnection
from apps.llm.services import ask_model
from apps.tenancy.context import bind_company
from tests.compliance.causes import Entry, Place, causes, sent
from tests.console.steps import signed_in
from tests.llm.models import asked
from tests.simulated_llm import LLM_KEY, SimulatedLlm, running_llm


@contextmanager
def model(place: Place) -> Iterator[tuple[SimulatedLlm, ModelConnection, str]]:
    """Connected by an admin's hand; who that was."""
    with running_llm() as llm:
        (host,) = llm.hosts
        place.allow(host)
        admin, who = signed_in(place.halls.other, "admin"), f"user:{place.who('admin', place.halls.other)}"
        given = {"label": "Ours", "provider": "openai", "base_url": llm.url, "region": place.halls.other.region, "api_key": LLM_KEY, "names": "sim-large"}
        sent(admin.post("/admin/llm/modelconnection/add/", given), 302)
        with bind_company(place.halls.other.binding()):
            made = ModelConnection.objects.get()
        try:
            yield llm, made, who
        finally:
            with bind_company(place.halls.other.binding()):
                made.delete()


@causes("model_connected")
def connect_a_model(place: Place) -> list[Entry]:
    with model(place) as (_llm, made, who):
        return [Entry("bystander", who, f"model:{made.pk}")]


@causes("models_changed")
def choose_a_model(place: Place) -> list[Entry]:
    with model(place) as (_llm, made, who):
        admin = signed_in(place.halls.other, "admin")
        choice = {"feature": "reply", "connection": str(made.pk), "model": "sim-large", "second": "", "second_model": ""}
        sent(admin.post("/admin/llm/featurechoice/add/", choice), 302)
        with bind_company(place.halls.other.binding()):
            chosen = FeatureChoice.objects.get()
        return [Entry("bystander", who, f"model:{chosen.pk}", {"kind": "featurechoice", "change": "added"})]


@causes("model_refused")
def revoke_the_key_at_the_provider(place: Place) -> list[Entry]:
    with model(place) as (llm, made, _who), bind_company(place.halls.other.binding()):
        FeatureChoice.objects.create(feature="reply", connection=made, model="sim-large")
        llm.tell("settings", api_key="another")
        ask_model(feature="reply", ask=asked(), asker=Asker())
        return [Entry("bystander", "", f"model:{made.pk}", {"code": "key_refused"})]
