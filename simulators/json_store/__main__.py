"""python -m simulators.json_store: writes sample folders of the JSON store."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import orjson

from simulators.json_store.broken import BROKEN
from simulators.json_store.writing import append, write_company

_EPILOG = """
Prints one JSON line: the folder, its companies, tickets of each, and what was broken.
Ways to break a folder, and the code that import_json answers with:
""" + textwrap.indent("\n".join(f"{kind:12}{code}" for kind, (_spoil, code, _place) in BROKEN.items()), "  ")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.json_store", description="Write sample folders of the JSON store (docs/json-store.md).",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("folder", type=Path, help="where the companies' folders are made")
    parser.add_argument("--company", action="append", metavar="NAME", help="short name; may be repeated (default acme)")
    parser.add_argument("--tickets", type=int, default=200, help="tickets of each company (default 200)")
    parser.add_argument("--articles", type=int, default=12, help="articles of each company (default 12)")
    parser.add_argument("--seed", type=int, default=1, help="another seed writes other tickets (default 1)")
    parser.add_argument("--break", dest="spoil", action="append", default=[], choices=sorted(BROKEN), metavar="KIND",
                        help="break every folder in this way; may be repeated")  # fmt: skip
    parser.add_argument("--append", type=int, metavar="N", help="add to folders that are there: N changed and N new tickets")
    parser.add_argument("--delete", type=int, default=0, metavar="N", help="with --append: N tickets are deleted")
    options = parser.parse_args(argv)
    companies = options.company or ["acme"]
    for name in companies:
        if options.append is None:
            write_company(options.folder / name, tickets=options.tickets, seed=options.seed, articles=options.articles)
        else:
            append(options.folder / name, options.append, seed=options.seed, deletions=options.delete)
        for kind in options.spoil:
            BROKEN[kind][0](options.folder / name)
    told = {"folder": str(options.folder), "companies": companies, "tickets": options.tickets, "broken": options.spoil}
    sys.stdout.write(orjson.dumps(told).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
