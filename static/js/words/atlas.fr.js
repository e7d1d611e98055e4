/**
 * Text of the atlas in French.
 */

import { formatDecimal, formatExactly, formatShare } from "./format.js";

/** @type {typeof import("./atlas.en.js").atlasEn} */
export const atlasFr = {
  title: "Atlas",
  about: "Ce que fait chaque expert sur un corpus, et ce que ferait un cache ou un placement.",
  choose: "Atlas",
  loading:
    "Demande en cours… La première question à un modèle fourni enregistre son routage, cinq secondes environ.",
  failed: (reason) => `Pas de réponse : ${reason}`,
  corpus: (tokens, documents, engine) =>
    `${formatExactly(tokens)} jetons de ${formatExactly(documents)} documents, routés par ${engine}`,
  behind: (tokens) => `sur ${formatExactly(tokens)} jetons`,
  inScene: "voir dans la scène 3D",
  idsOnly: "IDS ONLY : cet atlas n’a pas de poids ; ce qui en dépend manque.",
  layer: "couche",
  expert: "expert",
  expertOf: (expert, layer) => `Expert ${expert} de la couche ${layer}`,
  mapTitle: "Les experts de chaque couche",
  mapHint: "Choisissez une case pour ouvrir la page de son expert.",
  metric: "Couleur",
  maps: {
    load: "charge : part des affectations de la couche",
    mass: "part de la masse de routage de la couche",
    mass_per_choice: "poids moyen quand il est choisi",
    focus: "écart entre ses domaines et ceux du corpus, bits",
    top_domain_times: "son domaine le plus fort, fois la part du corpus",
    top_tokens_share: "part de ses dix jetons les plus fréquents",
  },
  coverage: "Couverture",
  coverageHint:
    "Part des affectations d’une couche que tiennent ses experts les plus chargés ; tirets : si tous étaient égaux.",
  busiest: "experts les plus chargés",
  assignments: "part des affectations",
  flows: "De couche en couche",
  flowsHint:
    "Les flux les plus forts : largeur selon les jetons. Couches de gauche à droite, experts de haut en bas.",
  pairs: "Choisis ensemble",
  pairsHint: "Part des jetons de l’expert en ligne qui choisissent aussi celui en colonne.",
  caches: "Caches",
  cachesHint: "Taux de succès moyen d’un cache par couche, selon la part des experts qu’il tient.",
  held: "part des experts tenus",
  hitRate: "taux de succès",
  policies: {
    lru: "LRU : récence",
    lfu: "LFU : fréquence",
    pinned: "les plus chargés, fixés",
    prefetch: "préchargé d’une couche",
    belady: "le mieux, sans préchargement",
  },
  placement: "Placements",
  placementHint: (devices) =>
    `Experts sur ${devices} appareils : le plus chargé sur la moyenne, et appareils où va un jeton.`,
  strategies: { linear: "linéaire", eplb: "EPLB", coactivation: "par co-activation" },
  strategy: "placement",
  imbalance: "pire couche",
  reach: "appareils par jeton",
  forSglang: "pour SGLang",
  forTrtllm: "pour TensorRT-LLM",
  whatDoes: "Que fait cet expert ?",
  nothing: (tokens) => `Rien de particulier que ses ${formatExactly(tokens)} jetons puissent montrer.`,
  does: (found) =>
    `Il sert ${found.low > 0.5 ? "surtout" : "souvent"} ${atlasFr.kinds[found.kind](found.value)} : ${formatShare(found.share)} de ses ${formatExactly(found.tokens)} jetons (de ${formatShare(found.low)} à ${formatShare(found.high)}), contre ${formatShare(found.corpus_share)} du corpus.`,
  kinds: {
    domain: (value) => `des jetons de ${value}`,
    language: (value) => `des jetons en ${value}`,
    class: (value) => `des jetons de la classe ${value}`,
    token: (value) => `le jeton « ${value} »`,
    position: (value) => `des jetons à la position ${value}`,
  },
  served: (tokens, documents, rank) =>
    `${formatExactly(tokens)} jetons de ${formatExactly(documents)} documents ; numéro ${rank} de sa couche par la charge`,
  frequent: "Jetons les plus fréquents",
  preferred: "Jetons qu’il préfère",
  token: "jeton",
  received: "reçus",
  ofToken: "de ses occurrences",
  sharpest: "Contextes les plus nets",
  sharpestHint: "Là où son poids est le plus grand, deux fois au plus par jeton.",
  weight: (weight) => `poids ${formatDecimal(weight, 2)}`,
  properties: "Face au corpus",
  propertiesHint: "Barre : part de ses jetons, avec l’intervalle ; trait : part du corpus.",
  partners: "Partenaires de sa couche",
  comesFrom: "Ses jetons viennent de",
  goesTo: "Ses jetons vont à",
  neighbour: (expert, layer) =>
    layer === undefined ? `expert ${expert}` : `expert ${expert} de la couche ${layer + 1}`,
  times: (lift) => `${formatDecimal(lift, 1)} fois le hasard`,
  loadOver: "Charge au fil du corpus",
  loadHint:
    "Sa part des affectations de la couche, par tranches du corpus dans l’ordre ; tirets : une part égale.",
  slice: "tranche du corpus",
  none: "aucun",
  trainingNamed: (name) => `entraînement ${name}`,
  training: "Un entraînement au fil de ses étapes",
  trainingHint: "Saturation : part des experts de la dernière étape qu’une étape choisit déjà, par couche.",
  maxVio: "MaxVio de chaque couche",
  deadExperts: "experts sans jeton",
  ranks: "Les rangs et leurs experts",
  ranksHint:
    "Parallélisme d’experts : chaque rang en tient autant, dans l’ordre. Les copies sur les données sont additionnées.",
  rankImbalance: "rang le plus chargé sur la moyenne",
  rankHolds: (rank, first, last) =>
    `rang ${rank} : ${first === last ? `expert ${first}` : `experts ${first} à ${last}`}`,
  ep: "parallélisme d’experts",
  pp: "étages du pipeline",
  etp: "rangs par expert",
  apply: "Appliquer",
  saturation: "saturation du routeur",
  step: "étape d’entraînement",
  collapsed: (layers) =>
    `${layers} couches finissent effondrées : la moitié de leurs experts ne reçoit rien.`,
  yourText: "Votre phrase face au corpus",
  yourTextHint: (even) =>
    `Chaque jeton : la part de ses semblables du corpus qui va aux mêmes experts, moyenne des couches ; au hasard ce serait ${formatShare(even)}.`,
  compare: "Comparer",
  kind: (text, share, occurs) =>
    share === null
      ? `« ${text} » : ${formatExactly(occurs)} fois dans le corpus, trop peu pour le dire`
      : `« ${text} » va là où vont ${formatShare(share)} de ses semblables (${formatExactly(occurs)} dans le corpus)`,
};
