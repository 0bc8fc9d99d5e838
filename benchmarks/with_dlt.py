"""Runs in a venv of its own: dlt's REST source, declared as its manual says, into files. Prints one JSON line."""

import json
import sys
import tempfile
import time

import dlt
from dlt.destinations import filesystem
from dlt.sources.rest_api import rest_api_source


def main(base_url: str, key: str) -> None:
    """Tickets with their threads from the beginning; a thread for each ticket, side by side."""
    walk = {"per_page": 100, "updated_since": "2000-01-01T00:00:00Z", "order_by": "updated_at", "order_type": "asc"}
    source = rest_api_source({
        "client": {
            "base_url": f"{base_url}/api/v2/",
            "auth": {"type": "http_basic", "username": key, "password": "X"},
            "paginator": {"type": "header_link"},
        },
        "resources": [
            {"name": "tickets", "primary_key": "id", "endpoint": {
                "path": "tickets", "params": {**walk, "include": "description"}}},
            {"name": "conversations", "primary_key": "id", "parallelized": True, "endpoint": {
                "path": "tickets/{resources.tickets.id}/conversations", "params": {"per_page": 100}}},
        ],
    })  # fmt: skip
    # Each ticket by itself: a page of them would be one job, and its threads would be asked for in turn.
    source.resources["tickets"].add_yield_map(lambda ticket: iter([[ticket]]))
    with tempfile.TemporaryDirectory() as folder:
        began, cpu = time.perf_counter(), time.process_time()
        pipeline = dlt.pipeline("peer", destination=filesystem(bucket_url=f"file://{folder}/stored"), pipelines_dir=folder)
        pipeline.run(source, loader_file_format="jsonl")
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        counts = {name: int(n) for name, n in pipeline.last_trace.last_normalize_info.row_counts.items()}
    print(json.dumps({"seconds": seconds, "cpu": cpu, "tickets": counts["tickets"], "messages": counts["conversations"]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
