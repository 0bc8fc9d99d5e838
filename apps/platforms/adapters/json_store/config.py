"""Which folder a company is read from: below a root that the operator names, and called like the company."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, StringConstraints, ValidationInfo, model_validator

from apps.core.errors import BadInput

ROOT, COMPANY = "json_store_root", "company"  # what the site tells, beside what is entered
_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


class JsonStoreConfig(BaseModel):
    """`folder`: "acme", or "archive/acme": path below the root. The root is the operator's alone and never stored."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    folder: Annotated[str, StringConstraints(pattern=rf"^{_PART}(/{_PART}){{0,7}}$")]
    _root: str = PrivateAttr("")
    _company: str = PrivateAttr("")

    @model_validator(mode="after")
    def _told(self, info: ValidationInfo) -> Self:
        context = info.context or {}
        self._root, self._company = str(context.get(ROOT) or ""), str(context.get(COMPANY) or "")
        return self

    def allowed(self) -> tuple[str, str]:
        """(root, folder). Raises BadInput where no root is allowed, or the folder is not the bound company's own."""
        if not self._root.startswith("/"):
            raise BadInput("No folder may be read here: JSON_STORE_ROOT is not set.", code="store_refused")
        if not self._company or self.folder.rpartition("/")[2] != self._company:
            raise BadInput("A company is read from a folder of its own name only.", code="store_refused")
        return self._root, self.folder
