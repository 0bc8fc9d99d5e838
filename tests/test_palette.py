"""Colours can be read by everybody: WCAG 2 contrast of every pair of tokens that meet on a screen (A11-5)."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parent.parent / "static"
TOKENS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(
        r"--([\w-]+):\s*light-dark\((#\w{6}),\s*(#\w{6})\)", (STATIC / "tokens.css").read_text(encoding="utf-8")
    )
}
GROUNDS = ("canvas", "surface", "sunken", "raised")
STATES = ("ok", "warn", "danger", "ask")
TEXT = [
    *product(("ink", "ink-2", "ink-3", "accent", "accent-strong"), GROUNDS),
    *product(("ink", "ink-2"), ("press",)),
    *((state, f"{state}-soft") for state in STATES),
    *(("ink", f"{state}-soft") for state in STATES),
    *product(STATES, ("canvas", "surface", "sunken")),
    *product(("ink", "ink-2", "ink-3", "accent", "accent-strong"), ("accent-soft",)),
    *product(("ink", "ink-2", "ink-3", "accent", "private-ink"), ("private",)),
    ("on-accent", "accent"), ("on-accent", "accent-strong"), ("on-accent", "focus"), ("on-danger", "danger"),
    ("ink", "mark"), ("focus", "surface"), ("focus", "canvas"),
]  # fmt: skip
EDGES = [
    *product(("line-strong",), ("canvas", "surface", "sunken")),
    *product(("focus",), (*GROUNDS, "accent-soft", "private", "press")),
    *product(("accent", "ok", "warn"), ("press",)),
]


def luminance(colour: str) -> float:
    """WCAG 2 relative luminance of '#rrggbb'."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_knows_black_on_white_and_grey():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_at_least_4_5_to_1_on_every_ground_it_stands_on(theme):
    weak = {(one, on): contrast(TOKENS[one][theme], TOKENS[on][theme]) for one, on in TEXT}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_control_edges_and_focus_are_at_least_3_to_1(theme):
    weak = {(one, on): contrast(TOKENS[one][theme], TOKENS[on][theme]) for one, on in EDGES}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 3} == {}


def test_colours_are_written_in_tokens_only():
    """One definition each: other sheets name tokens, so a theme cannot miss a place."""
    for sheet in sorted(STATIC.glob("*.css")):
        if sheet.name != "tokens.css":
            found = re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*;)|\brgba?\(|\bhsla?\(", _declarations(sheet))
            assert found in ([], ["#b3bfc0", "#3b484a"]), sheet.name  # the scrollbar's, in app.css


def test_every_variable_of_the_sheets_is_a_token():
    known = set(
        re.findall(r"--([\w-]+)\s*:", "".join(path.read_text(encoding="utf-8") for path in STATIC.glob("*.css")))
    )
    for sheet in sorted(STATIC.glob("*.css")):
        assert set(re.findall(r"var\(--([\w-]+)", sheet.read_text(encoding="utf-8"))) <= known, sheet.name


def _declarations(sheet: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
