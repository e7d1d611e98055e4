/**
 * The list of tours, questions and references.
 *
 * @import {Boot, TourInfo} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { viewOfQuestion, viewOfStep } from "../../view/lesson_views.js";
import { tourOf } from "../../view/lessons.js";
import { formatView } from "../../view/url.js";
import { words } from "../../words/words.js";
import { attribute, changes, h } from "../parts/element.js";
import { createLessonCard, linkTo } from "./lesson_card.js";

/** @param {HTMLAnchorElement} link @param {string} title @param {string} summary @param {string} [count] */
function entry(link, title, summary, count) {
  link.append(
    h("span", { class: "tour-title" }, title, count ? h("span", { class: "tour-count" }, count) : null),
    h("span", { class: "tour-summary" }, summary),
  );
  return h("li", {}, link);
}

/** Returns the query of a page of text in the language and the colours of the view. @param {State["view"]} view @param {Boot} boot */
function lookOf({ theme, palette }, { lang = "en" }) {
  const look = Object.entries({ lang, theme, palette }).filter(
    ([, value]) => !["en", "dark", "ember"].includes(value),
  );
  return look.length ? `?${new URLSearchParams(look)}` : "";
}

/** @param {HTMLElement} host @param {Boot} boot @param {Actions} actions */
export function createTours(host, boot, actions) {
  const { tours = [], questions = [] } = boot;
  /** @param {TourInfo} tour */
  const toTour = (tour) => ({ tour, link: linkTo("tour-link", () => actions.guide.open(tour.name)) });
  const links = tours.map(toTour);
  const quiz = linkTo("tour-link", () => actions.guide.ask(0));
  const article = h("a", { class: "tour-link", "data-asks": true });
  const references = h("a", { class: "tour-link" });
  host.append(
    h("p", { class: "caption" }, words.toursIntro),
    h(
      "ul",
      { class: "tour-list" },
      ...links.map(({ tour, link }) =>
        entry(link, tour.title, tour.summary, words.stepCount(tour.steps.length)),
      ),
      questions.length
        ? entry(quiz, words.quiz, words.quizSummary, words.questionCount(questions.length))
        : null,
      entry(article, words.article, words.articleSummary),
      entry(references, words.references, words.referencesSummary),
    ),
  );
  const changed = changes();
  return {
    /** @param {State} state */
    update({ view }) {
      if (!changed(view.theme, view.palette, view.tour)) return;
      for (const { tour, link } of links) {
        link.href = formatView(viewOfStep(boot, view, tour, 0), boot);
        attribute(link, "aria-current", tour.name === view.tour && "true");
      }
      for (const [link, path] of /** @type {const} */ ([
        [article, "/article"],
        [references, "/references"],
      ]))
        link.href = `${path}${lookOf(view, boot)}`;
      quiz.href = formatView(viewOfQuestion(boot, view, 0), boot);
    },
  };
}

/** @param {HTMLElement} host @param {Boot} boot @param {Actions} actions @param {() => void} measure  called when its size changes */
export function createTour(host, boot, actions, measure) {
  const lesson = createLessonCard(host, { leave: words.leaveTour, actions });
  const changed = changes();
  return {
    /** @param {State} state */
    update({ view }) {
      const { tour: name, at, theme, palette } = view;
      if (!changed(name, at, theme, palette)) return;
      const tour = tourOf(boot, view);
      if (tour) {
        const address = (/** @type {number} */ step) => formatView(viewOfStep(boot, view, tour, step), boot);
        const last = at === tour.steps.length - 1;
        lesson.say(
          words.tourKicker(tour.title),
          tour.steps[at].caption,
          words.stepPlace(at + 1, tour.steps.length),
        );
        lesson.link(lesson.back, words.stepBack, at > 0 ? address(at - 1) : null);
        lesson.link(
          lesson.next,
          last ? words.finishTour : words.nextStep,
          last ? formatView({ ...view, tour: "", at: 0 }, boot) || "?" : address(at + 1),
        );
      }
      lesson.show(tour !== null);
      measure();
    },
  };
}
