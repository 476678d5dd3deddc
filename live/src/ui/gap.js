/** The widget "gap": log p(x) = ELBO + KL(q || p(z | x)) on the toy of chapter 3. */

import { logEvidence, logJoint, logNormal, toyBound, toyGap } from "../line.js";
import { make, number, sentence } from "./dom.js";
import { GapBars } from "./gap_bars.js";
import { LineQ } from "./line_q.js";
import { LineView } from "./line_view.js";

/**
 * Build the widget.
 * @param {HTMLElement} body
 * @param {{state: State}} context
 * @returns {() => Promise<void>}
 */
export function gap(body, { state }) {
  const logPx = logEvidence();
  const say = sentence();
  const bars = new GapBars();
  const view = new LineView({
    label:
      "The posterior and your q over z: drag sideways for the mean of q and up for a narrower q, or use the arrow keys",
    z: [-3.5, 3.5],
    className: "vae-live-axis",
    nudge: (step, fold) => q.nudge(step, fold),
  });
  const update = () => {
    const now = q.value;
    const { elbo } = toyBound(now);
    const gap = toyGap(now, logPx);
    view.show(curves(now, logPx), [0, 2.4]);
    bars.show({ elbo, gap, logPx });
    body.now = { ...now, elbo, gap, logPx }; // for tests, and for the curious
    const [bound, missing, all] = [elbo, gap, logPx].map((nats) => number(nats, 3));
    say.say(
      `q has mean ${number(now.mean)} and deviation ${number(now.deviation)}: ELBO ${bound} + ` +
        `gap ${missing} = log p(x), ${all} nats.`,
    );
  };
  const limits = { means: [-3, 3], deviations: [0.05, 1.5] };
  const q = new LineQ({ state, ...limits, change: update });
  const figure = (canvas, text) => {
    const words = make("figcaption", { text });
    return make("figure", { class: "vae-live-picture" }, canvas, words);
  };
  const pictures = make("div", { class: "vae-live-pictures" });
  pictures.append(
    figure(view.canvas, "Density per unit of z, after the reading x = 2."),
    figure(bars.canvas, "Nats. The dashed line is log p(x); the gap starts at the ELBO."),
  );
  body.append(pictures, q.element, say.element);
  return async () => update();
}

gap.defaults = { q: "0.000,1.200" };

function curves({ mean, deviation }, logPx) {
  return [
    {
      f: (z) => Math.exp(logJoint(z) - logPx),
      color: "second",
      fill: true,
      width: 1,
      words: "posterior p(z | x)",
    },
    {
      f: (z) => Math.exp(logNormal(z, 0, 1)),
      color: "muted",
      dash: [5, 4],
      width: 1.2,
      words: "prior",
    },
    {
      f: (z) => Math.exp(logNormal(z, mean, deviation)),
      color: "accent",
      words: "your q",
    },
  ];
}
