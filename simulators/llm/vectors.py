"""Embeddings of the simulated provider: hashed trigrams, so that texts that share words lie near each other."""

from __future__ import annotations

import base64
import math
from array import array
from hashlib import blake2b

ODD = ("nan", "infinite", "zero", "wrong_dimension", "fewer", "more", "shuffled", "words", "no_numbers", "half_base64")


def vector_of(text: str, size: int, version: int = 1) -> list[float]:
    """Unit length; another `version` of the model gives other vectors of the same text."""
    found = [0.0] * size
    plain = f" {text.lower()} "
    for at in range(max(1, len(plain) - 2)):
        digest = blake2b(plain[at : at + 3].encode(errors="replace"), digest_size=8, key=b"v%d" % version).digest()
        found[int.from_bytes(digest[:4], "big") % size] += 1 if digest[4] % 2 else -1
    length = math.sqrt(sum(one * one for one in found)) or 1.0
    return [one / length for one in found]


def spoiled(kind: str, vectors: list[list[float]]) -> list[list[float]]:
    """The vectors with something wrong with them."""
    if kind in ("nan", "infinite"):
        vectors[-1][0] = math.nan if kind == "nan" else math.inf
    elif kind == "zero":
        vectors[-1] = [0.0] * len(vectors[-1])
    elif kind == "wrong_dimension":
        vectors[-1] = vectors[-1][:-1]
    elif kind == "fewer":
        vectors = vectors[:-1]
    elif kind == "more":
        vectors = [*vectors, vectors[0]]
    elif kind == "no_numbers":
        vectors[-1] = []
    return vectors


def packed(vector: list[float]) -> str:
    """As base64 of little floats, which the official client asks for."""
    return base64.b64encode(array("f", vector).tobytes()).decode()
