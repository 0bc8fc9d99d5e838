"""Text as people write it: normal form, blocks, sentences, languages, quoted mail. Knows no Django."""

from apps.core.text.addresses import without_file_links
from apps.core.text.languages import LANGUAGES, detect_language
from apps.core.text.layout import layout
from apps.core.text.mail import is_sign_off, own_words, split_quoted, split_signature
from apps.core.text.normal import cleaned, has_hidden, normalise, visible
from apps.core.text.plain import headings, html_to_text
from apps.core.text.sent import as_sent, helpdesk_images, look
from apps.core.text.sentences import Span, blocks, sentences

__all__ = [
    "LANGUAGES", "Span", "as_sent", "blocks", "cleaned", "detect_language", "has_hidden", "headings", "helpdesk_images",
    "html_to_text", "is_sign_off", "layout", "look", "normalise", "own_words", "sentences", "split_quoted",
    "split_signature", "visible", "without_file_links",
]  # fmt: skip
