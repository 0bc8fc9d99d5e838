"""What the contract does not know of the real service: a switch each, so that both answers can be tried."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.switching import Switching


@dataclass(slots=True)
class Switches(Switching):
    """Booleans unless said otherwise. `moves` means that updated_at becomes now, so that the lists show it."""

    archived_in_list: bool = False  # GET /tickets still shows archived tickets
    hiding_moves: bool = True  # spam, trash and restore
    note_edit_moves: bool = False  # the vendor's own sample: only last_edited_at does
    note_delete_moves: bool = True
    merge_moves: bool = True
    merge_keeps_ids: bool = True  # entries of a merged ticket keep their ids under the primary
    links_move: bool = True  # of tickets that are put under another one, or taken away
    list_associations: bool = False  # rows of the list say with which tickets they hang together, not only that they do
    association_counts: bool = False  # of a parent and a tracker the view says how many there are instead of which
    tags_move: bool = True
    attachment_moves: bool = True
    list_attachments: bool = False  # rows of the list carry attachments
    deleted_entries_listed: bool = False  # a deleted entry is listed with deleted true
    list_limit_in_credits: bool = True  # else the sub-limit of the list counts calls
    retry_after: bool = True  # 429 says how long
    limit_body_html: bool = False  # 429 has an HTML body instead of none
    total_as_float: bool = False  # X-RateLimit-Total: 100.0
    list_lag: float = 0.0  # seconds by which the lists lag behind writes
    unstable_ties: bool = False  # rows of one second stand in another order at every call
    new_fields: bool = False  # every object carries fields nobody has seen
    offset_times: bool = False  # times as +05:30
    comments_stripped: bool = True  # hidden HTML comments of written notes are lost
    admin_key: bool = True  # else the lists of agents and canned answers are 403
    canned_visibility: bool = True  # else canned answers do not say for whom they are, as in the vendor's sample
    products: bool = True  # else the plan lacks them: 403 require_feature
    contacts_readable: bool = True  # else they are 403, in the list and by number
    companies_readable: bool = True  # else the plan lacks them: 403 require_feature
    ratings_readable: bool = True  # else the plan lacks them: 403 require_feature
    times_readable: bool = True  # the same of time entries
    ratings_of_hidden: bool = True  # of spam and trash they are listed too
    activities_exported: bool = True  # else the account has not switched the export on: 404 for every day
    activities_in_one: bool = False  # the answer names one file, not a list of them
    suspended: bool = False  # the account has not paid: 403 account_suspended for everything
    translations: bool = True  # else the plan lacks them: 403 require_feature for every path with a language
    scope_answer: int = 404  # status of a ticket outside the key's scope
    lockout_after: int = 0  # wrong keys until every key is refused for a quarter of an hour; 0: never
    wrong_verb_body: bool = False  # 405 and 404 carry JSON
