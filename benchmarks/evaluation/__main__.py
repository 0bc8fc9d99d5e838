"""python -m benchmarks.evaluation: packs of questions put to the real pipeline, beside BM25 over the same texts.

One JSON line a measure: {"pack","part","language","metric","value","baseline","goal","ok"}; progress on stderr; exit 1
when a goal is missed, 2 when a pack cannot be read. `make eval [ONLY=pack,...] [DATA=folder] [EVERY=n]` runs it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.evaluation.lines import Line, goal_of, tell
from benchmarks.evaluation.packs import Pack, PackInvalid, names_in, read_pack
from benchmarks.evaluation.site import measure_accounts
from benchmarks.site import ROOT, scratch_site
from embedded.vectors.process import VectorsProcess

OWN = ROOT / "tests" / "evals"
BESIDE = ROOT.parent / "shared" / "data" / "eval"
USUAL = ("kb_gnome_xling", "xquad", "jaquad", "kb_productqa", "kb_workarena")  # of DATA, unless ONLY names others
ACCOUNTS = "accounts"


def chosen_packs(only: list[str], data: Path) -> list[Path]:
    """Folders of the packs to measure. Raises PackInvalid for a name that is nowhere."""
    own = {name: OWN / name for name in names_in(OWN)}
    there = {name: data / name for name in names_in(data)} if data.is_dir() else {}
    if not there:
        sys.stderr.write(f"NO PACKS in {data}: only the project's own are measured. DATA=folder names another place.\n")
    if not only:
        return [*own.values(), *(there[name] for name in USUAL if name in there)]
    known = own | there
    unknown = [name for name in only if name not in known]
    if unknown:
        raise PackInvalid(f"no pack {', '.join(unknown)}; known: {', '.join([ACCOUNTS, *known])}")
    return [known[name] for name in only]


def lines_for(pack: Pack) -> Iterator[Line]:
    """Everything measured of one pack. Django is set up."""
    from benchmarks.evaluation.demo import measure_demo
    from benchmarks.evaluation.mirrored import mirroring
    from benchmarks.evaluation.retrieval import Found, mean_of, measure_pack

    if pack.account:
        with mirroring(f"eval-{pack.account}", pack.account):
            yield from measure_demo(pack)
        return
    together: dict[str, list[Found]] = {}
    for part, language, found, replies in measure_pack(pack):
        yield from replies
        if found:
            together.setdefault(part, []).extend(found)
            yield from _measures(pack, part, language, found, mean_of)
    for part, found in together.items():
        if len({one.query.language for one in found}) > 1:
            yield from _measures(pack, part, "all", found, mean_of)


def _measures(pack: Pack, part: str, language: str, found, mean_of) -> Iterator[Line]:  # type: ignore[no-untyped-def]
    for metric in ("map",) if part == "rerank" else ("ndcg@10", "hit@1"):
        ours, dense, bm25 = (mean_of(found, metric, ranker) for ranker in ("ours", "dense", "bm25"))
        goal = goal_of(pack.name, part, language, metric, bm25=bm25, dense=dense)
        yield Line(pack.name, part, language, metric, ours, bm25, goal)
        yield Line(pack.name, part, language, f"{metric} of the dense leg alone", dense, bm25)


def measure(folders: list[Path], every: int) -> bool:
    """Print the lines of these packs. True when no goal was missed."""
    with tempfile.TemporaryDirectory(prefix="deskhand-eval-") as folder:
        engine = VectorsProcess(Path(folder) / "vectors").start()
        os.environ.update(QDRANT_URL=engine.url, QDRANT_API_KEY=engine.token)
        try:
            with scratch_site():
                missed = False
                for place in folders:
                    sys.stderr.write(f"\n{place.name} ")
                    pack = read_pack(place)
                    for line in lines_for(replace(pack, queries=pack.queries[::every])):
                        tell(line)
                        missed = missed or line.ok is False
                return not missed
        finally:
            engine.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluation", description=__doc__)
    parser.add_argument("--only", default="", help=f"packs by comma; {ACCOUNTS}: every ticket of the demo accounts")
    parser.add_argument("--data", type=Path, default=BESIDE, help="folder of packs (default: ../shared/data/eval)")
    parser.add_argument("--every", type=int, default=1, help="every n-th question or ticket only (default 1: all)")
    options = parser.parse_args()
    only = [name for name in options.only.split(",") if name]
    try:
        folders = chosen_packs([name for name in only if name != ACCOUNTS], options.data) if only != [ACCOUNTS] else []
        good = measure(folders, options.every) if folders else True
    except (PackInvalid, OSError) as exc:
        sys.stderr.write(f"\n{exc}\n")
        return 2
    if ACCOUNTS in only:
        good = measure_accounts(options.every) == 0 and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
