"""Every company at the next release: by replay, in the ordinary way, past busy and broken ones, after kill -9."""

from __future__ import annotations

import random
import time

import psycopg
import pytest

from apps.tenancy.management.commands.build_template import dump
from apps.tenancy.upgrading import LOCK
from embedded.postgres import installation
from tests.tenancy.releases import next_release

PG_DUMP = str(installation() / "bin" / "pg_dump")
COMPANIES = ("wren", "two-b", "three", "four", "five", "six")
SCHEMAS = ["c_five", "c_four", "c_six", "c_three", "c_two_b", "c_wren"]
COLUMN = "migrations.AddField('chunk', 'shade', models.TextField(null=True))"
TABLE = """
migrations.CreateModel('Shade', fields=[
    ('id', models.BigAutoField(primary_key=True)), ('company_id', models.TextField()),
    ('chunk', models.ForeignKey('search.chunk', models.CASCADE)), ('word', models.CharField(max_length=9, db_index=True))])
"""
NUMBER = "migrations.AddField('chunk', 'number', models.PositiveIntegerField(default=7))"
WORDS = "migrations.RunSQL(\"INSERT INTO search_shade (company_id, chunk_id, word) SELECT company_id, id, '100%' FROM search_chunk\")"
STRICT = "migrations.AlterField('shade', 'word', models.CharField(max_length=20, unique=True))"
HAS = """
SELECT table_schema FROM information_schema.columns WHERE table_name = 'search_chunk' AND column_name = %s ORDER BY 1
"""
OPEN = """
SELECT oid::regclass FROM pg_class WHERE oid::regclass::text LIKE %s AND relkind = 'r' AND NOT relforcerowsecurity
  AND relname <> 'django_migrations'
"""


@pytest.fixture
def release(superuser_url, django_db_setup, tmp_path):
    folder = tmp_path / "next"
    folder.mkdir()
    with next_release(superuser_url, folder, *COMPANIES) as made:
        yield made


def test_a_column_is_replayed_everywhere(release):
    release.add("0090_shade", COLUMN)
    plan = release.run("--plan")
    assert plan["behind"] == [
        {"schemas": SCHEMAS, "migrations": ["search.0090_shade"], "way": "replayed", "because": {}}
    ]
    assert release.ask(HAS, "shade") == []
    found = release.run()
    assert found["migrated"] == SCHEMAS and found["complete"] and found["ordinary"] == {}
    assert release.ask(HAS, "shade") == [(schema,) for schema in SCHEMAS]
    release.ask("INSERT INTO c_six.django_migrations (app, name, applied) VALUES ('search', '0999_later', now())")
    found = release.run()
    assert (found["companies"], found["migrated"], found["unknown"], found["complete"]) == (6, [], ["c_six"], True)


def test_a_replayed_company_equals_one_that_was_migrated_the_ordinary_way(release):
    """Tables, keys, walls, grants, rows of a RunSQL, content types, permissions: as pg_dump sees them."""
    for schema in ("c_wren", "c_two_b"):
        chunk(release, schema)
    release.add("0090_shade", f"{NUMBER}, {TABLE}")
    release.add("0091_words", WORDS)
    release.add(
        "0092_strict", f"{STRICT}, migrations.AddIndex('chunk', models.Index(fields=['number'], name='by_number'))"
    )
    release.ask("ALTER TABLE c_wren.search_chunk DISABLE ROW LEVEL SECURITY")  # without its walls it goes the long way
    assert release.run()["migrated"] == SCHEMAS
    ordinary, replayed = (
        dump(PG_DUMP, release.url, schema=schema, company_id=company)
        for schema, company in (("c_wren", "wren"), ("c_two_b", "two-b"))
    )
    assert "0092_strict" in replayed and "by_number" in replayed and "'shade'" in replayed
    assert lines(replayed) == lines(ordinary)
    assert release.ask(OPEN, "c_%") == []  # nor is one open in the company the SQL was taken from
    assert release.ask("SELECT company_id, word FROM c_two_b.search_shade") == [("two-b", "100%")]


def test_what_is_more_than_sql_runs_in_each_company_and_is_named(release):
    head = (
        "import uuid\n\n\ndef mark(apps, editor):\n    apps.get_model('core', 'CompanyKey').objects.all().delete()\n\n"
    )
    release.add("0090_mark", "migrations.RunPython(mark, migrations.RunPython.noop)", head=head)
    release.add("0091_draw", "migrations.AddField('chunk', 'draw', models.UUIDField(default=uuid.uuid4))", head=head)
    for schema in SCHEMAS[:2]:
        chunk(release, schema)
    release.ask("COMMENT ON SCHEMA c_six IS 'being migrated'")  # a run was killed there
    found = release.run()
    assert found["migrated"] == SCHEMAS
    assert release.ask("SELECT obj_description('c_six'::regnamespace, 'pg_namespace')") == [(None,)]
    assert found["ordinary"] == {"search.0090_mark": "RunPython", "search.0091_draw": "computed default of chunk.draw"}
    drawn = release.ask("SELECT draw FROM c_five.search_chunk UNION SELECT draw FROM c_four.search_chunk")
    assert len(drawn) == 2  # not one value for all


def test_one_company_s_trouble_stops_no_other_and_tells_no_row(release):
    chunk(release, "c_three", "secret words", "2")
    chunk(release, "c_three", "secret words", "3")
    chunk(release, "c_five", "secret words", "4")  # the first by name: what all do must not be read off its luck
    chunk(release, "c_five", "secret words", "5")
    release.add("0090_once", "migrations.AddConstraint('chunk', models.UniqueConstraint(fields=['text'], name='once'))")
    found = release.run(code=1)
    assert found["migrated"] == [schema for schema in SCHEMAS if schema not in ("c_three", "c_five")]
    assert found["failed"].keys() == {"c_three", "c_five"}
    assert all(reason.startswith("UniqueViolation: ") and "secret" not in reason for reason in found["failed"].values())
    release.ask("DELETE FROM c_three.search_chunk; DELETE FROM c_five.search_chunk")
    assert release.run()["migrated"] == ["c_five", "c_three"]


def test_a_busy_company_is_left_for_later(release):
    release.add("0090_shade", COLUMN)
    with psycopg.connect(release.url) as reader:
        reader.execute("SELECT count(*) FROM c_four.search_chunk")  # holds its lock until the transaction ends
        began = time.monotonic()
        found = release.run("--lock-timeout", "0.2", "--attempts", "2", code=1)
        assert time.monotonic() - began < 20
        assert found["busy"] == ["c_four"] and not found["complete"]
        assert len(found["migrated"]) == 5
    assert release.run()["migrated"] == ["c_four"]


def test_a_second_run_is_refused_while_the_first_goes_on(release):
    release.add("0090_shade", COLUMN)
    with psycopg.connect(release.migrate_url, autocommit=True) as first:
        first.execute("SELECT pg_advisory_lock(hashtext(%s))", [LOCK])
        assert "migration_running" in release.run(code=1)["error"]
    assert release.ask(HAS, "shade") == []


@pytest.mark.verify
def test_a_run_killed_anywhere_is_finished_by_the_next(release):
    slow = "migrations.RunSQL('SELECT pg_sleep(0.3)')"
    release.add("0090_shade", f"{COLUMN}, {slow}, {TABLE}")
    release.add("0091_number", f"{NUMBER}, {slow}")
    dice = random.Random(7)
    for _ in range(5):
        process = release.start("--parallel", "2")
        time.sleep(1.0 + 1.5 * dice.random())
        process.kill()
        process.communicate()
        consistent(release)
    release.run()
    assert consistent(release) == set(SCHEMAS)


def consistent(release):
    """Schemas at the next release; each is wholly there or not at all."""
    done = set()
    for schema in SCHEMAS:
        rows = release.ask(f"SELECT name FROM {schema}.django_migrations WHERE name LIKE '009%'")
        columns = release.ask(
            "SELECT count(*) FROM information_schema.columns WHERE table_schema = %s AND table_name IN"
            " ('search_chunk', 'search_shade') AND column_name IN ('shade', 'number', 'word')", schema
        )  # fmt: skip
        assert (sorted(rows), columns) in (([], [(0,)]), ([("0090_shade",), ("0091_number",)], [(3,)]))
        assert release.ask(OPEN, f"{schema}.%") == []
        if rows:
            done.add(schema)
    return done


def chunk(release, schema, text="words", number="1"):
    company = schema.removeprefix("c_").replace("_", "-")
    release.ask(
        f"INSERT INTO {schema}.search_chunk (id, company_id, profile, kind, source_id, remote_id, position, start, \"end\","
        " header, text, language, visibility, content_hash, updated_at) VALUES (gen_random_uuid(), %s, 'p', 'message',"
        " gen_random_uuid(), %s, 0, 0, 1, '', %s, 'en', 'public', '', now())", company, number, text
    )  # fmt: skip


def lines(text):
    """Without ids of rows and times, which depend on what ran before."""
    import re

    text = re.sub(r"'\d{4}-\d\d-\d\d [\d:.+]+'", "'then'", re.sub(r"^\t\(\d+, ", "\t(", text, flags=re.MULTILINE))
    return sorted(line.rstrip(",;") for line in text.splitlines())
