"""Every text people read exists in all seven languages, whole, in the words we fixed for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import pytest

from tests.catalogues import (
    LOCALES,
    ROOT,
    SOURCES,
    Entry,
    Key,
    compiled,
    compiled_key,
    parse,
    po,
    used_in,
    used_in_code,
    used_in_template,
)

FORMS = {
    "ko": "nplurals=1; plural=0;",
    "ja": "nplurals=1; plural=0;",
    "zh_Hans": "nplurals=1; plural=0;",
    "de": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "es": "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;",
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{\w*\}")
ENDS = {"。": ".", "：": ":", "？": "?", "\u00a0:": ":", "\u202f?": "?"}

# English words and the word fixed for them, as a pattern where a language bends it. Of two English
# words in one place the first in this list counts.
TERMS = {
    "suggested reply|suggestion": ("추천 답장", "返信案", "建议回复", "(Antwortv|V)orschl[aä]g", "réponse suggérée|suggestion", "respuesta sugerida|sugerencia"),
    "private note": ("비공개 메모", "非公開メモ", "内部备注", "interne Notiz", "note interne|notes internes", "notas? internas?"),
    "similar ticket": ("유사 티켓", "類似チケット", "类似工单", "ähnliche[ns]? Tickets?", "tickets? similaires?", "tickets? similar(es)?"),
    "ticket": ("티켓", "チケット", "工单", "Ticket", "ticket", "ticket"),
    "message": ("메시지", "メッセージ", "消息", "Nachricht", "message", "mensaje"),
    "conversation|thread": ("대화", "やり取り", "对话", "Konversation", "échange", "conversación"),
    "article": ("문서", "記事", "文章", "Artikel", "article", "artículo"),
    "helpdesk": ("헬프데스크", "ヘルプデスク", "客服系统", "Helpdesk", "helpdesk", "sistema de soporte"),
    "company": ("회사", "会社", "公司", "Unternehmen", "entreprise", "empresa"),
    "customer": ("고객", "顧客", "客户", "Kunde|Rückfrage", "client", "cliente"),
    "agent": ("상담사", "エージェント", "客服人员", "Agent|Team|Notizen", "agent", "agente"),
    "admin": ("관리자", "管理者", "管理员", "Admin", "admin", "admin"),
    "role": ("역할", "ロール", "角色", "Rolle", "rôle", "rol"),
    "draft": ("초안", "下書き", "草稿", "Entwurf", "brouillon", "borrador"),
    "summary": ("요약", "要約", "摘要", "Zusammenfassung", "résumé", "resumen"),
    "source": ("출처", "情報源|出典", "来源", "Quelle|belegt", "source", "fuente"),
    "quoted mail": ("인용된 이메일", "引用メール", "引用的邮件", "zitierte E-Mail", "e-mail cité", "correo citado"),
    "quote|quoted": ("인용", "引用", "引文|引自|引用", "Zit(at|ier)", "citation|citée", "cita"),
    "evidence": ("근거", "根拠", "依据", "Belege", "éléments", "información"),
    "passage": ("텍스트 조각", "テキスト断片", "文本片段", "Textabschnitt", "passage", "fragmento"),
    "extractive mode": ("발췌 모드", "抜粋モード", "摘录模式", "Auszugsmodus", "mode extraits", "modo de extractos"),
    "language model": ("언어 모델", "言語モデル", "语言模型", "Sprachmodell", "modèle de langage", "modelo de lenguaje"),
    "language": ("언어", "言語", "语言", "sprache", "langue", "idioma"),
    "personal data": ("개인정보", "個人情報", "个人信息", "personenbezogene Daten", "données personnelles", "datos personales"),
    "status": ("상태", "ステータス", "状态", "Status", "statut", "estado"),
    "priority": ("우선순위", "優先度", "优先级", "Priorität", "priorité", "prioridad"),
    "queue": ("대기열", "キュー", "队列", "Warteschlange", "file d’attente", "cola"),
    "filter": ("필터", "絞り込み|条件", "筛选", "Filter", "filtre", "filtro"),
    "group": ("그룹", "グループ", "组", "Gruppe", "groupe", "grupo"),
    "mood": ("감정", "感情", "情绪", "Stimmung", "humeur", "ánimo"),
    "attachment": ("첨부 파일", "添付ファイル", "附件", "Anh[aä]ng", "pièces? jointe", "archivos? adjunto"),
    "connection": ("연결", "接続", "连接", "Verbindung", "connexion", "conexi[óo]n"),
    "sync|synced|syncing": ("동기화", "同期", "同步", "[Ss]ynchronisier", "[Ss]ynchronis", "[Ss]incroniza"),
    "index": ("색인", "インデックス", "索引", "indexier", "index", "índice|indexar"),
    "api token": ("API 토큰", "APIトークン", "API 令牌", "API-Token", "jetons? d’API", "tokens? de API"),
    "password": ("비밀번호", "パスワード", "密码", "Passwort", "mot de passe", "contraseña"),
    "session": ("세션", "セッション", "会话", "Sitzung", "session", "sesi(ón|ones)"),
    "sign in": ("로그인", "ログイン", "登录", "[Aa]nmelden|Melden Sie sich", "connecte", "inici(ar|e) sesión"),
    "signed out|sign out": ("로그아웃", "ログアウト", "退出登录", "[Aa]b(ge)?melde", "déconnecter|ferm[eé]", "cerr(ar|ó) .*sesi|se cierra|ciérrela"),
}  # fmt: skip

# Signs and words that have no place in a language, whatever the text says.
NEVER = {
    "en": (r"['\"]", r"\.\.\.", "!", r"(?i)\b(please|oops|failed to|log ?in|e-mail|smart|magic|OK)\b"),
    "ko": (r"에이전트|상담원|인공지능|스레드|지식창고|당신|귀하|하십시오", r"[가-힣]{1,3}(해|예|에)요(?![가-힣])",
           r"을\(를\)|은\(는\)|이\(가\)|\(으\)로", r"%\(\w+\)s(을|를|은|는|이|가|와|과|으로|로)(?![가-힣])", "[、。：！？（）]"),
    "ja": (r"あなた|お客様|ソース|ドラフト|サマリー|サインイン|案件|閾値|下さい|出来", r"[ぁ-んァ-ヶ一-龠][,.:;!?()]",
           r"[ぁ-んァ-ヶ一-龠] +[A-Za-z0-9%]", r"[A-Za-z0-9)] +[ぁ-んァ-ヶ一-龠]"),
    "zh_Hans": (r"[你妳]|注销|登出|登陆|代理|座席|帮助台|服务台|智能|过滤器|组织", r"[一-鿿][,.:;!?()]",
                r"[一-鿿][A-Za-z0-9]", r"[A-Za-z0-9](?<!\)s)[一-鿿]", r"[一-鿿]%\((?!date|time|duration)", r"%\(count\)s[一-鿿]"),
    "de": (r"(?i)\b(du|dich|dein\w*)\b", r"Sichern|Stornieren|Einloggen|Kennwort|Firma|Thread", r"\w[*:]in(nen)?\b"),
    "fr": (r"(?i)\b(tu|courriel|digital)\b", r"[^\u00a0]:(?!//)", r"[^\u202f][;?]", r"«[^\u202f]", r"\([eE]\)|·e"),
    "es": (r"(?i)\b(tú|tu|tus|te|vos|vosotros|ordenador|celular|incidencia|compañía)\b", r"^[^¿]*\?", "@|/a"),
}  # fmt: skip
EVERY_TRANSLATION = (r"['\"]", r"\.\.\.", "  ", r"^\s|\s$")


each_locale = pytest.mark.parametrize("locale", LOCALES)


@cache
def entries(locale: str) -> list[Entry]:
    return parse(po(locale).read_text(encoding="utf-8"))[1]


@cache
def used() -> dict[str, set[Key]]:
    """The texts of every file that shows some."""
    return {path.relative_to(ROOT).as_posix(): used_in(path) for path in SOURCES}


def wrong(locale: str, fault: Callable[[Entry], object]) -> list[str]:
    """Entries with a fault, for a message that says what to mend."""
    return [str(entry) for entry in entries(locale) if fault(entry)]


@each_locale
def test_every_text_of_templates_and_code_is_in_the_catalogue(locale):
    known = {entry.key for entry in entries(locale)}
    missing = {path: keys - known for path, keys in used().items() if keys - known}
    assert missing == {}, "make messages, then translate"


@each_locale
def test_a_catalogue_keeps_no_text_that_nothing_shows(locale):
    shown = set().union(*used().values())
    assert wrong(locale, lambda entry: entry.obsolete or entry.key not in shown) == []


@each_locale
def test_every_entry_is_translated_in_every_plural_form(locale):
    plural_forms = int(FORMS[locale].removeprefix("nplurals=")[0])

    def unfinished(entry: Entry) -> bool:
        wanted = 1 if entry.plural is None else plural_forms
        return "fuzzy" in entry.flags or len(entry.forms) != wanted or not all(form.strip() for form in entry.forms)

    assert wrong(locale, unfinished) == []


@each_locale
def test_a_catalogue_counts_as_its_language_does(locale):
    header, _entries = parse(po(locale).read_text(encoding="utf-8"))
    assert FORMS[locale] in header.forms[0]
    assert f"Language: {locale}\n" in header.forms[0]


@each_locale
def test_every_translation_has_the_placeholders_of_its_text(locale):
    def differs(entry: Entry) -> bool:
        wanted = set(PLACEHOLDER.findall(entry.text + (entry.plural or "")))
        return any(set(PLACEHOLDER.findall(form)) != wanted for form in entry.forms)

    assert wrong(locale, differs) == []


@each_locale
def test_every_text_with_a_placeholder_tells_the_translator_what_it_holds(locale):
    assert (
        wrong(locale, lambda entry: PLACEHOLDER.search(entry.text) and "Translators" not in str(entry.comments)) == []
    )


@each_locale
def test_the_compiled_catalogue_is_the_written_one(locale):
    texts = compiled(po(locale).with_suffix(".mo").read_bytes())
    header = texts.pop("")
    assert FORMS[locale] in header
    assert texts == {compiled_key(entry): "\0".join(entry.forms) for entry in entries(locale)}, "make messages"


@each_locale
def test_a_translation_ends_as_its_text_does(locale):
    def end(text: str) -> str:
        sign = next((theirs for theirs in ENDS if text.endswith(theirs)), text[-1])
        sign = ENDS.get(sign, sign)
        return sign if sign in ".:?…" else ""

    abbreviated = ("Min.", "Std.")
    assert (
        wrong(
            locale,
            lambda entry: any(
                end(form) != end(entry.plural or entry.text) and not form.endswith(abbreviated) for form in entry.forms
            ),
        )
        == []
    )


@each_locale
def test_a_fixed_word_stands_wherever_its_english_word_does(locale):
    place = LOCALES.index(locale)
    faults = []
    for entry in entries(locale):
        text = PLACEHOLDER.sub("", entry.text)
        for english, words in TERMS.items():
            pattern = rf"(?i)\b({english})(s|es)?\b"
            if re.search(pattern, text):
                faults += [
                    f"{entry}: {words[place]}" for form in entry.forms if not re.search(rf"(?i){words[place]}", form)
                ]
                text = re.sub(pattern, "", text)
    assert faults == []


@each_locale
def test_no_translation_has_a_sign_or_word_its_language_does_not_want(locale):
    patterns = [re.compile(pattern) for pattern in NEVER[locale] + EVERY_TRANSLATION]
    faults = [
        f"{form!r}: {pattern.pattern}"
        for entry in entries(locale)
        for form in entry.forms
        for pattern in patterns
        if pattern.search(form)
    ]
    assert faults == []


def test_the_english_texts_keep_the_house_style():
    texts = {text for keys in used().values() for _context, *both in keys for text in both if text}
    assert [text for text in texts if any(re.search(pattern, text) for pattern in NEVER["en"])] == []
    sentences = [one for text in texts for one in re.split(r"[.:?] ", text)]
    assert [one for one in sentences if len(one.split()) > 20] == []


def test_every_way_to_write_a_text_is_found():
    found = set(
        used_in_template(
            '{% load i18n %}{% translate "One" %}{% trans "Two" context "c" %}{{ _("Three") }}'
            "{% blocktranslate trimmed with a=b %}\n  Four\n  {{ a }} 5%\n{% endblocktranslate %}"
            '{% blocktranslate count n=x context "c" %}{{ n }} six{% plural %}{{ n }} sixes{% endblocktranslate %}'
            '{% comment %}{% translate "Not me" %}{% endcomment %}{# Translators: nor me: _("Me") #}'
        )
    )
    assert found == {
        (None, "One", None), ("c", "Two", None), (None, "Three", None), (None, "Four %(a)s 5%%", None),
        ("c", "%(n)s six", "%(n)s sixes"),
    }  # fmt: skip
    code = (
        "from django.utils import translation\nfrom django.utils.translation import gettext_lazy as _, ngettext as many\n"
        "_('One'); many('a', 'b', 2); translation.pgettext('c', 'Two'); translation.npgettext_lazy('c', 'd', 'e', 3); _(name)"
    )
    assert set(used_in_code(code)) == {
        (None, "One", None), (None, "a", "b"), ("c", "Two", None), ("c", "d", "e"),
    }  # fmt: skip
    with pytest.raises(ValueError, match="put together"):
        list(used_in_code("from django.utils.translation import gettext\ngettext(f'Hello {name}')"))
