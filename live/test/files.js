// In node: the files of book/_static/live, handed over as a page's scripts do.
import { readFileSync } from "node:fs";
import vm from "node:vm";
import { register, registerDigits } from "../src/weights.js";

const FOLDER = new URL("../../book/_static/live/", import.meta.url);

function runWith(vaeLive, name) {
  vm.runInNewContext(readFileSync(new URL(name, FOLDER), "utf8"), { vaeLive });
}

/** Run files of book/_static/live, such as "digits.js". */
export function run(...names) {
  for (const name of names) runWith({ weights: register, digits: registerDigits }, name);
}

/** What a file of weights hands over. */
export function payloadOf(model, half) {
  let payload;
  runWith({ weights: (_, given) => (payload = given) }, `weights/${model}.${half}.js`);
  return payload;
}

/** The two files of a model. */
export function filesOf(model) {
  return ["encoder", "decoder"].map((half) => `weights/${model}.${half}.js`);
}
