/** The worker: a session that talks by messages; its text is embedded in live.js. */

import { kernel } from "../matmul.js";
import { Session } from "./protocol.js";

const session = new Session((message, transfer) => self.postMessage(message, transfer), kernel);
self.onmessage = ({ data }) => session.receive(data);
