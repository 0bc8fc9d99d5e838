"""Sentences that generated tickets are put together from, in seven languages. {n} is an order number."""

from __future__ import annotations

SUBJECTS: dict[str, tuple[str, ...]] = {
    "en": ("Order {n} has not arrived", "Device from order {n} will not switch on", "Invoice {n} is wrong"),
    "de": ("Bestellung {n} ist nicht angekommen", "Gerät aus Bestellung {n} startet nicht", "Rechnung {n} ist falsch"),
    "fr": ("La commande {n} n'est pas arrivée", "L'appareil {n} ne s'allume pas", "La facture {n} est fausse"),
    "es": ("El pedido {n} no ha llegado", "El aparato {n} no se enciende", "La factura {n} es incorrecta"),
    "ja": ("注文 {n} が届きません", "注文 {n} の製品の電源が入りません", "請求書 {n} が間違っています"),
    "ko": ("주문 {n}이 도착하지 않았습니다", "주문 {n} 제품이 켜지지 않습니다", "청구서 {n}이 잘못되었습니다"),
    "zh": ("订单 {n} 还没有到", "订单 {n} 的设备无法开机", "发票 {n} 有误"),
}
CUSTOMER: dict[str, tuple[str, ...]] = {
    "en": (
        "I have been waiting for a week and nobody told me anything.",
        "The light blinks twice and then nothing happens.",
        "I charged it over night with the cable that came with it.",
        "Could you please tell me what to do next?",
        "My order number is {n}.",
        "It worked fine until last Tuesday.",
    ),
    "de": (
        "Ich warte seit einer Woche und habe nichts gehört.",
        "Die Lampe blinkt zweimal, danach passiert nichts mehr.",
        "Ich habe es über Nacht mit dem beiliegenden Kabel geladen.",
        "Können Sie mir bitte sagen, was ich tun soll?",
        "Meine Bestellnummer lautet {n}.",
        "Bis letzten Dienstag hat alles funktioniert.",
    ),
    "fr": (
        "J'attends depuis une semaine sans aucune nouvelle.",
        "Le voyant clignote deux fois, puis plus rien.",
        "Je l'ai chargé toute la nuit avec le câble fourni.",
        "Pouvez-vous me dire ce que je dois faire ?",
        "Mon numéro de commande est {n}.",
        "Tout marchait bien jusqu'à mardi dernier.",
    ),
    "es": (
        "Llevo una semana esperando y nadie me ha dicho nada.",
        "La luz parpadea dos veces y no pasa nada más.",
        "Lo cargué toda la noche con el cable incluido.",
        "¿Pueden decirme qué debo hacer ahora?",
        "Mi número de pedido es {n}.",
        "Funcionaba bien hasta el martes pasado.",
    ),
    "ja": (
        "一週間待っていますが、何の連絡もありません。",
        "ランプが二回点滅して、そのあと何も起こりません。",
        "付属のケーブルで一晩充電しました。",
        "次に何をすればよいか教えてください。",
        "注文番号は {n} です。",
        "先週の火曜日までは問題なく動いていました。",
    ),
    "ko": (
        "일주일째 기다리고 있는데 아무 연락이 없습니다.",
        "표시등이 두 번 깜박인 뒤 아무 반응이 없습니다.",
        "동봉된 케이블로 밤새 충전했습니다.",
        "다음에 어떻게 해야 하는지 알려 주세요.",
        "주문 번호는 {n}입니다.",
        "지난주 화요일까지는 잘 작동했습니다.",
    ),
    "zh": (
        "我已经等了一个星期，没有任何消息。",
        "指示灯闪两下，然后就没有反应了。",
        "我用随附的充电线充了一整夜。",
        "请告诉我接下来该怎么做。",
        "我的订单号是 {n}。",
        "上周二之前一直正常。",
    ),
}
AGENT: dict[str, tuple[str, ...]] = {
    "en": (
        "Thank you for writing to us.",
        "Please hold the button for fifteen seconds and try again.",
        "We have sent a replacement today.",
        "The parcel {n} is with the carrier and arrives within three days.",
    ),
    "de": (
        "Vielen Dank für Ihre Nachricht.",
        "Bitte halten Sie die Taste fünfzehn Sekunden gedrückt und versuchen Sie es erneut.",
        "Wir haben heute Ersatz verschickt.",
        "Das Paket {n} ist beim Zusteller und kommt in drei Tagen an.",
    ),
    "fr": (
        "Merci de nous avoir écrit.",
        "Maintenez le bouton pendant quinze secondes, puis réessayez.",
        "Nous avons envoyé un remplacement aujourd'hui.",
        "Le colis {n} est chez le transporteur et arrive sous trois jours.",
    ),
    "es": (
        "Gracias por escribirnos.",
        "Mantenga pulsado el botón quince segundos e inténtelo de nuevo.",
        "Hoy hemos enviado un reemplazo.",
        "El paquete {n} está con el transportista y llega en tres días.",
    ),
    "ja": (
        "お問い合わせありがとうございます。",
        "ボタンを十五秒間押し続けてから、もう一度お試しください。",
        "本日、交換品を発送いたしました。",
        "荷物 {n} は配送業者にあり、三日以内に届きます。",
    ),
    "ko": (
        "문의해 주셔서 감사합니다.",
        "버튼을 십오 초 동안 누른 뒤 다시 시도해 주세요.",
        "오늘 교환 제품을 발송했습니다.",
        "소포 {n}은 배송사에 있으며 사흘 안에 도착합니다.",
    ),
    "zh": (
        "感谢您的来信。",
        "请按住按钮十五秒，然后再试一次。",
        "我们今天已寄出替换品。",
        "包裹 {n} 已在快递公司，三天内送达。",
    ),
}
NOTE: dict[str, str] = {
    "en": "Internal: goodwill for {n} is approved, do not mention it.",
    "de": "Intern: Kulanz für {n} ist genehmigt, bitte nicht erwähnen.",
    "fr": "Interne : geste commercial accordé pour {n}, ne pas en parler.",
    "es": "Interno: cortesía aprobada para {n}, no mencionarlo.",
    "ja": "社内: {n} の特別対応は承認済み、お客様には伝えないこと。",
    "ko": "내부: {n} 보상 승인됨, 고객에게 언급하지 말 것.",
    "zh": "内部：{n} 的补偿已批准，请勿向客户提及。",
}
LANGUAGES = ("en", "de", "fr", "es", "ja", "ko", "zh")
