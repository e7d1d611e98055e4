/**
 * Text on published models, uploaded configs, and expert parallelism, in French.
 */

import { formatBytes, formatDecimal, formatExactly, formatShare, listed } from "./format.js";
import { routerNote } from "./problems.fr.js";

/** @param {number} count @param {string} one @param {string} [many] */
function plural(count, one, many = `${one}s`) {
  return `${formatExactly(count)} ${count < 2 ? one : many}`;
}

/** @type {typeof import("./models.en.js").shapesEn} */
export const shapesFr = {
  models: {
    caption:
      "Choisissez-en un : ses anneaux sont dessinés, et son propre routeur y route des logits scénarisés.",
    search: "Nom, année ou routeur",
    searchIn: (count) => `${count} modèles : nom, année, routeur`,
    order: "Ordre",
    orders: {
      total: "Par total",
      active: "Par actifs",
      ratio: "Les plus creux",
      experts: "Par experts",
      year: "Les plus récents",
      name: "Par nom",
    },
    loading: "Demande des modèles…",
    unreachable: (reason) => `Impossible de l’obtenir : ${reason}`,
    found: (found, all) => (found === all ? plural(all, "modèle") : `${found} sur ${plural(all, "modèle")}`),
    built: (layers, experts, k, shared) =>
      `${layers} × ${formatExactly(experts)}, ${k} choisi${k > 1 ? "s" : ""}${shared ? `, ${shared} partagé${shared > 1 ? "s" : ""}` : ""}`,
    totalWord: "en tout",
    activeWord: "par jeton",
    all: "← Tous les modèles",
    small: "Revenir au petit",
    sheet: "Le modèle choisi",
    open: "Ouvrir un config.json",
    openHint: "Le config.json de tout modèle à mélange d’experts de Hugging Face : compté ici, et dessiné",
    drop: "ou déposez-en un n’importe où",
    dropHere:
      "Déposez une capture ou une trace : son routage s’affiche. Un config.json : ses paramètres sont comptés",
    tooLarge: (name, size, most) =>
      `${name} : un config.json d’au plus ${formatBytes(most)} est attendu, ${formatBytes(size)} reçus ; choisissez le fichier nommé config.json`,
    took: (config, others) => `Lu : ${config}. Non lus : ${listed(others, (more) => `et ${more} de plus`)}.`,
    counting: "Comptage…",
    ownConfig: "Votre config.json",
    ownNote: (architecture) => `Compté d’après un config.json de l’architecture ${architecture}.`,
    ownLink: (key) =>
      `Une forme que le lien contient lui-même, ${key.split("-")[0]} : ses tailles sont dans l’adresse.`,
    builtLong: (layers, experts, k, shared, dense, below) =>
      `${plural(layers, "anneau", "anneaux")} de ${plural(experts, "expert")}, ${k} choisi${k > 1 ? "s" : ""}${shared ? `, ${shared} partagé${shared > 1 ? "s" : ""}` : ""}.` +
      (dense
        ? ` ${plural(dense, "couche")} sans experts${dense === below ? ", en dessous" : ", entre eux"}.`
        : ""),
    router: "Routeur",
    figure: "paramètres",
    allOfIt: "sans exception",
    published: "publié",
    counted: "compté de même",
    deviation: "écart",
    figuresCaption: "Paramètres du modèle entier, calculés et publiés",
    total: "Total",
    active: "Actifs",
    off: (share) => `${share < 0 ? "−" : "+"}${formatShare(Math.abs(share))}`,
    conventions: {
      all: "tous les paramètres",
      no_in: "sans le plongement d’entrée",
      no_emb: "sans plongement ni tête",
      "all+vision": "avec la tour de vision",
      "mtp-no_emb": "avec la prédiction de plusieurs jetons, sans plongement ni tête",
      experts: "les experts routés seuls",
    },
    ratio: (share, times) =>
      `Un jeton se sert de ${share} des paramètres : il en faut tenir ${times} fois plus.`,
    memory: "mémoire",
    weights: "poids sur",
    bits: (bits) => `${bits} bits`,
    deviceMemory: "Mémoire d’un appareil",
    deviceOf: (gigabytes) => `de ${gigabytes} Go`,
    devices: (count) => plural(count, "appareil"),
    source: "Chiffres publiés par",
    configSource: "Configuration d’après",
    uncounted: "Non compté",
    uncountedNames: {
      corr_bias: "biais de sélection, un tampon :",
      mtp: "prédiction de plusieurs jetons :",
      mtp_active: "dont se sert un jeton",
      vision: "tour de vision :",
    },
    assumed: "Absent du fichier, donc comme dans sa classe",
    notes: ({ fr }) => fr ?? {},
    reason: (figure, reason) => `${figure} : ${reason}`,
    routerNote,
    authored:
      "Les poids seuls : caches et activations s’y ajoutent. Le routage sur cette forme est scénarisé, non mesuré sur ce modèle.",
    shapeOf: "Forme",
    leaveShape: "Revenir à la petite forme",
  },
  devices: {
    caption:
      "Parallélisme d’experts : les experts d’une couche vivent sur plusieurs appareils, les voisins ensemble. Le vecteur d’un jeton va une fois à chaque appareil qui tient un expert choisi pour lui, et en revient.",
    label: "Appareils",
    none: "Aucun",
    choose: "Choisissez combien d’appareils se partagent les experts.",
    sent: (device, tokens, of) =>
      `Appareil ${device} : ${formatExactly(tokens)} sur ${plural(of, "jeton")} lui sont envoyés dans cette couche`,
    sentAll: (device, copies) =>
      `Appareil ${device} : ${plural(copies, "vecteur")} envoyés sur toutes les couches`,
    sentTitle: "Vecteurs envoyés à chaque appareil, un pas",
    barsLabel: "Vecteurs envoyés à chaque appareil",
    reach: "Appareils atteints par jeton",
    most: "au plus",
    busiest: "Le plus chargé sur la moyenne",
    bytes: "Tous à tous, toutes les couches d’un pas",
    formula: (copies, width) =>
      `${formatExactly(copies)} vecteurs × ${formatExactly(width)} nombres × (2 + 2) octets`,
    assumptions:
      "Tous les jetons du texte en un pas ; 16 bits par nombre, aller et retour ; une copie compte aussi là où son jeton se trouve déjà ; les experts partagés restent sur place.",
    compareTitle: "Pourquoi des routeurs limitent les appareils d’un jeton",
    compareCaption: "Les mêmes logits par d’autres routeurs sur ces appareils",
    compareNote:
      "Moins d’appareils par jeton, moins d’octets ; la dernière colonne en est le prix : la part encore choisie de la probabilité que choisit le top-k simple.",
    compareLocal:
      "Dans les textes scénarisés, des experts voisins répondent ensemble : un jeton atteint peu d’appareils même sans limite. Dans un modèle entraîné, le numéro d’un expert ne veut rien dire.",
    columns: ["routeur", "appareils par jeton", "octets par pas", "probabilité gardée"],
    here: "ici",
    limited: (limit) => `limité à ${plural(limit, "appareil")}`,
    reachOf: (mean, most) => `${formatDecimal(mean, 2)} (au plus ${most})`,
    kept: (share) => formatShare(share),
    loading: "Demande de ce qu’enverraient d’autres routeurs…",
    unreachable: (reason) => `Impossible d’obtenir ce qu’enverraient d’autres routeurs : ${reason}`,
    undivided: (devices, experts) =>
      `${devices} appareils ne divisent pas ${experts} experts en groupes de deux ou plus : il n’y a pas de routeur limité à comparer.`,
    allLayers: "Toutes les couches",
  },
};
