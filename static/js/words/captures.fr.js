/**
 * Text on captures in French.
 */

import { formatExactly, formatShare, listed } from "./format.js";

/** The codes of findings (app/formats/findings.py). @type {Record<string, string>} */
const MEANINGS = {
  "unsafe-file":
    "Ne peut être lu qu’en exécutant du code qu’il contient, ou nomme des chemins hors de lui ; non lu.",
  "too-large": "Annonce ou déballe bien plus que sa taille ou que la limite, ou est trop imbriqué ; non lu.",
  truncated: "Finit avant ce que son propre en-tête ou sa syntaxe annonce ; non lu.",
  "no-routing": "N’est pas une capture, ou en a la forme mais sans routage ; non lu.",
  "needs-facts": "Ses tailles sont inconnues ; le message nomme l’option qui les donne ; non lu.",
  "config-mismatch": "Les couches, les experts ou k ne sont pas ceux du config.json.",
  "token-count": "Plus ou moins de lignes que n’en veulent les jetons.",
  "id-range": "Un identifiant d’expert est hors de l’anneau, ou tient dans 8 bits avec plus de 256 experts.",
  "duplicate-ids": "Un jeton a deux fois le même expert dans une couche.",
  zeros: "Des couches ou des jetons n’ont que des 0, sans que rien l’explique.",
  "repeated-rows": "Beaucoup de jetons à la suite ont les mêmes experts dans toutes les couches.",
  "ids-not-topk": "Les identifiants ne sont pas les k meilleurs logits du jeton.",
  "strided-ids":
    "Des lignes à la suite énumèrent ensemble chaque expert une fois : une vue à pas, lue comme continue.",
  "bad-weights": "Un poids ou un logit n’est pas un nombre fini, ou un poids est négatif.",
  "weights-off": "Les sommes ne valent ni 1 ni l’échelle du config.json, ou leur ordre contredit les logits.",
  "prompts-differ": "Deux réponses de même début n’y ont pas le même routage, à plus que des arrondis près.",
  "not-logits": "Ces « logits » sont positifs et leurs lignes somment à 1 : un softmax y est déjà passé.",
  "missing-layers": "Moins de couches que le config.json n’en donne à experts.",
  "missing-rows":
    "Des jetons, ou une couche pour certains, n’ont pas de routage ou moins d’experts que les autres.",
  "last-token":
    "Le dernier jeton n’a pas de routage : il a été tiré et n’est jamais passé par le modèle ; c’est l’usage.",
  filler: "Du remplissage (masque, couches denses, places vides) a été laissé de côté.",
};

/** @type {typeof import("./captures.en.js").capturesEn} */
export const capturesFr = {
  title: "Fichiers",
  open: "Fichiers",
  about:
    "Le routage qu’un moteur, un crochet ou une personne a gardé : vLLM, SGLang, Megatron, transformers, llama.cpp, tableaux. Déposez des fichiers n’importe où, avec un config.json et un tokenizer.json.",
  choose: "Choisir des fichiers",
  reading: "Lecture…",
  sound: "Rien ne parle contre ce fichier.",
  findings: "Constats",
  meaning: (code) => MEANINGS[code] ?? "",
  levels: { error: "ERREUR", warning: "ATTENTION", info: "NOTE" },
  place: (layer, token) => {
    const parts = [layer === null ? "" : `couche ${layer}`, token === null ? "" : `jeton ${token}`].filter(
      Boolean,
    );
    return parts.length ? `${parts.join(", ")} (comptés à partir de 0)` : "";
  },
  what: (format, tokens, layers, experts, k) =>
    `${format} : ${tokens == null ? "" : `${formatExactly(tokens)} jetons, `}${layers} couches, ${experts ?? "?"} experts, k ${k ?? "?"}`,
  beginning: (shown, tokens) =>
    `Un fichier HTML contient les ${formatExactly(shown)} premiers jetons sur ${formatExactly(tokens)} ; la trace enregistrée les a tous. moescope open FICHIER donne un lien vers chaque jeton.`,
  part: (first, last, tokens) =>
    `Une longue trace : la scène montre les jetons ${formatExactly(first)} à ${formatExactly(last)} sur ${formatExactly(tokens)}. EXPERTS_HIT, charges et carte de chaleur les comptent tous.`,
  partSoFar: "Ces jetons, jusqu’ici",
  allTokens: (tokens) => `Les ${formatExactly(tokens)} jetons`,
  hitInAll: (tokens) => `dans les ${formatExactly(tokens)} jetons`,
  hitInAllTitle:
    "Experts différents utilisés par tous les jetons de la trace, toutes couches confondues, et combien il y en a",
  kept: "Le fichier reste dans ce navigateur. Un lien ne le montre que s’il se trouve dans le dossier TRACES du serveur.",
  link: "Lien vers ce fichier",
  saveTrace: "Enregistrer la trace",
  savePage: "Enregistrer en un fichier HTML",
  putAway: "Ranger le fichier",
  answer: (at, all) => `Réponse ${at} sur ${all}`,
  addConfig: "Déposez aussi le config.json du modèle sur la page.",
  ignored: (names) =>
    `Non lus, ni capture ni config du modèle : ${listed(names, (more) => `et ${more} de plus`)}.`,
  refused: (reason) => `Non lu : ${reason}`,
  tooLarge: (mib) => `Non envoyé : plus de ${mib} Mio. Utilisez moescope open FICHIER.`,
  counts: "Comptes sans jetons",
  countsNote:
    "Combien de fois chaque expert a été choisi. Un tel fichier ne dit rien des jetons : aucun faisceau n’est dessiné.",
  countOf: (layer, expert, count, share) =>
    `Couche ${layer}, expert ${expert} : ${formatExactly(count)} (${formatShare(share)} de la couche)`,
  countHint: "Pointez une case.",
  layerLoad: (layer, most) =>
    `Couche ${layer} : l’expert le plus chargé a ${most.toFixed(2)} fois la moyenne`,
  library: "Traces de ce serveur",
  noFolder: "Ce serveur n’offre pas de dossier de traces : démarrez-le avec TRACES=dossier.",
  search: "Chercher noms, modèles, textes, formats, constats",
  matching: (count, unread) =>
    `${formatExactly(count)} fichiers${unread ? `, ${formatExactly(unread)} pas encore lus` : ""}`,
  more: "Plus",
  same: (names) => `même routage que ${names.join(", ")}`,
  compareWith: "Comparer",
  sizeUnknown: "tailles inconnues",
  sizeUnknownTitle: "Le fichier ne dit pas la taille d’un expert. Déposez aussi le config.json du modèle.",
  compareTo: (name) => `Comparer avec ${name}`,
  compareToScreen: "Comparer avec ce qui était à l’écran",
  compareToModel: (name) => `Comparer avec ${name}, calculé maintenant`,
  difference: "Où elles diffèrent",
  flipShare: (tokens, choices) =>
    `${formatShare(tokens)} des jetons diffèrent quelque part, ${formatShare(choices)} de tous les choix d’une couche.`,
  parted: (token) => `Leurs jetons se séparent au jeton ${token} ; les chiffres portent sur ceux d’avant.`,
  first: (token, layer) => `Premier écart : jeton ${token}, couche ${layer}.`,
  margins: (share) => `${formatShare(share)} des écarts avaient une marge inférieure à 0,01.`,
  none: "Aucun écart : chaque jeton a les mêmes experts.",
  byLayer: ["Couche", "Écarts", "Recouvrement", "Premier", "JS, bits"],
};
