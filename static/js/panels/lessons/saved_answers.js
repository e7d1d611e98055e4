/**
 * The answers of a user, stored only in this browser, or until the page closes if storage is off.
 */

const KEY = "moescope.answers";

/** The choice per question, by name; counted from 0. @typedef {Record<string, number>} Answers */

/** @param {Pick<Storage, "getItem"> | null} storage @returns {Answers} */
export function readAnswers(storage) {
  try {
    const kept = JSON.parse(storage?.getItem(KEY) ?? "{}");
    return Object.fromEntries(
      Object.entries(kept ?? {}).filter(([, choice]) => Number.isInteger(choice) && choice >= 0),
    );
  } catch {
    return {};
  }
}

/** @param {Pick<Storage, "setItem"> | null} storage @param {Answers} answers */
export function saveAnswers(storage, answers) {
  try {
    storage?.setItem(KEY, JSON.stringify(answers));
  } catch {
    // full, or forbidden
  }
}

/** Returns the storage of the browser; null if a frame has none. @returns {Storage | null} */
export function storageOf() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/**
 * Returns the numbers of answered and of correctly answered questions.
 * @param {readonly {name: string, answer: number}[]} questions
 * @param {Answers} answers
 */
export function scoreOf(questions, answers) {
  const answered = questions.filter(({ name }) => name in answers);
  return {
    answered: answered.length,
    right: answered.filter(({ name, answer }) => answers[name] === answer).length,
  };
}
