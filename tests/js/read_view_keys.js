/**
 * What the page reads of single view keys: reads {keys, queries} from the standard input, writes the value of each key of each query. tests/request/test_view_keys_parity.py runs it.
 */

import { readFileSync } from "node:fs";
import { readKey } from "../../static/js/view/keys.js";

const { keys, queries } = JSON.parse(readFileSync(0, "utf8"));

/** @param {string} search */
function valuesOf(search) {
  const query = Object.fromEntries(new URLSearchParams(search));
  return keys.map((/** @type {import("../../static/js/boot_types.js").KeyDeclaration} */ key) => {
    const text = query[key.name];
    return (text === undefined ? null : readKey(key, text)) ?? key.default;
  });
}

console.log(JSON.stringify(queries.map(valuesOf)));
