"""The line that says that an assistant helped: where the company wants it, in the reader's language, seen before it is sent."""

from __future__ import annotations

import re
from html import unescape

import pytest

from apps.core.errors import BadInput
from apps.platforms import sending
from apps.platforms.labels import MOST, default_words, labelled, line_for, set_label
from apps.platforms.models import Connection, Person, Ticket
from apps.platforms.outgoing import Outgoing, Unsent
from apps.tenancy.context import bind_company
from tests.platforms.desk import pass_time, send_all
from tests.platforms.test_sending import account, desk, faults, impatient  # noqa: F401 - fixtures
from tests.platforms.test_write_pages import browser, case, key_in, mara, page_of, post  # noqa: F401

TEXT = "Hold the button for 15 seconds."


def choose(company, **more):
    with bind_company(company.binding()):
        set_label(connection=Connection.objects.get(), **({"reply": True, "note": False, "texts": {}} | more))


def hidden(answer, name: str) -> str:
    return unescape(re.search(rf'<textarea name="{name}" hidden readonly>\n(.*?)</textarea>', answer.content.decode(), re.S)[1])


def test_a_reply_with_a_suggestion_in_it_carries_the_line_that_was_confirmed(acme, browser, case):  # noqa: F811
    choose(acme)
    line = default_words("en")
    key = key_in(page_of(browser, case))
    plain = post(browser, f"/tickets/{case.pk}/write/", act="reply", text=TEXT, key=key)
    assert hidden(plain, "text") == TEXT, "nobody helped"
    shown = post(browser, f"/tickets/{case.pk}/write/", act="reply", text=TEXT, key=key, from_draft="1")
    seen = hidden(shown, "text")
    assert seen == f"{TEXT}\n\n{line}"
    assert f'id="as-written" lang="en">{TEXT}\n\n{line}<' in shown.content.decode()
    again = post(browser, f"/tickets/{case.pk}/send/", text=TEXT, key=key, from_draft="1")
    assert hidden(again, "text") == seen, "without the line it is shown once more, not sent"
    with bind_company(acme.binding()):
        assert not Outgoing.objects.exists()
        assert Unsent.objects.get().text == TEXT
    sent = post(browser, f"/tickets/{case.pk}/send/", text=seen, begun=hidden(shown, "begun"), key=key, from_draft="1")
    assert sent.status_code == 302
    with bind_company(acme.binding()):
        assert Outgoing.objects.get().text == seen
        assert not Unsent.objects.exists(), "what was begun is written"


def test_notes_are_chosen_apart_and_speak_the_helpdesk_s_language(acme, browser, case):  # noqa: F811
    with bind_company(acme.binding()):
        Connection.objects.update(primary_language="de")
    choose(acme)
    for number, (note, ending) in enumerate(((False, TEXT), (True, default_words("de")))):
        choose(acme, note=note)
        assert (f">{default_words('de')}</q>" in page_of(browser, case)) == note, "whoever adds a note sees the line before"
        post(browser, f"/tickets/{case.pk}/write/", act="note", text=TEXT, key=f"key-of-note-{number}", from_draft="1")
        with bind_company(acme.binding()):
            assert Outgoing.objects.last().text.endswith(ending)


def test_the_line_is_in_the_customer_s_language_or_the_admin_s_own_words(acme, case):  # noqa: F811
    choose(acme, texts={"ko": "도우미와 함께 썼습니다.", "en": default_words("en")})
    with bind_company(acme.binding()):
        connection = Connection.objects.get()
        assert connection.label["texts"].keys() == {"ko"}, "the default is not kept: it may get better"
        for language, line in (("ko", "도우미와 함께 썼습니다."), ("ja", default_words("ja")), ("zh-CN", default_words("zh-hans")), ("nl", default_words("en")), ("", default_words("en"))):
            assert line_for(connection, Ticket(language=language), "reply", from_draft=True) == line
        assert line_for(connection, Ticket(language="ko"), "note", from_draft=True) == ""
        assert len({default_words(one) for one in ("en", "ko", "ja", "zh-hans", "de", "fr", "es")}) == 7
        for wrong in ({"en": "x" * (MOST + 1)}, {"en": "two\nlines"}, {"nl": "niet van ons"}):
            with pytest.raises(BadInput):
                set_label(connection=connection, reply=True, note=True, texts=wrong)


def test_only_an_admin_chooses(acme, globex, case, client_of):  # noqa: F811
    with bind_company(acme.binding()):
        where = f"/ai-label/{Connection.objects.get().pk}/"
    for role in ("agent", "lead", "privacy"):
        assert client_of(acme, role).post(where, {"reply": "on"}).status_code == 403
    assert client_of(globex, "admin").post(where, {"reply": "on"}).status_code == 404
    admin = client_of(acme, "admin")
    assert admin.post(where, {"note": "on", "text-de": "Mit Hilfe geschrieben."}).status_code == 302
    assert admin.post(where, {"text-de": "x" * 500}).status_code == 400
    with bind_company(acme.binding()):
        assert Connection.objects.get().label == {"reply": False, "note": True, "texts": {"de": "Mit Hilfe geschrieben."}}
    page = admin.get("/ai-label/").content.decode()
    assert "Mit Hilfe geschrieben." in page and 'name="note" checked' in page


def test_a_labelled_reply_whose_answer_was_lost_is_there_once_and_mirrored(desk):  # noqa: F811
    line = default_words("ko")
    order = desk.order(1, labelled(TEXT, line), from_draft=True)
    faults(desk, "reset_after")
    sending.send(order.pk)
    pass_time()
    send_all()
    row = Outgoing.objects.get(pk=order.pk)
    assert row.state == "sent"
    assert sum(count for text, count in desk.texts(1).items() if TEXT in text and line in text) == 1
    assert line in row.ticket.messages.get(remote_id=row.remote_id).text
    assert Person.objects.filter(pk=row.agent_id).exists()
