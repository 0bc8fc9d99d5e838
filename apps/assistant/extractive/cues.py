"""Words that tell what a sentence does, in seven languages. Pure data."""

from __future__ import annotations

import re


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


GREETING = _any(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^.?!]{0,40}[,!.]?$",
    r"^(?:hallo|guten (?:tag|morgen|abend)|sehr geehrte\w*|liebe[rs]?|moin)\b[^.?!]{0,50}[,!.]?$",
    r"^(?:bonjour|bonsoir|salut|cher|chère|madame|monsieur)\b[^.?!]{0,40}[,!.]?$",
    r"^(?:hola|buenos días|buenas (?:tardes|noches)|estimad[oa]s?|querid[oa])\b[^.?!]{0,40}[,!.:]?$",
    r"^안녕하(?:세요|십니까).{0,12}$",
    r"^(?:こんにちは|お世話になって|はじめまして|いつもお世話).{0,30}$",
    r"^.{1,20}様[、,]?$",
    r"^(?:您好|你好|亲爱的).{0,12}$",
)
SIGN_OFF = _any(
    r"^(?:thanks|thank you|many thanks|best|kind regards|best regards|regards|cheers|sincerely)\b.{0,40}$",
    r"^(?:vielen dank|danke|mit freundlichen grüßen|viele grüße|beste grüße|mfg|liebe grüße)\b.{0,40}$",
    r"^(?:merci|cordialement|bien à vous|sincères salutations|bonne journée)\b.{0,40}$",
    r"^(?:gracias|muchas gracias|saludos|un saludo|atentamente|cordialmente)\b.{0,40}$",
    r"^(?:감사합니다|고맙습니다|수고하세요).{0,12}$",
    r"^(?:よろしくお願い|ありがとうございま|敬具|どうぞよろしく).{0,20}$",
    r"^(?:谢谢|多谢|感谢|此致|祝好).{0,14}$",
)
TRIED = _any(
    r"\b(?:i|we) (?:have )?(?:already )?(?:tried|cleaned|reset|restarted|reinstalled|updated|checked|charged|re-?paired|contacted)\b",
    r"\b(?:habe|haben|hab)\b.{0,60}\b(?:versucht|probiert|gereinigt|zurückgesetzt|neu gestartet|geprüft|geladen|aktualisiert)\b",
    r"\bj[’']ai (?:déjà )?(?:essayé|nettoyé|réinitialisé|redémarré|vérifié|rechargé|mis à jour)",
    r"\b(?:he|ya) (?:probado|intentado|limpiado|reiniciado|comprobado|actualizado|cargado)",
    r"(?:해 ?봤|해 ?보았|시도했|초기화했|청소했|껐다 켜|재부팅)",
    r"(?:試しました|試した|試しまし|リセットし|再起動し|掃除し|確認しました)",
    r"(?:试过|尝试|重启|重置了|清洁|检查过|更新了)",
)
DETAIL = _any(
    r"\b(?:send|tell|give|provide|reply with|let us know)\b.{0,60}\b(?:serial|order) (?:number|no\b)",
    r"\b(?:Seriennummer|Bestellnummer)\b.{0,60}\b(?:senden|nennen|mitteilen|angeben|schicken)|\b(?:senden|nennen|schicken)\b.{0,60}\b(?:Seriennummer|Bestellnummer)",
    r"\b(?:envoyez|indiquez|communiquez|joignez)\b.{0,60}\bnuméro de (?:série|commande)",
    r"\b(?:envíe|indique|adjunte|facilite)\b.{0,60}\bnúmero de (?:serie|pedido)",
    r"(?:일련번호|주문 ?번호).{0,30}(?:보내|알려)",
    r"(?:シリアル番号|製造番号|注文番号).{0,30}(?:お送り|お知らせ|ご連絡)",
    r"(?:序列号|订单号).{0,30}(?:发送|提供|告知)|(?:发送|提供|告知).{0,30}(?:序列号|订单号)",
)
IDENTIFIER = re.compile(r"\b[A-Z]{2,4}-?\d{3,}(?:-\d+)*\b|\b\d{6,}\b|\bSN[:# ]?\w{5,}", re.IGNORECASE)
ADDRESS = re.compile(
    r"^.{0,24}(?:您好|你好|様[ 、,]|님[ ,]|안녕하세요)|^(?:Hi|Hello|Dear|Hallo|Guten Tag|Bonjour|Hola|Estimad[oa])\b"
)
PERSONAL = re.compile(
    r"\S+@\S+|https?://|www\.|\b[\w-]+\.(?:com|org|net|example)\b|\b[A-Z]{1,4}-\d[\d-]{3,}|(?:\+?\d[\s().-]?){7,}"
)
CASE_ACT = _any(
    r"\b(?:i|we)(?: have|[’']ve)? (?:just |already )?(?:refunded|cancelled|canceled|sent|shipped|created|issued|changed|reissued|processed|escalated|forwarded)\b",
    r"\b(?:ich|wir) haben?\b.{0,60}\b(?:erstattet|storniert|geschickt|versendet|ausgestellt|geändert|erstellt|weitergeleitet)\b",
    r"\b(?:j[’']ai|nous avons)\b.{0,20}(?:remboursé|annulé|envoyé|modifié|créé|émis|expédié)",
    r"\b(?:he|hemos) (?:reembolsado|cancelado|enviado|modificado|creado|emitido|cambiado)",
    r"(?:해 ?드렸|발송했|환불했|취소했|변경했)",
    r"(?:いたしました|しておきました|手配しました|返金しました|発送しました)",
    r"(?:已为您|已经为您|我已|我们已)",
)
WORRIED = _any(
    r"\b(?:worried|worrying|afraid|scared|anxious|nervous|urgent(?:ly)?|asap|deadline|flight|please help|concern(?:ed)?|stuck"
    r"|soon as possible|overdraft|dangerous|is it safe|safe to|swollen|smoke|panic|desperate|losing (?:sales|customers|money))\b",
    r"\b(?:by|before|until|for|due) (?:tomorrow|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|\breply today\b",
    r"\b(?:dringend\w*|sorge\w*|eilig|eilt|angst|gefährlich|nervös|schnell wie möglich|schnellstmöglich|bis (?:morgen|freitag|montag))\b",
    r"\b(?:urgent\w*|inquiet\w*|inquièt\w*|peur|dangereu\w*|au plus vite|rapidement|avant (?:demain|vendredi|lundi)|d[’']ici demain)\b",
    r"\b(?:urgen\w*|preocupa\w*|miedo|peligro\w*|cuanto antes|lo antes posible|antes de(?:l)? (?:mañana|viernes|lunes))\b",
    r"(?:급해|급합니다|급하|걱정|빨리|불안|위험|내일까지|무서)",
    r"(?:至急|心配|困って|困り|急いで|急ぎ|不安|危険|危な|怖い|明日まで)",
    r"(?:着急|尽快|担心|紧急|急用|害怕|危险|不放心|明天之前)",
)
UPSET = _any(
    r"\b(?:unacceptable|not acceptable|ridiculous|angry|furious|terrible|worst|disappoint\w+|fed up|sick of|scam|joke|useless"
    r"|appalling|disgrace\w*|unbelievable|outrageous|waste of|lawyer|chargeback|(?:third|fourth|fifth) time|how many times"
    r"|never again|want my money|small claims|nobody (?:answers|replies|cares)|still nothing|being ignored)\b|!!!|!!.*!!|\?!",
    r"\b(?:unverschämt\w*|inakzeptabel|unmöglich|frechheit|enttäusch\w*|verärgert|katastroph\w*|anwalt|reicht mir|stinksauer|sauer"
    r"|zum (?:dritten|vierten) mal|geld zurück sofort|nie wieder|niemand antwortet)\b",
    r"\b(?:inadmissible|inacceptable|scandaleu\w*|déçue?s?|furieu\w*|honteu\w*|ras-le-bol|marre|avocat|troisième fois|n[’']importe quoi"
    r"|plus jamais|personne ne répond)\b",
    r"\b(?:inaceptable|vergüenza|vergonzos\w+|indignad\w|indignante|decepcionad\w|hart[oa]|estafa|abogado|tercera vez|nunca más"
    r"|nadie (?:responde|contesta))\b",
    r"(?:화가|화나|실망|어이없|어이가|말도 안|황당|최악|짜증|몇 번째|너무하|신고하)",
    r"(?:ひどい|ひどす|怒って|がっかり|納得でき|納得いか|最悪|不愉快|いい加減|信じられ|何度(?:も|目)|三度目)",
    r"(?:太差|失望|愤怒|生气|不可接受|欺骗|投诉|太过分|气死|第三次|退钱|骗子|没人(?:回|理))",
)
_CAPITALS = "A-ZÄÖÜÉÈÁÍÓÚÑ"
_NAMES = r"(?:HDMI|E?ARC|LDAC|IBAN|BIC|SWIFT|JSON|HTTPS?|USB|VAT|CORS|POST|NULL)\b"  # written in capitals by everybody
SHOUTED = re.compile(
    rf"\b(?!{_NAMES})[{_CAPITALS}]{{4,}}\s+(?!{_NAMES})[{_CAPITALS}]{{2,}}\b"
    rf"|\b(?!{_NAMES})[{_CAPITALS}]{{2,}}\s+(?!{_NAMES})[{_CAPITALS}]{{4,}}\b"
    r"|\b(?:NOW|TODAY|NEVER|NOTHING|TWICE|EMPTY|STILL|BROKE|REFUND|SOFORT|NICHTS|RIEN|JAMAIS|NADA|NUNCA)\b"
)
QUESTION = re.compile(r"[?？]\s*$|(?:나요|까요|습니까|ですか|ますか|でしょうか|吗|呢)[.。?？]?\s*$")
GREETINGS = {
    "en": ("Hi {name},", "Hello,"), "de": ("Guten Tag {name},", "Guten Tag,"), "fr": ("Bonjour {name},", "Bonjour,"),
    "es": ("Hola, {name}:", "Hola:"), "ko": ("{name} 님, 안녕하세요.", "안녕하세요."), "ja": ("{name} 様", "お客様"),
    "zh": ("{name}，您好：", "您好："),
}  # fmt: skip
CLOSINGS = {
    "en": "Kind regards", "de": "Mit freundlichen Grüßen", "fr": "Cordialement", "es": "Un saludo", "ko": "감사합니다.",
    "ja": "よろしくお願いいたします。", "zh": "祝好",
}  # fmt: skip
ASK_DETAIL = {
    "en": "So that we can help, could you send us the order number or the serial number of the product?",
    "de": "Damit wir Ihnen helfen können: Wie lautet die Bestellnummer oder die Seriennummer des Produkts?",
    "fr": "Afin de vous aider, pourriez-vous nous communiquer le numéro de commande ou le numéro de série du produit ?",
    "es": "Para poder ayudarle, ¿podría indicarnos el número de pedido o el número de serie del producto?",
    "ko": "도움을 드리려면 확인이 필요합니다. 주문 번호나 제품 일련번호를 알려 주시겠습니까?",
    "ja": "確認のため、注文番号または製品のシリアル番号をお知らせいただけますか。",
    "zh": "为了协助您处理，请提供订单号或产品序列号，好吗？",
}  # fmt: skip
