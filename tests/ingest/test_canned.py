"""Canned responses: mirrored by a slow walk of their own, shown to whom they are for, filled, and never sent half filled."""

from __future__ import annotations

from typing import Any

from django.test import Client

from apps.accounts.models import User
from apps.ingest.models import Stream
from apps.platforms.canned import fill, ready_for
from apps.platforms.models import Connection, Group, Person, Ticket
from apps.platforms.ready import ReadyAnswer
from tests.ingest.test_sync import allow, join, read_threads, run_feeds
from tests.simulated import Simulator, running

SMALL = ("--account", "generated", "--tickets", "12", "--plan", "unlimited")


def walked(simulator: Simulator) -> list[str]:
    simulator.control.delete("/__sim/log")
    Stream.objects.filter(kind=Stream.Kind.CANNED).update(next_at="2020-01-01T00:00:00Z")
    run_feeds()
    return [row["path"] for row in simulator.told("log")["requests"] if "canned" in row["path"]]


def agent_of(connection: Connection, person: Any, groups: list[Group]) -> None:
    """The person here is that agent of the helpdesk."""
    rows = Person.objects.filter(connection=connection, kind=Person.Kind.AGENT)
    rows.filter(pk=rows.first().pk).update(user=person, mapped="hand", scope="all", groups=[str(one.pk) for one in groups])


def titles(person: Any, connection: Connection) -> list[str]:
    return sorted(ready_for(person, connection).values_list("title", flat=True))


def test_they_follow_the_helpdesk_and_are_shown_to_whom_they_are_for(in_acme, settings, client_of, token_of):
    with running(*SMALL) as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        run_feeds()
        read_threads()
        assert ReadyAnswer.objects.count() == 0  # they wait until a first sync is over
        walked(simulator)
        assert sorted(ReadyAnswer.objects.values_list("title", flat=True)) == ["Goodbye", "Greeting", "Refund"]  # one person's own are not ours
        simulator.update(op="canned", folder="Closing", text="All done. {{ticket.url}}")
        assert len(walked(simulator)) == 4  # the list, and one call a folder that is not somebody's own
        assert ReadyAnswer.objects.get(title="Goodbye").text == "All done. {{ticket.url}}"
        browser = client_of(in_acme, "agent")
        person = User.objects.get(role="agent")
        assert titles(person, connection) == ["Goodbye", "Greeting"]
        agent_of(connection, person, [])
        assert titles(person, connection) == ["Goodbye", "Greeting"]
        group = Group.objects.get(pk=ReadyAnswer.objects.get(title="Refund").groups[0])
        agent_of(connection, person, [group])
        assert titles(person, connection) == ["Goodbye", "Greeting", "Refund"]
        _use(browser, connection)
        _find(_api(token_of(in_acme)))
        simulator.tell("switches", canned_visibility=False)  # who may see them is not told: nobody here does
        walked(simulator)
        assert ReadyAnswer.objects.count() == 0
        simulator.tell("switches", canned_visibility=True)
        walked(simulator)
        assert ReadyAnswer.objects.count() == 3
        simulator.tell("switches", admin_key=False)
        walked(simulator)
        assert ReadyAnswer.objects.count() == 0
        stream = Stream.objects.get(kind=Stream.Kind.CANNED)
        assert (stream.failures, stream.last_error) == (0, "")  # an ability that is not there is no fault


def _use(browser: Any, connection: Connection) -> None:
    """Inserted by a link, filled from the ticket; what is left keeps a reply from being sent, and no note."""
    ticket = Ticket.objects.filter(state="live").exclude(customer__email="").first()
    assert ticket is not None
    assert ticket.customer is not None
    answers = {row.title: row for row in ReadyAnswer.objects.all()}
    filled = fill(answers["Refund"], ticket, connection)
    assert filled.left == ["{{ticket.cf_amount}}"]
    assert f"Dear {ticket.customer.name}, your refund" in filled.text
    assert fill(answers["Goodbye"], ticket, connection).text.endswith(f"/support/tickets/{ticket.remote_id}")
    page = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    assert f"?canned={answers['Refund'].pk}#reply" in page
    page = browser.get(f"/tickets/{ticket.pk}/?canned={answers['Refund'].pk}").content.decode()
    assert "your refund of {{ticket.cf_amount}} is on its way." in page
    assert "still to be replaced by you" in page
    form = {"act": "reply", "text": filled.text, "key": "p:a-key-of-mine"}
    refused = browser.post(f"/tickets/{ticket.pk}/write/", form)
    assert refused.status_code == 400
    assert "still holds a placeholder" in refused.content.decode()
    assert browser.post(f"/tickets/{ticket.pk}/send/", form).status_code == 400
    asked = browser.post(f"/tickets/{ticket.pk}/write/", form | {"text": "Dear friend, {{ braces }} are fine."})
    assert asked.status_code == 200
    found = browser.get("/search/", {"q": "refund"}).content.decode()
    assert 'id="canned-title"' in found
    assert "Refund" in found


def _api(token: str) -> Client:
    return Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token}"})


def _find(api: Client) -> None:
    """The search of the API gives them where no filter asks for something else."""
    refund = ReadyAnswer.objects.get(title="Refund")

    def found(**more: str) -> list[dict[str, Any]]:
        return api.get("/api/v1/search/", {"q": "refund"} | more).json()["saved_replies"]

    assert found() == [{"id": str(refund.pk), "title": "Refund", "folder": refund.folder, "text": refund.text}]
    assert found(kind="articles") == found(language="en") == []
