"""Runs in a venv of its own: pysnow as its documentation shows it. Prints one JSON line."""

import json
import sys

import pysnow


def main(host: str, user: str, password: str) -> None:
    client = pysnow.Client(host=host, user=user, password=password, use_ssl=False)
    incident = client.resource(api_path="/table/incident")
    everything = incident.get(query=pysnow.QueryBuilder().field("sys_id").order_ascending().AND().field("number").is_not_empty(), stream=True)
    found = {row["sys_id"]: row["description"] for row in everything.all()}
    journal = client.resource(api_path="/table/sys_journal_field")
    entries = {row["sys_id"]: row["value"] for row in journal.get(query={"name": "incident"}, stream=True).all()}
    builder = pysnow.QueryBuilder().field("state").equals("7").AND().field("priority").less_than(4)
    closed = [row["number"] for row in incident.get(query=builder).all()]
    shown = client.resource(api_path="/table/incident")
    shown.parameters.display_value = True
    shown.parameters.exclude_reference_link = True
    first = shown.get(query={"sys_id": min(found)}).one()
    made = incident.create(payload={"short_description": "made by a stranger"}).one()
    changed = incident.update(query={"sys_id": made["sys_id"]}, payload={"work_notes": "a note", "state": "2"}).one()
    attached = client.resource(api_path="/attachment").get(query={"table_name": "incident"}).all()
    gone = incident.delete(query={"sys_id": made["sys_id"]})
    try:
        incident.get(query={"sys_id": made["sys_id"]}).one()
        refusal = ""
    except pysnow.exceptions.NoResults as exc:
        refusal = type(exc).__name__
    print(json.dumps({
        "tickets": found, "entries": entries, "closed": closed, "first": [first["state"], first["assignment_group"]],
        "made": [made["state"], changed["state"], changed["sys_mod_count"]], "attached": len(list(attached)), "gone": gone,
        "refusal": refusal}))


main(*sys.argv[1:])
