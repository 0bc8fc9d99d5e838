"""Keeps mirror and index fresh."""

from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "apps.ingest"
    label = "ingest"

    def ready(self) -> None:
        from apps.ingest.filetexts import may_read_files, read_files
        from apps.ingest.hints import may_ask, read_hints
        from apps.ingest.indexing import index_articles, index_tickets
        from apps.ingest.looking import look_at_tickets
        from apps.ingest.models import Outbox
        from apps.ingest.notices import mail_notices, note_accepted, note_refused
        from apps.ingest.outbox import register
        from apps.ingest.reindexing import may_walk, walk_afresh, walk_on
        from apps.ingest.rows import read_rows
        from apps.ingest.second import second_articles
        from apps.ingest.threads import at_once, may_read, read_threads
        from apps.ingest.written import keep_written
        from apps.platforms.signals import accepted, refused, written

        register(Outbox.Kind.HINT, read_hints, batch=10, ready=may_ask)
        register(Outbox.Kind.LOOK, look_at_tickets, batch=10, ready=may_read)
        register(Outbox.Kind.THREAD, read_threads, batch=at_once, ready=may_read)
        register(Outbox.Kind.ROW, read_rows, batch=1, ready=may_read)
        register(Outbox.Kind.INDEX_ARTICLE, index_articles, batch=10)
        register(Outbox.Kind.INDEX_TICKET, index_tickets, batch=10)
        register(Outbox.Kind.FILE, read_files, batch=1, ready=may_read_files)
        register(Outbox.Kind.SECOND_ARTICLE, second_articles, batch=1)
        register(Outbox.Kind.NOTICE, mail_notices, batch=10)
        refused.connect(note_refused, dispatch_uid="deskhand.ingest.refused")
        accepted.connect(note_accepted, dispatch_uid="deskhand.ingest.accepted")
        register(Outbox.Kind.REINDEX, walk_on, batch=1, ready=may_walk)
        register(Outbox.Kind.REINDEX_AFRESH, walk_afresh, batch=1, ready=may_walk)
        written.connect(keep_written, dispatch_uid="deskhand.ingest.written")
