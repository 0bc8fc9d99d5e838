"""The corpus in a browser (WEB-1): cleaned, nothing runs and nothing is asked for; the policy alone lets nothing run either."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from playwright.sync_api import Frame, expect

from apps.assistant.sent import SANDBOX, STYLES
from apps.core.text import as_sent
from tests.core.payloads import corpus
from tests.core.test_sent import BROUGHT

pytestmark = [pytest.mark.browser, pytest.mark.verify]
HOOK = "window.pwned = () => document.documentElement.setAttribute('data-pwned', '1'); window.alert = window.pwned;"
RAN = "document.documentElement.hasAttribute('data-pwned')"
# The worst place it could stand in: a page without any policy. SANDBOXED is how it is served.
FREE = {"Content-Type": "text/html; charset=utf-8"}
SANDBOXED = FREE | {
    "Content-Security-Policy": f"default-src 'none'; sandbox {SANDBOX}; base-uri 'none'; form-action 'none'; img-src data:"
}


class Stage:
    """A page whose body is set by the test; counts what it asks for and what ran in it."""

    def __init__(self, reader):
        self.page, self.origin = reader.page, reader.site.origin
        self.bodies, self.headers = [""], FREE
        self.asked: list[str] = []
        self.page.route("**/*", self._answer)
        self.page.add_init_script(HOOK)
        self.page.on("dialog", lambda dialog: (self.asked.append("dialog"), dialog.dismiss()))
        self.page.on("popup", lambda popup: (self.asked.append(f"popup {popup.url}"), popup.close()))

    def show(self, body, headers):
        self.bodies, self.headers, self.asked = [body], headers, []
        self.page.goto(f"{self.origin}/stage/0", wait_until="load")
        return self

    def show_framed(self, bodies, headers):
        """Each body in a document of its own, served with these headers, all at once. Those that something ran in."""
        frames = "".join(f"<iframe src=/stage/{number} loading=eager></iframe>" for number in range(len(bodies)))
        self.bodies, self.headers, self.asked = bodies, headers, []
        self.page.goto(f"{self.origin}/stage/all?{frames}", wait_until="load")
        inner = self.page.main_frame.child_frames
        assert len(inner) == len(bodies)
        return [body for body, frame in zip(bodies, inner, strict=True) if frame.evaluate(RAN)]

    def _answer(self, route):
        path, _, frames = unquote(route.request.url.removeprefix(f"{self.origin}/stage/")).partition("?")
        if path == "all":
            route.fulfill(headers=FREE, body=f"<!doctype html><meta charset=utf-8><body>{frames}")
        elif path.isdecimal():
            body = self.bodies[int(path)]
            route.fulfill(headers=self.headers, body=f"<!doctype html><meta charset=utf-8><body>{body}")
        else:
            self.asked.append(route.request.url)
            route.abort()

    @property
    def ran(self) -> bool:
        return self.page.locator("html").get_attribute("data-pwned") is not None


@pytest.fixture
def stage(reader_of):
    return Stage(reader_of())


def clean(payload: str, *, images: bool) -> str:
    return as_sent(payload, images=BROUGHT if images else {}, words=lambda alt, host: f"[{alt} {host}]")


def test_the_stage_sees_what_runs_and_what_is_asked_for(stage):
    assert stage.show("<img src=https://leak.example/x onerror=pwned()>", FREE).asked == ["https://leak.example/x"]
    stage.page.wait_for_function(RAN)
    assert stage.ran
    assert not stage.show("<p>quiet", FREE).ran
    assert stage.show_framed(["<p>quiet", "<script>pwned()</script>"], FREE) == ["<script>pwned()</script>"]


@pytest.mark.parametrize("images", [False, True])
def test_cleaned_nothing_runs_and_nothing_is_asked_for(stage, images):
    """Each is closed where it was opened, so many stand on one page; links are clicked by nobody, but hovered over."""
    payloads = corpus()
    for start in range(0, len(payloads), 40):
        some = payloads[start : start + 40]
        stage.show("".join(f"<section>{clean(one, images=images)}</section>" for one in some), FREE)
        assert stage.page.locator("body > section").count() == len(some)
        stage.page.mouse.move(20, 20)
        asked = [url for url in stage.asked if not url.startswith("data:")]
        assert (stage.ran, asked) == (False, []), some


def test_uncleaned_nothing_runs_behind_the_policy_alone(stage):
    payloads = [one for one in corpus() if "refresh" not in one]  # a frame may lead itself elsewhere: the cleaner's part
    wrong = [one for start in range(0, len(payloads), 25) for one in stage.show_framed(payloads[start : start + 25], SANDBOXED)]
    assert wrong == []


def sent_frame(reader) -> Frame:
    """The frame of the first message, opened."""
    page = reader.page
    page.locator(".sent summary").first.click()
    frame = page.locator(".sent iframe").first
    expect(frame).to_be_visible()
    name = frame.get_attribute("name")
    page.frame_locator(".sent iframe").first.locator("main").wait_for()
    return next(one for one in page.frames if one.name == name)


@pytest.fixture
def formatted(reader_of):
    reader = reader_of()
    reader.sign_in()
    reader.go(reader.site.ticket("formatted"))
    return reader


def test_it_is_loaded_when_it_is_opened_and_not_before(formatted):
    assert not any(frame.url.endswith("/sent/") for frame in formatted.page.frames)
    frame = sent_frame(formatted)
    assert frame.locator("ol li").count() == 2
    assert frame.locator("span.host").first.text_content() == "(evil.example)"
    assert formatted.watch.report() == {}
    assert [name for name in STYLES if name in frame.content()] == list(STYLES)
    assert frame.locator("main").evaluate("one => getComputedStyle(one).maxWidth") == "960px"  # our sheet was let in


def test_the_click_leads_the_frame_and_strangers_images_are_never_asked_for(formatted):
    frame = sent_frame(formatted)
    asked = []
    formatted.page.route("https://photos.example/**", lambda route: (asked.append(route.request.url), route.abort()))
    show, block = (formatted.page.locator(".sent [data-swap]").nth(number) for number in (0, 1))
    show.click()
    expect(block).to_be_focused()
    expect(show).to_be_hidden()
    frame.locator("text=Inline shot").wait_for()
    assert frame.url.endswith("?images=1")
    assert (asked, frame.locator("img").count()) == ([], 0), "this helpdesk cannot be asked"
    block.click()
    expect(show).to_be_focused()


def test_a_link_opens_a_window_of_its_own_that_knows_nothing_of_us(formatted):
    frame = sent_frame(formatted)
    formatted.page.context.route("https://evil.example/**", lambda route: route.fulfill(body="<p>there", content_type="text/html"))
    with formatted.page.expect_popup() as opened:
        frame.locator("a").first.click()
    popup = opened.value
    popup.wait_for_load_state()
    assert popup.url == "https://evil.example/go"
    assert popup.evaluate("[window.opener === null, document.referrer]") == [True, ""]
    assert formatted.page.url.endswith(formatted.site.ticket("formatted"))
