"""Faults of whom a model is asked of, and of what it may cost."""

from __future__ import annotations

from tests.seeded.running import Fault

MODELS, ROUTER = "tests/llm/test_models.py", "tests/llm/test_router.py"

FAULTS = (
    Fault("two calls see the same room in a budget", "apps/llm/budget.py", ".select_for_update().order_by(\"pk\"))\n    now =",
          ".order_by(\"pk\"))\n    now =", (f"{MODELS}::test_of_fifty_at_once_on_a_budget_of_one_call_one_is_made",)),
    Fault("a model is asked in another region", "apps/llm/services.py", " or connection.region != current_company().region:", ":",
          (f"{MODELS}::test_only_where_the_company_s_data_is_kept",)),
    Fault("the second call leaves the region", "apps/llm/router.py", "if one.region == targets[0].region]", "if True]",
          (f"{ROUTER}::test_the_second_call_goes_to_a_model_of_the_same_region_or_to_nobody",)),
)  # fmt: skip
