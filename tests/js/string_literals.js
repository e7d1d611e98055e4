/**
 * The pieces of text between quotes in a script, comments and `${…}` left out: [text, where it begins].
 * @param {string} script   without regular expressions that hold quotes
 * @returns {[string, number][]}
 */
export function literals(script) {
  /** @type {[string, number][]} */
  const found = [];
  /** @type {("code" | "template")[]} what we are inside of, innermost last; a brace opens code */
  const inside = ["code"];
  let from = 0;
  for (let at = 0; at < script.length; at++) {
    const two = script.slice(at, at + 2);
    if (inside.at(-1) === "template") {
      if (two[0] === "\\") at++;
      else if (two === "${" || two[0] === "`") {
        found.push([script.slice(from, at), from]);
        if (two[0] === "`") inside.pop();
        else inside.push("code") && at++;
      }
    } else if (two === "//") at = endOf(script, "\n", at);
    else if (two === "/*") at = endOf(script, "*/", at) + 1;
    else if (two[0] === '"') {
      const [text] = /** @type {RegExpExecArray} */ (/^"(?:[^"\\]|\\.)*"/.exec(script.slice(at)));
      found.push([text.slice(1, -1), at + 1]);
      at += text.length - 1;
    } else if (two[0] === "`") inside.push("template");
    else if (two[0] === "{") inside.push("code");
    else if (two[0] === "}") inside.pop();
    if (inside.at(-1) === "template" && (two[0] === "`" || two[0] === "}")) from = at + 1;
  }
  return found;
}

/** @param {string} script @param {string} mark @param {number} at */
function endOf(script, mark, at) {
  const end = script.indexOf(mark, at);
  return end < 0 ? script.length : end;
}
