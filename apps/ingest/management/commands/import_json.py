"""import_json: bring companies in from folders of JSON lines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.core.management.base import CommandParser

from apps.core.audit import record
from apps.core.errors import AppError, BadInput, Conflict
from apps.core.events import Scope
from apps.ingest.importing.finding import PLATFORM, find_folders, look, told
from apps.ingest.importing.progress_bar import ProgressBar
from apps.ingest.importing.running import import_folder
from apps.ingest.importing.undoing import OPENED_BY, find_imported, take_back
from apps.platforms.adapters.json_store.stating import write_state
from apps.tenancy.commands import JsonCommand, follow
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company, Order
from apps.tenancy.orders import ask_open
from apps.tenancy.registry import company_named, forget_hosts

GOOD = ("imported", "checked", "sealed", "taken_back", "nothing_there")
LINES = 20  # of problems that are printed; --report and --json have more


class Command(JsonCommand):
    scope = Scope.OPERATOR
    help = (
        "Import companies from JSON files (docs/json-store.md). DIR lies below JSON_STORE_ROOT and is a company's folder or holds "
        "such folders. Company by company: missing ones are opened, the folder is checked, connected and read; then counts "
        "and hashes of files and mirror are compared. Nobody has to stop working meanwhile. It may be killed at any point and "
        "run again: it goes on where it was. Later changes of the files are read by the workers, or by running it again. "
        "Lines that cannot be read are reported with file and line, skipped, and taken once they are mended. Exit code 1 when a "
        "company was not imported whole."
    )
    hints: ClassVar[dict[str, str]] = {
        "store_refused": "Set JSON_STORE_ROOT to a folder that holds the companies' folders, and name a DIR below it.",
        "time_is_up": "Nothing is lost: run it again with a longer --timeout.",
    }
    complete = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", metavar="DIR", help="a company's folder, or one that holds them")
        parser.add_argument("--company", action="append", default=[], metavar="NAME", help="only this one; may be repeated")
        parser.add_argument("--dry-run", action="store_true", help="check the files and say what would be done; change nothing")
        parser.add_argument(
            "--seal",
            action="store_true",
            help="write state.json anew from the files as they are, after you mended them; nothing is imported",
        )
        parser.add_argument(
            "--rollback",
            action="store_true",
            help="take back what was imported from DIR: connection, mirror, index, briefs; the files stay. May be repeated",
        )
        parser.add_argument(
            "--remove-companies",
            action="store_true",
            help="with --rollback: also close, for good, companies that an import opened and that have no people and no other "
            "helpdesk. A company's name is nobody's again after that",
        )
        parser.add_argument("--report", default="", metavar="FILE", help="also write the whole report there, as JSON")
        parser.add_argument("--timeout", type=float, default=3600, help="seconds for each company at most (default 3600)")
        parser.add_argument("--progress", action="store_true", default=None, help="show progress where no terminal is, too")
        super().add_arguments(parser)

    def perform(self, **options: Any) -> dict[str, Any]:
        if options["report"] and not Path(options["report"]).absolute().parent.is_dir():
            raise BadInput("--report: the folder of this file is not there. Nothing was done.", code="report_nowhere")
        if options["rollback"]:
            names = find_imported(options["directory"], options["company"])
            companies = [self._back(company_id, options) for company_id in names]
        else:
            folders = find_folders(options["directory"], options["company"])
            companies = [self._one(folder, options) for folder in folders]
        self.complete = all(one["result"] in GOOD for one in companies)
        report = {"companies": companies, "complete": self.complete}
        if options["report"]:
            Path(options["report"]).write_bytes(orjson.dumps(report, default=str, option=orjson.OPT_INDENT_2))
        return report

    def _one(self, folder: str, options: dict[str, Any]) -> dict[str, Any]:
        """One company; what is wrong with it does not keep the next one."""
        company_id = folder.rpartition("/")[2]
        try:
            if options["seal"]:
                return {"company": company_id, "result": "sealed", "lines": write_state(settings.JSON_STORE_ROOT, folder)}
            found = look(folder)
            report = {"company": company_id, "result": "checked"} | told(found)
            if found.stopped is not None:
                return report | {"result": "stopped"}
            known = self._known(company_id)
            if options["dry_run"]:
                return report | {"opens_company": known is None}
            opened = known or self._open(company_id, found.company, options)
            bar = ProgressBar(company_id, 2 * report["tickets"], shown=options["progress"])
            with bind_company(opened.binding()):
                imported = import_folder(folder, seconds=options["timeout"], bar=bar)
                record("connection_saved", subject=f"connection:{imported.connection.pk}", platform=PLATFORM)
            outcome = "imported" if imported.equal else "differs"
            return report | {"opened_company": known is None, "result": outcome} | {"import": imported.told()}
        except AppError as exc:
            return {"company": company_id, "folder": folder, "result": "failed", "code": exc.code, "error": exc.message}

    @staticmethod
    def _back(company_id: str, options: dict[str, Any]) -> dict[str, Any]:
        facts = {"progress": options["progress"], "close": options["remove_companies"], "seconds": options["timeout"]}
        try:
            return take_back(company_id, options["directory"], **facts)
        except AppError as exc:
            return {"company": company_id, "result": "failed", "code": exc.code, "error": exc.message}

    @staticmethod
    def _known(company_id: str) -> Company | None:
        forget_hosts()
        company = company_named(company_id)
        if company is not None and company.status != Company.Status.ACTIVE:
            raise Conflict(f"Company {company_id!r} is {company.status}.", code=f"company_{company.status}")
        return company

    def _open(self, company_id: str, told_company: Any, options: dict[str, Any]) -> Company:
        """In the way every company is opened: here with the migrating login, else by the provisioning worker."""
        language = told_company.primary_language.lower()
        facts = {
            "name": told_company.name, "region": told_company.region,
            "language": language if language in dict(settings.LANGUAGES) else "en",
        }  # fmt: skip
        asked = ask_open(company_id=company_id, asked_by=OPENED_BY, **facts)
        order = follow(asked, options["timeout"], here=bool(settings.MIGRATE_DATABASE_URL))
        company = self._known(company_id)
        if order.state != Order.State.DONE or company is None:
            raise Conflict(f"Company {company_id!r} has not been opened.", code=order.code or "not_yet")
        return company

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not self.complete:
            sys.stdout.flush()
            sys.exit(1)

    def show(self, result: dict[str, Any]) -> None:
        for one in result["companies"]:
            self.stdout.write(self._line(one))
            if stopped := one.get("stopped"):
                self.stdout.write(f"  {_told(stopped)}")
            for problem in one.get("problems", [])[:LINES]:
                self.stdout.write(f"  {_told(problem)}")
            if len(one.get("problems", [])) > LINES:
                self.stdout.write(f"  … and more of {', '.join(f'{code} ({count})' for code, count in one['found'].items())}")
            if differing := one.get("import", {}).get("differing"):
                self.stdout.write(f"  not the same on both sides: {', '.join(differing)}")
            if held := one.get("import", {}).get("held"):
                self.stdout.write(f"  {held} removals wait for a word: confirm_removals {one['company']}")

    @staticmethod
    def _line(one: dict[str, Any]) -> str:
        words = f"{one['company']}: {one['result']}"
        if "error" in one:
            return f"{words} [{one['code']}] {one['error']}"
        if "tickets" in one:
            counts = f"{one['tickets']} tickets, {one['messages']} messages, {one['articles']} articles"
            words += f", {counts}, {one['skipped']} lines skipped"
        if "import" in one:
            hashes = "equal" if one["import"]["equal"] else "not equal"
            words += f"; counts and hashes {hashes} ({one['import']['mirror']['hash'][:16]}), {one['import']['seconds']} s"
        if "gone" in one:
            words += "".join(f", {count} {name}" for name, count in one["gone"].items()) + (", closed" if one["closed"] else "")
        return words + (f", {sum(one['lines'].values())} lines" if "lines" in one else "")


def _told(problem: dict[str, Any]) -> str:
    field = f" ({problem['field']})" if problem["field"] else ""
    return f"{problem['weight']}: {problem['place']}: {problem['code']}{field}: {problem['mend']}"
