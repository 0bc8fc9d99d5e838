"""The watch and the checks see what they look for: a page that does everything wrong is reported on every count."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import checks
from tests.browser.focus import tab_through

pytestmark = [pytest.mark.browser, pytest.mark.verify]
TRAP = """<!doctype html><html lang="ko"><title>함정</title><link rel="stylesheet" href="/trap.css">
<body><main><h1 id="narrow">Kurzwort</h1><p style="color: red">눈에 띄는 글</p>
<p id="english">These are quite a few English words.</p><p lang="en" id="korean">한국어 문장입니다</p>
<button class="btn" id="cut">Too long here</button><input id="nameless"><a id="blind" href="/">가</a>
<div id="wide">넓다</div><img src="http://elsewhere.localhost:9/x.png" alt=""><script src="/broken.js"></script></main></body></html>"""
STYLE = """#wide { width: 3000px } #cut { width: 40px; overflow: hidden; white-space: nowrap } #blind:focus { outline: none }
#narrow { width: 3ch; overflow-wrap: anywhere }"""


@pytest.fixture
def trapped(reader_of):
    reader = reader_of()
    policy = {"Content-Security-Policy": "default-src 'self'; img-src *"}
    for path, kind, body in (
        ("trap/", "text/html", TRAP), ("trap.css", "text/css", STYLE), ("broken.js", "text/javascript", "nothing.here()"),
    ):  # fmt: skip
        reader.page.route(f"**/{path}", _answering(policy | {"Content-Type": f"{kind}; charset=utf-8"}, body))
    reader.go("/trap/")
    expect(reader.page.locator("#wide")).to_be_visible()
    return reader


def _answering(headers, body):
    return lambda route: route.fulfill(headers=headers, body=body)


def test_the_watch_hears_errors_violations_and_foreign_requests(trapped):
    report = trapped.watch.report()
    assert any("nothing is not defined" in line for line in report["console"])
    assert any(line.startswith("style-src-attr inline") for line in report["policy"])
    assert report["foreign"] == ["http://elsewhere.localhost:9/x.png"]


def test_a_failed_response_is_reported_unless_it_was_asked_for(reader_of):
    reader = reader_of()
    reader.go("/nothing/here/")
    assert [line[:3] for line in reader.watch.report()["failed"]] == ["404"]
    other = reader_of()
    other.watch.expected = {404}
    other.go("/nothing/here/")
    assert other.watch.report() == {}


def test_the_checks_find_a_nameless_field_a_wide_element_a_cut_and_a_torn_label(trapped):
    page = trapped.page
    assert "label: #nameless" in checks.axe(page)
    assert any("div#wide" in line for line in checks.wider(page))
    assert any("button#cut" in line for line in checks.cut(page))
    assert any(line.startswith("Kurzwort in h1#narrow") for line in checks.torn(page))


def test_the_checks_find_texts_marked_with_another_language(trapped):
    assert checks.mismarked(trapped.page) == ["ko: These are quite a few English words.", "en: 한국어 문장입니다"]


def test_tabbing_finds_a_stop_nobody_can_see(trapped):
    assert any('id="blind"' in line for line in tab_through(trapped.page)["unseen"])
