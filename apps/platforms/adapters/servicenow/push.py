"""Signed calls of an instance: it names tickets that changed, and we look. What it says is a hint and no more; what it
leaves out is found by the next poll (contract 3.7)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

import orjson

from apps.core.errors import Forbidden
from apps.platforms.adapters.servicenow import query
from apps.platforms.adapters.servicenow.config import TABLES

SIGNATURE, TIMESTAMP = "x-deskhand-signature", "x-deskhand-timestamp"
WINDOW_SECONDS = 300
MOST_BYTES, MOST_IDS = 64 * 1024, 100

_SCRIPT = """\
// Deskhand: tells of a ticket that changed. Table: Incident (one more rule for Case, if you use it).
// When: async, so that nobody waits for it. Insert, Update, Delete. Advanced.
(function executeRule(current, previous) {
    var url = %(url)s;
    var key = %(key)s;
    var body = JSON.stringify({
        table: current.getTableName() + '',
        sys_id: current.getUniqueValue() + '',
        sys_updated_on: current.getValue('sys_updated_on') + '',
        op: current.operation() + ''
    });
    var timestamp = Math.floor(new GlideDateTime().getNumericValue() / 1000) + '';
    var mac = new GlideCertificateEncryption();
    var signature = mac.generateMac(GlideStringUtil.base64Encode(key), 'HmacSHA256', timestamp + '.' + body);
    var request = new sn_ws.RESTMessageV2();
    request.setEndpoint(url);
    request.setHttpMethod('POST');
    request.setHttpTimeout(5000);
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestHeader('X-Deskhand-Timestamp', timestamp);
    request.setRequestHeader('X-Deskhand-Signature', signature);
    request.setRequestBody(body);
    request.executeAsync();
})(current, previous);
"""


def script(url: str, key: str) -> str:
    """The business rule an admin of the instance pastes. `key` is a secret: whoever has it can name tickets."""
    return _SCRIPT % {"url": _literal(url), "key": _literal(key)}


def _literal(text: str) -> str:
    """As a literal of JavaScript that ends no line and no script."""
    return orjson.dumps(text).decode().replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def read(headers: Mapping[str, str], body: bytes, key: str, now: datetime) -> tuple[str, ...]:
    """The tickets a signed call names. Raises Forbidden when it is not signed with the key, is older or newer than five
    minutes, or cannot be read."""
    given = {name.lower(): value for name, value in headers.items()}
    timestamp = given.get(TIMESTAMP, "")
    if not key or len(body) > MOST_BYTES or not _is_signed(given.get(SIGNATURE, ""), timestamp, body, key):
        raise Forbidden("not signed with this key", code="signature_invalid")
    if not timestamp.isascii() or not timestamp.isdecimal() or abs(int(timestamp) - now.timestamp()) > WINDOW_SECONDS:
        raise Forbidden("signed too long ago", code="signature_expired")
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Forbidden("signed, and unreadable", code="push_unreadable") from None
    rows = told if isinstance(told, list) else [told]
    found = [row.get("sys_id") for row in rows[:MOST_IDS] if isinstance(row, dict) and row.get("table", TABLES[0]) in TABLES]
    return tuple(dict.fromkeys(one for one in found if isinstance(one, str) and query.is_id(one)))


def _is_signed(signature: str, timestamp: str, body: bytes, key: str) -> bool:
    wanted = hmac.new(key.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).digest()
    try:
        given = base64.b64decode(signature.encode(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(given, wanted)
