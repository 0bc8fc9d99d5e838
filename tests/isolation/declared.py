"""Whose is it? What cannot say so itself; test_declared.py walks the product and misses nothing.

| kind              | where it is declared                                                             |
|---|---|
| address           | a row of COMPANY, PUBLIC or OPERATOR in tests/isolation/test_routes.py           |
| admin page        | the model inherits CompanyModel; other pages: ADMIN_PAGES below                  |
| task              | base=CompanyTask or base=OperatorTask                                            |
| command           | CompanyCommand, or JsonCommand with scope = Scope.OPERATOR                       |
| cache namespace   | tenancy.cache.declare(): always a company's; other clients: CACHE_CLIENTS below  |
| call of vectors   | VECTOR_CALLS below                                                               |
| log, audit event  | LOG_EVENTS, AUDIT_EVENTS in apps/core/events.py                                  |
| metric            | METRICS in apps/core/events.py                                                   |
| file              | FILES below                                                                      |
"""

from __future__ import annotations

from apps.core.events import Scope

COMPANY, PUBLIC, OPERATOR = Scope.COMPANY, Scope.PUBLIC, Scope.OPERATOR

# Addresses core.health answers on every host, before any of the routes.
PROBES: dict[str, Scope] = {"/healthz": PUBLIC, "/readyz": PUBLIC, "/metrics": OPERATOR}

# Pages of an admin that no ModelAdmin brings by itself. Those of a CompanyModel are its company's.
ADMIN_PAGES: dict[str, Scope] = {
    "admin/": COMPANY,
    "admin/login/": PUBLIC,
    "admin/logout/": PUBLIC,
    "admin/password_change/": COMPANY,
    "admin/password_change/done/": COMPANY,
    "admin/autocomplete/": COMPANY,
    "admin/jsi18n/": COMPANY,
    "admin/r/<path:content_type_id>/<path:object_id>/": COMPANY,
    "admin/<app_label>/": COMPANY,
    "admin/<url>": COMPANY,  # what is none of the others: sign in, then 404
}

# Tasks that come with Celery: they combine ours and read nothing.
LIBRARY_TASKS: dict[str, Scope] = dict.fromkeys(
    ["celery.accumulate", "celery.backend_cleanup", "celery.chain", "celery.chord", "celery.chord_unlock", "celery.chunks",
     "celery.group", "celery.map", "celery.starmap"], OPERATOR,
)  # fmt: skip

# Packages whose commands are in manage.py: for whoever has a shell on the machine. No company is bound in them.
LIBRARY_COMMANDS: dict[str, Scope] = dict.fromkeys(
    ["django.core", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
     "django.contrib.staticfiles", "django_tenants", "drf_spectacular", "rest_framework"], OPERATOR,
)  # fmt: skip

# Files that may talk to the cache server, and the aliases of CACHES. Everything else goes through a namespace.
CACHE_CLIENTS: dict[str, Scope] = {
    "apps/tenancy/cacheserver.py": COMPANY,  # under tenancy.cache, which puts the company into every key
    "apps/tenancy/sweeping.py": OPERATOR,  # at a company's end: every key of it, then the server's files
    "apps/tenancy/queues.py": OPERATOR,  # the queue, not the cache: messages of a company that is closed
    "CACHES default": COMPANY,  # its KEY_FUNCTION does
}

# Function of apps/search/index.py and what it asks of the engine.
VECTOR_CALLS: dict[str, Scope] = {
    "CompanyIndex.put: upsert": COMPANY,
    "CompanyIndex.delete: delete": COMPANY,
    "CompanyIndex.place: set_payload": COMPANY,
    "CompanyIndex.doubt: set_payload": COMPANY,
    "CompanyIndex.count: count": COMPANY,
    "CompanyIndex._scroll: scroll": COMPANY,
    "CompanyIndex._ask: query_points": COMPANY,
    "erase_company: count": COMPANY,
    "erase_company: delete": COMPANY,
    "erase_connection: delete": COMPANY,
    "sweep_index: update_collection": OPERATOR,
    "_collections: get_collections": OPERATOR,
    "ensure_collection: get_aliases": OPERATOR,
    "ensure_collection: collection_exists": OPERATOR,
    "ensure_collection: create_payload_index": OPERATOR,
    "_index_keywords: create_payload_index": OPERATOR,
    "ensure_collection: update_collection_aliases": OPERATOR,
    "_create_collection: create_collection": OPERATOR,
}

# Metrics of libraries, by the first word of their names. They know methods, views and tables, never a company.
LIBRARY_METRICS: dict[str, Scope] = {"django": OPERATOR, "process": OPERATOR, "python": OPERATOR}

# Functions that write files, and where to.
FILES: dict[str, Scope] = {
    "apps/compliance/heads.py: __enter__": COMPANY,  # AUDIT_HEADS_DIR/<company>.jsonl
    "apps/compliance/management/commands/export_audit.py: perform": COMPANY,  # where the person who exports says
    "apps/ingest/management/commands/import_json.py: perform": OPERATOR,  # the report, where whoever imports says
    "apps/platforms/adapters/json_store/folder.py: opened_file": COMPANY,  # JSON_STORE_ROOT/…/<company>, to read
    "apps/platforms/adapters/json_store/folder.py: opened_folder": COMPANY,
    "apps/platforms/adapters/json_store/stating.py: write_state": OPERATOR,  # state.json of a folder below JSON_STORE_ROOT
    "apps/tenancy/management/commands/build_template.py: perform": OPERATOR,  # apps/tenancy/template.sql
}
