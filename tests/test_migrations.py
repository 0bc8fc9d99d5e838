"""Models and migrations say the same."""

from __future__ import annotations

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.utils import translation


def test_no_change_of_a_model_lacks_its_migration():
    with translation.override(None):  # migrations name things by their msgids, as makemigrations writes them
        loader = MigrationLoader(None)
        detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
        assert detector.changes(graph=loader.graph) == {}
