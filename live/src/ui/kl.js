/** The widget "kl": the two divergences between q and a standard normal p. */

import { divergence, integrand, logNormal } from "../line.js";
import { make, number, sentence } from "./dom.js";
import { LineQ } from "./line_q.js";
import { LineView } from "./line_view.js";

const P = { mean: 0, deviation: 1 };
const WINDOW = [-4, 4];
const POINTS = 200; // where the curves are looked at for their height
const HEIGHTS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500];

const round = (value) => HEIGHTS.find((height) => height >= value) ?? HEIGHTS.at(-1);

/**
 * Build the widget.
 * @param {HTMLElement} body
 * @param {{state: State}} context
 * @returns {() => Promise<void>}
 */
export function kl(body, { state }) {
  const say = sentence();
  const views = makeViews((step, fold) => q.nudge(step, fold));
  const update = () => {
    const now = q.value;
    const reverse = divergence(now, P);
    const forward = divergence(P, now);
    views.densities.show(densities(now), [0, 1.6]);
    const sums = addedUp(now, reverse, forward);
    views.sums.show(sums, ends(sums));
    body.now = { ...now, reverse, forward }; // for tests, and for the curious
    say.say(
      `q has mean ${number(now.mean)} and deviation ${number(now.deviation)}: ` +
        `KL(q \u2016 p) = ${number(reverse)} nats, KL(p \u2016 q) = ${number(forward)} nats.`,
    );
  };
  const limits = { means: [-3, 3], deviations: [0.1, 3] };
  const q = new LineQ({ state, ...limits, change: update });
  body.append(views.element, q.element, say.element);
  return async () => update();
}

kl.defaults = { q: "1.000,0.400" };

function makeViews(nudge) {
  const densities = new LineView({
    label:
      "p and your q: drag sideways for the mean of q and up for a narrower q, or use the arrow keys",
    z: WINDOW,
    className: "vae-live-axis",
    nudge,
  });
  const sums = new LineView({
    label: "What each of the two divergences adds up over z, as a shaded area",
    z: WINDOW,
    className: "vae-live-axis",
  });
  sums.canvas.classList.add("vae-live-still-axis");
  const element = make("div", { class: "vae-live-pictures" });
  for (const [{ canvas }, text] of [
    [densities, "Densities per unit of z."],
    [
      sums,
      "What is added up, in nats per unit of z: area above 0 counts for a divergence, area below against it.",
    ],
  ]) {
    const words = make("figcaption", { text });
    element.append(make("figure", { class: "vae-live-picture" }, canvas, words));
  }
  return { densities, sums, element };
}

function densities({ mean, deviation }) {
  return [
    {
      f: (z) => Math.exp(logNormal(z, P.mean, P.deviation)),
      color: "second",
      dash: [5, 4],
      words: "p, standard normal",
    },
    {
      f: (z) => Math.exp(logNormal(z, mean, deviation)),
      color: "accent",
      words: "your q",
    },
  ];
}

function addedUp(q, reverse, forward) {
  const look = { fill: true, width: 1.5 };
  return [
    {
      ...look,
      f: (z) => integrand(z, P, q),
      color: "second",
      dash: [5, 4],
      words: `p log(p / q): KL(p \u2016 q) = ${number(forward)}`,
    },
    {
      ...look,
      f: (z) => integrand(z, q, P),
      color: "accent",
      words: `q log(q / p): KL(q \u2016 p) = ${number(reverse)}`,
    },
  ];
}

/** Round ends of a window that holds the curves, and their names above them. */
function ends(curves) {
  let [low, high] = [0, 0];
  for (const { f } of curves) {
    for (let i = 0; i <= POINTS; i += 1) {
      const value = f(WINDOW[0] + (i / POINTS) * (WINDOW[1] - WINDOW[0]));
      [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
  }
  const top = round(1.3 * high);
  // At most a tenth of the height, unless the curve goes there.
  return [-Math.max(top / 10, round(-low)), top];
}
