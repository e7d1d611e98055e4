/**
 * What the server says of a request that it cannot use, in French. The wire carries one sentence, in English; each is
 * made of the parts below (app/request.py, app/routing/, app/published/shaped.py, app/prompted.py). What is not among them stays.
 */

/** [part of a sentence, the same in French]; `$1` is what stands in the brackets. @type {readonly (readonly [RegExp, string])[]} */
const PARTS = [
  // expected
  [/^authored, live or recorded$/, "authored, live ou recorded"],
  [/^the name of a scenario$/, "le nom d’un scénario"],
  [/^the name of a model$/, "le nom d’un modèle"],
  [/^the name of a published model, or a shape as text of at most (\d+) characters$/, "le nom d’un modèle publié, ou une forme écrite en $1 caractères au plus"],
  [/^text of at most (\d+) characters$/, "un texte de $1 caractères au plus"],
  [/^a whole number from 1 to the number of experts$/, "un nombre entier de 1 au nombre d’experts"],
  [/^a whole number from (\S+) to (\S+)$/, "un nombre entier de $1 à $2"],
  [/^a number from (\S+) to (\S+)$/, "un nombre de $1 à $2"],
  [/^no text with source=(\w+)$/, "aucun texte avec source=$1"],
  [/^none with source=(\w+)$/, "aucune avec source=$1"],
  [/^(\d+) with source=recorded, or one of the models (.+)$/, "$1 avec source=recorded, ou l’un des modèles $2"],
  [/^one of (.+) with source=(\w+)$/, "l’un de $1 avec source=$2"],
  [/^one of (.+), with (\d+) experts$/, "l’un de $1, avec $2 experts"],
  [/^one of (.+)$/, "l’un de $1"],
  [/^(\d+) with source=(\w+)$/, "$1 avec source=$2"],
  [/^(\d+) with this shape$/, "$1 avec cette forme"],
  [/^(\d+) with router (\w+), which needs all tokens at once$/, "$1 avec le routeur $2, qui a besoin de tous les jetons à la fois"],
  [/^(\d+) to (\d+) with router (\w+)$/, "de $1 à $2 avec le routeur $3"],
  [/^(\d+) with router (\w+)$/, "$1 avec le routeur $2"],
  [/^another, as no training is recorded here$/, "une autre, car aucun entraînement n’est enregistré ici"],
  [/^authored, as no model is installed here$/, "authored, car aucun modèle n’est installé ici"],
  [/^(\d+) to (\d+) tokens$/, "de $1 à $2 jetons"],
  [/^(\d+) to (\d+), the number of tokens$/, "de 0 à $2, le nombre de jetons"],
  [/^(\d+) to (\d+)$/, "de $1 à $2"],
  [/^a recording that can be read$/, "un enregistrement lisible"],
  [/^a checkpoint that can be run$/, "un modèle exécutable"],
  [/^one value$/, "une seule valeur"],
  // got
  [/^(\d+) tokens$/, "$1 jetons"],
  [/^several$/, "plusieurs"],
  [/^(.*)\.\.\. \((\d+) characters\)$/s, "$1... ($2 caractères)"],
  // what to do
  [/^choose one of them$/, "choisissez l’une de ces valeurs"],
  [/^see (\/api\/\w+)$/, "voir $1"],
  [/^shorten the text$/, "raccourcissez le texte"],
  [/^type something$/, "écrivez quelque chose"],
  [/^choose a number in this range$/, "choisissez un nombre dans cet intervalle"],
  [/^choose one in this range$/, "choisissez-en un dans cet intervalle"],
  [/^leave it out$/, "retirez cette clé"],
  [/^leave it out, or leave out the shape$/, "retirez cette clé, ou retirez la forme"],
  [/^leave out all but one$/, "n’en gardez qu’une"],
  [/^choose source=live to type a prompt$/, "choisissez source=live pour saisir un texte"],
  [/^choose source=live to let a model write on$/, "choisissez source=live pour laisser un modèle écrire la suite"],
  [/^choose source=authored to lean a router by hand$/, "choisissez source=authored pour fausser un routeur à la main"],
  [/^choose source=authored to route on the shape of another model$/, "choisissez source=authored pour router sur la forme d’un autre modèle"],
  [/^choose a router that takes token after token$/, "choisissez un routeur qui prend les jetons l’un après l’autre"],
  [/^choose fewer experts a token or more experts a layer$/, "choisissez moins d’experts par jeton ou plus d’experts par couche"],
  [/^choose fewer experts a token or another router$/, "choisissez moins d’experts par jeton ou un autre routeur"],
  [/^choose k=(\d+) or another router$/, "choisissez k=$1 ou un autre routeur"],
  [/^groups are equally large and hold at least two experts$/, "les groupes sont de même taille et ont au moins deux experts"],
  [/^a token chooses (\d+) experts, and a group holds (\d+)$/, "un jeton choisit $1 experts, et un groupe en a $2"],
  [/^the model takes (\d+) tokens, and the prompt has (\d+)$/, "le modèle prend $1 jetons, et le texte en a $2"],
  [/^name a model$/, "nommez un modèle"],
  [/^choose a moment that was recorded$/, "choisissez un moment enregistré"],
  [/^choose a number that a model was trained with$/, "choisissez un nombre avec lequel un modèle a été entraîné"],
  [/^drop the config\.json on the page again$/, "déposez de nouveau le config.json sur la page"],
  [/^start again from 0$/, "recommencez à 0"],
];

/** Sentences of their own. @type {readonly (readonly [RegExp, string])[]} */
const WHOLE = [
  [/^trace: the server failed to compute it; its log says why$/, "trace : le serveur n’a pas pu la calculer ; son journal dit pourquoi"],
  [/^server: (\d+) jobs are waiting; try again in a moment$/, "serveur : $1 tâches attendent ; réessayez dans un instant"],
];

/** @param {string} text @param {readonly (readonly [RegExp, string])[]} known */
function told(text, known) {
  const found = known.find(([pattern]) => pattern.test(text));
  return found ? text.replace(...found) : text;
}

/** One line. @param {string} line */
function sentence(line) {
  const [, field, expected, got, advice] = /^([\w.]+): expected (.*?), got (.*); (.*?)$/.exec(line) ?? [];
  if (field === undefined) return told(line, WHOLE);
  return `${field} : attendu ${told(expected, PARTS)}, reçu ${told(got, PARTS)} ; ${told(advice, PARTS)}`;
}

/** Every problem has a line. @param {string} message */
export function problem(message) {
  return message.split("\n").map(sentence).join("\n");
}
