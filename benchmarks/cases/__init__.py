"""The benchmarks: each module's run(urls, short) measures a public face of the product beside its floor or peer.

It returns the line to print: name, ours, reference, reference_name, ratio, goal, ok and figures of its own. A short
run shows that the benchmark works; its figures mean nothing.
"""

NAMES = (
    "tenant_create", "tenant_switch", "tenant_migrate", "upsert", "api_list", "api_detail", "api_brief", "html_text", "audit", "audit_verify", "cache", "vectors_busy", "search", "answer_overhead", "resync_cost", "sync_e2e",
)  # fmt: skip
