/** What is English on a French page: texts and accessible names, each with where it stands; what is in another language and says so by `lang`, and tokens, are not looked at. */
async () => {
  const [{ en }, { fr }] = await Promise.all(
    ["en", "fr"].map((each) => import(`/static/js/words/${each}.js`)),
  );
  const alike = new Set(Object.values(fr).filter((word) => typeof word === "string"));
  const english = new Set();
  const gather = (one, other) => {
    if (typeof one === "string") {
      if (one !== other && !alike.has(one) && /[a-z]{3}/i.test(one)) english.add(one);
    } else if (typeof one === "object" && one)
      for (const key of Object.keys(one)) gather(one[key], other?.[key]);
  };
  gather(en, fr);
  const foreign = '[lang]:not(html):not([lang="fr"])';
  const ours = (element) =>
    !element.closest(`script, style, noscript, textarea, code, pre, .liked, [translate="no"], ${foreign}`);
  const texts = [[document.title, "title"]];
  for (const meta of document.querySelectorAll(
    "meta[name=description], meta[property='og:title'], meta[property='og:description']",
  )) {
    texts.push([meta.content, "meta"]);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    if (ours(parentElement)) texts.push([data, parentElement.className]);
  }
  for (const name of ["aria-label", "title", "placeholder", "alt", "aria-valuetext", "aria-description"]) {
    for (const element of document.querySelectorAll(`body [${name}]`)) {
      if (ours(element)) texts.push([element.getAttribute(name), name]);
    }
  }
  const common = [
    "the",
    "of",
    "and",
    "with",
    "from",
    "each",
    "this",
    "that",
    "these",
    "its",
    "are",
    "is",
    "was",
    "by",
    "to",
    "for",
    "not",
    "which",
    "it",
    "be",
    "how",
    "you",
    "your",
    "layers?",
    "tokens?",
    "weights",
    "routers",
    "load",
  ];
  const words = new RegExp(`(?<!\\p{L})(${common.join("|")})(?!\\p{L})`, "iu");
  const told = (text) =>
    text.replace(/[\w\-]+=[\w\-]+|\w+_\w+|\/?[\w.\/\-]*\/[\w.\/\-]*|«[^»]*»|\d\sTo(?!\p{L})/gu, ""); // without keys, names of files and fields, addresses, tokens, terabytes
  return texts
    .map(([text, where]) => [text.trim(), where])
    .filter(([text]) => english.has(text) || words.test(told(text)))
    .map(([text, where]) => `${where}: ${text}`);
};
