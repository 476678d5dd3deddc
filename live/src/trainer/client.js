/** The page's end: a trainer in a worker, or, where there can be none, in the page. */

import { trainingKernel } from "./adam.js";
import { Session } from "./protocol.js";
import source from "worker:./worker.js";

/**
 * Connect to a new trainer; see protocol.js for the messages.
 * @param {function(Object)} listen
 * @returns {{send: function(Object), place: function(): string}} place: "worker" or "page"
 */
export function connect(listen) {
  let place = "worker";
  let unanswered = []; // until the worker has spoken, it may turn out not to run
  let send;
  const inPage = () => {
    place = "page";
    // Later, as a worker's messages come: the one who sends is done with its own work.
    const session = new Session((message) => setTimeout(() => listen(message)), trainingKernel);
    send = (message) => session.receive(message);
    unanswered.forEach(send);
  };
  try {
    // From a Blob: pages from disk may load no worker file.
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(address);
    worker.onmessage = ({ data }) => {
      if (unanswered) URL.revokeObjectURL(address);
      unanswered = null;
      listen(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (unanswered) inPage();
      else listen({ type: "failed", message: event.message });
    };
    send = (message) => {
      unanswered?.push(message);
      worker.postMessage(message);
    };
  } catch {
    inPage(); // a policy or an old browser forbids it
  }
  return { send: (message) => send(message), place: () => place };
}
