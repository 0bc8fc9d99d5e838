"""Faults at the edge and in the other stores: requests, tasks, cache, vectors, keys, audit, files, logs."""

from __future__ import annotations

from tests.seeded.running import Fault

EDGE, INDEX, TASKS, CACHE = (
    "apps/tenancy/middleware.py",
    "apps/search/index.py",
    "apps/tenancy/tasks.py",
    "apps/tenancy/cache.py",
)
CRYPTO, CHAIN, EVENTS = "apps/core/crypto.py", "apps/core/chain.py", "apps/core/events.py"
TABLE, DECLARED, TURNED = (
    ("tests/tenancy/test_edge.py",),
    ("tests/isolation/test_declared.py",),
    ("tests/tenancy/test_tasks.py",),
)
CURSORS = (
    "tests/isolation/test_replay.py::test_a_cursor_is_refused_elsewhere_like_one_we_never_made",
    "tests/isolation/test_replay.py::test_a_cursor_that_was_changed_is_refused",
)
BOUNDED = (
    "tests/tenancy/test_bounded_cache.py::test_another_company_sees_nothing_under_the_same_key",
    "tests/tenancy/test_bounded_cache.py::test_a_value_of_another_company_or_region_is_a_leak_and_counted",
    "tests/tenancy/test_bounded_cache.py::test_forgetting_one_company_leaves_the_others",
)
SEALED = ("tests/core/test_crypto.py",)
FOUND = ("tests/search/test_walls.py",)
OWN_IDS = "condition = models.Filter(must=[self._own(), models.HasIdCondition(has_id=wanted)])\n"

FAULTS = (
    Fault("X-Company-ID is looked at before the credential", EDGE,
          "if sent and claimed != at_host.company_id:",
          "if sent and header not in (None, at_host.company_id):\n        return Refusal(403, \"company_mismatch\", audit=at_host)\n"
          "    if sent and claimed != at_host.company_id:", TABLE),
    Fault("the company of a token or session is not compared with the host", EDGE,
          "if sent and claimed != at_host.company_id:", "if False:", TABLE),
    Fault("X-Company-ID is not compared at a company's host", EDGE,
          "if sent and header is not None and header != at_host.company_id:", "if False:", TABLE),
    Fault("X-Company-ID is not asked for at the shared host", EDGE, "    if header is None:\n", "    if False:\n", TABLE),
    Fault("X-Company-ID selects the company at the shared host", EDGE,
          "company = company_named(claimed) if claimed else None", "company = company_named(header or claimed or \"\")", TABLE),
    Fault("a suspended company is served", EDGE, "if company.status == Company.Status.ACTIVE:\n        return company.binding",
          "if True:\n        return company.binding", TABLE),
    Fault("the database is told the company of the host twice", EDGE,
          "return company.binding(claimed=claimed)", "return company.binding()", ("tests/isolation/test_crossed.py::test_the_edge_hands_schema_and_credential_on_apart",)),
    Fault("parts of a streamed body are made outside the company", EDGE,
          "return bind_body(self.get_response(request))", "return self.get_response(request)",
          ("tests/isolation/test_bodies_served.py",)),
    Fault("parts of a body streamed asynchronously are made outside the company", EDGE,
          "return bind_body(await self.get_response(request))", "return await self.get_response(request)",
          ("tests/isolation/test_bodies_served.py",)),
    Fault("a host name nobody has verified serves a company", "apps/tenancy/registry.py",
          "return domain.verified_at is not None or", "return True or", ("tests/isolation/test_hosts.py::test_a_name_of_the_company_s_own_serves_only_once_verified",)),
    Fault("a token's checksum is not looked at", "apps/tenancy/credentials.py",
          "if match is None or _checksum(token[:-7]) != match[4]:", "if match is None:", TABLE),
    Fault("a session cookie's company is not compared", "apps/accounts/sessions.py",
          "if binding and parts and parts[0] == binding.company_id else None", "if parts else None",
          ("tests/accounts/test_sessions.py",)),
    Fault("a cursor opens for every company", "apps/core/api.py",
          'text = f"{company_id}\\0{body.decode()}"', 'text = f"\\0{body.decode()}"', CURSORS),
    Fault("a cursor is not sealed", "apps/core/api.py",
          "parts = orjson.loads(body) if constant_time_compare(seal, _seal(body, company_id)) else None",
          "parts = orjson.loads(body)", CURSORS),
    Fault("an envelope of a task is read without its signature", TASKS,
          "        facts: dict[str, Any] = signing.loads(envelope, salt=SALT)\n",
          "        facts: dict[str, Any] = signing.JSONSerializer().loads(signing.b64_decode(envelope.split(\":\")[0].lstrip(\".\").encode()))\n",
          TURNED),
    Fault("an envelope serves for every task", TASKS, 'if facts["task"] != task:', "if False:", TURNED),
    Fault("a task runs for a company that is suspended or closed", TASKS,
          "if company is None or company.status != Company.Status.ACTIVE:", "if company is None:", TURNED),
    Fault("a task without an envelope runs unbound", TASKS,
          '        facts = open_envelope(self.name, self._envelope())\n',
          "        if not self._envelope():\n            return super().__call__(*args, **kwargs)\n"
          "        facts = open_envelope(self.name, self._envelope())\n", DECLARED),
    Fault("a command runs although it does not say whose data it touches", "apps/tenancy/commands.py",
          "        if self.scope is None:", "        if False:", DECLARED),
    Fault("keys of Django's cache lack the company", CACHE,
          'return f"t:{{{current_company().company_id}}}:v{VERSION}:{prefix}:{version}:{key}"',
          'return f"t:{{all}}:v{VERSION}:{prefix}:{version}:{key}"', ("tests/tenancy/test_cache.py",)),
    Fault("keys of the product's cache lack the company", CACHE,
          'return f"t:{{{company_id}}}:v{VERSION}:"', 'return f"t:{{all}}:v{VERSION}:"', BOUNDED),
    Fault("the envelope of a cached value is not looked at", CACHE, "if not raw.startswith(place.head, 13):", "if False:", BOUNDED),
    Fault("a search leaves out the company", INDEX,
          '            self._own(),\n            models.FieldCondition(key="kind"', '            models.FieldCondition(key="kind"', DECLARED),
    Fault("weights of words count documents of all companies", INDEX,
          "corpus=models.Filter(must=[self._own()]))\n        return self._query", "corpus=models.Filter(must=[]))\n        return self._query",
          DECLARED),
    Fault("points of all companies are counted", INDEX, "count_filter=models.Filter(must=[self._own()])", "count_filter=models.Filter()",
          DECLARED),
    Fault("a point of another company is handed out", INDEX,
          'if (point.payload or {}).get("company_id") != self._company_id:', "if False:", FOUND),
    Fault("two companies with equal remote ids share a point", INDEX,
          'f"{current_company().company_id}/{profile}/{kind}/{source_id}/{position}"', 'f"{profile}/{kind}/{source_id}/{position}"', FOUND),
    Fault("a point can name another company than the bound one", INDEX,
          'payload = point.payload | {"company_id": self._company_id}', 'payload = {"company_id": self._company_id} | point.payload', FOUND),
    Fault("the index is erased for all companies", INDEX, "client, condition, erased = _client(), models.Filter(must=[own]), 0",
          "client, condition, erased = _client(), models.Filter(), 0", ("tests/search/test_erasing.py",)),
    Fault("a sealed secret opens for another company", CRYPTO,
          'return f"{company_id}\\x00{field}".encode()', 'return f"{field}".encode()', SEALED),
    Fault("a company's key opens under another company's name", CRYPTO,
          'return f"deskhand.company-key\\x00{company_id}\\x00{key_id.hex}".encode()',
          'return f"deskhand.company-key\\x00{key_id.hex}".encode()', SEALED),
    Fault("secrets are sealed and opened for a company that is not bound", CRYPTO,
          "if _bound_company() != company_id:", "if False:", SEALED),
    Fault("all companies share the key of the audit trail", CHAIN,
          'f"deskhand.audit.{purpose}\\x00{company_id}".encode()', 'f"deskhand.audit.{purpose}".encode()', ("tests/core/test_audit.py",)),
    Fault("any field may be logged and audited", EVENTS, "    if shape is None:\n        return False\n", "    if shape is None:\n        return True\n",
          ("tests/core/test_events.py",)),
    Fault("any text passes as an allowed field", EVENTS,
          "return isinstance(value, str) and _TEXTS[shape].fullmatch(value) is not None", "return isinstance(value, str)",
          ("tests/core/test_events.py",)),
    Fault("heads of all audit trails lie in one file", "apps/compliance/heads.py",
          'f"{current_company().company_id}.jsonl"', '"heads.jsonl"', DECLARED),
    Fault("everybody may read the metrics", "apps/core/health.py",
          'allowed = local and "X-Forwarded-For" not in request.headers', "allowed = True", TABLE),
)  # fmt: skip
