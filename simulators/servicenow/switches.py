"""How an instance is set up, and what the contract does not know of the real service: a switch each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.switching import Switching


@dataclass(slots=True)
class Switches(Switching):
    """Booleans, numbers and texts. What is not said is as an instance comes from the vendor."""

    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        "journals": ("allowed", "forbidden", "empty"),
        "audit_delete": ("allowed", "forbidden", "empty", "not_audited"),
        "hidden_field": ("missing", "empty"),
        "asleep": ("", "hibernating", "login", "redirect"),
    }

    invalid_query_no_rows: bool = False  # glide.invalid_query.returns_no_rows: an unknown part of a query gives no rows
    journals: str = "allowed"  # sys_journal_field: else 403, or an empty list that looks like no entries
    audit_delete: str = "allowed"  # sys_audit_delete: else 403, empty though rows exist, or nothing is written to it
    hidden_field: str = "missing"  # what a field ACL makes of a value
    tables_forbidden: str = ""  # names with a comma between them: 403
    plugin_cases: bool = True  # sn_customerservice_case is there
    plugin_criteria: bool = True  # user_criteria is there
    properties_readable: bool = True  # sys_properties
    case_closed_writable: bool = False
    time_zone: str = "GMT"  # of the integration user: display values
    date_format: str = "yyyy-MM-dd HH:mm:ss"
    language: str = "en"  # of labels in display values
    journals_in_display: bool = True  # else comments and work notes are empty for people too
    max_rows: int = 10_000  # the most a page holds without a limit
    basic_auth: bool = True
    client_credentials: bool = False  # glide.oauth.inbound.client.credential.grant_type.enabled
    token_seconds: int = 1800
    refresh_seconds: int = 100 * 86400
    asleep: str = ""  # answers a page for people: the instance hibernates, wants a login, or leads there
    cancel_after_rows: int = 0  # the transaction is cancelled after so many rows of a page; 0: never
    cancel_as_result: bool = False  # then the words stand in "result" instead of after the rows
    cancel_broken: bool = False  # or where the next row would be, in an array that nobody closes
    cancel_from_rows: int = 0  # only pages that would hold at least so many are cancelled
    attachment_pending_seconds: float = 1.0
    journals_follow_acl: bool = True  # entries of a hidden record are hidden too
    files_follow_acl: bool = True
    delete_takes_journals: bool = True  # entries and files of a deleted record go with it
    archive_takes_journals: bool = True
    archive_in_audit: bool = False  # an archived row is in sys_audit_delete too
    undelete_moves: bool = True  # an undeleted row has a new sys_updated_on
    file_moves_record: bool = True  # a new file changes its record's sys_updated_on
    batch_counts: bool = True  # requests in a batch count against rate rules
    batch_seconds: float = 0.0  # what each request of a batch takes: thirty seconds are for all of them
    comments_stripped: bool = False  # HTML comments of written entries are lost
    retry_after: bool = True  # 429 says how long
