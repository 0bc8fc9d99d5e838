"""A real door for every event about who comes in, people and tokens."""

from __future__ import annotations

from uuid import uuid4

from django.test import Client

from apps.accounts.models import ApiToken, User
from apps.accounts.verifying import verify_tokens
from apps.tenancy.context import bind_company
from apps.tenancy.credentials import new_token
from tests.compliance.causes import (
    NOBODY,
    NUMBERS,
    PASSWORD,
    Entry,
    Place,
    administer,
    bearer,
    causes,
    form_of,
    sent,
    told,
)  # fmt: skip
from tests.console.steps import signed_in


@causes("signed_in")
def sign_in(place: Place) -> list[Entry]:
    person = place.person()
    browser = Client(headers={"host": "visited.localhost"})
    sent(browser.post("/sign-in/", {"username": person.email, "password": PASSWORD}), 302)
    return [Entry("visited", f"user:{person.pk}")]


@causes("session_ended")
def sign_out(place: Place) -> list[Entry]:
    person = place.person()
    browser = Client(headers={"host": "visited.localhost"})
    sent(browser.post("/sign-in/", {"username": person.email, "password": PASSWORD}), 302)
    sent(browser.post("/sign-out/"), 302)
    return [Entry("visited", f"user:{person.pk}", f"user:{person.pk}", {"reason": "signed_out", "count": 1})]


@causes("session_ended")
def sign_out_a_colleague(place: Place) -> list[Entry]:
    person = place.person()
    browser = Client(headers={"host": "visited.localhost"})
    sent(browser.post("/sign-in/", {"username": person.email, "password": PASSWORD}), 302)
    admin = signed_in(place.halls.visited, "admin")
    sent(admin.post("/admin/accounts/user/", {"action": "end_sessions", "_selected_action": [str(person.pk)]}), 302)
    return [Entry("visited", f"user:{place.who('admin')}", f"user:{person.pk}", {"reason": "admin", "count": 1})]


@causes("sign_in_refused")
def wrong_password(place: Place) -> list[Entry]:
    person = place.person()
    sent(NOBODY.post("/sign-in/", {"username": person.email, "password": "something else"}), 200)
    return [Entry("visited", "", f"address:{person.email}")]


@causes("password_reset_asked")
def forgot(place: Place) -> list[Entry]:
    person = place.person()
    sent(NOBODY.post("/forgot-password/", {"email": person.email}), 302)
    return [Entry("visited", "", f"address:{person.email}")]


@causes("password_changed")
def change_password(place: Place) -> list[Entry]:
    person = place.person()
    browser = Client(headers={"host": "visited.localhost"})
    sent(browser.post("/sign-in/", {"username": person.email, "password": PASSWORD}), 302)
    new = "seven slow green boats"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    sent(browser.post("/password/", fields), 302)
    return [Entry("visited", f"user:{person.pk}", f"user:{person.pk}", {"mode": "page"})]


@causes("email_verified")
def follow_a_mailed_link(place: Place) -> list[Entry]:
    person = place.person()
    browser = Client(headers={"host": "visited.localhost"})
    sent(browser.post("/sign-in/", {"username": person.email, "password": PASSWORD}), 302)
    with bind_company(place.halls.visited.binding()):
        token = verify_tokens.make_token(User.objects.get(pk=person.pk))
    sent(browser.post(f"/account/email/{token}/"), 302)
    return [Entry("visited", f"user:{person.pk}", f"user:{person.pk}", {"mode": "page"})]


@causes("access_refused")
def page_of_another_role(place: Place) -> list[Entry]:
    sent(signed_in(place.halls.visited, "agent").get("/account/tokens/"), 403)
    return [Entry("visited", f"user:{place.who('agent')}", "", {"route": "accounts:tokens", "method": "get"})]


@causes("access_refused")
def the_admin_of_an_agent(place: Place) -> list[Entry]:
    sent(signed_in(place.halls.visited, "agent").get("/admin/login/"), 403)
    return [Entry("visited", f"user:{place.who('agent')}", "", {"route": "admin:login"})]


@causes("access_refused")
def token_without_the_scope(place: Place) -> list[Entry]:
    token, clear = place.token(place.halls.visited, scopes=["ask"])
    sent(bearer(clear).get("/api/v1/tickets/"), 403)
    return [Entry("visited", f"token:{token.pk}", "", {"route": "ticket-list", "method": "get"})]


@causes("token_refused")
def revoked_token(place: Place) -> list[Entry]:
    token, clear = place.token(place.halls.visited)
    with bind_company(place.halls.visited.binding()):
        ApiToken.objects.filter(pk=token.pk).update(revoked_at=token.created_at)
    sent(bearer(clear).get("/api/v1/tickets/"), 401)
    return [Entry("visited", "", f"token:{token.pk}")]


@causes("token_refused")
def made_up_token_outside_a_transaction(place: Place) -> list[Entry]:
    clear = new_token("api", "visited")
    sent(bearer(clear).post("/api/v1/ask/", {"question": "Why?"}, content_type="application/json"), 401)
    return [Entry("visited")]


@causes("tenant_mismatch")
def credential_of_another_company(place: Place) -> list[Entry]:
    _token, clear = place.token(place.halls.other)
    sent(bearer(clear).get("/api/v1/tickets/"), 401)
    return [Entry("visited", "", "", {"route": "ticket-list"})]


@causes("company_mismatch")
def header_of_another_company(place: Place) -> list[Entry]:
    _token, clear = place.token(place.halls.visited)
    sent(bearer(clear, **{"x-company-id": "bystander"}).get("/api/v1/tickets/"), 403)
    return [Entry("visited", "", "", {"route": "ticket-list"})]


@causes("token_created")
def make_token(place: Place) -> list[Entry]:
    lead = place.who("lead")
    with bind_company(place.halls.visited.binding()):
        before = set(ApiToken.objects.values_list("pk", flat=True))
    fields = {"name": f"matrix {uuid4()}"[:40], "scopes": ["read"], "days": "30"}
    sent(signed_in(place.halls.visited, "lead").post("/account/tokens/", fields), 200)
    with bind_company(place.halls.visited.binding()):
        made = ApiToken.objects.exclude(pk__in=before).get()
    return [Entry("visited", f"user:{lead}", f"token:{made.pk}")]


@causes("token_changed")
def revoke_token(place: Place) -> list[Entry]:
    token, _clear = place.token(place.halls.visited)
    sent(signed_in(place.halls.visited, "lead").post(f"/account/tokens/{token.pk}/revoke/"), 302)
    return [Entry("visited", f"user:{place.who('lead')}", f"token:{token.pk}", {"change": "revoked"})]


@causes("token_changed")
def delete_token(place: Place) -> list[Entry]:
    token, _clear = place.token(place.halls.visited)
    who = administer(place, f"apitoken/{token.pk}/delete/", {"post": "yes"})
    return [Entry("visited", who, f"token:{token.pk}", {"change": "deleted"})]


@causes("user_created")
def create_by_command(place: Place) -> list[Entry]:
    email = f"made-{next(NUMBERS)}@visited.example"
    told("create_user", "visited", email, role="lead", password=PASSWORD)
    with bind_company(place.halls.visited.binding()):
        return [Entry("visited", "", f"user:{User.objects.get(email=email).pk}", {"role": "lead"})]


@causes("user_created")
def create_in_the_admin(place: Place) -> list[Entry]:
    email = f"made-{next(NUMBERS)}@visited.example"
    who = administer(place, "user/add/", form_of(User(email=email, name="Made", role="agent")))
    with bind_company(place.halls.visited.binding()):
        return [Entry("visited", who, f"user:{User.objects.get(email=email).pk}", {"role": "agent"})]


@causes("user_changed")
def change_in_the_admin(place: Place) -> list[Entry]:
    person = place.person()
    who = administer(place, f"user/{person.pk}/change/", form_of(person, name="New Name", is_active=None))
    return [Entry("visited", who, f"user:{person.pk}", {"change": "name.deactivated"})]


@causes("user_changed")
def switch_off_by_command(place: Place) -> list[Entry]:
    person = place.person()
    told("change_user", "visited", person.email, active=False)
    return [Entry("visited", "", f"user:{person.pk}", {"change": "deactivated"})]


@causes("role_changed")
def promote_by_command(place: Place) -> list[Entry]:
    person = place.person()
    told("change_user", "visited", person.email, role="lead")
    return [Entry("visited", "", f"user:{person.pk}", {"old": "agent", "new": "lead"})]


@causes("user_changed")
def choose_a_theme(place: Place) -> list[Entry]:
    agent = place.who("agent")
    with bind_company(place.halls.visited.binding()):
        User.objects.filter(pk=agent).update(theme="light")
    sent(signed_in(place.halls.visited, "agent").post("/theme/", {"theme": "dark"}), 302)
    return [Entry("visited", f"user:{agent}", f"user:{agent}", {"change": "theme"})]


@causes("user_deleted")
def delete_in_the_admin(place: Place) -> list[Entry]:
    person = place.person()
    who = administer(place, f"user/{person.pk}/delete/", {"post": "yes"})
    return [Entry("visited", who, f"user:{person.pk}")]


@causes("user_deleted")
def delete_several_in_the_admin(place: Place) -> list[Entry]:
    chosen = [place.person(), place.person()]
    fields = {"action": "delete_selected", "_selected_action": [str(one.pk) for one in chosen], "post": "yes"}
    who = administer(place, "user/", fields)
    return [Entry("visited", who, f"user:{one.pk}") for one in chosen]


@causes("role_changed")
def promote(place: Place) -> list[Entry]:
    person = place.person()
    who = administer(place, f"user/{person.pk}/change/", form_of(person, role="admin"))
    with bind_company(place.halls.visited.binding()):
        User.objects.filter(pk=person.pk).update(role="agent")
    return [Entry("visited", who, f"user:{person.pk}", {"old": "agent", "new": "admin"})]
