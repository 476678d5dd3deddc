// node answer.js REQUESTS ANSWERS: what tests/live/test_engine.py runs; both are JSON.
import { readFileSync, writeFileSync } from "node:fs";
import * as engine from "../src/engine.js";
import { compute } from "./compute.js";
import { filesOf, run } from "./files.js";

const [source, target] = process.argv.slice(2);
const requests = JSON.parse(readFileSync(source, "utf8"));
const answers = [];
for (const request of requests) {
  if (request.model) run(...filesOf(request.model));
  answers.push(await compute(engine, request));
}
writeFileSync(target, JSON.stringify(answers));
