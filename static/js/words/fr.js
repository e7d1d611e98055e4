/**
 * All text of the page in French, with the structure of en.js: a missing or an extra key fails the type check.
 *
 * Glossary. expert: expert · router: routeur · token: jeton · layer: couche · gate score: score de routage · top-k: top-k
 * · combine weight: poids de combinaison · shared expert: expert partagé · load: charge (loading: chargement) · capacity:
 * capacité · dropped: écarté · routing trace: trace · loss: perte · held-out: mis de côté · embedding: plongement ·
 * mixture of experts: mélange d’experts · authored: scénarisé · live: en direct · recorded: enregistré · prompt: texte ·
 * heat map: carte de chaleur · seed: graine · counters: P_TOTAL, P_ACTIFS, JETON, EXPERTS_TOUCHÉS.
 *
 * Spaces before : and inside « » are U+00A0, before ; ! ? and % U+202F: tests/js/words/french.test.js reads every
 * sentence.
 */

import {
  formatCount,
  formatDecimal,
  formatExactly,
  formatShare,
  formatSigned,
  formatToken,
} from "./format.js";
import { glossary } from "./glossary.fr.js";
import { shapesFr } from "./models.fr.js";
import { partOf, problem } from "./problems.fr.js";

const NUMBERS = "aucun un deux trois quatre cinq six sept huit neuf dix onze douze".split(" ");

/** Writes numbers up to twelve in letters. @param {number} count */
function spelled(count) {
  return NUMBERS[count] ?? formatExactly(count);
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {readonly string[]} values */
function list(values) {
  return values.length < 2 ? values.join("") : `${values.slice(0, -1).join(", ")} ou ${values.at(-1)}`;
}

/** None and one are singular. @param {number} count @param {string} one @param {string} [many] */
function plural(count, one, many = `${one}s`) {
  return `${formatExactly(count)} ${count < 2 ? one : many}`;
}

/** Quotes a token inside a sentence. @param {string} text */
function quoted(text) {
  return `« ${formatToken(text)} »`;
}

/**
 * Returns the sentence on the origin of a routing.
 * @param {import("../types.js").Origin} origin
 * @param {import("../types.js").Model} model
 */
function noteOf(origin, model) {
  const { source, shape, step, steps, trained_top_k: trained, trained_router: router } = origin;
  if (source === "authored") {
    const logits = "des logits écrits à la main, une illustration, pas une mesure.";
    return shape
      ? `Routage scénarisé sur la vraie forme de ${/^\d+x/.test(shape) ? "votre config.json" : model.name} : ${logits}`
      : "Des logits écrits à la main, passés par un vrai routeur : une illustration, pas une mesure.";
  }
  if (source === "recorded" && steps) {
    const name = origin.checkpoint ?? model.name;
    return `Enregistré pendant l’entraînement de ${name} : comment il routait un texte mis de côté après l’étape ${formatExactly(step ?? steps)} sur ${formatExactly(steps)}.`;
  }
  if (source !== "live" || !trained) return origin.note;
  const same = router === undefined || router === model.router;
  const taught = `${model.name} a été entraîné avec ${plural(trained, "expert")} par jeton${same ? "" : ` par ${router}`}`;
  const chosen = `ici ${model.top_k === 1 ? "un seul est choisi" : `${model.top_k} sont choisis`}${same ? "" : ` par ${model.router}, qu’il n’a jamais rencontré`}`;
  return `Calculé à l’instant avec des poids entraînés ; ${taught}, et ${chosen}.`;
}

/** @param {string} badge */
function routing(badge) {
  return { AUTHORED: "scénarisé", LIVE: "en direct", RECORDED: "enregistré" }[badge] ?? "";
}

/**
 * The structure of the English text without its content.
 * @template T
 * @typedef {T extends string ? string : T extends (...args: infer A) => infer R ? (...args: A) => Wide<R> : {[K in keyof T]: Wide<T[K]>}} Wide
 */

/** @typedef {Wide<typeof import("./en.js").en>} Words */

/** @type {Words} */
export const fr = {
  product: "Moescope",
  ...shapesFr,
  nothing: "rien",
  none: "–",
  between: " ; ",
  times: (ratio) => `${formatDecimal(ratio, 2)} ×`,
  quoted,
  plural,
  close: "Fermer",
  dismiss: "Masquer",
  notices: "Avis",

  // Addresses
  oneOf: list,
  range: (low, high) => `de ${formatDecimal(low)} à ${formatDecimal(high)}`,
  charactersAtMost: (count) => `${plural(count, "caractère")} au plus`,
  towerKey: "couche.expert, par exemple 3.5",
  fellBack: (name, expected, got, showing) =>
    `${name} : attendu ${expected}, reçu ${got || "rien"} ; affiché : ${showing}`,

  // Comparing
  compare: "Comparer",
  compareTitle: "Deux piles, une horloge",
  compareNote: "Les deux avancent de la même part du chemin. Les panneaux montrent la première.",
  closeCompare: "Revenir à une pile",
  pairs: {
    sources: "Scénarisé | En direct",
    k: "Top-k 1 | 4",
    experts: "8 | 64 experts",
    training: "Entraînement : début | fin",
    balance: "Équilibré | effondré",
  },
  sideLabel: (side) => (side === "a" ? "Première pile" : "Seconde pile"),
  sideName: (key, view) => {
    if (key === "source") return view.source === "trace" ? "" : fr.sources[view.source];
    if (key === "experts") return `${view.experts} experts`;
    if (key === "k") return `k = ${view.k}`;
    if (key === "model") return view.model;
    if (key === "router") return fr.routing.names[view.router ?? ""] ?? "";
    if (key === "alter") return view.alter ? "modifié" : "tel quel";
    if (key === "step") return view.step === null ? "dernière étape" : `étape ${formatExactly(view.step)}`;
    if (key === "shape")
      return view.source !== "authored" ? "" : view.shape ? `forme ${view.shape}` : "petite forme";
    return `${key} ${view[/** @type {"scenario"} */ (key)]}`;
  },

  // Masthead
  badges: {
    AUTHORED: "Routage scénarisé : écrit à la main pour expliquer, pas mesuré.",
    LIVE: "Routage en direct : calculé à l’instant, à partir de poids entraînés.",
    RECORDED: "Routage enregistré : calculé auparavant et conservé dans un fichier.",
  },
  badgeWords: {
    AUTHORED: "SCÉNARISÉ",
    LIVE: "EN DIRECT",
    RECORDED: "ENREGISTRÉ",
    "IDS ONLY": "IDENTIFIANTS SEULS",
  },
  originNote: noteOf,
  groupNames: { english: "anglais", french: "français", python: "Python" },
  languages: { en: "English", fr: "Français" },
  badgeName: (badge) => `${badge} : d’où vient ce routage`,
  ownPrompt: "Votre propre texte",
  liveModel: "Modèle",
  modelsRefused: "Impossible à exécuter ici",
  modelRefused: (name, why) => `${name} ne peut pas être exécuté : ${why}`,
  trainingOf: (model) => `Entraînement de ${model}`,
  trainedLooks: "Des choix inégaux qui se chevauchent : voilà à quoi ressemble un routeur entraîné.",

  // Counters
  counters: "Compteurs",
  total_p: "P_TOTAL",
  active_p: "P_ACTIFS",
  token: "JETON",
  experts_hit: "EXPERTS_TOUCHÉS",
  hitOf: (hits, all) => `${formatExactly(hits)} sur ${formatExactly(all)}`,
  allTokens: (tokens) => `les ${tokens}`,
  totalCounts: (layers, experts, size, shared) =>
    `${layers} × ${shared ? `(${experts} + ${shared})` : experts} × ${formatCount(size)}`,
  totalTitle: (layers, experts, size, total, shared) =>
    `Paramètres de tous les experts : ${layers} couches × ${shared ? "(" : ""}${experts} experts × ${formatExactly(size)}${shared ? ` + ${formatExactly(shared)} partagés)` : ""} = ${formatExactly(total)}`,
  activeCounts: (layers, k, size, shared) =>
    `${layers} × ${shared ? `(${k} + ${shared})` : k} × ${formatCount(size)}`,
  activeTitle: (layers, k, size, active, shared) =>
    `Paramètres dont se sert un jeton : ${layers} couches × ${shared ? "(" : ""}${k} experts choisis × ${formatExactly(size)}${shared ? ` + ${formatExactly(shared)} partagés)` : ""} = ${formatExactly(active)}`,
  activeRouted: (pairs, size, shared) =>
    `${shared ? `(${formatDecimal(Number(pairs.toFixed(1)))} + ${shared})` : formatDecimal(Number(pairs.toFixed(1)))} × ${formatCount(size)}`,
  activeRoutedTitle: (pairs, nominal, active) =>
    `Paramètres que ce jeton utilise tel que routé : ${formatDecimal(Number(pairs.toFixed(1)))} experts sur toutes les couches, là où k en demande ${nominal} ; ${formatExactly(active)}`,
  story: {
    skip: "Passer",
    next: "Suite",
    again: "Revoir l’ouverture",
    beats: [
      ({ all }) => `Un mot, ${spelled(all)} experts.`,
      ({ all, won, kind }) =>
        kind === "ids"
          ? `La source en nomme ${spelled(won)}, sans notes.`
          : `Le routeur note les ${spelled(all)}.`,
      ({ won, kind }) =>
        won === 0
          ? "Aucun expert ne le prend."
          : kind === "ids"
            ? `La source en nomme ${spelled(won)}, sans notes.`
            : won === 1
              ? "Le meilleur passe, seul."
              : `Les ${spelled(won)} meilleurs passent.`,
      ({ won, all }) =>
        won === 0
          ? "Rien ne calcule ici."
          : `${capital(spelled(won))} ${won === 1 ? "calcule" : "calculent"}, ${spelled(all - won)} non.`,
      ({ won, parts, kind }) =>
        won === 0
          ? "Le mot repart comme il est venu."
          : won === 1
            ? "Sa réponse revient seule."
            : won === 2 && kind !== "ids"
              ? `On les additionne : ${parts[0]} et ${parts[1]}.`
              : "On les additionne selon leur poids.",
      ({ layers }) =>
        layers === 1 ? "Une couche." : `${capital(spelled(layers))} couches : à chaque mot son chemin.`,
    ],
  },
  ending: {
    used: ({ tokens, hit, all }) =>
      `${formatExactly(tokens)} jetons, ${formatExactly(hit)} experts sur ${formatExactly(all)}.`,
    live: ({ hit, all }) =>
      `Vrais poids : ${formatExactly(hit)} sur ${formatExactly(all)}, peu de coins nets.`,
    together: ({ tokens, hit, all }) =>
      `Une étape : ${formatExactly(tokens)} jetons, ${formatExactly(hit)} experts sur ${formatExactly(all)}.`,
    try64: "Passer à 64 experts",
    goLive: "Est-ce réel ? Passer à LIVE",
    lookDown: "Regarder d’en haut",
    lookAtOnce: "Envoyer tous les jetons à la fois",
    openLoad: "Le plus chargé ? Ouvrir Charge",
  },
  stored: (stored, used) =>
    `Stocké ${formatCount(stored)}, utilisé pour un jeton ${formatCount(used)} : ${formatShare(used / stored)}`,
  decision: {
    label: "La décision du routeur",
    title: (layer, token) => `La couche ${layer} note « ${token} »`,
    titleIds: (layer, token) => `La couche ${layer} route « ${token} »`,
    columns: ["expert", "note", "note", "poids"],
    cut: (k) => `top ${k}`,
    full: "plein",
    hidden: (count) => `${count} autres choisis`,
    tail: (count) => `${count} autres`,
    unknown: (count) => `${count} autres : on ne sait rien`,
    clear: (margin) => `Net : ${margin} d’avance.`,
    close: (margin) => `Serré : ${margin}.`,
    near: (margin) => `Presque à égalité : ${margin}.`,
    within: (margin) => `Moins de ${margin} d’écart.`,
    points: (points) => `${points} points`,
    otherwise: "Ces notes seules n’ont pas décidé.",
    swayed: (won, over) => `Le biais a préféré ${won} à ${over}.`,
    taken: (took, all) => `Pris par ${took} sur ${all}, chacun sa coupe.`,
    next: (layer) => `Puis l’attention, et la couche ${layer}`,
    noScores: "Des numéros, pas de notes.",
    none: "Aucun expert ne l’a pris.",
    nothing: (count, k) => `${count} choix sur ${k} ne ${count > 1 ? "calculent" : "calcule"} rien.`,
    nothingRow: (count) => (count > 1 ? `${count} experts nuls` : "expert nul"),
    full1: (expert, kept) => `${expert} est plein : il reste ${kept} du mélange.`,
  },
  tokenId: (id) => `id ${id}`,
  tokenCounts: (token, tokens) => `${formatExactly(token)} sur ${formatExactly(tokens)}`,
  atLayer: (layer) => `couche ${layer}`,
  tokenTitle: "Le jeton en cours de routage et sa place dans le texte",
  hitCounts: (hits, all) => `${formatShare(all ? hits / all : 0)} des experts`,
  hitTitle: "Experts différents utilisés jusqu’ici, toutes couches confondues, et combien il y en a",
  wholeModel: "Modèle entier",
  whole: {
    title: "Modèle entier",
    experts: "Experts",
    attention: "Attention",
    embeddings: "Plongements",
    router: "Routeurs",
    norms: "Normes",
    dense: "Couches denses",
    total: "En tout",
    active: "Utilisés par un jeton",
    memory: "Mémoire, en 16 bits",
    parameters: "paramètres",
    bytes: "octets pour les poids, deux chacun",
  },

  // Controls
  levels: {
    label: "Ce qui est montré",
    names: { story: "Récit", explore: "Explorer", data: "Données" },
    hints: {
      story: "Ce qui se passe",
      explore: "Pourquoi, et si…",
      data: "Combien : charge, carte de chaleur, tableau",
    },
    summary: (/** @type {number} */ experts, /** @type {number} */ k) =>
      `${formatExactly(experts)} experts · top-${k}`,
    taught:
      "Les sorties des experts choisis reviennent en une seule {somme pondérée|combine weight}. Entre deux anneaux se trouve l’{attention}.",
    summaryLabel: (/** @type {string} */ told) =>
      `${told} : changer la source, les experts, le top-k, le mode`,
    present: "Présenter",
    presentHint: "Pour un projecteur : une touche par temps",
    presentKeys: "→ suite · ← retour · Échap quitte",
    menu: "Menu",
    views: "Vue des données",
    atlas: "Atlas",
    atlasHint: "Chaque expert sur tout un corpus ; caches et placements",
  },
  controls: "Réglages",
  source: "Source",
  sources: { authored: "Scénarisé", live: "En direct", recorded: "Entraînement" },
  scenario: "Texte",
  prompt: "Votre propre texte",
  promptHint: "Écrivez ce que vous voulez ; le modèle le route en direct",
  route: "Router",
  routeHint: "Ctrl + Entrée le route aussi",
  promptTokens: (/** @type {number} */ used, /** @type {number} */ limit) =>
    `${formatExactly(used)} sur ${formatExactly(limit)} jetons${used > limit ? " : raccourcissez le texte" : ""}`,
  promptBlank: "Rien que des espaces : tapez un mot",
  trainedModel: "Modèle",
  trainingStep: "Étape de l’entraînement",
  watchTraining: "Suivre l’entraînement",
  pauseTraining: "Suspendre l’entraînement",
  stepOf: (step, last) => `étape ${formatExactly(step)} sur ${formatExactly(last)}`,
  busiestOf: (ratio, layer, most) =>
    `le plus chargé : ${formatDecimal(ratio, 1)} × la moyenne (couche ${layer} ; ${formatDecimal(most, 0)} × : tous les jetons)`,
  busiestHint:
    "La plus grande charge d’un expert sur ces textes, rapportée à la moyenne de sa couche : 1 est égal pour tous",
  writeOn: "Continuer",
  writeMore: "Continuer encore",
  stopWriting: "Arrêter",
  writeOnHint: "Laisser le modèle écrire la suite, jeton par jeton",
  anotherDraw: "Encore",
  anotherDrawHint: "Une autre suite : la graine suivante",
  temperature: "Température",
  temperatureHint:
    "Température : 0 prend toujours le jeton le plus probable ; plus haut, le tirage est plus libre",
  written: "écrit par le modèle",
  writtenCount: (count, seed) => `${plural(count, "jeton écrit", "jetons écrits")}, graine ${seed}`,
  experts: "Experts",
  k: "Top-k",
  mode: "Mode",
  modes: { single: "UN PAR UN", sequence: "À LA SUITE", all: "ENSEMBLE" },
  modeHints: {
    single: "Un jeton à la fois, lentement",
    sequence: "Le texte entier, plusieurs jetons en route à la fois",
    all: "Tous les jetons arrivent à une couche au même moment, comme lors d’un pas d’inférence réel",
  },
  camera: "Caméra",
  cameras: { orbit: "ORBITE", front: "FACE", top: "DESSUS" },
  floor: "Couche",
  floorOf: (layer, layers) => `${layer} sur ${layers}`,
  floorDown: "Descendre d’une couche",
  floorUp: "Monter d’une couche",
  layerRange: (first, last) => (first === last ? `${first}` : `${first}–${last}`),
  denseLayers: (count) => (count === 1 ? "dense" : `${count} denses`),
  denseBrief: "D",
  fold: "Couches",
  foldOf: (range, layers) => `${range} sur ${layers}`,
  foldNone: (layers) => `toutes (${layers})`,
  foldDown: "Couches plus bas",
  foldUp: "Couches plus haut",
  foldKey: "deux couches, à partir de 1, comme 10-20",
  foldBeyond: (layers, got) =>
    `fold : attendu des couches jusqu’à ${layers}, reçu ${got} ; toutes sont montrées`,
  foldAround: "Replier",
  foldAroundHint: "Replier toutes les couches sauf celles qui entourent celle-ci (touche Z)",
  unfold: "Déplier",
  unfoldHint: "Montrer de nouveau toutes les couches en entier (touche Z)",

  // Routers and their settings
  routing: {
    capacityLegend: {
      label: "La capacité dans la scène",
      taken: "niveau : jetons pris",
      full: "bord : plein",
      dropped: "rebondit : écarté",
    },
    label: "Routeur",
    hint: "Comment une couche décide à quels experts va un jeton",
    families: ["Top-k", "À capacité", "Équilibrés d’emblée", "Sigmoïde, groupes, biais"],
    names: {
      topk_norm: "Top-k renormalisé (Mixtral)",
      topk: "Top-k simple (OLMoE)",
      softmax_after: "Top-k puis softmax (gpt-oss)",
      noisy_topk: "Top-k bruité (Shazeer 2017)",
      switch: "Switch, top-1",
      gshard: "GShard, top-2",
      st_moe: "ST-MoE, top-2",
      base: "Affectation BASE",
      expert_choice: "Expert Choice",
      sigmoid_top1: "Sigmoïde, top-1 (Llama 4)",
      group_limited: "Limité aux groupes (DeepSeek-V2)",
      sigmoid_bias: "Sigmoïde + biais (DeepSeek-V3)",
      softmax_bias: "Softmax + biais (ERNIE 4.5)",
      sqrt_softplus_bias: "√softplus + biais (DeepSeek-V4)",
      hash: "Hachage du jeton",
      zero_experts: "Experts nuls (LongCat-Flash)",
      skip_expert: "Expert de saut (ZAYA1)",
      sigmoid_joint: "Avec les experts partagés (Inkling)",
      topk_norm_scaled: "Échelle par expert (Gemma 4)",
    },
    does: {
      topk_norm:
        "Chaque jeton prend ses k meilleurs experts ; leurs probabilités sont divisées par leur somme.",
      topk: "Chaque jeton prend ses k meilleurs experts ; leurs probabilités restent telles quelles, de somme inférieure à 1.",
      softmax_after:
        "Chaque jeton prend ses k plus grands logits ; un softmax sur ceux-ci seuls les pondère.",
      noisy_topk:
        "Du bruit sur les logits avant le choix des k meilleurs : des experts jamais essayés reçoivent des jetons.",
      switch:
        "Un expert par jeton. Un expert n’en prend qu’un certain nombre : qui vient après est écarté et passe par le résidu.",
      gshard: "Le meilleur expert à coup sûr, un second au hasard ; un expert plein écarte qui vient après.",
      st_moe:
        "Deux experts par jeton ; un expert n’en prend qu’un certain nombre, et qui vient après est écarté.",
      base: "Tous les jetons sont affectés ensemble : chaque expert en reçoit autant, et la somme des scores est la plus grande possible.",
      expert_choice:
        "Les experts choisissent : chacun prend les jetons qui ont chez lui le meilleur score. Certains jetons ont beaucoup d’experts, d’autres aucun.",
      sigmoid_top1: "Le plus grand logit gagne ; sa sigmoïde multiplie ce que lit l’expert.",
      group_limited:
        "Un jeton choisit d’abord quelques groupes d’experts, chacun par son meilleur, puis ses k experts parmi eux.",
      sigmoid_bias:
        "Des scores sigmoïdes plus un biais qui sélectionne sans pondérer : les experts chargés en perdent, les oisifs en gagnent, lot après lot.",
      softmax_bias:
        "Des probabilités plus un biais qui sélectionne sans pondérer : les experts chargés en perdent, les oisifs en gagnent.",
      sqrt_softplus_bias:
        "Des scores sans borne supérieure, la racine carrée de softplus ; un biais sélectionne sans pondérer.",
      hash: "Une table fixe dit quels experts un jeton utilise, quoi qu’il y ait avant lui ; les scores ne font que les pondérer.",
      zero_experts: "Certains experts ne calculent rien : un jeton qui les choisit en utilise moins de k.",
      skip_expert: "Une classe de plus qu’il n’y a d’experts : un jeton qui la choisit saute la couche.",
      sigmoid_joint: "Les poids des experts choisis et partagés sont divisés par leur somme commune.",
      topk_norm_scaled:
        "Les poids sont divisés par leur somme, puis multipliés par une échelle apprise de chaque expert.",
    },
    settings: {
      capacity: "Capacité",
      groups: "Groupes",
      topk_groups: "Dont",
      scale: "Échelle",
      noise: "Bruit",
      updates: "Pas",
      rate: "Taux",
      seed: "Graine",
      skew: "Penchant",
    },
    hints: {
      capacity:
        "Facteur de capacité : un expert prend jetons × facteur ÷ experts, arrondi vers le bas, au moins 1",
      groups:
        "Groupes d’un même nombre d’experts ; là où un groupe est un appareil, moins de groupes font moins de trafic",
      topk_groups: "Dans combien de groupes un jeton peut choisir",
      scale: "Ce par quoi les poids de combinaison sont multipliés",
      noise: "Écart type de ce qui s’ajoute à un logit",
      updates: "Pas du biais sur ce texte avant qu’il soit routé",
      rate: "De combien un pas déplace le biais",
      seed: "Du bruit et des tirages",
      skew: "Un logit de plus pour deux experts de chaque couche, pour chaque jeton : à la main, pour enseigner",
    },
    capacityOf: (factor, tokens) =>
      tokens === undefined ? formatDecimal(factor) : `${formatDecimal(factor)} = ${plural(tokens, "jeton")}`,
    skewed: (skew) =>
      `Penché à la main : deux experts de chaque couche ont ${formatDecimal(skew)} de plus sur leurs logits, pour chaque jeton.`,
    anotherSeed: "Autre tirage",
    asking: "On demande ce que coûte ce changement…",
    trained: (model, router) => `${model} a été entraîné avec un autre routeur : ${router}.`,
    cost: ({ cost, se, k }) =>
      Math.abs(cost) < 0.00005
        ? `Le changement ne coûte rien : la même perte sur le texte mis de côté (k = ${k}).`
        : `Le changement coûte ${cost > 0 ? "+" : "−"}${formatDecimal(Math.abs(cost), 3)} ± ${formatDecimal(se, 3)} nats par jeton de perte sur le texte mis de côté (k = ${k}${Math.abs(cost) <= 2 * se ? " ; aucune différence que ce texte puisse montrer" : ""}).`,
    atDefaults: "Mesuré aux réglages propres du routeur, non à ceux choisis ici.",
    notMeasured: (k) => `Ce que coûte le changement n’a pas été mesuré pour k = ${k}.`,
    looksAhead: "Il regarde les jetons suivants : ce n’est donc pas la perte d’un modèle qui écrit du texte.",
  },

  // Transport
  transport: "Lecture",
  play: "Lire",
  pause: "Pause",
  restart: "Recommencer",
  replay: "Rejouer",
  layerBack: "Reculer d’une couche",
  layerOn: "Avancer d’une couche",
  tokenBack: "Reculer d’un jeton",
  tokenOn: "Avancer d’un jeton",
  speed: "Vitesse",
  speedOf: (speed) => `${formatDecimal(speed)} ×`,
  scrub: "Position dans la trace",
  position: (token, number, tokens, layer) =>
    `Jeton ${number} sur ${tokens}, ${quoted(token)}, couche ${layer}`,
  positionAll: (layer, layers) => `Tous les jetons, couche ${layer} sur ${layers}`,
  atStart: "Avant le premier jeton",
  strip: "Jetons du texte",
  stripHint: "Pointez un jeton pour éclairer son chemin ; choisissez-le pour y aller",
  tokenName: (text, number, group) => `${formatToken(text)}, jeton ${number}${group ? `, ${group}` : ""}`,
  connection: {
    connecting: "connexion",
    streaming: (got, all) => `reçu ${got} sur ${all}`,
    done: "tout reçu",
    lost: "connexion perdue, nouvel essai",
    refused: "non routé",
  },
  socketBlocked: (host) =>
    `Aucun WebSocket n’atteint ${host}, donc les traces viennent par HTTP. Un proxy l’arrête, ou il manque ORIGIN au serveur.`,
  socketBlockedBrief: "Sans WebSocket, les traces viennent par HTTP.",

  // Flat views
  views: "Vues à plat",
  panels: {
    heatmap: "Carte",
    load: "Charge",
    table: "Tableau",
    learned: "Acquis",
    models: "Modèles",
    next: "Suite",
    devices: "Appareils",
  },
  soFar: "Jusqu’ici",
  wholePrompt: "Texte entier",
  span: "Compté sur",
  heatmapCaption:
    "Combien de fois chaque expert a été choisi. Une ligne par couche, la couche 1 en bas ; une colonne par expert.",
  heatmapName: (layers, experts) =>
    `Carte de chaleur, ${layers} couches par ${experts} experts. Les flèches déplacent, Entrée montre l’expert.`,
  heatmapLayer: "Couche",
  heatmapExpert: "Expert",
  heatmapTimes: "Choisi",
  heatmapHint: "Pointez une case",
  cell: (layer, expert, hits, load) =>
    `Couche ${layer}, expert ${expert} : ${plural(hits, "jeton")}, ${formatShare(load)} de la couche`,
  loadLayer: "Couche",
  even: (share) => `partage égal ${formatShare(share)}`,
  nothingYet: "Rien n’est encore routé : appuyez sur Lire.",
  tableCaption: "Experts choisis et leurs poids de combinaison, pour chaque jeton et chaque couche.",
  tableColumns: { token: "Jeton", layer: "Couche", experts: "Experts", weights: "Poids" },
  tableRows: (rows) => plural(rows, "ligne"),
  tableOnlyLayer: "Couche",
  allLayers: "Toutes",
  dropped: "écarté",

  // Load balance
  balance: {
    allPrompts: "Tous les textes",
    ownText: "Un texte",
    corpus: "Corpus",
    allLayers: "Toutes ensemble",
    caption:
      "Part des affectations de la couche reçue par chaque expert ; hachuré : écarté. En tirets : une répartition égale.",
    captionAll: "Chaque couche, la couche 1 en bas ; plus pâle : écarté. Mesures : moyenne des couches.",
    strips: (layers, layer, most) =>
      `Charge de ${plural(layers, "couche")}. L’expert le plus plein est dans la couche ${layer}, avec ${formatShare(most)} de ses affectations. La carte de chaleur donne chaque case.`,
    bar: (layer, expert, assigned, dropped, share, bias) =>
      `Couche ${layer}, expert ${expert} : ${plural(assigned, "jeton")}, ${formatShare(share)} de la couche${dropped ? `, ${formatExactly(dropped)} écartés` : ""}${bias === null ? "" : `, biais ${formatSigned(bias, 3)}`}`,
    turnedAway: (dropped, capacity) => `${formatExactly(dropped)}, il en prend ${formatExactly(capacity)}`,
    biasName: "Biais",
    biasScale: (most) => `biais, jusqu’à ±${formatDecimal(most, 3)}`,
    capacityLine: (tokens) => `capacité ${formatExactly(tokens)}`,
    counted: (texts, tokens) =>
      `Compté sur ${plural(tokens, "jeton")}${texts > 1 ? ` de ${plural(texts, "texte")}, chacun un lot à part` : ""}. De petits lots paraissent moins égaux par hasard.`,
    countedInCorpus: (name, documents, tokens) =>
      `Enregistré sur ${plural(tokens, "jeton")} de ${plural(documents, "document")} : atlas ${name}.`,
    noCorpus: "Aucun corpus de ce modèle n’a été enregistré.",
    asking: "On compte…",
    refused: (reason) => `Non compté : ${reason}`,
    recordedSpan: "Un enregistrement a son propre texte.",
    textLabel: "Un texte sur lequel compter",
    textHint: "Collez un texte, jusqu’à 20 000 caractères ; le modèle en direct le route par fenêtres",
    textCount: "Compter",
    textNeedsLive:
      "Le routage scénarisé porte sur des jetons donnés : un texte collé demande le modèle en direct.",
    textGoLive: "Passer en direct",
    measures: {
      load_share: {
        name: "Le plus plein",
        formula: "max(c) / Σc",
        says: "La part des affectations de la couche reçue par l’expert le plus plein.",
      },
      max_over_mean: {
        name: "Max sur moyenne",
        formula: "max(c) / moyenne(c)",
        says: "Shazeer et al. 2017.",
      },
      max_violation: {
        name: "MaxVio",
        formula: "(max(c) − moyenne(c)) / moyenne(c)",
        says: "Wang et al. 2024, éq. 4.",
      },
      entropy: {
        name: "Entropie",
        formula: "−Σ q ln q / ln N, q = c / Σc",
        says: "Shannon 1948, rapportée à celle d’une charge égale.",
      },
      dropped_share: { name: "Écartés", formula: "1 − gardés / affectés", says: "Fedus et al. 2022." },
      switch_loss: {
        name: "Perte Switch",
        formula: "N Σ f P",
        says: "f : part des jetons dont un expert est le premier choix ; P : son score de routage moyen. Fedus et al. 2022, sans α.",
      },
      z_loss: {
        name: "Perte z",
        formula: "moyenne((ln Σ eˡ)²)",
        says: "l : les logits du routeur pour un jeton ; moyenne sur tous les jetons du texte. Elle garde les logits petits et ne dit rien de l’équilibre. Zoph et al. 2022, ST-MoE.",
      },
    },
    letters: { c: "c : affectations de chaque expert, écartées comprises.", N: "N : experts." },
    atBalance: (value) => `égal : ${value}`,
    noBalance: "des logits",
    measureHint: "Pointez une mesure pour sa formule",
    lab: "L’effondrement et ses remèdes",
    labNote:
      "Penchez le routeur jusqu’à ce que quelques experts raflent tout, puis essayez ce que proposent les articles.",
    skewLive:
      "Un routeur entraîné ne se penche pas à la main. Comparez les modèles entraînés avec et sans perte d’équilibrage.",
    cures: {
      plain: "Sans remède",
      capacity: "Capacité",
      bias: "Biais",
      choice: "Expert Choice",
      base: "BASE",
    },
    cureLabel: "Remède",
    stepUpdate: "Un pas",
    stepHint: "Router le lot, puis déplacer chaque biais une fois",
    runUpdates: "Lancer",
    stopUpdates: "Arrêter",
    resetUpdates: "De zéro",
    updatesDone: (updates, violation) =>
      `${plural(updates, "pas", "pas")} : MaxVio ${formatDecimal(violation, 2)}, moyenne des couches`,
    evenNow: (updates) => `Aussi égal que ces jetons le permettent, après ${plural(updates, "pas", "pas")}.`,
    bestNow: (updates, violation) =>
      `Au plus égal après ${plural(updates, "pas", "pas")} : MaxVio ${formatDecimal(violation, 2)}. Des jetons semblables bougent ensemble, le reste va et vient.`,
    trainedPair: "Deux modèles entraînés :",
    trainedLinks: { live: "ce texte, en direct", training: "leur entraînement" },
  },

  // Measurements
  learned: {
    loading: "Lecture de ce qui a été mesuré…",
    nothing: "Rien n’a encore été mesuré sur ces modèles : python -m app measure s’en charge.",
    unreachable: (reason) => `Impossible de récupérer les mesures : ${reason}`,
    caption: (tokens) =>
      `Mesuré sur ${tokens ? plural(tokens, "jeton") : "un texte"} jamais vu pendant l’entraînement, avec les poids du mode EN DIRECT. Les phrases découlent des chiffres par règle.`,
    sizesTitle: "Plus d’experts à P_ACTIFS égal : perte sur texte mis de côté, en nats par jeton",
    sizesChart: (sizes) =>
      `Perte sur texte mis de côté selon les experts par couche : ${sizes.map(({ experts, loss }) => `${experts} experts ${formatDecimal(loss, 3)}`).join(" ; ")}`,
    expertsAxis: "experts",
    oneSize: "Une seule taille est mesurée : on ne sait donc pas encore ce que rapportent plus d’experts.",
    oneRun:
      "± ne vient que du texte mis de côté. Chaque modèle est un seul entraînement ; une autre graine peut différer davantage.",
    hollow: "Le point creux a été entraîné autrement : sans la perte d’équilibrage.",
    unfinished: (names) => `Encore à l’entraînement, donc absents de la ligne : ${names.join(", ")}.`,
    capacity: ({ from, to, change, se, verdict }) =>
      verdict === "same"
        ? `Plus d’experts n’ont rien apporté : de ${from} à ${to}, la perte a changé de ${formatDecimal(change, 3)} ± ${formatDecimal(se, 3)}, ce qui n’est pas une différence.`
        : `De ${from} à ${to} experts, la perte a ${verdict === "rose" ? "augmenté" : "baissé"} de ${formatDecimal(Math.abs(change), 3)} ± ${formatDecimal(se, 3)} nats par jeton${verdict === "rose" ? " : plus d’experts n’ont pas aidé, ils ont nui" : ", à paramètres par jeton égaux"}.`,
    capacityStep: ({ from, to, verdict }) =>
      verdict === "same"
        ? `Entre ${from} et ${to} experts, aucune différence.`
        : `De ${from} à ${to} experts, elle a ${verdict === "rose" ? "augmenté" : "baissé"}.`,
    model: "Modèle",
    ksTitle: "Un autre k qu’à l’entraînement",
    loss: "perte",
    change: "écart",
    trainedWith: "(entraîné)",
    otherK: ({ k, verdict }) =>
      `${plural(k, "expert")} par jeton : ${{ fell: "mieux que le nombre de l’entraînement", rose: "moins bien", same: "aucune différence que ce texte puisse montrer" }[verdict] ?? ""}.`,
    layersTitle: "Les langues vont-elles à des experts différents, et la charge est-elle égale ?",
    layerColumns: ["couche", "bits JS", "routeur aléatoire", "hasard", "MaxVio", "entropie"],
    layersNote: (most) =>
      `Bits JS : à quel point les charges des langues diffèrent (Jensen-Shannon ; 0, identiques ; ${formatDecimal(most, 2)}, entièrement séparées), à côté d’un routeur aux poids aléatoires qui lit les mêmes vecteurs, et d’experts tirés au hasard. MaxVio : maximum sur moyenne, moins 1. Entropie de la charge : 1 est égal pour tous.`,
    spread: (low, high, most) =>
      `Leurs charges diffèrent de ${formatDecimal(low, 2)} à ${formatDecimal(high, 2)} bits, sur ${formatDecimal(most, 2)} au plus : 0 voudrait dire les mêmes experts pour toutes, le maximum des experts propres à chacune.`,
    parted: (layers, all) =>
      layers.length === 0
        ? "Les experts ne se sont pas spécialisés par langue : aucune couche ne sépare les langues nettement plus qu’un routeur non entraîné."
        : layers.length === all
          ? `Dans les ${all} couches, les langues vont à des experts différents, nettement plus qu’avec un routeur non entraîné.`
          : `Dans ${layers.length} couches sur ${all} (${layers.map((layer) => layer + 1).join(", ")}), les langues vont à des experts différents nettement plus qu’avec un routeur non entraîné ; dans les autres, non.`,
    balance: ({ verdict, layer, violation, most }) =>
      ({
        even: `La charge est équilibrée : l’expert le plus chargé, dans la couche ${layer + 1}, reçoit ${formatDecimal(1 + violation, 1)} × la moyenne.`,
        uneven: `La charge est inégale : l’expert le plus chargé, dans la couche ${layer + 1}, reçoit ${formatDecimal(1 + violation, 1)} × la moyenne.`,
        collapsed: `Le routage s’est effondré : dans la couche ${layer + 1}, l’expert le plus chargé reçoit ${formatDecimal(1 + violation, 1)} × la moyenne, alors que ${formatDecimal(1 + most, 0)} × serait tous les jetons.`,
      })[verdict] ?? "",
    strongestTitle: "Un expert, un jeton",
    strongest: ({ layer, expert, text, times, of }) =>
      `L’expert ${expert} de la couche ${layer + 1} prend ${formatExactly(times)} des ${formatExactly(of)} ${text === "\n" ? "sauts de ligne" : quoted(formatToken(text))}. Personne ne le lui a dit.`,
    likesTitle: "Les jetons que chaque expert préfère",
    expert: "expert",
    likesColumn: "jeton, fois reçu sur fois présent",
    liked: (times, of) => `${formatExactly(times)}/${formatExactly(of)}`,
    likesNothing: "aucun nettement",
    likesNote: "Dans l’ordre de ce que l’expert a reçu du jeton, au-delà de ce que sa seule charge explique.",
    corpus: {
      option: (name) => `${name} (corpus)`,
      caption: (model, tokens, documents, name) =>
        `Enregistré : ${model} sur ${plural(tokens, "jeton")} de ${plural(documents, "document")} (${name}). Les phrases découlent des chiffres par règle.`,
      layersTitle: "Les domaines vont-ils à d’autres experts, et la charge est-elle égale ?",
      layerColumns: ["couche", "bits JS", "hasard", "MaxVio", "entropie"],
      loadColumns: ["couche", "MaxVio", "entropie"],
      layersNote: (most) =>
        `Bits JS : à quel point les charges des domaines diffèrent (Jensen-Shannon ; 0 égales, ${formatDecimal(most, 2)} disjointes), avec des experts tirés au hasard pour comparaison. MaxVio : le plus chargé sur la moyenne, moins 1. Entropie de la charge : 1 est égale.`,
    },
  },

  // Inspector
  inspector: "Expert",
  towerTitle: (layer, expert) => `Couche ${layer} · expert ${expert}`,
  hits: "Jetons jusqu’ici",
  load: "Charge dans la couche",
  served: "Jetons qu’il sert, avec leurs poids",
  servedNone: "Aucun jeton de ce texte ne vient ici.",
  more: (count) => `et ${plural(count, "autre")}`,

  // Sharing and saving
  share: "Partager",
  shareTitle: "Partager et enregistrer",
  copyLink: "Copier le lien",
  copyEmbed: "Copier le code d’intégration",
  link: "Lien",
  copyElement: "Copier l’élément",
  copyMarkdown: "Copier le Markdown",
  shareAs: "Partager comme",
  shareKinds: { link: "Lien", frame: "Intégration", element: "Élément", markdown: "Markdown" },
  shareHints: {
    link: "Ouvre cette vue dans tout navigateur.",
    frame: "Un cadre titré, chargé quand le lecteur s’en approche.",
    element: "Le même, piloté par votre page : attributs, méthodes, événements.",
    markdown: "L’image d’aperçu, liée à la vue.",
  },
  frameSize: "Taille",
  frameSizes: { wide: "Largeur de la colonne", fixed: "720 × 450" },
  driveButton: (k) => `Mettre top-k à ${k}`,
  card: "Ce que montre un lien vers cette vue",
  cardWaiting: "L’aperçu se dessine…",
  cardMissing: "L’aperçu n’a pas pu être obtenu.",
  qrCode: "Code QR",
  qrFor: (title) => `Code QR pour ${title}`,
  qrTooLong: "Le lien est trop long pour un code QR ; un texte plus court le raccourcit.",
  qrLocal:
    "Cette adresse ne fonctionne que sur cette machine. Pour un amphithéâtre, servez la page à une adresse que les autres atteignent.",
  opensAt: "S’ouvre",
  thisMoment: "À cet instant",
  beginning: "Au début",
  copied: "Copié",
  copyFailed: "Ce navigateur n’a pas laissé la page copier. Le texte est sélectionné : appuyez sur Ctrl + C.",
  save: "Enregistrer",
  savePng: "Image (PNG)",
  pictureScale: "Taille de l’image",
  background: "Avec le fond",
  pictureSize: (width, height) => `${width} × ${height} pixels`,
  pictureTooLarge: (width, height, fits) =>
    `${width} × ${height} pixels, c’est plus que ce navigateur et sa carte graphique ne dessinent${fits ? ` ; choisissez ${fits}×` : " ; réduisez la fenêtre"}`,
  noCanvas: "le navigateur n’a pas pu faire une image de cette taille ; choisissez-en une plus petite",
  corpus: {
    label: "Corpus",
    off: "Aucun",
    heldout: "Texte réservé",
    heldoutName: "texte réservé",
    page: "Sa page dans l’atlas",
    recorded: (tokens, name) => `ENREGISTRÉ sur ${plural(tokens, "jeton")} de ${name}`,
    note: "Enregistré au préalable, sur tous ces jetons. Une tour est aussi haute que la part des affectations de sa couche que reçoit son expert. Un faisceau entre deux anneaux est une paire d’experts que beaucoup de jetons choisissent l’un après l’autre ; choisissez une tour pour voir les siens.",
    load: "Charge sur le corpus",
    times: (times) => `${formatDecimal(times, 2)} × la part égale`,
    failed: (reason) => `corpus : non affiché ; ${reason}`,
    otherShape: (layers, experts) =>
      `corpus : il a ${plural(layers, "couche")} de ${experts} experts, l’image en a d’autres ; choisissez son modèle`,
    spread: (low, high, chance, most) =>
      `Les charges des domaines diffèrent de ${formatDecimal(low, 3)} à ${formatDecimal(high, 3)} bits sur ${formatDecimal(most, 2)} au plus ; des experts au hasard donnent jusqu’à ${formatDecimal(chance, 3)}.`,
    noDomains: "Moins de deux domaines sont nommés dans ce corpus : rien à comparer.",
    kindsTitle: "Ce texte face au corpus",
    kindsHint: (name, tokens, even) =>
      `Chaque jeton : la part de ses occurrences parmi ${plural(tokens, "jeton")} de ${name} qui vont aux mêmes experts, moyenne des couches. Des experts au hasard donnent ${formatShare(even)}.`,
    kindsCut: (most) => `Les ${formatExactly(most)} premiers jetons.`,
    kind: (text, share, occurs) =>
      share === null
        ? `« ${text} » : ${formatExactly(occurs)} fois dans le corpus, trop peu pour le dire`
        : `« ${text} » va là où vont ${formatShare(share)} de ses semblables (${formatExactly(occurs)} dans le corpus)`,
    asking: "Comparaison avec le corpus…",
    kindsFailed: (reason) => `Pas comparé : ${reason}`,
  },
  plateShape: (layers, experts, k) => `${plural(layers, "couche")} de ${experts} experts, ${k} par jeton`,
  plateMoment: (token, layer) => `« ${token} », couche ${layer}`,
  film: "Vidéo",
  filmStart: "Enregistrer un passage",
  filmLength: (length, speed) =>
    `Environ ${length} du premier jeton au dernier, à la vitesse ${formatDecimal(speed)}×.`,
  filmStill: "Par pas, car les mouvements sont réduits.",
  filming: (share) => `Enregistrement, ${formatShare(share)}`,
  filmCancel: "Annuler",
  filmProgress: "Part du passage qui est enregistrée",
  filmBroken: "l’enregistrement a été interrompu",
  noRecorder: "ce navigateur n’a pas d’enregistreur vidéo ; Chrome, Edge, Firefox et Safari en ont un",
  data: "Données",
  saveCsv: "Tableau (CSV)",
  saveJson: "Tableau (JSON)",
  saveTrace: "Trace (safetensors)",
  saveTraces: ["Trace de la première", "Trace de la seconde"],
  bothStacks: "Image, vidéo et tableaux contiennent les deux piles.",
  saveFailed: (reason) => `Rien n’a été enregistré : ${reason}`,
  notReady: "la trace n’est pas encore complète ; attendez qu’elle soit terminée",
  noPicture: "une image demande la scène en 3D, que ce navigateur n’affiche pas",
  embedTitle: (title) => `Moescope : ${title}`,
  openFull: "Ouvrir dans Moescope",

  // Tours, questions, glossary
  glossary,
  tours: "Visites",
  toursTitle: "Visites et questions",
  toursIntro:
    "Chaque étape est une vue comme une autre : arrêtez-la, tournez-la, changez-la, puis continuez.",
  stepCount: (steps) => plural(steps, "étape"),
  tourKicker: (title) => `Visite : ${title}`,
  stepPlace: (step, steps) => `${step} sur ${steps}`,
  nextStep: "Suivant",
  stepBack: "Précédent",
  finishTour: "Terminer",
  leaveTour: "Quitter la visite",
  quiz: "Questions",
  quizSummary: "Qu’a montré la scène ? Chaque réponse s’y voit.",
  questionCount: (questions) => plural(questions, "question"),
  leaveQuiz: "Quitter les questions",
  right: "Juste.",
  wrong: (right) => `Non. C’est : ${right}.`,
  rightMark: "juste",
  wrongMark: "choisi, faux",
  score: (right, answered) => `${right} sur ${answered} ${right < 2 ? "juste" : "justes"}`,
  scoreNote: "Gardé dans ce navigateur seulement.",
  quizAgain: "Recommencer",
  article: "Article : où va un jeton",
  articleSummary: "Ce que MoE remplace, ce que fait son routeur, ce que cela coûte",
  references: "Références",
  referencesSummary: "Qui a décrit les routeurs et les modèles",

  // Keys
  keys: "Menu",
  keysTitle: "Menu",
  keysHeading: "Touches",
  theme: "Thème",
  themes: { dark: "Sombre", light: "Clair", contrast: "Contraste" },
  palette: "Couleurs",
  palettes: { ember: "Braise", cobalt: "Cobalt", mono: "Gris" },
  attentionPlate: "attention",
  colour: "La couleur dit",
  colours: { group: "Qui (groupes)", heat: "Combien (chaleur)" },
  showHeat: "Voir la chaleur",
  showGroups: "Voir les groupes",
  colourHint:
    "Tours et traces aux couleurs des groupes qui les ont utilisées, ou d’autant plus vives qu’elles ont servi (O)",
  keyList: [
    ["Espace", "Lire ou mettre en pause"],
    ["→ ←", "Avancer, reculer d’un jeton"],
    ["↑ ↓", "Avancer, reculer d’une couche"],
    ["R", "Recommencer"],
    ["V", "Niveau suivant : Récit, Explorer, Données"],
    ["Maj P", "Présenter : une touche par temps"],
    ["M", "Mode suivant"],
    ["C", "Caméra suivante"],
    ["O", "Couleur par groupe ou par chaleur"],
    ["[ ]  + −", "Tourner, zoomer"],
    ["1 à 4", "Top-k"],
    ["H L T F", "Carte de chaleur, charge, tableau, acquis"],
    ["B", "Comparer : deux côte à côte"],
    ["S", "Partager et enregistrer"],
    ["W", "Chiffres du modèle entier"],
    ["G", "Visites guidées et questions"],
    ["N P", "Étape suivante d’une visite, étape précédente"],
    ["Z", "Replier une haute pile autour d’une couche, ou la déplier"],
    ["Page ↑ ↓", "Pile repliée : les couches plus haut ou plus bas"],
    ["D", "Thème suivant : sombre, clair, contraste"],
    ["Échap", "Fermer, ou lâcher ce qui est sélectionné"],
    ["?", "Menu, et cette liste"],
  ],
  stillSwitch: "Moins de mouvement : avancer par pas au lieu de voler",

  // Scene
  scene: "La pile des couches, dessinée en 3D",
  sceneDescribed: (layers, experts) =>
    `Une pile de ${plural(layers, "anneau", "anneaux")}, un par couche, de ${plural(experts, "tour")} chacun, une par expert. La carte de chaleur et le tableau montrent la même chose en texte.`,
  noScene: {
    missing:
      "La scène en 3D a besoin de WebGL 2, que ce navigateur n’offre pas. Une image fixe en tient lieu ; compteurs, carte de chaleur, charge et tableau montrent le même routage.",
    failed:
      "La scène en 3D n’a pas pu démarrer. Une image fixe en tient lieu ; compteurs, carte de chaleur, charge et tableau montrent le même routage.",
    lost: "La carte graphique a lâché la scène. Elle revient d’elle-même ; sinon, rechargez la page.",
    unreachable: (host) =>
      `Aucune trace n’atteint cette page : ${host} ne répond ni par WebSocket ni par HTTP. L’image fixe reste jusque-là.`,
  },
  noSceneBrief: {
    missing: "La scène en 3D a besoin de WebGL 2. Voici une image fixe.",
    failed: "La scène en 3D n’a pas pu démarrer. Voici une image fixe.",
    lost: "Ce navigateur n’anime que quelques scènes à la fois. Cliquez sur l’image pour l’animer.",
    unreachable: (host) => `Aucune trace n’atteint cette page depuis ${host}.`,
  },
  printed: (address, date) => `${address} · imprimé le ${date}`,
  starting: "Démarrage",

  // Trouble
  trouble: "Cette vue n’a pas pu être routée",
  troubleBefore: "L’image est celle d’un autre texte, donc les compteurs sont vides.",
  problem,
  partOf,
  retry: "Réessayer",
  backToDefault: "Afficher la vue par défaut",
  towerBeyond: (layers, experts) =>
    `tower : attendu une couche de 1 à ${layers} et un expert de 0 à ${experts - 1}, reçu autre chose ; rien n’est affiché`,
  beyondTrace: (name, last, got) => `${name} : attendu de 1 à ${last}, reçu ${got} ; affiché : ${last}`,

  // Announcements for screen readers
  saidPlaying: "Lecture en cours",
  saidPaused: "En pause",
  saidFinished: (hits, all) =>
    `Terminé : ${plural(hits, "expert utilisé", "experts utilisés")} sur ${formatExactly(all)}.`,
  saidTrace: (badge, tokens, layers, experts, k) =>
    `Routage ${routing(badge)} de ${plural(tokens, "jeton")} à travers ${plural(layers, "couche")} de ${experts} experts, ${plural(k, "choisi")}.`,
  saidEvent: (token, layer, chosen, full) => {
    const went = `va ${chosen.length > 1 ? "aux experts" : "à l’expert"} ${chosen.map(({ expert, weight }) => `${expert} (${formatShare(weight)})`).join(", ")}`;
    const turned = full.length
      ? `écarté par ${full.length > 1 ? "les experts" : "l’expert"} ${full.join(", ")}, ${full.length > 1 ? "pleins" : "plein"}`
      : "";
    const said = [chosen.length ? went : "", turned && (chosen.length ? turned : `est ${turned}`)]
      .filter(Boolean)
      .join(" ; ");
    return `Couche ${layer} : ${said ? `${quoted(token)} ${said}` : `aucun expert n’a choisi ${quoted(token)}`}.`;
  },
  saidLayerOfAll: (layer, tokens, used, experts, dropped) =>
    `Couche ${layer} : les ${tokens} jetons à la fois, ${plural(used, "expert utilisé", "experts utilisés")} sur ${experts}${dropped ? `, ${plural(dropped, "choix écarté", "choix écartés")}` : ""}.`,
};
