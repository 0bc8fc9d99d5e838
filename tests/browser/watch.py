"""What a page must never do: complain, break its policy, call elsewhere, fail on the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

# Runs before anything of a page does; the policy does not hold it back.
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  deskhandViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
}, true);
"""


@dataclass  # no slots: Playwright keeps its wrappers on the object whose methods listen
class Watch:
    """Gathers over a whole context, so that a page left behind counts too."""

    origin: str
    console: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    requests: int = 0
    expected: set[int] = field(default_factory=set)  # statuses a test asks for on purpose

    @classmethod
    def on(cls, context: BrowserContext, origin: str) -> Watch:
        watch = cls(origin)
        context.expose_binding("deskhandViolation", lambda _source, text: watch.violations.append(text))
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", watch._hear)
        context.on("weberror", lambda error: watch.console.append(str(error.error)))
        context.on("request", watch._see)
        context.on("response", watch._judge)
        return watch

    def report(self) -> dict[str, list[str]]:
        """Only what is wrong; {} is a clean page."""
        kinds = {"console": self.console, "policy": self.violations, "foreign": self.foreign, "failed": self.failed}
        return {name: found for name, found in kinds.items() if found}

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not self._announced(message):
            self.console.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _announced(self, message: ConsoleMessage) -> bool:
        return any(f"responded with a status of {status}" in message.text for status in self.expected)

    def _see(self, request: Request) -> None:
        self.requests += 1
        parts: Any = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.foreign.append(request.url)

    def _judge(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.failed.append(f"{response.status} {response.url}")
