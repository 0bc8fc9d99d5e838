"""Words of strangers on their way to a model: nothing in them is invisible, and nothing in them ends the block they stand in.

Pure. What a model makes of them is believed nowhere: this only keeps data and orders apart in what it reads.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

from apps.core.text import cleaned

_RUNS = re.compile(r"[<＜‹《⟪]{3,}|[>＞›》⟫]{3,}")
# what programs that run models take for the end of a turn, wherever it stands
_CONTROL = re.compile(
    r"<(?=[|｜])|[|｜](?=>)|\[(?=/?(?:INST|SYS|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])"
    r"|<(?=/?(?:s|sys|bos|eos|pad|unk|start_of_turn|end_of_turn|tool_call|tool_response|function_call|system|assistant|user|think)>)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\w -]")


class Fence:
    """The marks of one prompt: `fence(kind, text)` is the text between them, and no text can write them.

    Made of the texts themselves, so the number in the marks stands in none of them; a new prompt has a new one.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        written = [text.casefold() for text in texts]
        self.number = secrets.token_hex(8)
        while any(self.number in text for text in written):
            self.number = secrets.token_hex(8)

    @property
    def mark(self) -> str:
        """How the instructions name the marks."""
        return f"<<<{self.number} … {self.number}>>>"

    def __call__(self, kind: str, text: str) -> str:
        """`kind`: a word of ours for what it is. The text is cleaned; what looks like marks in it is broken by a space."""
        return f"<<<{self.number} {_NAME.sub('', kind)}\n{self._inside(text)}\n{self.number}>>>"

    def _inside(self, text: str) -> str:
        text = _CONTROL.sub(lambda found: found[0] + " ", _RUNS.sub(_spaced, cleaned(text)))
        return re.sub(self.number, _spaced, text, flags=re.IGNORECASE)


def _spaced(found: re.Match[str]) -> str:
    return " ".join(found[0])
