/**
 * Messages of the server on invalid requests, in French. The server sends a sentence in English, made of the parts below
 * (app/request, app/routing, app/published, app/sources/live). An unknown part stays in English.
 */

/** A pattern and its French text. @typedef {readonly [RegExp, string | ((...found: string[]) => string)]} Part */

/** [part of a sentence, the same in French]; `$1` is the captured text. @type {readonly Part[]} */
const PARTS = [
  // expected
  [
    /^(.+) as (\w+) of router (\w+)$/,
    (_, inner, setting, router) => `${told(inner, PARTS)} comme ${setting} du routeur ${router}`,
  ],
  [/^authored, live or recorded$/, "authored, live ou recorded"],
  [/^the name of a scenario$/, "le nom d’un scénario"],
  [/^the name of a model$/, "le nom d’un modèle"],
  [
    /^the name of a published model, or a shape as text of at most (\d+) characters$/,
    "le nom d’un modèle publié, ou une forme écrite en $1 caractères au plus",
  ],
  [/^text of at most (\d+) characters$/, "un texte de $1 caractères au plus"],
  [/^a whole number from 1 to the number of experts$/, "un nombre entier de 1 au nombre d’experts"],
  [/^a whole number from (\S+) to (\S+)$/, "un nombre entier de $1 à $2"],
  [/^a number from (\S+) to (\S+)$/, "un nombre de $1 à $2"],
  [/^no text with source=(\w+)$/, "aucun texte avec source=$1"],
  [/^none with source=(\w+)$/, "aucune avec source=$1"],
  [
    /^(\d+) with source=recorded, or one of the models (.+)$/,
    "$1 avec source=recorded, ou l’un des modèles $2",
  ],
  [/^one of (.+) with source=(\w+)$/, "l’un de $1 avec source=$2"],
  [/^one of (.+), with (\d+) experts$/, "l’un de $1, avec $2 experts"],
  [/^one of (.+)$/, "l’un de $1"],
  [/^(\d+) with source=(\w+)$/, "$1 avec source=$2"],
  [/^(\d+) with this shape$/, "$1 avec cette forme"],
  [
    /^(\d+) with router (\w+), which needs all tokens at once$/,
    "$1 avec le routeur $2, qui a besoin de tous les jetons à la fois",
  ],
  [/^(\d+) to (\d+) with router (\w+)$/, "de $1 à $2 avec le routeur $3"],
  [/^(\d+) with router (\w+)$/, "$1 avec le routeur $2"],
  [/^another, as no training is recorded here$/, "une autre, car aucun entraînement n’est enregistré ici"],
  [/^authored, as no model is installed here$/, "authored, car aucun modèle n’est installé ici"],
  [
    /^0 to (\d+) with (\d+) tokens, (\d+) layers and (\d+) experts$/,
    "de 0 à $1 avec $2 jetons, $3 couches et $4 experts",
  ],
  [/^(\d+) to (\d+) tokens$/, "de $1 à $2 jetons"],
  [/^(\d+) to (\d+), the number of tokens$/, "de 0 à $2, le nombre de jetons"],
  [/^(\d+) to (\d+)$/, "de $1 à $2"],
  [/^a recording that can be read$/, "un enregistrement lisible"],
  [/^a checkpoint that can be run$/, "un modèle exécutable"],
  [/^one value$/, "une seule valeur"],
  [/^'live' for a text of your own$/, "'live' pour un texte à vous"],
  [/^(\d+) to (\d+) characters$/, "de $1 à $2 caractères"],
  [/^at least 1 token$/, "au moins 1 jeton"],
  [/^authored or live with over=scenarios$/, "authored ou live avec over=scenarios"],
  [/^(\w+) in the text, as in (\S+)$/, "$1 dans le texte, comme $2"],
  // changes to routers
  [
    /^LAYER\.EXPERT-off, LAYER\.EXPERT-force, LAYER\.EXPERT-addNUMBER or LAYER-kNUMBER, with _ between them$/,
    "COUCHE.EXPERT-off, COUCHE.EXPERT-force, COUCHE.EXPERT-addNOMBRE ou COUCHE-kNOMBRE, séparés par _",
  ],
  [/^experts from (\d+) to (\d+)$/, "un expert de $1 à $2"],
  [/^layers from (\d+) to (\d+)$/, "une couche de $1 à $2"],
  [/^k from (\d+) to (\d+)$/, "k de $1 à $2"],
  [/^at most (\d+) added$/, "$1 ajouté au plus"],
  [/^at least one expert per layer left$/, "au moins un expert laissé par couche"],
  [/^all (\d+) of layer (\d+) off$/, "les $1 de la couche $2 éteints"],
  [/^at most (\d+) characters and (\d+) alterations$/, "$1 caractères et $2 changements au plus"],
  [/^(\d+) characters, (\d+) alterations$/, "$1 caractères, $2 changements"],
  [/^none with a model that runs elsewhere$/, "aucun avec un modèle qui tourne ailleurs"],
  [
    /^choose source=live to change a model's routers$/,
    "choisissez source=live pour changer les routeurs d’un modèle",
  ],
  [/^choose a tower and change it there$/, "choisissez une tour et changez-la là"],
  [/^choose a model that runs on this machine$/, "choisissez un modèle qui tourne sur cette machine"],
  [/^write it so$/, "écrivez-le ainsi"],
  [/^switch it off, or force it$/, "éteignez-le, ou forcez-le"],
  [/^leave one on$/, "laissez-en un allumé"],
  [/^leave some out$/, "retirez-en"],
  // expected of a config.json
  [/^JSON$/, "du JSON"],
  [/^an object of fields$/, "un objet de champs"],
  [/^at most (\S+) bytes$/, "$1 octets au plus"],
  [/^at least 2 a layer$/, "au moins 2 par couche"],
  [/^at most (\d+), which a layer has$/, "$1 au plus, autant que dans une couche"],
  [/^at most (\S+) experts in all layers$/, "$1 experts au plus, toutes couches confondues"],
  [/^(\S+) to (\S+) layers$/, "de $1 à $2 couches"],
  [/^(\S+) to (\S+) experts$/, "de $1 à $2 experts"],
  [/^(\S+) to (\S+) parameters$/, "de $1 à $2 paramètres"],
  [/^(\S+) to (\S+) (\w+)$/, "de $1 à $2 pour $3"],
  [/^a whole number of (\w+)$/, "un nombre entier pour $1"],
  [/^true or false$/, "true ou false"],
  [/^a positive number$/, "un nombre positif"],
  [/^a list of layers$/, "une liste de couches"],
  [/^a table of fields$/, "une table de champs"],
  [/^the same for all layers$/, "le même pour toutes les couches"],
  [
    /^(\d+) times 0 \(linear\) or 1 \(full\), or linear_attention or full_attention$/,
    "$1 fois 0 (linéaire) ou 1 (complète), ou linear_attention ou full_attention",
  ],
  [
    /^the name of a model, or layers x experts x k and sizes$/,
    "le nom d’un modèle, ou couches x experts x k et des tailles",
  ],
  [
    /^sizes named (.+), x or r, each with a number$/,
    "des tailles nommées $1, x ou r, chacune avec un nombre",
  ],
  [/^one that is counted here$/, "une architecture comptée ici"],
  [/^a mixture of experts$/, "un mélange d’experts"],
  [/^a value$/, "une valeur"],
  [
    /^a value, as (\d+) \(hidden_size\) does not divide by (\d+) heads$/,
    "une valeur, car $1 (hidden_size) ne se divise pas en $2 têtes",
  ],
  [/^at least one layer with experts$/, "au moins une couche avec des experts"],
  [/^a list of (\d+) words$/, "une liste de $1 mots"],
  [/^a list of (\d+) numbers$/, "une liste de $1 nombres"],
  [/^(\d+) times 0, 4 or 128$/, "$1 fois 0, 4 ou 128"],
  [/^(\S+) or (\S+)$/, "$1 ou $2"],
  // got
  [/^more$/, "davantage"],
  [/^something else: .*\(char (\d+)\)$/s, "autre chose, à partir du caractère $1"],
  [/^something else: .*$/s, "autre chose"],
  [/^(\d+); that is a dense model$/, "$1 ; c’est un modèle dense"],
  [/^nothing$/, "rien"],
  [/^neither$/, "ni l’une ni l’autre"],
  [/^tables of n-grams$/, "des tables de n-grammes"],
  [/^one that is nested too deeply$/, "du JSON aux niveaux trop nombreux"],
  [/^(\d+) characters$/, "$1 caractères"],
  [/^(\d+) tokens$/, "$1 jetons"],
  [/^several$/, "plusieurs"],
  [/^none$/, "rien"],
  [/^(.*)\.\.\. \((\d+) characters\)$/s, "$1... ($2 caractères)"],
  // what to do
  [/^choose one of them$/, "choisissez l’une de ces valeurs"],
  [/^see (\/api\/\w+)$/, "voir $1"],
  [/^shorten the text$/, "raccourcissez le texte"],
  [/^add it to the text$/, "ajoutez cette taille au texte"],
  [/^type something$/, "écrivez quelque chose"],
  [/^choose a number in this range$/, "choisissez un nombre dans cet intervalle"],
  [/^choose one in this range$/, "choisissez-en un dans cet intervalle"],
  [/^leave it out$/, "retirez cette clé"],
  [/^leave it out, or leave out the shape$/, "retirez cette clé, ou retirez la forme"],
  [/^leave out all but one$/, "n’en gardez qu’une"],
  [/^choose source=live to type a prompt$/, "choisissez source=live pour saisir un texte"],
  [
    /^choose source=live to let a model write on$/,
    "choisissez source=live pour laisser un modèle écrire la suite",
  ],
  [
    /^choose source=authored to lean a router by hand$/,
    "choisissez source=authored pour fausser un routeur à la main",
  ],
  [
    /^choose source=authored to route on the shape of another model$/,
    "choisissez source=authored pour router sur la forme d’un autre modèle",
  ],
  [
    /^choose a router that takes token after token$/,
    "choisissez un routeur qui prend les jetons l’un après l’autre",
  ],
  [
    /^choose fewer experts a token or more experts a layer$/,
    "choisissez moins d’experts par jeton ou plus d’experts par couche",
  ],
  [/^choose fewer updates, tokens or experts$/, "choisissez moins de pas, de jetons ou d’experts"],
  [
    /^choose fewer experts a token or another router$/,
    "choisissez moins d’experts par jeton ou un autre routeur",
  ],
  [/^choose k=(\d+) or another router$/, "choisissez k=$1 ou un autre routeur"],
  [
    /^groups are equally large and hold at least two experts$/,
    "les groupes sont de même taille et ont au moins deux experts",
  ],
  [
    /^a token chooses (\d+) experts, and a group holds (\d+)$/,
    "un jeton choisit $1 experts, et un groupe en a $2",
  ],
  [
    /^the model takes (\d+) tokens, and the prompt has (\d+)$/,
    "le modèle prend $1 jetons, et le texte en a $2",
  ],
  [/^name a model$/, "nommez un modèle"],
  [/^choose a moment that was recorded$/, "choisissez un moment enregistré"],
  [
    /^choose a number that a model was trained with$/,
    "choisissez un nombre avec lequel un modèle a été entraîné",
  ],
  [/^drop the config\.json on the page again$/, "déposez de nouveau le config.json sur la page"],
  [/^no other value is implemented$/, "aucune autre valeur n’est prise en charge"],
  [/^write it in$/, "écrivez-la"],
  [
    /^write it in, as (.+) gives no default$/,
    (_, source) => `écrivez-la, car ${told(source, CLASSES)} n’en donne pas par défaut`,
  ],
  [
    /^(.+) would take (.*): write it in if that is meant$/,
    (_, source, value) => `${told(source, CLASSES)} prendrait ${value} : écrivez-la si c’est bien cela`,
  ],
  [/^a capture$/, "une capture"],
  [/^a picture$/, "une image"],
  [/^one file$/, "un seul fichier"],
  [/^(\d+) files$/, "$1 fichiers"],
  [/^name the one to read$/, "nommez celui à lire"],
  [/^(\w+) of no known shape$/, "$1 de forme inconnue"],
  [/^text of no known format$/, "un texte de format inconnu"],
  [/^see docs\/CAPTURES.md for what is read$/, "docs/CAPTURES.md dit ce qui est lu"],
  [/^this config names no experts$/, "cette config ne nomme pas d’experts"],
  [
    /^count the folder of the checkpoint( instead, or install the extra `transformers`)?$/,
    (_, more) => `comptez le dossier du modèle${more ? ", ou installez l’extra `transformers`" : ""}`,
  ],
  [/^start again from 0$/, "recommencez à 0"],
  [
    /^choose the config\.json of a mixture-of-experts model$/,
    "choisissez le config.json d’un modèle à mélange d’experts",
  ],
  [
    /^it can be counted on the command line, but is not drawn$/,
    "il peut être compté en ligne de commande, mais n’est pas dessiné",
  ],
  [
    /^a recording holds its own texts; choose over=prompt$/,
    "un enregistrement a ses propres textes ; choisissez over=prompt",
  ],
  [
    /^authored routing is about given tokens; choose source=live$/,
    "le routage scénarisé porte sur des jetons donnés ; choisissez source=live",
  ],
];

/** The classes of a config.json (app/published/architectures/defaults.json). @type {readonly Part[]} */
const CLASSES = [
  [/^the paper$/, "l’article"],
  [/^(\w+)'s own class$/, "la classe de $1"],
  [/^(\w+)'s? (\w+)$/, "$2 de $1"],
  [/^the (\w+) of (\S+)$/, "$1 de $2"],
];

/** Notes on routers that differ from that of a model (app/published/architectures/). @type {readonly Part[]} */
const NOTES = [
  [
    /^the weight multiplies the expert's input, not its output$/,
    "le poids multiplie l’entrée de l’expert, non sa sortie",
  ],
  [
    /^the model multiplies the weights by (\d+)(?:\.(\d+))?$/,
    (_, whole, rest) => `le modèle multiplie les poids par ${rest ? `${whole},${rest}` : whole}`,
  ],
  [
    /^the first (\d+) layers of the model choose by a table of token ids$/,
    "les $1 premières couches du modèle choisissent par une table d’identifiants de jetons",
  ],
  [/^the model has no selection bias$/, "le modèle n’a pas de biais de sélection"],
  [
    /^the model does not divide the weights by their sum$/,
    "le modèle ne divise pas les poids par leur somme",
  ],
  [
    /^the model's own router, SparseMixer, chooses the same two experts but weighs each by .* and their sum is not$/,
    "le routeur du modèle, SparseMixer, choisit les deux mêmes experts mais pondère chacun par un softmax sur les experts qui en sont proches, si bien que la plupart des poids valent 1 et que leur somme ne vaut pas 1",
  ],
];

/** @type {Record<string, string>} */
const UNNAMED = { "an unnamed engine": "un moteur sans nom", "a hook": "un crochet" };
/** @param {string} engine */
const recorder = (engine) => UNNAMED[engine] ?? engine;

/** Whole sentences, and the notes of traces (app/formats/to_trace.py). @type {readonly Part[]} */
const WHOLE = [
  [
    /^Recorded by (.+); experts and their weights as the file has them\.$/,
    (_, engine) => `Enregistré par ${recorder(engine)} ; experts et poids sont ceux du fichier.`,
  ],
  [
    /^Recorded by (.+), which keeps the chosen experts alone; their weights are drawn equal\.$/,
    (_, engine) =>
      `Enregistré par ${recorder(engine)}, qui ne garde que les experts choisis ; leurs poids sont dessinés égaux.`,
  ],
  [
    /^trace: the server failed to compute it; its log says why$/,
    "trace : le serveur n’a pas pu la calculer ; son journal dit pourquoi",
  ],
  [
    /^server: (\d+) jobs are waiting; try again in a moment$/,
    "serveur : $1 tâches attendent ; réessayez dans un instant",
  ],
];

/** @param {string} text @param {readonly Part[]} known @returns {string} */
function told(text, known) {
  const [pattern, french] = known.find(([each]) => each.test(text)) ?? [];
  if (!pattern || french === undefined) return text;
  return text.replace(pattern, /** @type {string} */ (french)); // or a function, which replace() also accepts
}

/** @param {string} note */
export const routerNote = (note) => told(note, NOTES);

/** Groups the digits of a number in a sentence. @param {string} text */
const grouped = (text) =>
  text.replace(/\d{1,3}(,\d{3})+(?!\d)/g, (digits) => digits.replaceAll(",", "\u202f"));

/** Splits the found value from the advice; either may contain a semicolon. @param {string} text */
function parted(text) {
  const ways = [...text.matchAll(/; /g)].map(({ index }) => [text.slice(0, index), text.slice(index + 2)]);
  return ways.find(([, advice]) => told(advice, PARTS) !== advice) ?? ways.at(-1) ?? [text, ""];
}

/** Translates one line. @param {string} line */
function sentence(line) {
  const [, name, expected, rest] =
    /^([\w.]+|experts a token): expected (.*?), got (.*; .*)$/.exec(line) ?? [];
  if (name === undefined) return told(line, WHOLE);
  const field = name === "experts a token" ? "experts par jeton" : name;
  const [got, advice] = parted(rest);
  return `${field} : attendu ${grouped(told(expected, PARTS))}, reçu ${told(got, PARTS)} ; ${told(advice, PARTS)}`;
}

/** Translates a message with one line per problem. @param {string} message */
export function problem(message) {
  return message.split("\n").map(sentence).join("\n");
}

/** Translates the expected or found value of a notice. @param {string} part */
export const partOf = (part) => grouped(told(part, PARTS));
