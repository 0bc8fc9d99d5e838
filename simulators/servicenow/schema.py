"""The tables of a simulated instance: their fields, of which type each is, and which table extends which."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Literal

Kind = Literal["string", "reference", "choice", "datetime", "duration", "boolean", "integer", "journal", "list"]


@dataclass(frozen=True, slots=True)
class Field:
    """A column. `to` is the table a reference or a list leads to."""

    kind: Kind = "string"
    to: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`shown` is the field whose text stands for a row in a reference; `named` the label people see."""

    name: str
    fields: dict[str, Field]
    shown: str = "number"
    parent: str = ""
    label: str = ""
    plugin: bool = False
    choices: dict[str, dict[str, str]] = field(default_factory=dict)


def _fields(text: str) -> dict[str, Field]:
    """ "name, name:kind, name:>table" """
    made = {}
    for word in text.replace("\n", " ").split():
        name, _, kind = word.partition(":")
        made[name] = Field("reference", kind[1:]) if kind.startswith(">") else Field(kind or "string")  # type: ignore[arg-type]
    return made


_SYSTEM = _fields("""sys_id sys_created_on:datetime sys_created_by sys_updated_on:datetime sys_updated_by
    sys_mod_count:integer sys_tags""")
_DOMAIN = _fields("sys_class_name sys_domain:>sys_user_group sys_domain_path")
_TASK = _SYSTEM | _DOMAIN | _fields("""
    active:boolean activity_due:datetime additional_assignee_list approval:choice approval_history:journal approval_set:datetime
    assigned_to:>sys_user assignment_group:>sys_user_group business_duration:duration business_service:>cmdb_ci
    calendar_duration:duration close_notes closed_at:datetime closed_by:>sys_user cmdb_ci:>cmdb_ci comments:journal
    comments_and_work_notes:journal company:>core_company contact_type:choice correlation_display correlation_id
    delivery_plan delivery_task description due_date:datetime escalation:choice expected_start:datetime follow_up:datetime
    group_list impact:choice knowledge:boolean location:>cmn_location made_sla:boolean number opened_at:datetime
    opened_by:>sys_user order:integer parent:>task priority:choice reassignment_count:integer rejection_goto
    short_description sla_due:datetime state:choice time_worked:duration upon_approval upon_reject urgency:choice user_input
    watch_list wf_activity work_end:datetime work_notes:journal work_notes_list work_start:datetime
""")
_INCIDENT = _fields("""
    business_stc:integer calendar_stc:integer caller_id:>sys_user category:choice caused_by:>change_request
    child_incidents:integer close_code:choice hold_reason:choice incident_state:choice notify:choice
    parent_incident:>incident problem_id:>problem reopen_count:integer reopened_by:>sys_user reopened_time:datetime
    resolved_at:datetime resolved_by:>sys_user rfc:>change_request severity:choice subcategory:choice
    u_custom_field_test u_cost_centre
""")
_CASE = _fields("""
    account:>core_company active_account_escalation active_escalation asset auto_created_case:boolean business_impact case
    case_report category:choice cause caused_by:>change_request change child_case_creation_progress:boolean
    consumer contact:>sys_user contact_local_time contact_time_zone contract entitlement first_response_time:datetime
    follow_the_sun:boolean hierarchical_variables major_case_state:choice notes_to_comments:boolean notify:choice partner
    partner_contact probable_cause problem product recipient_list resolution_code:choice resolved_at:datetime
    resolved_by:>sys_user skills sn_app_cs_social_social_profile subcategory:choice support_manager sync_driver:boolean
    variable_pool variables
""")
_STATES = {"1": "New", "2": "In Progress", "3": "On Hold", "6": "Resolved", "7": "Closed", "8": "Canceled", "27": "Waiting for parts",
           "-5": "Parked"}  # fmt: skip
_LEVELS = {"1": "1 - High", "2": "2 - Medium", "3": "3 - Low"}
_PRIORITIES = {"1": "1 - Critical", "2": "2 - High", "3": "3 - Moderate", "4": "4 - Low", "5": "5 - Planning"}
_TASK_CHOICES = {
    "priority": _PRIORITIES, "impact": _LEVELS, "urgency": _LEVELS,
    "escalation": {"0": "Normal", "1": "Moderate", "2": "High", "3": "Overdue"},
    "contact_type": {"email": "Email", "phone": "Phone", "self-service": "Self-service", "walk-in": "Walk-in"},
}  # fmt: skip
_INCIDENT_CHOICES = {
    "state": _STATES, "incident_state": _STATES, "severity": _LEVELS,
    "hold_reason": {"1": "Awaiting Caller", "3": "Awaiting Problem", "4": "Awaiting Vendor", "5": "Awaiting Change"},
    "category": {"inquiry": "Inquiry / Help", "software": "Software", "hardware": "Hardware", "network": "Network",
                 "database": "Database"},
    "close_code": {"Solved (Permanently)": "Solved (Permanently)", "Solved (Work Around)": "Solved (Work Around)",
                   "Closed/Resolved by Caller": "Closed/Resolved by Caller"},
}  # fmt: skip
_CASE_CHOICES = {
    "state": {"1": "New", "10": "Open", "18": "Awaiting Info", "6": "Resolved", "3": "Closed"},
    "category": {"0": "Question", "1": "Issue", "3": "Feature"},
}
_ATTACHMENT = _SYSTEM | _fields("""file_name content_type size_bytes:integer size_compressed:integer compressed:boolean
    chunk_size_bytes:integer hash state:choice table_name table_sys_id average_image_color image_height image_width
    download_link""")
_KB = _SYSTEM | _DOMAIN | _fields("""
    active:boolean article_id article_type:choice author:>sys_user base_version:>kb_knowledge can_read_user_criteria:list
    cannot_read_user_criteria:list category description direct:boolean disable_suggesting:boolean display_attachments:boolean
    flagged:boolean image kb_category:>kb_category kb_knowledge_base:>kb_knowledge_base language:choice latest:boolean
    meta meta_description number parent:>kb_knowledge published:datetime rating retired:datetime roles short_description source
    text topic use_count:integer valid_to version:>kb_version view_as_allowed:boolean wiki workflow_state:choice
""")
_WORKFLOW = {"draft": "Draft", "review": "Review", "scheduled": "Scheduled for publish", "published": "Published",
             "pending_retirement": "Pending retirement", "retired": "Retired", "outdated": "Outdated"}  # fmt: skip
_KB_CHOICES = {"workflow_state": _WORKFLOW, "article_type": {"text": "HTML", "wiki": "Wiki"},
               "language": {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "ja": "Japanese", "ko": "Korean",
                            "zh": "Chinese"}}  # fmt: skip

TABLES = {one.name: one for one in (
    Table("task", _TASK, choices=_TASK_CHOICES, label="Task"),
    Table("incident", _TASK | _INCIDENT, parent="task", choices=_TASK_CHOICES | _INCIDENT_CHOICES, label="Incident"),
    Table("problem", _TASK, parent="task", choices=_TASK_CHOICES, label="Problem"),
    Table("sn_customerservice_case", _TASK | _CASE, parent="task", choices=_TASK_CHOICES | _CASE_CHOICES, label="Case",
          plugin=True),
    Table("ar_incident", _TASK | _INCIDENT, choices=_TASK_CHOICES | _INCIDENT_CHOICES, label="Archived Incident"),
    Table("sys_journal_field", _fields(
        "sys_id name element element_id value sys_created_on:datetime sys_created_by sys_tags"), shown="element"),
    Table("sys_attachment", _ATTACHMENT, shown="file_name"),
    Table("sys_user", _SYSTEM | _fields(
        "name user_name email first_name last_name active:boolean time_zone preferred_language phone title vip:boolean "
        "locked_out:boolean company:>core_company department manager:>sys_user location:>cmn_location"), shown="name"),
    Table("sys_user_group", _SYSTEM | _fields("name description email active:boolean manager:>sys_user parent:>sys_user_group"),
          shown="name"),
    Table("sys_user_grmember", _SYSTEM | _fields("user:>sys_user group:>sys_user_group"), shown="user"),
    Table("sys_user_has_role", _SYSTEM | _fields("user:>sys_user role:>sys_user_role inherited:boolean"), shown="role"),
    Table("sys_user_role", _SYSTEM | _fields("name description"), shown="name"),
    Table("sys_choice", _SYSTEM | _fields("name element language value label sequence:integer inactive:boolean hint dependent_value"),
          shown="label"),
    Table("sys_properties", _SYSTEM | _fields("name value description type"), shown="name"),
    Table("sys_dictionary", _SYSTEM | _fields("name element internal_type column_label reference active:boolean"), shown="element"),
    Table("sys_db_object", _SYSTEM | _fields("name label super_class:>sys_db_object"), shown="label"),
    Table("sys_audit_delete", _SYSTEM | _fields("tablename documentkey display_value"), shown="display_value"),
    Table("sys_rate_limit_rules", _SYSTEM | _fields("name"), shown="name"),
    Table("core_company", _SYSTEM | _fields("name"), shown="name"),
    Table("cmn_location", _SYSTEM | _fields("name"), shown="name"),
    Table("cmdb_ci", _SYSTEM | _fields("name"), shown="name"),
    Table("kb_knowledge", _KB, choices=_KB_CHOICES, label="Knowledge"),
    Table("kb_template_how_to", _KB | _fields("kb_introduction kb_instructions"), parent="kb_knowledge", choices=_KB_CHOICES,
          label="How to"),
    Table("kb_knowledge_base", _SYSTEM | _fields("title description active:boolean owner:>sys_user kb_version"), shown="title"),
    Table("kb_category", _SYSTEM | _fields("label value parent_id active:boolean parent_table full_category"), shown="label"),
    Table("kb_version", _SYSTEM | _fields("version knowledge:>kb_knowledge"), shown="version"),
    Table("kb_uc_can_read_mtom", _SYSTEM | _fields("kb_knowledge_base:>kb_knowledge_base user_criteria:>user_criteria"),
          shown="kb_knowledge_base"),
    Table("kb_uc_cannot_read_mtom", _SYSTEM | _fields("kb_knowledge_base:>kb_knowledge_base user_criteria:>user_criteria"),
          shown="kb_knowledge_base"),
    Table("user_criteria", _SYSTEM | _fields("name active:boolean match_all:boolean user:list group:list role:list company:list "
          "location:list department:list script advanced:boolean"), shown="name"),
)}  # fmt: skip
_LISTS = {"user": "sys_user", "group": "sys_user_group", "role": "sys_user_role", "can_read_user_criteria": "user_criteria",
          "cannot_read_user_criteria": "user_criteria"}  # fmt: skip
TASKS = ("incident", "sn_customerservice_case", "problem")
JOURNALS = ("comments", "work_notes", "comments_and_work_notes", "approval_history")


def target(name: str, one: Field) -> str:
    """The table that the ids of a reference or list field belong to; empty for others."""
    return one.to if one.kind == "reference" else _LISTS.get(name, "") if one.kind == "list" else ""


@cache
def family(name: str) -> tuple[str, ...]:
    """A table and all that extend it: a list of a parent shows rows of its children."""
    found = [name]
    for other in TABLES.values():
        if other.parent in found:
            found.append(other.name)
    return tuple(found)
