/** The worker: a session that talks by messages; its text is embedded in live.js. */

import { trainingKernel } from "./adam.js";
import { Session } from "./protocol.js";

const session = new Session(
  (message, transfer) => self.postMessage(message, transfer),
  trainingKernel,
);
self.onmessage = ({ data }) => session.receive(data);
