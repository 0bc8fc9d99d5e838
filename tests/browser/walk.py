"""One reader sees every screen in every state; each is measured where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyotp
from playwright.sync_api import Page, expect

from tests.browser import checks
from tests.browser.fill import PASSWORD
from tests.browser.reader import Reader


@dataclass
class Walk:
    """Per screen what was found wrong; {} everywhere is what we want."""

    screens: list[str] = field(default_factory=list)
    rules: dict[str, list[str]] = field(default_factory=dict)
    wide: dict[str, list[str]] = field(default_factory=dict)
    cut: dict[str, list[str]] = field(default_factory=dict)
    torn: dict[str, list[str]] = field(default_factory=dict)
    languages: dict[str, list[str]] = field(default_factory=dict)
    watched: dict[str, list[str]] = field(default_factory=dict)

    def measure(self, reader: Reader, screen: str) -> None:
        self.screens.append(screen)
        tongue = {"zh": "zh-Hans"}.get(reader.variant.language, reader.variant.language)
        expect(reader.page.locator("html")).to_have_attribute("lang", tongue)
        for results, check in (
            (self.rules, checks.axe), (self.wide, checks.wider), (self.cut, checks.cut),
            (self.torn, checks.torn), (self.languages, checks.mismarked),
        ):  # fmt: skip
            if found := check(reader.page):
                results[screen] = found


def walk_through(reader: Reader) -> Walk:
    walk = Walk()
    reader.watch.expected = {400, 404, 409}
    for part in (
        _signing_in, _queue, _views, _as_sent, _ticket, _answers, _feedback, _search, _sources, _states, _ask_page, _missing_page, _second_factor,
    ):  # fmt: skip
        for screen in part(reader):
            walk.measure(reader, screen)
    walk.watched = reader.watch.report()
    return walk


def _signing_in(reader: Reader) -> Iterator[str]:
    page = reader.go("/sign-in/")
    yield "sign-in"
    page.locator("#id_username").fill(f"nobody.{reader.variant}@acme.example")  # an address has few tries
    page.locator("#id_password").fill("not the password")
    page.locator("main button[type=submit]").click()
    expect(page.locator("#refused")).to_be_visible()
    yield "sign-in refused"
    page.locator("a[href='/forgot-password/']").click()
    expect(page.locator("#id_email")).to_be_visible()
    yield "forgotten password"
    page.locator("#id_email").fill("nobody@acme.example")
    page.locator("main button[type=submit]").click()
    expect(page.locator("[role=status]")).to_be_visible()
    yield "forgotten password, sent"
    reader.go("/set-password/MQ/not-a-token/")
    expect(page.locator("a.btn[href='/forgot-password/']")).to_be_visible()
    yield "new password, link too old"
    reader.sign_in()
    reader.go("/password/")
    page.locator("#id_old_password").fill("not the old one")
    page.locator("#id_new_password1").fill("short")
    page.locator("#id_new_password2").fill("different")
    page.locator("main button[type=submit]").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    yield "change of password, refused"
    reader.go("/account/sessions/")
    expect(page.locator(".things .tag")).to_be_visible()
    yield "where you are signed in"
    reader.go("/account/email/")
    expect(page.locator("main .tag")).to_be_visible()
    yield "whether one's address is verified"
    reader.go("/")


def _queue(reader: Reader) -> Iterator[str]:
    page = reader.page
    yield "queue"
    page.locator("summary.who").click()
    yield "queue, menu"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    yield "queue, help"
    page.keyboard.press("Escape")
    if page.locator(".side-toggle").is_visible():
        page.locator(".side-toggle").click()
        expect(page.locator("#side")).to_be_visible()
        yield "queue, filters"
        page.keyboard.press("Escape")
    reader.go("/?state=ready&language=fr")
    expect(page.locator("#rows .empty")).to_be_visible()
    yield "queue, nothing found"
    reader.go("/?number=999999")
    expect(page.locator("[role=alert]")).to_be_visible()
    yield "queue, no such number"


def _views(reader: Reader) -> Iterator[str]:
    page = reader.go("/views/?priority=3&sort=due")
    page.locator("#id_name").fill(f"Due {reader.variant}")  # of one person, so one name a walk
    page.locator("form[action='/views/'] button[type=submit]").click()
    expect(page.locator("#rows")).to_be_visible()
    assert "priority=3" in page.url
    yield "queue, saved view"
    reader.go("/views/")
    page.locator("#id_name").fill(f"Due {reader.variant}")
    page.locator("form[action='/views/'] button[type=submit]").click()
    expect(page.locator("#name-error")).to_be_visible()
    yield "saved views, refused"
    page.locator(".things button[value=delete]").first.click()
    expect(page.locator("[role=status]")).to_be_visible()
    yield "saved views, deleted"


def _as_sent(reader: Reader) -> Iterator[str]:
    page = reader.go(reader.site.ticket("formatted"))
    page.locator(".sent summary").first.click()
    frame = page.frame_locator(".sent iframe").first
    expect(frame.locator("ol li").first).to_be_visible()
    yield "ticket, as sent"
    address = page.locator(".sent iframe").first.get_attribute("src") or ""
    body = next(one for one in page.frames if one.url.endswith(address)).content()
    # without its policy: behind that no check of ours could run either
    page.route(f"**{address}", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"))
    reader.go(address)
    expect(page.locator("table")).to_be_visible()
    yield "message, as sent"
    page.unroute(f"**{address}")


def _ticket(reader: Reader) -> Iterator[str]:
    reader.go("/")
    page = reader.open_from_queue("ready")
    yield "ticket"
    for name in ("similar", "articles", "customer", "why"):
        reader.open_tab(name)
        yield f"ticket, {name}"
    reader.open_tab("summary")
    page.locator("#draft .cite").first.focus()
    expect(page.locator("#draft .quote").first).to_be_visible()
    yield "ticket, quote"
    page.locator("#insert").click()
    expect(page.locator("#reply")).not_to_have_value("")
    yield "ticket, inserted"


def _answers(reader: Reader) -> Iterator[str]:
    expect(
        reader.ask("How long do I hold the button until the light turns amber?").locator(".cite").first
    ).to_be_visible()
    yield "ticket, answer"
    private = reader.ask("What is fault FW-881 and its goodwill limit?")
    expect(private.locator("[aria-disabled=true]")).to_be_visible()
    yield "ticket, private answer"


def _feedback(reader: Reader) -> Iterator[str]:
    page = reader.page
    thumbs = page.locator("#draft .fb-thumbs button")
    thumbs.nth(1).click()
    expect(page.locator("#draft .fb-why form")).to_be_visible()
    yield "ticket, why a draft did not help"
    page.locator("#draft .fb-why label").first.click()
    page.locator("#draft .fb-why button").click()
    expect(page.locator("#draft .fb-why form")).to_be_hidden()
    yield "ticket, feedback kept"
    thumbs.nth(1).click()  # readers of one language are one person
    expect(page.locator("#draft .fb-why")).to_have_count(0)
    _down = page.locator("#ask-log .answer").last.locator(".fb-thumbs button").nth(1)
    _down.click()
    expect(page.locator("#ask-log .fb-why form")).to_be_visible()
    yield "ticket, why an answer did not help"


def _search(reader: Reader) -> Iterator[str]:
    page = reader.go("/search/")
    expect(page.locator(".empty")).to_be_visible()
    yield "search"
    page.locator("#q").fill("earbud charging fault FW-881")
    page.locator("#q").press("Enter")
    expect(page.locator(".result mark").first).to_be_visible()
    expect(page.locator(".result .tag.private").first).to_be_visible()
    yield "search, results"
    page.locator(".filters summary").first.click()
    expect(page.locator(".filters .pop").first).to_be_visible()
    yield "search, filters"
    reader.go("/search/?q=chess+tournament+in+Reykjavik&kind=tickets")
    expect(page.locator(".empty")).to_be_visible()
    yield "search, nothing found"


def _sources(reader: Reader) -> Iterator[str]:
    page = reader.page
    for kind in ("articles", "messages"):
        reader.go(reader.site.ticket("ready"))
        link = page.locator(f"a[href*='/sources/{kind}/']").first
        reader.go(link.get_attribute("href") or "")
        expect(page.locator("mark").first).to_be_in_viewport()
        yield f"source, {kind}"


def _states(reader: Reader) -> Iterator[str]:
    for name, state in (
        ("ask", "ask"), ("german", "thin"), ("korean", "ready"), ("stale", "stale"), ("preparing", "live"),
        ("hostile", "thin"), ("solved", "off"),
    ):  # fmt: skip
        page = reader.go(reader.site.ticket(name))
        expect(page.locator("#draft")).to_have_attribute("data-state", state)
        yield f"ticket, {name}"


def _ask_page(reader: Reader) -> Iterator[str]:
    reader.go("/ask/")
    yield "ask"
    expect(reader.ask("Earbud does not charge after a firmware update").locator(".sources")).to_be_visible()
    expect(reader.ask("Why do cats purr?").locator("[data-state=thin]")).to_be_visible()
    yield "ask, answered and refused"


def _missing_page(reader: Reader) -> Iterator[str]:
    page = reader.go("/nothing/here/")
    expect(page.locator("h1")).to_be_visible()
    yield "page not found"


def _second_factor(reader: Reader) -> Iterator[str]:
    """The reader has none; somebody else must have one."""
    page = reader.go("/account/second-factor/")
    yield "second factor, off"
    reader.go("/account/confirm/")
    expect(page.locator("#id_password")).to_be_visible()
    yield "confirm that it is you"
    reader.go("/")
    _as_newcomer(reader)
    secret = "".join(page.locator(".key").inner_text().split())
    yield "second factor, set up at sign-in"
    _give_code(page, "not a code")
    expect(page.locator("#refused")).to_be_visible()
    yield "second factor, code refused at sign-in"
    _give_code(page, pyotp.TOTP(secret).now())
    expect(page.locator(".codes li")).to_have_count(10)
    yield "recovery codes at sign-in"
    page.locator(".card a.btn.primary").click()
    expect(page.locator("#rows")).to_be_visible()
    reader.go("/account/second-factor/")
    yield "second factor, on"
    page.locator("button[value=start]").click()
    expect(page.locator(".qr-box svg")).to_be_visible()
    yield "second factor, another phone"
    page.locator("button[value=cancel]").click()
    page.locator("button[value=codes]").click()
    expect(page.locator(".codes li")).to_have_count(10)
    yield "recovery codes"
    recovery = page.locator(".codes li").first.inner_text()
    reader.go("/")
    _as_newcomer(reader)
    yield "sign-in, code"
    _give_code(page, "not a code")
    expect(page.locator("#refused")).to_be_visible()
    yield "sign-in, code refused"
    _give_code(page, recovery)
    expect(page.locator("#rows")).to_be_visible()


def _as_newcomer(reader: Reader) -> None:
    """Sign out, and in as somebody of this variant's own; ends where a code is asked for."""
    page = reader.page
    page.locator("summary.who").click()
    page.locator("form[action='/sign-out/'] button").click()
    page.locator("#id_username").fill(f"noor.{reader.variant}@acme.example")
    page.locator("#id_password").fill(PASSWORD)
    page.locator(".card button[type=submit]").click()
    expect(page.locator("#id_code")).to_be_visible()


def _give_code(page: Page, code: str) -> None:
    page.locator("#id_code").fill(code)
    page.locator(".card button[type=submit]").click()
