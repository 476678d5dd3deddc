// Judges answers in MicroPython, as the page does:
// node judge_of.mjs micropython.mjs requests.json answers.json
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [module, source, target] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(module));
const { judge, requests } = JSON.parse(await readFile(source, "utf8"));
const python = await loadMicroPython({ heapsize: 4 * 1024 * 1024 });
python.runPython(judge);
const verdicts = requests.map(({ name, exercise, answer }) => {
  for (const [key, value] of Object.entries({ name, exercise, answer })) {
    python.globals.set(`_${key}`, value);
  }
  python.runPython("_right, _said = judge(_name, _exercise, _answer)");
  return ["_right", "_said"].map((key) => python.globals.get(key));
});
await writeFile(target, JSON.stringify(verdicts));
