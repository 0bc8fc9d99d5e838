"""Celery's options and the beat's schedule."""

from celery.schedules import crontab
from django.conf import settings

from apps.tenancy.names import PATIENT_QUEUE, PROVISION_QUEUE

broker_url = settings.BROKER_URL
broker_connection_retry_on_startup = True
broker_transport_options = {
    "visibility_timeout": 600,  # > 5 x the hard limit
    "unacked_restore_interval": 2,  # kombu's default sweep takes about 100 s to find a dead worker's messages
    "unacked_restore_throttle": 1,
    "queue_order_strategy": "round_robin",
    "global_keyprefix": "deskhand:",
}
result_backend = None
task_ignore_result = True
task_acks_late = True
task_reject_on_worker_lost = True
task_serializer = "json"
accept_content = ["json"]
task_soft_time_limit = 60
task_time_limit = 90
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False
worker_send_task_events = False
task_default_queue = "interactive"
task_routes = {
    "ingest.sync_*": {"queue": "sync"},
    "ingest.read_*": {"queue": "sync"},
    "ingest.index_*": {"queue": "index"},
    "ingest.second_*": {"queue": PATIENT_QUEUE},
    "ingest.mail_*": {"queue": PATIENT_QUEUE},
    "assistant.brief_*": {"queue": "index"},
    "accounts.sweep_*": {"queue": "index"},
    "accounts.*": {"queue": "interactive"},
    "compliance.*": {"queue": "index"},
    "platforms.send_*": {"queue": "interactive"},
    "tenancy.provision_*": {"queue": PROVISION_QUEUE},
}
beat_schedule = {
    "sync-due": {"task": "ingest.sync_due", "schedule": 5.0, "options": {"expires": 5}},
    "send-due": {"task": "platforms.send_due", "schedule": 5.0, "options": {"expires": 5}},
    "sync-sweep": {"task": "ingest.sync_sweep", "schedule": 600.0, "options": {"expires": 500}},
    "sync-watch": {"task": "ingest.sync_watch", "schedule": 300.0, "options": {"expires": 240}},
    "index-compare": {"task": "ingest.index_compare", "schedule": crontab(minute="23", hour="3"), "options": {"expires": 3000}},
    "provision-due": {"task": "tenancy.provision_due", "schedule": 5.0, "options": {"expires": 5}},
    "ask-companies": {"task": "console.ask_companies", "schedule": 300.0, "options": {"expires": 240}},
    "sweep-sessions": {"task": "accounts.sweep_sessions", "schedule": 600.0, "options": {"expires": 540}},
    "audit-heads": {"task": "compliance.keep_heads", "schedule": crontab(minute="7"), "options": {"expires": 3000}},
    "brief-renew": {"task": "assistant.brief_renew", "schedule": 15.0, "options": {"expires": 15}},
}
