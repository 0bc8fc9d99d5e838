// Runs inside a page under test: what can be measured of a screen as it stands. Every function returns descriptions.
(() => {
  const LABELS = ".btn, .tabs > *, .state, .tag, .chip, label, legend, h1, h2, h3, th, summary, .side a, .nav a";
  const ancestors = function* (one) { for (let up = one; up; up = up.parentElement) yield up; };
  const some = (one, test) => [...ancestors(one)].some((up) => test(up, getComputedStyle(up)));

  const named = (one) => {
    const id = one.id ? `#${one.id}` : "";
    return `${one.tagName.toLowerCase()}${id}.${[...one.classList].join(".")} “${one.textContent.trim().slice(0, 30)}”`;
  };
  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".sr, .skip, [aria-hidden=true]")
    && !some(one, (_up, style) => style.clipPath !== "none");
  const scrolls = (up, style) => up !== document.body && up !== document.documentElement
    && ["auto", "scroll"].includes(style.overflowX) && up.scrollWidth > up.clientWidth;

  // What reaches beyond the right edge, unless something around it scrolls sideways by itself.
  const wider = () => {
    const limit = document.documentElement.clientWidth, whole = document.documentElement.scrollWidth;
    const found = [...document.querySelectorAll("body *")]
      .filter((one) => shown(one) && one.getBoundingClientRect().right > limit + 1 && !some(one.parentElement, scrolls));
    return [...found.map(named), ...(whole > innerWidth ? [`page: ${whole} of ${innerWidth}`] : [])];
  };

  const cut = () => [...document.querySelectorAll(LABELS)]
    .filter((one) => shown(one) && getComputedStyle(one).display !== "inline")
    .filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1).map(named);

  const texts = function* (root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (walker.currentNode.data.trim()) yield walker.currentNode;
  };

  // Labels wrap between words. A long German word may be hyphenated; a short one that stands on two lines was torn.
  const torn = () => {
    const found = [];
    for (const one of [...document.querySelectorAll(LABELS)].filter(shown)) for (const text of texts(one)) {
      for (const word of text.data.matchAll(/(?<![\p{L}\d])[\p{Script=Latin}\d]{2,11}(?![\p{L}\d])/gu)) {
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
        if (lines.size > 1) found.push(`${word[0]} in ${named(one)}`);
      }
    }
    return found;
  };

  // By script: signs of one language in a text marked as another, and Latin sentences marked as Korean, Japanese, Chinese.
  const mismarked = () => {
    const found = [];
    for (const text of texts(document.body)) {
      // An address or a code is of no language.
      const words = text.data.replace(/\S+@\S+/g, "").trim(), holder = text.parentElement;
      if (!shown(holder) || holder.closest("script, template, .codes")) continue;
      const lang = holder.closest("[lang]").lang.split("-")[0];
      const has = (signs) => signs.test(words);
      const hangul = has(/\p{Script=Hangul}/u), kana = has(/[\u3041-\u30fa]/u), han = has(/\p{Script=Han}/u);
      const latin = (words.match(/\p{Script=Latin}{2,}/gu) ?? []).length;
      const foreign = (hangul && lang !== "ko") || (kana && lang !== "ja") || (han && !["ja", "zh", "ko"].includes(lang));
      const plain = latin > 3 && !hangul && !kana && !han && ["ja", "ko", "zh"].includes(lang);
      if (foreign || plain) found.push(`${lang}: ${words.slice(0, 60)}`);
    }
    const known = /^(en|ko|ja|zh-Hans|de|fr|es|zxx)$/; // zxx: of no language, as code is
    const odd = [...document.querySelectorAll("[lang]")].filter((one) => !known.test(one.lang));
    return [...found, ...odd.map((one) => `lang="${one.lang}" ${named(one)}`)];
  };

  // Numbers every stop of the Tab key that can be seen.
  // One of a group of radio buttons is a stop: arrows go through the others.
  const beside = (one) => one.type === "radio" && !one.checked && !!(one.form ?? document).querySelector(`[name="${one.name}"]:checked`);
  const stops = () => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter((one) => one.tabIndex >= 0 && !one.disabled && !beside(one) && one.type !== "hidden" && one.checkVisibility({ visibilityProperty: true }))
    .map((one, at) => { one.dataset.stop = at; return [String(at), one.outerHTML.slice(0, 90)]; });

  // Where the focus is, whether it or the control around it is outlined, whether it is on the screen and uncovered.
  const here = () => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const around = [...ancestors(one)].slice(0, 4).map((up) => getComputedStyle(up));
    const outlined = around.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
    const seen = one.matches(".sr") ? one.parentElement : one;
    const box = seen.getClientRects()[0] ?? seen.getBoundingClientRect();
    const x = Math.min(Math.max(box.left + Math.min(box.width / 2, 24), 1), innerWidth - 1);
    const y = (Math.max(box.top, 1) + Math.min(box.bottom, innerHeight - 1)) / 2;
    const spot = document.elementFromPoint(x, y);
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const free = inside && !!spot && (seen.contains(spot) || spot.contains(seen));
    return { stop: one.dataset.stop ?? null, outlined, free, what: one.outerHTML.slice(0, 90) };
  };

  const axeRules = async ([tags, within]) => {
    scrollTo(0, 0); // from the top, where no bar lies over anything
    // frames are judged as pages: in a sandbox nothing answers, and axe would wait for ever
    const options = { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"], preload: false, iframes: false };
    const result = await axe.run(within || document, options);
    return result.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}`));
  };

  globalThis.looks = { wider, cut, torn, mismarked, stops, here, axeRules };
})();
