/**
 * Text on altered routers and next tokens, in French.
 */

import { formatDecimal, formatExactly, formatShare, formatSigned } from "./format.js";

/** @param {number} count @param {string} one */
const several = (count, one) => `${formatExactly(count)} ${count < 2 || one.endsWith("x") ? one : `${one}s`}`;

/** @type {typeof import("./alter.en.js").alterEn} */
export const alterFr = {
  change: "Changer cet expert",
  changes: { "": "Tel quel", off: "Éteint", force: "Forcé", add: "Logit" },
  hints: {
    "": "Le routeur décide, comme il a été entraîné",
    off: "Aucun jeton ne peut choisir cet expert",
    force: "Chaque jeton choisit cet expert",
    add: "Ajouté au logit de cet expert avant que le routeur choisisse",
  },
  added: "Ajouté au logit",
  kOf: (layer) => `Experts par jeton dans la couche ${layer}`,
  own: "Sien",
  undo: "Annuler tous les changements",
  remove: (what) => `Annuler : ${what}`,
  item: (layer, expert, change) => {
    const where = expert === null ? `couche ${layer}` : `expert ${expert} de la couche ${layer}`;
    if (change.startsWith("k")) return `${where} : k = ${change.slice(1)}`;
    if (change.startsWith("add")) return `${where} : logit ${formatSigned(Number(change.slice(3)), 1)}`;
    return `${where} : ${change === "off" ? "éteint" : "forcé"}`;
  },
  reading: "Comparaison avec le modèle tel quel…",
  moved: (choices, tokens) =>
    choices
      ? `${several(choices, "choix")} de ${several(tokens, "jeton")} ont changé.`
      : "Aucun choix n’a changé : le routeur n’aurait pas choisi autrement.",
  takers: (takers) =>
    `Ses jetons vont à ${takers.map(({ expert, taken }) => `l’expert ${expert} (${formatExactly(taken)})`).join(", ")}.`,
  taken: (taken) => `Il prend ${several(taken, "jeton")} de plus.`,
  loss: (before, after) =>
    `Perte sur le texte ${formatDecimal(before, 3)} → ${formatDecimal(after, 3)} (${formatSigned(after - before, 3)})`,
  lossHint:
    "Moyenne de l’opposé du logarithme de la probabilité que le modèle donnait à chaque jeton venu. Plus haut, c’est pire.",
  plainLoss: (loss) => `Perte sur le texte ${formatDecimal(loss, 3)}`,
  beside: "Afficher le modèle tel quel à côté",
  details: "Jetons suivants",
  after: (token) => `Après ${token}, le modèle écrirait`,
  before: "tel quel",
  now: "modifié",
  came: "venu",
  candidate: (text, share) => `${text} ${formatShare(share)}`,
  end: "Suite",
  endLabel: "Les jetons suivants les plus probables",
  none: "Aucun modèle ne dit ici ce qui suit : choisissez EN DIRECT, et un modèle qui tourne sur cette machine.",
  kind: "Genre",
  layerKinds: {
    hash: "une table d’identifiants de jetons choisit ici",
    "attention experts": "experts d’attention",
  },
  alteredWord: "MODIFIÉ",
  alteredNote: (items) => `Quelqu’un a changé les routeurs de ce modèle : ${items.join(" ; ")}.`,
};
