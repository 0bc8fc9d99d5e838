"""Faults made by cosmic-ray: `python -m tests.seeded.mutants FILE [--tests PATH ...]` (after `make lint`, which installs it).

Without --tests the mutants are listed; with it each is run, and those that survive are shown at the end: kill them with a
new test, or say in docs/decisions why nothing is changed by them. Rows worth keeping go to tests/seeded/tool.py.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from difflib import SequenceMatcher

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from tests.seeded.running import ROOT, Fault, run_all

# Those that turn a decision; numbers, decorators and arithmetic of types say little about walls.
OPERATORS = ("ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceUnaryOperator_Delete_Not", "AddNot", "ReplaceTrueWithFalse",
             "ReplaceFalseWithTrue", "ZeroIterationForLoop")  # fmt: skip


def mutants(file: str, tests: tuple[str, ...]) -> Iterator[Fault]:
    """Every mutant of the file by one of the operators, as a row; those of lines that are there twice are left out."""
    source = (ROOT / file).read_text(encoding="utf-8")
    for name in operator_names():
        if not name.endswith(OPERATORS):
            continue
        occurrence = 0
        while (text := mutate_code(source, get_operator(name)(), occurrence)) is not None:
            occurrence += 1
            old, new = changed(source, text)
            if old != new and source.count(old) == 1:
                yield Fault(new.strip(), file, old, new, tests, name.removeprefix("core/"))


def changed(source: str, text: str) -> tuple[str, str]:
    """The whole lines in which the two differ."""
    before, after = source.splitlines(keepends=True), text.splitlines(keepends=True)
    steps = [step for step in SequenceMatcher(None, before, after, autojunk=False).get_opcodes() if step[0] != "equal"]
    if not steps:
        return "", ""
    return "".join(before[steps[0][1] : steps[-1][2]]), "".join(after[steps[0][3] : steps[-1][4]])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--tests", nargs="*", default=[], help="tests that should notice")
    given = parser.parse_args()
    found = list(mutants(given.file, tuple(given.tests)))
    for one in found:
        print(f"{one.tool:<32} {one.new.strip()}")
    if not given.tests:
        return 0
    left = [one for one in run_all(found) if one.word == "survived"]
    print(f"{len(found) - len(left)} of {len(found)} caught; survivors:")
    for one in left:
        print(f"{one.fault.tool:<32} {one.fault.old.strip()}  ->  {one.fault.new.strip()}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
