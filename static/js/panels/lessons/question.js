/**
 * A question over the scene. A choice shows the answer there, with a sentence on what to look at.
 *
 * @import {Boot, QuestionInfo} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { viewOfQuestion } from "../../view/lesson_views.js";
import { questionOf } from "../../view/lessons.js";
import { formatView } from "../../view/url.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { withTerms } from "../parts/glossary.js";
import { createLessonCard } from "./lesson_card.js";
import { saveAnswers, readAnswers, scoreOf, storageOf } from "./saved_answers.js";

/** @param {QuestionInfo} question @param {number} choice @param {number | undefined} chosen */
function verdictOf({ answer }, choice, chosen) {
  if (chosen === undefined) return "";
  return choice === answer ? "right" : choice === chosen ? "wrong" : "other";
}

/** @type {Record<string, string>} */
const MARKS = { right: words.rightMark, wrong: words.wrongMark };

/** @param {QuestionInfo} question @param {number} choice @param {number | undefined} chosen @param {() => void} choose */
function choiceItem(question, choice, chosen, choose) {
  const verdict = verdictOf(question, choice, chosen);
  const button = h(
    "button",
    {
      type: "button",
      class: "choice",
      "data-verdict": verdict,
      "aria-pressed": chosen === undefined ? undefined : String(choice === chosen),
      onclick: choose,
    },
    h("span", {}, question.choices[choice]),
  );
  const mark = MARKS[verdict];
  if (mark) button.append(h("span", { class: "choice-mark" }, mark));
  return h("li", {}, button);
}

/**
 * @param {HTMLElement} host
 * @param {Boot} boot
 * @param {Actions} actions
 * @param {() => void} measure  called when its size changes
 */
export function createQuiz(host, boot, actions, measure) {
  const questions = boot.questions ?? [];
  const storage = storageOf();
  const lesson = createLessonCard(host, { leave: words.leaveQuiz, actions });
  const choices = h("ol", { class: "choices" });
  const verdict = h("p", { class: "verdict", hidden: true });
  const score = h("p", { class: "score", title: words.scoreNote });
  const again = h("button", { type: "button", class: "quiet-button" }, words.quizAgain);
  lesson.body.append(choices, verdict, h("div", { class: "score-row" }, score, again));
  again.addEventListener("click", () => {
    keep({});
    actions.guide.ask(0);
  });
  let answers = readAnswers(storage);
  const changed = changes();

  /** @param {typeof answers} next */
  function keep(next) {
    answers = next;
    saveAnswers(storage, next);
  }
  /** @param {QuestionInfo} question @param {number} choice */
  function choose(question, choice) {
    keep({ ...answers, [question.name]: choice });
    actions.guide.show(questions.indexOf(question));
  }

  /** @param {QuestionInfo} question */
  function layChoices(question) {
    const chosen = answers[question.name];
    choices.replaceChildren(
      ...question.choices.map((_, i) => choiceItem(question, i, chosen, () => choose(question, i))),
    );
    attribute(verdict, "hidden", chosen === undefined);
    if (chosen === undefined) return;
    const said = chosen === question.answer ? words.right : words.wrong(question.choices[question.answer]);
    verdict.replaceChildren(h("strong", {}, said), " ", ...withTerms(question.says));
  }

  /** @param {State["view"]} view @param {QuestionInfo} question @param {number} quiz */
  function lay(view, question, quiz) {
    const address = (/** @type {number} */ to) =>
      questions[to] ? formatView(viewOfQuestion(boot, view, to), boot) : null;
    const focused = [...choices.querySelectorAll("button")].findIndex(
      (button) => button === document.activeElement,
    );
    lesson.say(words.quiz, question.asks, words.stepPlace(quiz + 1, questions.length));
    layChoices(question);
    choices.querySelectorAll("button")[focused]?.focus({ preventScroll: true });
    const { answered, right } = scoreOf(questions, answers);
    setText(score, answered ? words.score(right, answered) : "");
    attribute(again, "hidden", answered === 0);
    // Scrolls to the verdict if there is little room.
    lesson.card.scrollTop = question.name in answers ? lesson.card.scrollHeight : 0;
    lesson.link(lesson.back, words.stepBack, address(quiz - 1));
    lesson.link(lesson.next, words.nextStep, address(quiz + 1));
  }

  return {
    /** @param {State} state */
    update({ view }) {
      if (!changed(view.quiz, answers, view.theme, view.palette)) return;
      const question = questionOf(boot, view);
      lesson.show(question !== null);
      if (question && view.quiz !== null) lay(view, question, view.quiz);
      measure();
    },
  };
}
