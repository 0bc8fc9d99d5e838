"""Settings, entry points and addresses of Deskhand."""

import os

# Numpy's library reads it once, when it is loaded, which the next line may do: so before the settings, which check it.
# Left alone it starts a thread for every core in every process, and they wait by spinning (decision 0070).
os.environ["OPENBLAS_NUM_THREADS"] = os.environ.get("MODELS_THREADS") or "1"

from config.celery import app as celery_app  # noqa: E402 - see above

__all__ = ["celery_app"]
