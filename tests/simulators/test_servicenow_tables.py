"""The Table API of the simulated instance is no kinder than the contract (3.1 to 3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from tests.simulators.inside_servicenow import API_KEY, PASSWORD, USER, Inside, generated

BOTH = {"exclude_reference_link": "true", "display_value": "all"}


@pytest.fixture(scope="module")
def still() -> Inside:
    """An instance that nobody changes."""
    return generated(300)


@pytest.fixture
def sim() -> Inside:
    return generated(300)


def swept(sim: Inside, table: str, by: str = "sys_id", limit: int = 70, query: str = "") -> Iterator[dict[str, Any]]:
    """A careful walk by key: only a counted page that ends the table ends it."""
    last, offset = "", 0
    while True:
        asked = "^".join(filter(None, (query, f"{by}>{last}" if last else "", f"ORDERBY{by}")))
        answer = sim.ask("GET", f"/v2/table/{table}", query=asked, limit=limit, offset=offset)
        rows = orjson.loads(answer.body)["result"]
        yield from rows
        if offset + limit >= int(answer.headers["X-Total-Count"]):
            return
        last, offset = (rows[-1][by], 0) if rows else (last, offset + limit)


def test_every_value_is_a_string_in_three_ways(still: Inside) -> None:
    row = next(one for one in still.rows("incident") if one["assigned_to"])
    assert all(isinstance(value, str) or set(value) == {"link", "value"} for value in row.values())
    assert row["assigned_to"]["link"].endswith(f"/api/now/v2/table/sys_user/{row['assigned_to']['value']}")
    assert (row["comments"], row["work_notes"], row["company"]) == ("", "", "")
    path, names = f"/v2/table/incident/{row['sys_id']}", "sys_id,priority,assigned_to,caller_id.email,company,no_such_field,no.walk"
    shown = still.get(path, display_value="true", fields=names)
    assert shown["priority"][0] == row["priority"]
    assert shown["assigned_to"]["display_value"].startswith("Agent ")
    assert set(shown) == {"sys_id", "priority", "assigned_to", "caller_id.email", "company"}, "unknown fields are passed over"
    both = still.get(path, fields=names, **BOTH)
    assert both["assigned_to"] == {"display_value": shown["assigned_to"]["display_value"], "value": row["assigned_to"]["value"]}
    assert both["company"] == {"display_value": None, "value": ""}


def test_times_are_utc_in_the_database_and_local_for_people(sim: Inside) -> None:
    sim.switch(time_zone="Asia/Seoul", date_format="dd/MM/yyyy HH:mm:ss", language="ko")
    told = next(row for row in sim.truth().values() if row["messages"])
    row = sim.get(f"/v2/table/incident/{told['remote_id']}", **BOTH)
    there = datetime.strptime(row["sys_updated_on"]["display_value"] + " +0000", "%d/%m/%Y %H:%M:%S %z").replace(tzinfo=None)
    assert there - datetime.fromisoformat(row["sys_updated_on"]["value"]) == timedelta(hours=9)
    text = row["comments"]["display_value"] + row["work_notes"]["display_value"]
    assert "(추가 설명)\n" in text or "(작업 노트)\n" in text
    assert row["comments"]["value"] == ""
    assert sim.rows("incident", "sys_id=" + told["remote_id"])[0]["comments"] == ""


def test_what_a_query_does_not_understand_is_dropped(sim: Inside) -> None:
    everything = len(sim.rows("incident"))
    assert len(sim.rows("incident", "no_such_field=1")) == everything
    assert len(sim.rows("incident", "state=7^no_such_field=1")) == len(sim.rows("incident", "state=7")) < everything
    sim.switch(invalid_query_no_rows=True)
    assert sim.rows("incident", "no_such_field=1") == []
    with_or = sim.ids("incident", "state=7^ORstate=6^priority=1")
    assert set(with_or) == set(sim.ids("incident", "stateIN6,7^priority=1")), "^OR binds to what stands before it"
    new = set(sim.ids("incident", "state=7^priority=1^NQpriority=2"))
    assert new == set(sim.ids("incident", "state=7^priority=1")) | set(sim.ids("incident", "priority=2"))
    assert sim.ids("incident", "caller_id.user_name=person3") == sim.ids("incident", "caller_id.emailSTARTSWITHperson3@")


def test_without_an_order_there_is_none(still: Inside) -> None:
    assert still.ids("incident", limit=50) != still.ids("incident", limit=50)
    ordered = still.ids("incident", "ORDERBYsys_id", limit=50)
    assert ordered == sorted(ordered)
    times = [row["sys_updated_on"] for row in still.rows("incident", "ORDERBYDESCsys_updated_on")]
    assert times == sorted(times, reverse=True)
    for name in ("number", "sys_created_on"):
        values = [row[name] for row in still.rows("incident", f"{name}ISNOTEMPTY^ORDERBY{name}")]
        assert (len(values), values) == (300, sorted(values))
        middle = still.rows("incident", f"{name}>={values[100]}^{name}<{values[200]}^ORDERBY{name}")
        assert [row[name] for row in middle] == values[100:200]
    crowd = max(set(times), key=times.count)
    assert times.count(crowd) >= 37, "an import: many rows in one second"
    assert still.ids("incident", f"sys_updated_on>={crowd}^ORDERBYsys_updated_on", limit=9) != still.ids(
        "incident", f"sys_updated_on>={crowd}^ORDERBYsys_updated_on", limit=9)  # fmt: skip


def test_pages_are_cut_before_rows_are_hidden(sim: Inside) -> None:
    ids = sim.ids("incident", "ORDERBYsys_id")
    sim.update(op="acl", tickets=ids[100:220])
    sim.update(op="acl", random=20)
    answer = sim.ask("GET", "/v2/table/incident", query="ORDERBYsys_id", limit=50, offset=100)
    assert orjson.loads(answer.body)["result"] == [], "an empty page in the middle"
    assert answer.headers["X-Total-Count"] == "300"
    assert [part.rpartition("=")[2] for part in answer.headers["Link"].split(",")] == ['"first"', '"prev"', '"next"', '"last"']
    hidden = set(sim.told("truth")["hidden"])
    assert {row["sys_id"] for row in swept(sim, "incident")} == set(ids) - hidden
    assert sim.ask("GET", f"/v2/table/incident/{ids[150]}").status == 404
    assert not sim.rows("sys_journal_field", f"element_id={ids[150]}")
    assert sim.ask("GET", "/v1/table/incident", query=f"sys_id={ids[150]}").status == 404, "version 1 knows no empty list"
    assert "X-Total-Count" not in sim.ask("GET", "/v2/table/incident", no_count="true").headers


def test_journals_are_swept_in_the_order_of_their_records() -> None:
    still = generated(40)
    truth = still.truth()
    found: dict[str, list[str]] = {}
    for row in still.rows("sys_journal_field", "name=incident^elementINcomments,work_notes^ORDERBYelement_id^ORDERBYsys_id"):
        found.setdefault(row["element_id"], []).append(row["sys_id"])
    assert list(found) == sorted(found)
    assert {key: set(ids) for key, ids in found.items()} == {
        key: {one["remote_id"] for one in row["messages"]} for key, row in truth.items() if row["messages"] and row["table"] == "incident"
    }
    assert max(map(len, found.values())) == 1500
    again = {row["sys_id"] for row in swept(still, "sys_journal_field", limit=900, query="name=incident")}
    assert again == {one for ids in found.values() for one in ids}, "by their own ids too"
    since = "2026-02-20 00:00:00"
    recent = still.rows("sys_journal_field", f"name=incident^sys_created_on>={since}^ORDERBYsys_created_on^ORDERBYsys_id")
    assert {row["sys_id"] for row in recent} == {
        one["remote_id"] for row in truth.values() if row["table"] == "incident" for one in row["messages"] if one["at"] >= since}  # fmt: skip


def test_an_entry_moves_its_record(sim: Inside) -> None:
    sys_id = sim.ids("incident")[0]
    before = sim.get(f"/v2/table/incident/{sys_id}")
    answer = sim.ask("PATCH", f"/v2/table/incident/{sys_id}", {"work_notes": "for us", "comments": "for you", "bogus": 1, "sys_id": "x"})
    after = orjson.loads(answer.body)["result"]
    assert (answer.status, after["comments"], after["sys_id"]) == (200, "", sys_id)
    assert int(after["sys_mod_count"]) == int(before["sys_mod_count"]) + 2
    assert after["sys_updated_on"] == "2026-03-01 09:00:00"
    assert {row["value"] for row in sim.rows("sys_journal_field", f"element_id={sys_id}")} >= {"for us", "for you"}
    assert [mail["text"] for mail in sim.told("mails")] == ["for you"], "only what a customer sees is sent"
    assert sim.ids("incident", "sys_updated_on>=2026-03-01 09:00:00") == [sys_id]


def test_journals_may_be_kept_from_us(sim: Inside) -> None:
    sim.switch(journals="empty")
    assert sim.rows("sys_journal_field") == []
    sim.switch(journals="forbidden", audit_delete="forbidden", plugin_cases=False)
    assert {sim.ask("GET", f"/v2/table/{name}").status for name in ("sys_journal_field", "sys_audit_delete")} == {403}
    refused = sim.ask("GET", "/v2/table/sn_customerservice_case")
    assert (refused.status, orjson.loads(refused.body)["error"]["message"]) == (400, "Invalid table sn_customerservice_case")
    sim.update(op="field_acl", fields=["close_notes"])
    assert "close_notes" not in sim.rows("incident", limit=1)[0]


def test_what_goes_away_leaves_different_traces(sim: Inside) -> None:
    one, two, three, *_ = sim.ids("incident", "ORDERBYsys_id")
    sim.update(op="delete", ticket=one)
    sim.update(op="delete", ticket=two, audited=False)
    sim.update(op="archive", ticket=three)
    audit = sim.rows("sys_audit_delete")
    assert [(row["tablename"], row["documentkey"]) for row in audit] == [("incident", one)]
    assert not set(sim.ids("incident")) & {one, two, three}
    assert sim.ids("ar_incident") == [three]
    assert (sim.truth()[three]["state"], sim.told("truth")["gone"]) == ("archived", sorted((one, two)))
    sim.update(op="undelete", ticket=one)
    assert sim.ids("incident", f"sys_id={one}") == [one]
    assert sim.update(op="import", count=120) == 120
    assert len(sim.ids("incident", "sys_updated_on=2026-03-01 09:00:00")) == 121


def test_tokens_live_half_an_hour(sim: Inside) -> None:
    first = orjson.loads(sim.token(grant_type="password", username=USER, password=PASSWORD).body)
    assert (first["expires_in"], first["scope"], first["token_type"]) == (1800, "useraccount", "Bearer")
    sim.tell("clock", advance=1000)
    again = orjson.loads(sim.token(grant_type="password", username=USER, password=PASSWORD).body)
    assert (again["access_token"], again["expires_in"]) == (first["access_token"], 800), "the same one until it is over"
    bearer = {"authorization": f"Bearer {first['access_token']}"}
    assert sim.ask("GET", "/v2/table/incident", headers=bearer).status == 200
    sim.tell("clock", advance=800)
    assert sim.ask("GET", "/v2/table/incident", headers=bearer).status == 401
    fresh = orjson.loads(sim.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).body)
    assert fresh["access_token"] != first["access_token"]
    assert sim.token(grant_type="client_credentials").status == 401, "off until an admin wants it"
    sim.switch(client_credentials=True)
    assert "refresh_token" not in orjson.loads(sim.token(grant_type="client_credentials").body)
    assert sim.ask("POST", "/oauth_token.do", {"grant_type": "password"}).status == 401, "no JSON"
    assert sim.ask("GET", "/v2/table/incident", headers={"authorization": "", "x-sn-apikey": API_KEY}).status == 200
    sim.tell("key", password="another")
    refused = sim.ask("GET", "/v2/table/incident")
    assert (refused.status, orjson.loads(refused.body)["error"]["message"]) == (401, "User Not Authenticated")


def test_a_hundred_thousand_incidents_are_made_when_asked_for() -> None:
    sim = generated(100_000)
    page = sim.rows("incident", "ORDERBYsys_id", limit=1000, fields="sys_id,short_description", no_count="true")
    middle = page[500]["sys_id"]
    query = f"name=incident^elementINcomments,work_notes^element_id>={middle}^ORDERBYelement_id^ORDERBYsys_id"
    answer = sim.ask("GET", "/v2/table/sys_journal_field", query=query, limit=1000)
    rows = orjson.loads(answer.body)["result"]
    assert (len(rows), rows[0]["element_id"] >= middle) == (1000, True)
    assert 650_000 < int(answer.headers["X-Total-Count"]) < 850_000
    assert sim.api.world.stores["incident"].rows == {}
