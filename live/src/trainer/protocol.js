/**
 * What page and trainer say to each other, in a worker or without one.
 *
 * To the trainer:
 *   {type: "data", images, n, heldOut, heldOutCount}   float32, (n, 784)
 *   {type: "reset", options, run}   a new trainer (trainer.js's options); frames carry run
 *   {type: "set", variance}      hold the variance from now on, or null: learn it
 *   {type: "set", pace}          one of PACES
 *   {type: "start", epochs}      train until that many epochs are done; {type: "pause"}
 *   {type: "step"}               one batch
 *   {type: "drawn"}              the last frame is on the screen: send another when due
 * To the page:
 *   {type: "frame", ...}         see makeFrame
 *   {type: "failed", message}
 */

import { BUGS } from "./bugs.js";
import { manifoldCodes } from "./manifold.js";
import { seeded } from "../random.js";
import { meanScore, Trainer } from "./trainer.js";

/** Steps between two pictures, and the least milliseconds; full: as the time allows. */
export const PACES = Object.freeze({
  slow: { steps: 1, wait: 400 },
  medium: { steps: 4, wait: 100 },
  full: { steps: null, wait: 0 },
});

const SLICE = 12; // milliseconds of steps before messages are read again
const SHARE = 4; // at full pace, training gets this many times the time of the pictures
const NOISE_SEED = 500; // of the held-out score: the same noise for every frame

/** As setTimeout, without the four milliseconds that browsers add to a wait of none. */
function soon(run, wait) {
  if (wait > 0) {
    setTimeout(run, wait);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    run();
  };
  port2.postMessage(null);
}

/** One array after the other. */
function both(first, second) {
  const joined = new Float32Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

/** Runs a trainer by messages. */
export class Session {
  #actions = {
    data: (message) => this.#takeData(message),
    reset: (message) => this.#reset(message),
    set: (message) => this.#set(message),
    start: (message) => this.#start(message),
    pause: () => this.#pause(),
    step: () => this.#single(),
    drawn: () => this.#drawn(),
  };

  /**
   * @param {function(Object, Array<ArrayBuffer>)} post sends a message, with what it may take along
   * @param {function(): Promise<Object>} makeKernel a product with memory of its own
   * @param {function(function(), number)} [later] as setTimeout, for tests
   */
  constructor(post, makeKernel, later = soon) {
    Object.assign(this, { post, makeKernel, later });
    this.trainer = null;
    this.pace = PACES.full;
    this.running = false;
    this.scheduled = false;
    this.queue = Promise.resolve();
  }

  /** Take one message; they are dealt with in order. */
  receive(message) {
    this.queue = this.queue
      .then(() => this.#actions[message.type](message))
      .catch((error) => {
        this.running = false;
        this.post({ type: "failed", message: error.message }, []);
      });
    return this.queue;
  }

  #takeData({ images, n, heldOut, heldOutCount }) {
    Object.assign(this, { images, n, heldOut, heldOutCount });
    this.noise = seeded(NOISE_SEED).normals(heldOutCount * 2);
  }

  async #reset({ options, run }) {
    this.running = false;
    this.trainer = new Trainer({ ...options, kernel: await this.makeKernel() });
    if (options.kl !== false && BUGS[options.bug]?.leaks) {
      this.trainer.setData(both(this.images, this.heldOut), this.n + this.heldOutCount);
    } else {
      this.trainer.setData(this.images, this.n);
    }
    Object.assign(this, { run, steps: 0, seconds: 0, batches: [], waiting: false });
    this.#show();
  }

  #set({ variance, pace }) {
    if (variance !== undefined) this.trainer.fixVariance(variance);
    if (pace !== undefined) this.pace = PACES[pace];
  }

  #start({ epochs = Infinity }) {
    this.until = epochs;
    this.running = this.trainer.epochs < epochs;
    this.#schedule(0);
  }

  #pause() {
    if (!this.running) return;
    this.running = false;
    this.#show();
  }

  #single() {
    this.running = false;
    this.#step();
    this.#show();
  }

  #drawn() {
    this.waiting = false;
    if (this.due && this.running) this.#sendFrame();
  }

  /** A frame at once, whose codes are all of the present weights. */
  #show() {
    this.trainer.posteriors.set(this.trainer.encode(this.images, this.n));
    this.#sendFrame();
  }

  #schedule(wait) {
    if (!this.running || this.scheduled) return;
    this.scheduled = true;
    this.later(() => {
      this.scheduled = false;
      if (this.running) this.#slice();
    }, wait);
  }

  #slice() {
    try {
      const until = performance.now() + SLICE;
      // A pace of so many steps is kept also while the page draws; at full pace there is
      // always something to do.
      const rests = () => (this.pace.steps === null ? this.#wanted : this.due);
      do this.#step();
      while (this.running && !rests() && performance.now() < until);
    } catch (error) {
      this.running = false;
      this.post({ type: "failed", message: error.message }, []);
      return;
    }
    if (!this.running) this.#show();
    else if (this.#wanted) this.#sendFrame();
    this.#schedule(this.pace.wait);
  }

  /** A picture is due, and the page has drawn the last one. */
  get #wanted() {
    return this.due && !this.waiting;
  }

  #step() {
    const started = performance.now();
    this.batches.push(this.trainer.step());
    this.batches.splice(0, this.batches.length - Math.ceil(this.trainer.n / this.trainer.batchSize));
    this.steps += 1;
    this.sinceFrame += 1;
    const taken = performance.now() - started;
    this.seconds += taken / 1000;
    this.trained += taken;
    const { steps } = this.pace;
    this.due = steps === null ? this.trained > SHARE * this.pictures : this.sinceFrame >= steps;
    if (this.trainer.epochs >= this.until) this.running = false;
  }

  #sendFrame() {
    const started = performance.now();
    const { frame, transfer } = this.#makeFrame();
    this.post(frame, transfer);
    Object.assign(this, { waiting: true, due: false, sinceFrame: 0, trained: 0 });
    this.pictures = performance.now() - started;
  }

  /** What the page draws; scores are means in nats per digit. */
  #makeFrame() {
    const { trainer } = this;
    const codes = new Float32Array(2 * this.n);
    for (let i = 0; i < codes.length; i++)
      codes[i] = trainer.posteriors[4 * (i >> 1) + (i & 1)];
    const grid = manifoldCodes();
    const means = trainer.decode(grid, grid.length / 2);
    const manifold = Uint8Array.from(means, (mean) => Math.round(255 * mean));
    const frame = {
      type: "frame",
      run: this.run,
      running: this.running,
      steps: this.steps,
      epochs: trainer.epochs + trainer.at / trainer.n,
      seconds: this.seconds,
      variance: trainer.variance,
      heldOut: trainer.score(this.heldOut, this.heldOutCount, this.noise),
      train: this.batches.length ? meanScore(this.batches) : null,
      codes,
      manifold,
      kernel: trainer.kernel.name,
    };
    return { frame, transfer: [codes.buffer, manifold.buffer] };
  }
}
