"""What was recorded of real instances: the simulated one answers the same calls with a superset of keys of the same types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from tests.fixtures_beside import SERVICENOW, names, needs_servicenow, payload, there
from tests.simulated_servicenow import PASSWORD, USER
from tests.simulators.inside_servicenow import Inside, generated

pytestmark = needs_servicenow
Ask = Callable[[Inside], Any]


@pytest.fixture(scope="module")
def sim() -> Inside:
    return generated(60)


def body(answer: Any) -> Any:
    return orjson.loads(answer.body)


def first(sim: Inside, table: str) -> str:
    return sim.ids(table, "ORDERBYsys_id")[0]


def patched(method: str) -> Ask:
    return lambda sim: body(sim.ask(method, f"/table/incident/{first(sim, 'incident')}", {"short_description": "changed"}))


def noted(sim: Inside) -> Any:
    return body(sim.ask("PATCH", f"/table/incident/{first(sim, 'incident')}", {"work_notes": "[code]<a href='x'>x</a>[/code]"}))


def uploaded(sim: Inside) -> Any:
    form = "\r\n".join((
        "--b", 'Content-Disposition: form-data; name="table_name"', "", "incident",
        "--b", 'Content-Disposition: form-data; name="table_sys_id"', "", first(sim, "incident"),
        "--b", 'Content-Disposition: form-data; name="uploadFile"; filename="a.jpeg"', "Content-Type: image/jpeg", "", "bytes", "--b--", ""))  # fmt: skip
    kind = {"content-type": "multipart/form-data; boundary=b"}
    return body(sim.ask("POST", "/attachment/upload", form.encode(), headers=kind))


def filed(sim: Inside) -> Any:
    asked = {"table_name": "incident", "table_sys_id": first(sim, "incident"), "file_name": "a.txt"}
    return body(sim.ask("POST", "/attachment/file", b"x", headers={"content-type": "text/plain"}, **asked))


def files_of(many: bool) -> Ask:
    def asked(sim: Inside) -> Any:
        homes = [row["table_sys_id"] for row in sim.get("/attachment", query="table_name=incident")]
        home = next(one for one in homes if (homes.count(one) > 1) is many)
        return body(sim.ask("GET", "/attachment", query=f"table_sys_id={home}"))

    return asked


def limited(sim: Inside) -> Any:
    sim.tell("rates", rules=[{"limit": 0}])
    try:
        return body(sim.ask("GET", "/table/incident"))
    finally:
        sim.tell("rates", rules=[])


def imported(again: bool) -> Ask:
    def asked(sim: Inside) -> Any:
        made = body(sim.ask("POST", "/import/imp_user", {"name": "John Public", "user_name": "john"}))
        return body(sim.ask("GET", f"/import/imp_user/{made['result'][0]['sys_id']}")) if again else made

    return asked


def got(path: str, **params: Any) -> Ask:
    return lambda sim: body(sim.ask("GET", path, **params))


def one_of(path: str, table: str, after: str = "") -> Ask:
    return lambda sim: body(sim.ask("GET", f"{path}/{first(sim, table)}{after}"))


def with_entries(sim: Inside) -> Any:
    row = next(row for row in sim.truth().values() if row["table"] == "sn_customerservice_case" and row["messages"])
    return body(sim.ask("GET", f"/api/sn_customerservice/case/{row['remote_id']}/activities"))


CASE = "/api/sn_customerservice/case"
ASKED: dict[str, Ask] = {
    "demisto-content/attachment_upload_201.json": filed,
    "demisto-content/incident_list.json": got("/table/incident"),
    "demisto-content/incident_patch_work_note_response.json": noted,
    "demisto-content/sys_journal_field_list.json": got("/table/sys_journal_field", limit="50"),
    "rapid7-insightconnect/delete_security_incident_invalid_sys_id.json": lambda sim: body(sim.ask("DELETE", "/table/incident/nothing")),
    "rapid7-insightconnect/get_attachment_by_table_sys_id.json": files_of(many=False),
    "rapid7-insightconnect/get_attachment_by_table_sys_id_empty.json": got("/attachment", query="table_sys_id=nothing"),
    "rapid7-insightconnect/get_attachment_by_table_sys_id_many.json": files_of(many=True),
    "rapid7-insightconnect/get_oauth_token.json": lambda sim: body(sim.token(grant_type="password", username=USER, password=PASSWORD)),
    "rapid7-insightconnect/get_security_incident_invalid_sys_id.json": got("/table/incident/nothing"),
    "servicenow-docs/aggregate_stats_groupby.json": got(
        "/stats/incident", group_by="assignment_group", avg_fields="reassignment_count,business_stc", query="active=true"),
    "servicenow-docs/attachment_get.json": one_of("/attachment", "sys_attachment"),
    "servicenow-docs/attachment_list.json": got("/attachment"),
    "servicenow-docs/attachment_post_file_201.json": filed,
    "servicenow-docs/attachment_post_upload_201.json": uploaded,
    "servicenow-docs/csm_case_activities.json": with_entries,
    "servicenow-docs/csm_case_create.json": lambda sim: body(sim.ask("POST", CASE, {"short_description": "new"})),
    "servicenow-docs/csm_case_get.json": one_of(CASE, "sn_customerservice_case"),
    "servicenow-docs/csm_case_list.json": got(CASE),
    "servicenow-docs/error_429_rate_limit.json": limited,
    "servicenow-docs/import_set_get.json": imported(again=True),
    "servicenow-docs/import_set_post.json": imported(again=False),
    "servicenow-docs/km_articles_search_1.json": got("/api/sn_km_api/knowledge/articles"),
    "servicenow-docs/km_articles_search_2.json": got("/api/sn_km_api/knowledge/articles"),
    "servicenow-docs/oauth_token_redacted.json": lambda sim: body(sim.token(grant_type="password", username=USER, password=PASSWORD)),
    "servicenow-docs/table_get_list.json": got("/table/problem"),
    "servicenow-docs/table_get_record.json": one_of("/table/incident", "incident"),
    "servicenow-docs/table_patch_record.json": patched("PATCH"),
    "servicenow-docs/table_post_201.json": lambda sim: body(sim.ask("POST", "/table/incident", {"short_description": "new"})),
    "servicenow-docs/table_put_record.json": patched("PUT"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(names(SERVICENOW)) if there(SERVICENOW) else [])
def test_an_answer_has_all_that_was_recorded(sim: Inside, name: str) -> None:
    lacks = list(lacking(payload(name, SERVICENOW), ASKED[name](sim), ""))
    assert not lacks


def lacking(recorded: Any, answered: Any, at: str) -> Any:
    """Where the answer lacks a key or has another type. A reference may be empty on either side; of a list one row must fit."""
    if isinstance(recorded, dict) and isinstance(answered, dict):
        if {"link", "value"} == set(recorded) or "sys_id" in recorded and at.endswith((".contact", ".account")):
            return  # what a reference holds; its own fields are those of another table
        for key, value in recorded.items():
            if key in answered:
                yield from lacking(value, answered[key], f"{at}.{key}")
            else:
                yield f"{at}.{key} is missing"
    elif isinstance(recorded, list) and isinstance(answered, list):
        if bool(recorded) is not bool(answered):
            yield f"{at} has {len(answered)} rows"
        found = [list(lacking(recorded[0], one, f"{at}[]")) for one in answered] if recorded else []
        yield from min(found, key=len, default=[])
    elif type(recorded) is not type(answered) and "" not in (recorded, answered) and not {type(recorded), type(answered)} <= {int, float}:
        yield f"{at} is {type(answered).__name__}, not {type(recorded).__name__}"
