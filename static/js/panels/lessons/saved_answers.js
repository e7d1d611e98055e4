/**
 * The answers of a person, stored in this browser alone, or until the page closes if storage is off.
 */

const KEY = "moescope.answers";

/** Of each question, by name: the choice, from 0. @typedef {Record<string, number>} Answers */

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
export function keepAnswers(storage, answers) {
  try {
    storage?.setItem(KEY, JSON.stringify(answers));
  } catch {
    // full, or forbidden
  }
}

/** The browser's storage; a frame may have none. @returns {Storage | null} */
export function storageOf() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/**
 * Returns how many of the questions are answered, and how many rightly.
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
