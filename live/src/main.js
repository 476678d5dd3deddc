/**
 * Finds the widgets of a page and starts each when it comes near.
 *
 * The shell of a widget, with its controls, stands at once, so that nothing moves later;
 * weights are loaded when it is about to be seen. Without them the still comes back.
 */

import { services } from "./services.js";
import { make } from "./ui/dom.js";
import { draw } from "./ui/draw.js";
import { gap } from "./ui/gap.js";
import { gradients } from "./ui/gradients.js";
import { kl } from "./ui/kl.js";
import { latents } from "./ui/latents.js";
import { loss } from "./ui/loss.js";
import { plane } from "./ui/plane.js";
import { parse, State } from "./ui/state.js";
import { train } from "./trainer/widget.js";

// What the files of weights and digits call, and what tests measure: window.vaeLive.
export * from "./engine.js";

const WIDGETS = { plane, draw, latents, train, kl, gap, gradients, loss };
const NEAR = "300px";

/** The widget's name on this page: "plane", and "plane-2" for a second one. */
function keyOf(name, used) {
  const count = (used.get(name) || 0) + 1;
  used.set(name, count);
  return count === 1 ? name : `${name}-${count}`;
}

function fail(root, body, error) {
  body.remove();
  root.classList.remove("vae-live-on");
  const words = `This widget could not start: ${error.message || error}`;
  root.append(make("p", { class: "vae-live-failure", role: "status", text: words }));
}

function whenNear(element, start) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      start();
    },
    { rootMargin: NEAR },
  );
  observer.observe(element);
}

function mount(root, key) {
  const widget = WIDGETS[root.dataset.widget];
  if (!widget) return;
  const body = make("div", { class: "vae-live-body" });
  try {
    const state = new State(key, widget.defaults);
    const form = root.dataset.form || "full";
    const start = widget(body, { state, form, services });
    root.append(body);
    root.classList.add("vae-live-on");
    const run = async () => {
      await start();
      body.dataset.ready = "true";
    };
    whenNear(root, () => run().catch((error) => fail(root, body, error)));
  } catch (error) {
    fail(root, body, error);
  }
}

function mountAll() {
  const used = new Map();
  const named = new Set([...parse(location.hash).keys()].map((name) => name.split(".")[0]));
  for (const root of document.querySelectorAll(".vae-live[data-widget]")) {
    const key = keyOf(root.dataset.widget, used);
    mount(root, key);
    if (named.has(key)) {
      // An address with settings leads to the first widget that it sets.
      root.scrollIntoView({ block: "center" });
      named.clear();
    }
  }
}

if (document.readyState === "loading")
  document.addEventListener("DOMContentLoaded", mountAll);
else mountAll();
