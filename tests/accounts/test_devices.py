"""Two words for a browser."""

from __future__ import annotations

import pytest

from apps.accounts.devices import BROWSERS, SYSTEMS, device_of

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
ANDROID = "Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux")),
        (WINDOWS, ("Chrome", "Windows")),
        (f"{WINDOWS} Edg/140.0.0.0", ("Edge", "Windows")),
        (f"{WINDOWS} OPR/120.0.0.0", ("Opera", "Windows")),
        (f"{WINDOWS} Vivaldi/7.5", ("Vivaldi", "Windows")),
        (f"{MAC} Version/18.6 Safari/605.1.15", ("Safari", "macOS")),
        (f"{ANDROID} Chrome/140.0.0.0 Mobile Safari/537.36", ("Chrome", "Android")),
        (f"{ANDROID} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", ("Samsung Internet", "Android")),
        (f"{IPHONE} Version/18.6 Mobile/15E148 Safari/604.1", ("Safari", "iOS")),
        (f"{IPHONE} CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1", ("Chrome", "iOS")),
        (f"{IPHONE} FxiOS/142.0 Mobile/15E148 Safari/605.1.15", ("Firefox", "iOS")),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36", ("Chrome", "ChromeOS")),
        ("curl/8.5.0", ("", "")),
        ("", ("", "")),
        ("<script>\x1b[31m", ("", "")),
    ],
)  # fmt: skip
def test_a_browser_is_known_by_two_words(header, words):
    assert device_of(header) == words


def test_the_words_fit_their_columns():
    assert max(len(name) for _sign, name in (*BROWSERS, *SYSTEMS)) <= 20
