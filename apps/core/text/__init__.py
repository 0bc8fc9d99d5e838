"""Text as people write it: normal form, sentences, languages, quoted mail. Knows no Django."""

from apps.core.text.languages import LANGUAGES, detect_language
from apps.core.text.mail import split_quoted
from apps.core.text.normal import html_to_text, normalise, visible
from apps.core.text.sentences import Span, sentences

__all__ = ["LANGUAGES", "Span", "detect_language", "html_to_text", "normalise", "sentences", "split_quoted", "visible"]
