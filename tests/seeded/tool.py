"""Faults made by a mutation tool (cosmic-ray; `python -m tests.seeded.mutants`): every `and`, `or` and `not` that decides.

Generated once, then kept as text like the others: the tool is not needed to run them. Mutants that change nothing are
named with the reason in docs/decisions.
"""

from __future__ import annotations

from tests.seeded.running import Fault

EDGE = "apps/tenancy/middleware.py"
INDEX = "apps/search/index.py"
TASKS = "apps/tenancy/tasks.py"
BACKEND = "apps/tenancy/backend/base.py"
BODIES = "apps/tenancy/bodies.py"
REGISTRY = "apps/tenancy/registry.py"
MODELS = "apps/tenancy/models.py"
CREDENTIALS = "apps/tenancy/credentials.py"
SESSIONS = "apps/accounts/sessions.py"
TESTS = {
    EDGE: (
        "tests/tenancy/test_edge.py",
        "tests/accounts/test_views.py::test_the_bare_host_tells_nothing_about_who_is_there",
    ),
    INDEX: ("tests/search/test_walls.py", "tests/search/test_index.py"),
    TASKS: ("tests/tenancy/test_tasks.py",),
    BACKEND: ("tests/tenancy/test_walls.py", "tests/tenancy/test_backend.py"),
    BODIES: ("tests/tenancy/test_bodies.py", "tests/isolation/test_bodies_served.py"),
    REGISTRY: ("tests/isolation/test_hosts.py", "tests/tenancy/test_edge.py"),
    MODELS: (
        "tests/isolation/test_crossed.py::test_a_row_of_another_company_that_came_through_all_the_same_is_an_alarm_too",
        "tests/tenancy/test_walls.py::test_a_row_read_without_its_company_is_no_leak",
    ),
    CREDENTIALS: ("tests/tenancy/test_edge.py",),
    SESSIONS: ("tests/accounts/test_sessions.py",),
}


def row(file: str, operator: str, old: str, new: str) -> Fault:
    return Fault(f"{operator}: {new}", file, old, new, TESTS[file], "cosmic-ray")


FAULTS = (
    row(SESSIONS, "ReplaceAndWithOr",
        'key = parts[1] if binding and parts and parts[0] == binding.company_id else None',
        'key = parts[1] if binding and parts or parts[0] == binding.company_id else None'),
    row(SESSIONS, "ReplaceAndWithOr",
        'key = parts[1] if binding and parts and parts[0] == binding.company_id else None',
        'key = parts[1] if binding or parts and parts[0] == binding.company_id else None'),
    row(SESSIONS, "ReplaceAndWithOr",
        'if cookie is not None and cookie.value and binding is not None:',
        'if cookie is not None and cookie.value or binding is not None:'),
    row(SESSIONS, "ReplaceAndWithOr",
        'if cookie is not None and cookie.value and binding is not None:',
        'if cookie is not None or cookie.value and binding is not None:'),
    row(INDEX, "ReplaceUnaryOperator_Delete_Not",
        'if not wanted:',
        'if wanted:'),
    row(INDEX, "ReplaceUnaryOperator_Delete_Not",
        'if not vector.indices:',
        'if vector.indices:'),
    row(EDGE, "ReplaceAndWithOr",
        'if at_host is None and not shared:',
        'if at_host is None or not shared:'),
    row(EDGE, "ReplaceAndWithOr",
        'bare = host == settings.BASE_DOMAIN and (path == "/" or path.startswith(BARE_PATHS[1:]))',
        'bare = host == settings.BASE_DOMAIN or (path == "/" or path.startswith(BARE_PATHS[1:]))'),
    row(EDGE, "ReplaceAndWithOr",
        'if sent and claimed != at_host.company_id:',
        'if sent or claimed != at_host.company_id:'),
    row(EDGE, "ReplaceAndWithOr",
        'if sent and header is not None and header != at_host.company_id:',
        'if sent and header is not None or header != at_host.company_id:'),
    row(EDGE, "ReplaceAndWithOr",
        'if verdict.audit is not None and verdict.audit.status == Company.Status.ACTIVE:',
        'if verdict.audit is not None or verdict.audit.status == Company.Status.ACTIVE:'),
    row(CREDENTIALS, "ReplaceOrWithAnd",
        'if match is None or _checksum(token[:-7]) != match[4]:',
        'if match is None and _checksum(token[:-7]) != match[4]:'),
    row(INDEX, "ReplaceOrWithAnd",
        'if (point.payload or {}).get("company_id") != self._company_id:',
        'if (point.payload and {}).get("company_id") != self._company_id:'),
    row(INDEX, "ReplaceOrWithAnd",
        'return models.Filter(must=must, must_not=must_not or None)',
        'return models.Filter(must=must, must_not=must_not and None)'),
    row(BACKEND, "ReplaceAndWithOr",
        'return one is not None and (one.schema, one.company_id) == (other.schema, other.company_id)',
        'return one is not None or (one.schema, one.company_id) == (other.schema, other.company_id)'),
    row(BACKEND, "ReplaceUnaryOperator_Delete_Not",
        'if self._bound is not None and not _same(binding, self._bound):',
        'if self._bound is not None and _same(binding, self._bound):'),
    row(BACKEND, "ReplaceUnaryOperator_Delete_Not",
        'if not self.in_atomic_block:',
        'if self.in_atomic_block:'),
    row(BODIES, "ReplaceOrWithAnd",
        'if binding is None or not response.streaming or getattr(response, "file_to_stream", None) is not None:',
        'if binding is None and not response.streaming or getattr(response, "file_to_stream", None) is not None:'),
    row(MODELS, "ReplaceAndWithOr",
        'if owner is not None and (binding is None or binding.company_id != owner):',
        'if owner is not None or (binding is None or binding.company_id != owner):'),
    row(MODELS, "ReplaceOrWithAnd",
        'if owner is not None and (binding is None or binding.company_id != owner):',
        'if owner is not None and (binding is None and binding.company_id != owner):'),
    row(REGISTRY, "ReplaceOrWithAnd",
        'return Binding(self.schema, claimed or self.company_id, self.region, principal)',
        'return Binding(self.schema, claimed and self.company_id, self.region, principal)'),
    row(REGISTRY, "ReplaceOrWithAnd",
        'return domain.verified_at is not None or domain.domain == f"{company_id}.{settings.BASE_DOMAIN}"',
        'return domain.verified_at is not None and domain.domain == f"{company_id}.{settings.BASE_DOMAIN}"'),
    row(TASKS, "ReplaceOrWithAnd",
        'if company is None or company.status != Company.Status.ACTIVE:',
        'if company is None and company.status != Company.Status.ACTIVE:'),
    row(TASKS, "ReplaceUnaryOperator_Delete_Not",
        'if not envelope:',
        'if envelope:'),
)  # fmt: skip
