/** What the widget "loss" says of losses: reads a JSON list from standard input. */

import { readFileSync } from "node:fs";

import { impliedModel } from "../../live/src/losses.js";
import { LEARNED } from "../../live/src/ui/loss.js";
import { PRESETS } from "../../live/src/ui/loss_presets.js";

const losses = JSON.parse(readFileSync(0, "utf8"));
const answer = { models: losses.map(impliedModel), presets: PRESETS, learned: LEARNED };
process.stdout.write(JSON.stringify(answer));
