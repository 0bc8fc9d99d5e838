"""Faults of the walls around files: who may open one, where it comes from, what is shown of it, what may read it."""

from __future__ import annotations

from tests.seeded.running import Fault

PORT, DOWN = "tests/platforms/test_files.py::test_", "tests/assistant/test_downloads.py::test_"
IMAGES, READING, TEXTS = "tests/assistant/test_images.py::test_", "tests/ingest/test_reading.py::test_", "tests/ingest/test_file_texts.py::test_"
STORAGE, CHILD, OFFICE = "apps/platforms/adapters/freshdesk/files.py", "apps/ingest/reading/child.py", "apps/ingest/reading/office.py"

FAULTS = (
    Fault("a company's own helpdesk may send its files' links into the site", STORAGE,
          "allowed = allow_hosts if account.trusted else frozenset()", "allowed = allow_hosts",
          (f"{PORT}only_the_vendor_s_hosts_and_s3_hold_files",)),
    Fault("any machine at Amazon may hold files", STORAGE,
          "return host.endswith(VENDOR) or _S3.fullmatch(host) is not None", "return True",
          (f"{PORT}only_the_vendor_s_hosts_and_s3_hold_files",)),
    Fault("half a file passes for one", STORAGE, "if said and len(body) != said:", "if False:",
          (f"{PORT}half_a_file_more_than_a_file_and_a_link_that_leads_inside_are_no_file",)),
    Fault("an image of a message may be anything its helpdesk answers", STORAGE,
          "if urlsplit(url).path != _INLINE:", "if False:",
          (f"{PORT}an_image_of_a_message_is_read_by_its_own_address_and_no_other",)),
    Fault("a file is found by its id whatever the reach", "apps/assistant/readable.py",
          "message.ticket = find_ticket(message.ticket_id, reach_of(request.user))", "message.ticket = message.ticket",
          ("tests/assistant/test_reach.py::test_what_is_out_of_reach_is_answered_like_what_does_not_exist",)),
    Fault("a file of a note is open to whoever may not read notes", "apps/assistant/readable.py",
          'if message.is_private and not may("notes.read", request.user.role):', "if False:",
          (f"{DOWN}a_file_of_a_note_is_as_private_as_the_note",)),
    Fault("a file is shown as what it says it is", "apps/assistant/downloads.py",
          'content_type="application/octet-stream"', "content_type=found.content_type",
          (f"{DOWN}a_file_is_handed_over_to_be_kept_whatever_it_is",)),
    Fault("a file is shown inside the page", "apps/assistant/downloads.py", "content_disposition_header(True,", "content_disposition_header(False,",
          (f"{DOWN}a_file_is_handed_over_to_be_kept_whatever_it_is",)),
    Fault("what opened a file is not in the trail", "apps/assistant/downloads.py",
          'record("file_opened", subject=subject, outcome="given")', "pass",
          (f"{DOWN}a_file_is_handed_over_to_be_kept_whatever_it_is",)),
    Fault("what is no image is shown as one", "apps/assistant/images.py",
          "kind = image_type(body)", 'kind = image_type(body) or "image/png"',
          (f"{IMAGES}what_is_an_image_is_put_into_the_page_and_nothing_else",)),
    Fault("whatever is held for an image stands in the page", "apps/core/text/sent.py",
          "return value if _DATA.fullmatch(value) else None", "return value",
          ("tests/core/test_sent.py::test_what_is_no_image_of_four_kinds_is_not_let_through_whoever_holds_it",)),
    Fault("a reader of files has all the memory there is", CHILD, "(resource.RLIMIT_AS, MEMORY_BYTES), ", "",
          (f"{READING}what_kills_the_child_kills_nobody_else",)),
    Fault("a reader of files may write", CHILD, "(resource.RLIMIT_FSIZE, 0),", "",
          (f"{READING}a_child_writes_no_file_starts_nothing_and_knows_nothing",)),
    Fault("a reader of files knows the site's secrets", "apps/ingest/reading/__init__.py", "env={}", "env=None",
          (f"{READING}a_child_writes_no_file_starts_nothing_and_knows_nothing",)),
    Fault("a document may unfold for ever", OFFICE, "if self._room < 0:", "if False:",
          (f"{READING}what_cannot_be_read_says_why",)),
    Fault("a document may declare what its words mean", OFFICE, "parser.StartDoctypeDeclHandler = self._refuse", "pass",
          (f"{READING}what_cannot_be_read_says_why",)),
    Fault("files are read before threads", "apps/ingest/filetexts.py", "return not threads.exists() and may_read()", "return may_read()",
          (f"{TEXTS}threads_come_first_and_the_newest_files",)),
    Fault("words of a file are public whatever its message is", "apps/ingest/indexing.py",
          "file.language, message.visibility, message.updated_at", 'file.language, "public", message.updated_at',
          (f"{TEXTS}words_of_a_file_are_found_and_quoted_as_the_file_s",)),
    Fault("words of a file are found whatever the reach", "apps/assistant/loading.py",
          'shown.filter(in_reach(reach, "message__ticket__"), ', "shown.filter(",
          (f"{TEXTS}words_of_a_file_are_within_the_reach_of_its_ticket",)),
    Fault("a company that wants no files read has them read", "apps/ingest/filetexts.py",
          "if file is not None and file.message.ticket.connection.reads_files else None", "if file is not None else None",
          (f"{TEXTS}a_company_may_have_no_files_read_and_what_was_read_is_forgotten",)),
)  # fmt: skip
