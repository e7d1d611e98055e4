/**
 * The step of a guided tour that the view stands in.
 *
 * @import {Boot, State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { viewOfStep } from "../../state/tour_navigation.js";
import { tourOf } from "../../view/lessons.js";
import { formatView } from "../../view/url.js";
import { words } from "../../words/words.js";
import { changes } from "../parts/element.js";
import { createLesson } from "./lesson_card.js";

/** @param {HTMLElement} host @param {Boot} boot @param {Actions} actions @param {() => void} measure  it came, went or grew */
export function createTour(host, boot, actions, measure) {
  const lesson = createLesson(host, { leave: words.leaveTour, actions });
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
