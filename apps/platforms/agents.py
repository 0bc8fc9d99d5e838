"""Which agents of the helpdesk a person here is: by an address proven to be theirs, or by somebody's word (decisions 4).

An address that somebody typed connects nobody: whoever may type one could be anybody. What is stored is looked at again
whenever it is used, so an address that is no longer proven, or no longer the agent's, gives nothing away meanwhile.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.core.audit import record_on_commit
from apps.core.errors import NotFound
from apps.platforms.models import Connection, Person


def agents_of(person: Any) -> set[UUID]:
    """The agents this person is, in every helpdesk of the company; a visitor of support is none."""
    return {one.pk for one in agents_like(person)}


def agents_like(person: Any, **where: Any) -> list[Person]:
    """The same as rows, of those that are so, in the order of their numbers."""
    rows = Person.objects.filter(user_id=person.pk, kind=Person.Kind.AGENT, **where).order_by("remote_id")
    proven = folded(person.email) if getattr(person, "email_verified_at", None) else ""
    return [one for one in rows if one.mapped == Person.Mapped.HAND or (proven and folded(one.email) == proven)]


def map_agents(*, connection: Connection | None = None, person: User | None = None) -> None:
    """Connect agents whose address is proven to be somebody's here, and disconnect those for whom that is over.

    Of one connection, or for one person, or all. In the caller's transaction. What somebody set by hand stays.
    """
    agents = Person.objects.filter(kind=Person.Kind.AGENT).exclude(mapped=Person.Mapped.HAND, user__isnull=False)
    people = User.objects.active().exclude(email_verified_at=None)
    if connection is not None:
        agents = agents.filter(connection=connection)
    if person is not None:
        agents = agents.filter(Q(user=person) | Q(email__iexact=person.email))
    known = people.filter(email__in=[email for email in agents.values_list("email", flat=True) if email])
    proven = {folded(email): user_id for email, user_id in known.values_list("email", "pk")}
    rows = list(agents.values_list("pk", "connection_id", "email", "user_id"))
    alike = Counter((home, folded(email)) for _pk, home, email, _user in rows)
    for pk, home, email, user_id in rows:
        found = proven.get(folded(email)) if alike[home, folded(email)] == 1 else None
        if found != user_id:
            _connect(pk, user_id, found, Person.Mapped.EMAIL)


def map_by_hand(*, person: User, agent_email: str) -> int:
    """A person of the company is this agent because somebody who may say so says it. Returns in how many helpdesks.

    Raises NotFound when no helpdesk has an agent of that address.
    """
    with transaction.atomic():
        agents = Person.objects.select_for_update(of=("self",)).filter(kind=Person.Kind.AGENT, email=agent_email.strip().lower())
        rows = list(agents.values_list("pk", "user_id", "mapped"))
        if not rows:
            raise NotFound(f"No helpdesk here has an agent {agent_email!r}.", code="agent_unknown")
        for pk, user_id, mapped in rows:
            if (user_id, mapped) != (person.pk, Person.Mapped.HAND):
                _connect(pk, user_id, person.pk, Person.Mapped.HAND)
    return len(rows)


def unmap(*, person: User) -> int:
    """What was set by hand is over; what their proven address says holds again. Returns how many agents they were."""
    with transaction.atomic():
        rows = list(Person.objects.filter(user=person).values_list("pk", "mapped"))
        for pk, mapped in rows:
            _connect(pk, person.pk, None, Person.Mapped(mapped or Person.Mapped.EMAIL))
        map_agents()  # whosever they are by a proven address
    return len(rows)


def _connect(agent_id: UUID, before: UUID | None, after: UUID | None, mode: Person.Mapped) -> None:
    Person.objects.filter(pk=agent_id).update(user=after, mapped=mode if after else "")
    if before is not None:
        record_on_commit("agent_mapped", subject=f"user:{before}", change="unmapped", mode=str(mode))
    if after is not None:
        record_on_commit("agent_mapped", subject=f"user:{after}", change="mapped", mode=str(mode))


def folded(email: str) -> str:
    """Letters A to Z small, all others as they are: to other rules of capitals, two mailboxes may look like one."""
    return email.encode().lower().decode()


def follow(sender: Any, person: User, **kwargs: Any) -> None:
    """An address was proven, or is another one now."""
    map_agents(person=person)
