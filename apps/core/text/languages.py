"""Which of the seven languages a text is in: by script, then by py3langid, then by hint (decisions 22)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

LANGUAGES = ("en", "ko", "ja", "zh", "de", "fr", "es")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_KANA = re.compile("[\u3040-\u30ff\u31f0-\u31ff]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN = re.compile(r"[^\W\d_]")
_NOISE = re.compile(r"\S+@\S+|https?://\S+|[A-Z]{1,4}-[\d-]+|\d[\d .:-]*")
LOOK_AT = 1000  # characters; a language shows itself in far fewer


@lru_cache(maxsize=1)
def _identifier() -> Any:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier


def short_code(code: str | None) -> str | None:
    """'zh-CN', 'zh-hans' -> 'zh'; a language outside the seven -> None."""
    found = (code or "").lower().replace("_", "-").split("-")[0]
    return found if found in LANGUAGES else None


def detect_language(text: str, hint: str | None = None) -> str:
    """One of LANGUAGES. The hint decides for texts of fewer than four letters and for pure Han with a ja hint."""
    fallback = short_code(hint) or "en"
    sample = _NOISE.sub(" ", text[:LOOK_AT])
    letters = len(_LATIN.findall(sample))
    hangul, kana, han = (len(script.findall(sample)) for script in (_HANGUL, _KANA, _HAN))
    if hangul and hangul >= max(kana, 2) and hangul * 4 >= letters:
        return "ko"
    if kana >= 2 and (kana + han) * 3 >= letters:
        return "ja"
    if han >= 2 and han * 3 >= letters:
        return "ja" if fallback == "ja" else "zh"
    if letters < 4:
        return fallback
    language, certainty = _identifier().classify(sample)
    return fallback if certainty < 0.6 or language not in LANGUAGES else str(language)
