"""Runs in a venv of its own: snowloader as its documentation shows it. Prints one JSON line."""

import json
import sys

from snowloader import AttachmentLoader, IncidentLoader, KnowledgeBaseLoader, SnowConnection


def main(host: str, user: str, password: str) -> None:
    connection = SnowConnection(instance_url=f"http://{host}", username=user, password=password, page_size=10)
    incidents = {one.metadata["sys_id"]: one.page_content for one in IncidentLoader(connection=connection, include_journals=True).lazy_load()}
    articles = {one.metadata["sys_id"]: one.page_content for one in KnowledgeBaseLoader(connection=connection).lazy_load()}
    files = [one.metadata["sys_id"] for one in AttachmentLoader(connection=connection, query="table_name=incident").lazy_load()]
    print(json.dumps({"tickets": incidents, "articles": articles, "files": files}))


main(*sys.argv[1:])
