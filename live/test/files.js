// In node: the files of book/_static/live, handed over as a page's scripts do.
import { readFileSync } from "node:fs";
import vm from "node:vm";
import { register, registerDigits } from "../src/weights.js";

const FOLDER = new URL("../../book/_static/live/", import.meta.url);

/** Run files of book/_static/live, such as "digits.js". */
export function run(...names) {
  const page = vm.createContext({ vaeLive: { weights: register, digits: registerDigits } });
  for (const name of names) vm.runInContext(readFileSync(new URL(name, FOLDER), "utf8"), page);
}

/** The two files of a model. */
export function filesOf(model) {
  return ["encoder", "decoder"].map((half) => `weights/${model}.${half}.js`);
}
