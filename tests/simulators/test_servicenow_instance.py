"""The rest of a simulated instance: rates, batches, files, sleep, cancelled transactions, cases, knowledge, push, scripts."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from simulators.servicenow.scripts import KINDS, Script
from simulators.web import Request, Response, listen
from tests.simulators.inside_servicenow import Inside, generated, instance


@pytest.fixture
def sim() -> Inside:
    return generated(120)


def test_a_rule_of_rates_is_enforced_late(sim: Inside) -> None:
    sim.tell("rates", rules=[{"limit": 3}, {"limit": 1000, "who": "user", "resource": "Attachment API"}])
    assert [sim.ask("GET", "/v2/table/incident", limit=1).status for _ in range(5)] == [200] * 5, "not committed yet"
    sim.tell("clock", advance=31)
    refused = sim.ask("GET", "/v2/table/incident", limit=1)
    assert refused.status == 429
    assert orjson.loads(refused.body) == {
        "error": {"message": "Rate limit exceeded", "detail": "Rate limit of 3 requests per hour for Table API exceeded"}, "status": "failure"}
    assert int(refused.headers["Retry-After"]) > 3000
    assert {"X-RateLimit-Limit", "X-RateLimit-Reset", "X-RateLimit-Rule"} <= refused.headers.keys()
    assert sim.ask("GET", "/attachment", limit=1).headers["X-RateLimit-Limit"] == "1000"
    sim.tell("clock", advance=3600)
    assert sim.ask("GET", "/v2/table/incident", limit=1).status == 200


def test_two_hundred_does_not_mean_that_it_went_well(sim: Inside) -> None:
    sim.switch(cancel_after_rows=7, cancel_from_rows=50)
    cut = orjson.loads(sim.ask("GET", "/v2/table/incident", limit=60).body)
    assert (len(cut["result"]), cut["error"]["message"]) == (7, "Transaction cancelled: maximum execution time exceeded")
    assert len(sim.rows("incident", limit=40)) == 40
    sim.switch(cancel_broken=True)
    broken = sim.ask("GET", "/v2/table/incident", limit=60)
    assert (broken.status, b"Transaction cancelled" in broken.body) == (200, True)
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(broken.body)
    sim.switch(cancel_as_result=True)
    assert isinstance(sim.get("/v2/table/incident", limit=60), str)
    for state, status in (("hibernating", 200), ("login", 200), ("redirect", 302)):
        sim.switch(asleep=state)
        answer = sim.ask("GET", "/v2/table/incident")
        assert (answer.status, b"html" in answer.body or status == 302) == (status, True)
    sim.switch(asleep="hibernating", cancel_after_rows=0)
    sim.tell("script", rules=[{"after": 2, "of": "calls", "apply": [{"op": "switches", "asleep": ""}]}])
    kinds = [sim.ask("GET", "/v2/table/incident", limit=1).content_type for _ in range(3)]
    assert ["html" in kind for kind in kinds] == [True, True, False], "calls count while it sleeps: a script can wake it"
    assert sim.ask("GET", "/v2/table/incident", query="sys_idIN" + "a" * 8200).status == 414
    assert sim.ask("GET", "/v2/table/incident", headers={"accept": ""}).status == 400
    assert sim.ask("POST", "/v2/table/incident", {}, headers={"content-type": "text/plain"}).status == 415


def test_a_batch_has_thirty_seconds(sim: Inside) -> None:
    calls = [{"id": str(n), "method": "GET", "url": "/api/now/v2/table/incident?sysparm_limit=2",
              "headers": [{"name": "Accept", "value": "application/json"}]} for n in range(5)]  # fmt: skip
    calls[1]["url"] = "/api/now/v2/table/incident/nothing"
    answer = orjson.loads(sim.ask("POST", "/v1/batch", {"batch_request_id": "7", "rest_requests": calls}).body)
    assert [one["status_code"] for one in answer["serviced_requests"]] == [200, 404, 200, 200, 200]
    assert len(orjson.loads(base64.b64decode(answer["serviced_requests"][0]["body"]))["result"]) == 2
    sim.switch(batch_seconds=12.0)
    answer = orjson.loads(sim.ask("POST", "/v1/batch", {"batch_request_id": "7", "rest_requests": calls}).body)
    assert (len(answer["serviced_requests"]), answer["unserviced_requests"]) == (2, ["2", "3", "4"])


def test_counts_in_one_and_in_groups(sim: Inside) -> None:
    assert sim.get("/stats/incident", count="true", query="state=7")["stats"]["count"] == str(len(sim.rows("incident", "state=7")))
    groups = sim.get("/stats/incident", count="true", group_by="state", avg_fields="sys_mod_count")
    assert sum(int(one["stats"]["count"]) for one in groups) == 120
    assert all(one["groupby_fields"][0]["field"] == "state" and one["stats"]["avg"]["sys_mod_count"] for one in groups)


def test_files_have_bytes_a_hash_and_are_pending_at_first(sim: Inside) -> None:
    truth = {one["remote_id"]: one for one in sim.told("truth")["attachments"]}
    listed = sim.get("/attachment", query="table_name=incident", limit=500)
    assert {row["sys_id"] for row in listed} == {key for key, one in truth.items() if "CS" not in one["ticket"]} & {
        row["sys_id"] for row in listed} and listed  # fmt: skip
    row = next(one for one in listed if 0 < int(one["size_bytes"]) < 500_000)
    answer = sim.ask("GET", f"/attachment/{row['sys_id']}/file", headers={"accept": "*/*"})
    assert hashlib.sha256(answer.body).hexdigest() == row["hash"] == truth[row["sys_id"]]["sha256"]
    assert orjson.loads(answer.headers["X-Attachment-Metadata"])["file_name"] == row["file_name"]
    assert sim.ask("GET", f"/attachment/{row['sys_id']}/file", headers={"authorization": ""}).status == 401
    home = row["table_sys_id"]
    made = sim.ask("POST", "/attachment/file", b"hello", headers={"content-type": "text/plain"}, table_name="incident",
                   table_sys_id=home, file_name="a.txt")  # fmt: skip
    new = orjson.loads(made.body)["result"]
    assert (made.status, new["state"]) == (201, "pending")
    assert sim.ask("GET", f"/attachment/{new['sys_id']}/file").status == 404
    sim.tell("clock", advance=1)
    assert sim.ask("GET", f"/attachment/{new['sys_id']}/file").body == b"hello"
    assert sim.ids("incident", "sys_updated_on>=2026-03-01 09:00:00") == [home]
    sim.update(op="acl", ticket=home)
    assert sim.ask("GET", f"/attachment/{new['sys_id']}/file").status == 404


def test_a_closed_case_takes_no_more(sim: Inside) -> None:
    rows = sim.rows("sn_customerservice_case")
    closed = next(row for row in rows if row["state"] == "3")
    assert {row["state"] for row in rows} <= {"1", "10", "18", "6", "3"}
    assert sim.ask("PATCH", f"/v2/table/sn_customerservice_case/{closed['sys_id']}", {"work_notes": "late"}).status == 403
    told = next(row for row in sim.truth().values() if row["table"] == "sn_customerservice_case" and row["messages"])
    entries = sim.get(f"/api/sn_customerservice/case/{told['remote_id']}/activities")["entries"]
    assert [one["sys_id"] for one in reversed(entries)] == [one["remote_id"] for one in told["messages"]]


def test_knowledge_has_versions_ends_and_readers(sim: Inside) -> None:
    valid = {row["sys_id"] for row in sim.rows("kb_knowledge", "workflow_state=published^valid_to>=2026-03-01^active=true")}
    told = sim.told("truth")
    assert valid == {row["remote_id"] for row in told["articles"]}
    assert {row["language"] for row in told["articles"]} == {"en", "de", "fr", "es", "ja", "ko", "zh"}
    one = next(row for row in told["articles"] if row["language"] == "en" and row["visibility"] == "public")
    sim.update(op="version_article", ticket=one["remote_id"], text="<p>new words</p>")
    old, new = sorted(sim.rows("kb_knowledge", f"number={one['number']}"), key=lambda row: row["text"] == "<p>new words</p>")
    assert (old["workflow_state"], new["workflow_state"], old["sys_id"]) == ("outdated", "published", one["remote_id"])
    child = sim.rows("kb_template_how_to")[0]
    assert (child["text"], child["kb_instructions"] != "") == ("", True)
    through = sim.rows("kb_knowledge", f"sys_id={child['sys_id']}", fields="sys_id,kb_instructions")
    assert through == [{"sys_id": child["sys_id"]}], "not through the parent"
    assert sim.rows("kb_knowledge", f"sys_id={new['sys_id']}", display_value="true")[0]["number"] == f"{one['number']} v2.0"
    criteria = {row["name"]: row for row in sim.rows("user_criteria")}
    assert all(criteria[name][field] for name, field in (("Managers", "role"), ("One person", "user"), ("By a script", "script")))
    found = {row["number"] for row in sim.get("/api/sn_km_api/knowledge/articles")["articles"]}
    assert "KB0000004" not in found, "the desk's own base"
    assert "KB0000004" in {row["number"] for row in sim.rows("kb_knowledge")}, "the tables do not ask"


def test_a_business_rule_calls_once_and_signs(sim: Inside) -> None:
    heard: list[Request] = []

    async def receiver(request: Request) -> Response:
        heard.append(request)
        return Response(503)

    async def run() -> None:
        server = await listen(receiver, "127.0.0.1", 0)
        sim.api.push.set({"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", "key": "shared"})
        sim.api.script.applied(sim.api, [{"op": "comment", "ticket": "INC0000003", "by": "agent1", "text": "hello"}])
        assert [await sim.api.push.deliver(), await sim.api.push.deliver()] == [1, 0], "no second try"
        server.close()

    asyncio.run(run())
    body, at = heard[0].body, heard[0].headers["x-deskhand-timestamp"]
    expected = base64.b64encode(hmac.new(b"shared", f"{at}.".encode() + body, hashlib.sha256).digest()).decode()
    assert heard[0].headers["x-deskhand-signature"] == expected
    told = orjson.loads(body)
    assert (told["table"], told["op"], told["sys_updated_on"]) == ("incident", "update", "2026-03-01 09:00:00")


def test_a_script_is_the_same_each_time_and_every_kind_is_sure_in_some() -> None:
    assert list(Script(3)) == list(Script(3))
    assert {Script(seed).kinds()[0] for seed in range(60)} and {kind for seed in range(60) for kind in Script(seed).kinds()} == set(KINDS)


def walked(sim: Inside, table: str) -> Iterator[dict[str, Any]]:
    last = ""
    while rows := sim.rows(table, f"sys_id>{last}^ORDERBYsys_id", limit=90):
        yield from rows
        last = rows[-1]["sys_id"]


@pytest.mark.parametrize("seed", [4, 11])
def test_after_a_script_the_tables_hold_what_the_truth_says(seed: int) -> None:
    """Whoever reads the tables at rest finds the truth: no row twice, none too many, each in its place."""
    sim = generated(60, seed)
    script = Script(seed, 60, only_documented=True)
    rules = [{**rule, "of": "calls", "apply": [one for one in rule["apply"] if one["op"] not in ("key", "faults", "clock")] or [{"op": "kill"}]}
             for rule in script.rules()]  # fmt: skip
    sim.tell("script", rules=rules)
    for _ in range(script.span):
        sim.ask("GET", "/v2/table/incident", limit=1)
    failed = sim.tell("script/finish")["failed"]
    assert not [one for one in failed if "no row" not in one]
    truth = sim.truth()
    tables = {name: {row["sys_id"]: row for row in walked(sim, name)} for name in ("incident", "sn_customerservice_case", "ar_incident")}
    assert {row["remote_id"]: row["table"] for row in truth.values()} == {key: name for name, rows in tables.items() for key in rows}
    journals: dict[str, set[str]] = {}
    for row in walked(sim, "sys_journal_field"):
        journals.setdefault(row["element_id"], set()).add(row["sys_id"])
    for key, row in truth.items():
        held = tables[row["table"]][key]
        assert held["sys_updated_on"].replace(" ", "T") + "Z" == row["updated_at"]
        if row["state"] == "live":
            assert journals.get(key, set()) == {one["remote_id"] for one in row["messages"]}
    by_time = [row["sys_id"] for row in sim.rows("incident", "sys_updated_on>=2000-01-01 00:00:00^ORDERBYsys_updated_on^ORDERBYsys_id")]
    assert sorted(by_time) == sorted(tables["incident"])


def test_the_it_department_of_initech_is_an_instance() -> None:
    """Threads as they were written, versions, a retired article, two that only some may read, translations of others."""
    sim = instance("initech")
    told = sim.told("truth")
    tickets, articles = told["tickets"], told["articles"]
    assert (len(tickets), [row["state"] for row in tickets].count("archived")) == (49, 1)
    assert sum(one["private"] for row in tickets for one in row["messages"]) == 12
    assert len({row["number"] for row in articles if row["language"] == "en"}) >= 20
    assert {row["sys_id"] for row in sim.rows("kb_knowledge", "workflow_stateINretired,outdated,draft")} == set(told["withdrawn"])
    restricted = {row["title"] for row in articles if row["visibility"] == "restricted"}
    assert restricted == {f"Runbook: {what}" for what in ("the VPN gateway refuses new sessions", "accounts of people who leave at once",
                                                          "checking who calls")}  # fmt: skip
    german = next(row for row in articles if row["title"].startswith("Das VPN bricht"))
    first = sim.get(f"/v2/table/kb_knowledge/{german['parent']}", exclude_reference_link="true")
    assert (first["short_description"][:13], sim.get(f"/v2/table/kb_knowledge/{first['base_version']}")["workflow_state"]) == (
        "The VPN drops", "outdated")  # fmt: skip
    entry = sim.rows("sys_journal_field", "element=comments^valueLIKETCP 443^ORDERBYsys_created_on")[0]
    row = sim.get(f"/v2/table/incident/{entry['element_id']}", display_value="all", fields="caller_id.name,assignment_group,comments,state")
    assert (row["caller_id.name"]["value"], row["assignment_group"]["display_value"]) == ("Dana Whitlock", "Network")
    assert " - Grace Okafor (Additional comments)\nHello Dana" in row["comments"]["display_value"]
