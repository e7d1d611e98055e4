/**
 * The glossary in French; its terms are those of fr.js.
 */

/** @type {Record<keyof typeof import("./glossary.en.js").glossary, import("./glossary.en.js").Entry>} */
export const glossary = {
  token: {
    name: "Jeton",
    means:
      "Un morceau du texte : un mot, une partie de mot ou un signe. Chaque jeton est routé pour lui-même.",
  },
  layer: {
    name: "Couche",
    means:
      "Une couche à mélange d’experts, dessinée comme un anneau ; la couche 1 est en bas. Chacune a ses experts et son routeur.",
  },
  expert: {
    name: "Expert",
    means:
      "Un petit réseau de neurones d’une couche, dessiné comme une tour : il prend le vecteur d’un jeton et en rend un autre. L’expert 3 de la couche 1 et l’expert 3 de la couche 2 n’ont en commun que le numéro.",
  },
  router: {
    name: "Routeur",
    means:
      "La petite partie d’une couche qui note tous les experts pour un jeton et en choisit quelques-uns.",
  },
  gate_score: {
    name: "Score de routage",
    means:
      "Ce que le routeur dit d’un expert pour un jeton : la probabilité ou l’affinité que regarde le choix.",
  },
  top_k: { name: "Top-k", means: "À combien d’experts va un jeton dans chaque couche : aux k mieux notés." },
  combine_weight: {
    name: "Poids de combinaison",
    means:
      "Les sorties des experts choisis reviennent en une seule somme pondérée ; voici le facteur de l’une d’elles.",
  },
  shared_expert: {
    name: "Expert partagé",
    means: "Un expert que chaque jeton utilise, à côté de ceux que choisit le routeur.",
  },
  capacity: {
    name: "Capacité",
    means:
      "Combien de jetons un expert peut prendre en une étape : une part égale, multipliée par le facteur de capacité.",
  },
  dropped: {
    name: "Écarté",
    means:
      "Se dit d’un jeton qui a choisi un expert plein : cet expert ne fait rien pour lui, et il continue avec ce qu’il a, par la connexion résiduelle.",
  },
  load: {
    name: "Charge",
    means:
      "La part des affectations d’une couche qu’un expert a reçue. Une charge égale vaut un divisé par le nombre d’experts.",
  },
  trace: {
    name: "Trace",
    means:
      "Pour chaque jeton et chaque couche : scores, experts choisis, poids de combinaison et jetons écartés. Tout ce qui est dessiné ici en vient.",
  },
  total_p: {
    name: "P_TOTAL",
    means:
      "Les paramètres de tous les experts de toutes les couches. Tous doivent tenir en mémoire, quel que soit le choix : la mémoire paie le calcul épargné.",
  },
  active_p: {
    name: "P_ACTIFS",
    means:
      "Les paramètres des experts qu’un jeton utilise, experts partagés compris. Ils disent ce que coûte le calcul de ses experts ; l’attention et le reste s’y ajoutent.",
  },
  experts_hit: {
    name: "EXPERTS_TOUCHÉS",
    means: "Combien d’experts différents, toutes couches comprises, un jeton au moins a utilisés jusqu’ici.",
  },
  max_violation: {
    name: "MaxVio",
    means:
      "De combien l’expert le plus chargé d’une couche dépasse la charge moyenne, en part de cette moyenne. 0 est l’équilibre parfait.",
  },
  bias: {
    name: "Biais de sélection",
    means:
      "Un nombre par expert, ajouté à son score pour le seul choix : il décide qui est choisi, non combien compte un expert.",
  },
  collapse: {
    name: "Effondrement",
    means:
      "Quelques experts gagnent chaque jeton, apprennent davantage et gagnent encore ; les autres ne sont jamais entraînés.",
  },
  attention: {
    name: "Attention",
    means:
      "Ce qui se trouve entre deux anneaux, dessiné comme un disque pâle : un jeton y reprend ce que portent les jetons qui le précèdent. Un expert ne voit qu’un jeton.",
  },
  memory: {
    name: "Mémoire",
    means:
      "Ce que prennent tous les poids. Le routeur épargne du calcul, pas de mémoire : chaque expert peut être choisi ensuite, donc tous restent prêts.",
  },
  mode: {
    name: "Mode",
    means:
      "Les jetons d’un texte passent en réalité une couche ensemble, comme le montre ENSEMBLE. Les autres modes les séparent pour qu’on les voie ; seuls ceux qu’un modèle écrit viennent un par un.",
  },
};
