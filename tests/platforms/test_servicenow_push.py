"""Calls of an instance: what is believed, what is not, and the script that makes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from apps.core.errors import Forbidden
from apps.platforms.adapters.servicenow import push
from apps.platforms.adapters.servicenow.knowledge import CLOSED, Readers
from apps.platforms.adapters.servicenow.payloads import Article, Criteria
from apps.platforms.adapters.servicenow.reference import met

NOW, KEY = datetime(2026, 3, 1, 9, 0, tzinfo=UTC), "a-key-of-the-hook"
ID, OTHER = "9c573169c611228700193229fff72400", "d31a605ddb845010ebea8a18489619e2"


def call(body: object, *, key: str = KEY, at: float | str = NOW.timestamp(), signed: str = "") -> tuple[dict[str, str], bytes]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = at if isinstance(at, str) else str(int(at))
    made = base64.b64encode(hmac.new(key.encode(), f"{stamp}.".encode() + content, hashlib.sha256).digest()).decode()
    return {"X-Deskhand-Signature": signed or made, "X-Deskhand-Timestamp": stamp}, content


@pytest.mark.parametrize(("body", "ids"), [
    ({"table": "incident", "sys_id": ID, "op": "update"}, (ID,)), ([{"sys_id": ID}, {"sys_id": OTHER}, {"sys_id": ID}], (ID, OTHER)),
    ({"table": "sys_attachment", "sys_id": ID}, ()), ({"sys_id": "x^ORstate=1"}, ()), ({"sys_id": 7}, ()), ({}, ()),
])  # fmt: skip
def test_a_signed_call_names_tickets(body, ids):
    assert push.read(*call(body), KEY, NOW) == ids


@pytest.mark.parametrize(("made", "code"), [
    (call({"sys_id": ID}, key="another"), "signature_invalid"), (call({"sys_id": ID}, signed="AAAA"), "signature_invalid"),
    (call({"sys_id": ID}, signed="not base64!"), "signature_invalid"), (({}, b"{}"), "signature_invalid"),
    ((call({"sys_id": ID})[0], b'{"sys_id":"changed"}'), "signature_invalid"),
    (call({"sys_id": ID}, at=NOW.timestamp() - 301), "signature_expired"), (call({"sys_id": ID}, at=NOW.timestamp() + 301), "signature_expired"),
    (call({"sys_id": ID}, at="soon"), "signature_expired"), (call(b"{"), "push_unreadable"), (call(b"[" * 70_000), "signature_invalid"),
])  # fmt: skip
def test_a_call_that_is_not_signed_with_the_key_now_is_not_read(made, code):
    with pytest.raises(Forbidden) as refused:
        push.read(*made, KEY, NOW)
    assert refused.value.code == code
    with pytest.raises(Forbidden):
        push.read(*call({"sys_id": ID}, key=""), "", NOW)  # no key is no key


def test_the_script_holds_address_and_key_as_literals_that_end_nothing():
    text = push.script("https://acme.example/hook/x", "a'b\"c</script>\n\u2028")
    assert "var url = \"https://acme.example/hook/x\";" in text
    assert "\\u003c/script>" in text
    assert "</script>" not in text
    assert "\u2028" not in text
    assert "generateMac" in text
    assert "executeAsync" in text


GROUP, OTHER_GROUP, PERSON = "g" * 32, "h" * 32, "p" * 32
CRITERIA = [  # fields, whether this person is known to meet it
    ({"group": GROUP}, True), ({"group": f"{OTHER_GROUP},{GROUP}"}, True), ({"group": OTHER_GROUP}, False), ({"user": PERSON}, True),
    ({"user": PERSON, "active": "false"}, False), ({}, False), ({"role": "r"}, False), ({"script": "true"}, False), ({"department": "d"}, False),
    ({"user": PERSON, "advanced": "true"}, False), ({"user": PERSON, "role": "r"}, True),
    ({"user": PERSON, "role": "r", "match_all": "true"}, False), ({"user": PERSON, "group": GROUP, "match_all": "true"}, True),
    ({"user": PERSON, "group": OTHER_GROUP, "match_all": "true"}, False), ({"location": "l", "match_all": "true"}, False),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "known"), CRITERIA)
def test_a_criterion_is_met_where_lists_of_people_and_groups_alone_say_so(fields, known):
    assert met(PERSON, {GROUP}, [Criteria.model_validate({"sys_id": ID, "active": "true"} | fields)]) == ((ID,) if known else ())


READERS = [  # own can, own cannot, the base's can and cannot, what is judged; readers, barred
    ("", "", {}, {}, {}, (), ()),
    ("a", "", {}, {}, {"a": True}, ("a",), ()),
    ("", "", {"kb": ("a",)}, {}, {"a": True}, ("a",), ()),
    ("a,b", "", {"kb": ("b", "c")}, {}, {"a": True, "b": True}, ("b",), ()),  # both must let somebody in
    ("a", "", {"kb": ("c",)}, {}, {"a": True, "c": True}, (CLOSED,), ()),
    ("", "b", {}, {}, {"b": True}, (), ("b",)),
    ("a", "b", {}, {"kb": ("c",)}, {"a": True, "b": True, "c": True}, ("a",), ("b", "c")),
    ("", "b", {}, {}, {"b": None}, (CLOSED,), ("b",)),  # who is kept out cannot be judged: nobody is let in
    ("", "b", {}, {}, {}, (CLOSED,), ("b",)),
    ("", "b", {}, {}, {"b": False}, (), ()),  # switched off: it keeps nobody out
    ("", "", None, {}, {}, (CLOSED,), ()),  # nobody tells what the base asks
]


@pytest.mark.parametrize(("can", "cannot", "may", "may_not", "judged", "readers", "barred"), READERS)
def test_who_may_read_an_article(can, cannot, may, may_not, judged, readers, barred):
    row = Article.model_validate({
        "sys_id": ID, "sys_updated_on": "2026-01-01 00:00:00", "sys_created_on": "2026-01-01 00:00:00", "kb_knowledge_base": "kb",
        "can_read_user_criteria": can, "cannot_read_user_criteria": cannot,
    })  # fmt: skip
    assert Readers(may, may_not, judged).of(row) == (readers, barred)
