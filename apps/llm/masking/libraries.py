"""Libraries that only masking needs, loaded at the first text: every process of the site imports this room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.late import Late

if TYPE_CHECKING:
    import phonenumbers as phones
    from stdnum import iban, luhn
    from stdnum.de import idnr as germany
    from stdnum.es import dni as spain
    from stdnum.es import nie as spain_foreign
    from stdnum.fr import nir as france
    from stdnum.jp import in_ as japan
    from stdnum.kr import rrn as korea
else:
    phones, iban, luhn = Late("phonenumbers"), Late("stdnum.iban"), Late("stdnum.luhn")
    germany, france, japan = (Late(f"stdnum.{name}") for name in ("de.idnr", "fr.nir", "jp.in_"))
    spain, spain_foreign, korea = (Late(f"stdnum.{name}") for name in ("es.dni", "es.nie", "kr.rrn"))

__all__ = ["france", "germany", "iban", "japan", "korea", "luhn", "phones", "spain", "spain_foreign"]
