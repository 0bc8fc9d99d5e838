"""Whether an audit trail is what was written: every seal, every link, and the heads kept elsewhere (AUD-1)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from apps.compliance.heads import Kept, read_store
from apps.compliance.sql import Row, entries, extent
from apps.core.chain import GENESIS, KeyUnknown, content, key_of, linker
from apps.tenancy.context import current_company

SHOWN = 20  # findings told one by one; the rest is counted
FACTS_KEPT = 4096  # many entries carry the same facts


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong and at which entry: changed, inserted, missing, unlinked, key_unknown, rewritten, cut, heads_broken,
    unreadable."""

    kind: str
    seq: int
    detail: str


@dataclass(slots=True)
class Proof:
    """The outcome for one company. `ok` says that nothing was found, not that nothing could have been: see `heads`."""

    company: str
    entries: int = 0
    first: int = 0
    last: int = 0
    heads: int = 0
    findings: list[Finding] = field(default_factory=list)
    found: int = 0
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.found == 0

    def add(self, kind: str, seq: int, detail: str) -> None:
        self.found += 1
        if len(self.findings) < SHOWN:
            self.findings.append(Finding(kind, seq, detail))

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"ok": self.ok}


class _Chain:
    """The state between two entries."""

    def __init__(self, proof: Proof, company_id: str) -> None:
        self.proof = proof
        self.company_id = company_id
        self.seq, self.mac, self.whole = 0, GENESIS.hex(), True
        self.keys: dict[str, Callable[[bytes], str] | None] = {}
        self.facts: dict[str, Any] = {}

    def follow(self, row: Row) -> None:
        """Check one entry against its seal and the entry before."""
        seq, key_id, prev, mac = int(row[0]), row[8], row[9], row[10]
        if seq != self.seq + 1:
            self._gap(seq)
        try:
            key = self.keys[key_id]
        except KeyError:
            key = self.keys[key_id] = self._key(key_id, seq)
        whole = key is None or self._seal(key, row) == mac
        if not whole:
            self.proof.add("changed", seq, f"entry {seq} is not what was sealed")
        elif prev != self.mac and self.whole and seq == self.seq + 1:
            self.proof.add("unlinked", seq, f"entry {seq} does not follow entry {self.seq} as it is now")
        self.seq, self.mac, self.whole = seq, mac, whole

    def _seal(self, key: Callable[[bytes], str], row: Row) -> str:
        number, entry_id, at, event, principal, subject, request_id, text, key_id, prev, _ = row
        try:
            facts = self.facts[text]
        except KeyError:
            facts = self._load(text)
        body = content(
            self.company_id, int(number), entry_id, int(at), event, principal, subject, request_id, facts, key_id
        )
        return key(bytes.fromhex(prev) + body)

    def _gap(self, seq: int) -> None:
        if seq <= self.seq:
            self.proof.add("inserted", seq, f"a second entry has the number {seq}")
        elif seq == self.seq + 2:
            self.proof.add("missing", self.seq + 1, f"entry {self.seq + 1} is missing")
        else:
            self.proof.add("missing", self.seq + 1, f"entries {self.seq + 1} to {seq - 1} are missing")

    def _key(self, key_id: str, seq: int) -> Callable[[bytes], str] | None:
        try:
            return linker(key_of("entries", self.company_id, key_id))
        except KeyUnknown:
            self.proof.add("key_unknown", seq, f"from entry {seq} on: the key {key_id[:40]!r} is not in AUDIT_KEYS")
            return None

    def _load(self, text: str) -> Any:
        if len(self.facts) >= FACTS_KEPT:
            self.facts.clear()
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:  # an absent value, a number out of range: never written by us
            found = text
        self.facts[text] = found
        return found


def prove() -> Proof:
    """Read the bound company's whole trail and compare it with the heads kept elsewhere. Changes nothing."""
    began = time.monotonic()
    company_id = current_company().company_id
    proof = Proof(company_id)
    store = read_store()
    for line in store.broken:
        proof.add("heads_broken", 0, f"line {line} of the kept heads was changed, or lines before it were taken out")
    known = {head.seq: head for head in store.heads}
    proof.heads = len(store.heads)
    size = extent()
    chain = _Chain(proof, company_id)
    for row in entries():
        _follow(chain, row, proof)
        if known and (kept := known.pop(chain.seq, None)) and kept.mac != chain.mac:
            proof.add("rewritten", kept.seq, f"entry {kept.seq} is not the one whose seal was kept at {kept.at}")
    proof.first, proof.last = size.first, chain.seq
    if proof.entries < size.count:  # equal numbers at the border of a batch
        proof.add("inserted", 0, f"{size.count - proof.entries} more entries than numbers")
    _tail(proof, known, chain.seq)
    proof.seconds = round(time.monotonic() - began, 3)
    return proof


def _follow(chain: _Chain, row: Row, proof: Proof) -> None:
    proof.entries += 1
    try:
        chain.follow(row)
    except ValueError:  # a seal that is no seal, a number that is none
        chain.seq, chain.mac, chain.whole = int(row[0]), row[10], False
        proof.add("changed", chain.seq, f"entry {chain.seq} is not what was sealed")


def _tail(proof: Proof, left: dict[int, Kept], last: int) -> None:
    beyond = max((seq for seq in left if seq > last), default=0)
    if beyond:
        at = left[beyond].at
        proof.add(
            "cut", last + 1, f"entries {last + 1} to {beyond} were there at {at}: cut off, or an older copy put back"
        )
