/**
 * What was measured of the models on text that they had not seen.
 *
 * @import {Measured} from "./measurements.js"
 */

/** @type {Promise<Measured> | null} asked for once a page */
let asked = null;

/** @returns {Promise<Measured>} */
export function fetchMeasured() {
  asked ??= fetch("/api/measured").then((answer) => {
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  });
  return asked;
}
