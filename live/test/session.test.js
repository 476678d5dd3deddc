import assert from "node:assert/strict";
import test from "node:test";

import { plainKernel } from "../src/matmul.js";
import { seeded } from "../src/random.js";
import { manifoldCodes } from "../src/trainer/manifold.js";
import { PIXELS } from "../src/trainer/parameters.js";
import { Session } from "../src/trainer/protocol.js";

const N = 150;
const random = seeded(4);
const images = Float32Array.from({ length: N * PIXELS }, () =>
  random.uniform() < 0.2 ? random.uniform() : 0,
);

/** A session with data and a trainer, whose clock the test turns. */
async function begin(options = {}) {
  const messages = [];
  const timers = [];
  const session = new Session(
    (message) => messages.push(message),
    async () => plainKernel(),
    (run, wait) => timers.push({ run, wait }),
  );
  await session.receive({
    type: "data",
    images,
    n: N,
    heldOut: images.subarray(0, 20 * PIXELS),
    heldOutCount: 20,
  });
  await session.receive({ type: "reset", options: { hidden: 8, seed: 1, ...options }, run: 7 });
  const turn = () => timers.shift()?.run();
  const frames = () => messages.filter(({ type }) => type === "frame");
  return { session, messages, timers, turn, frames };
}

test("after data and reset the page has a first frame", async () => {
  const { messages } = await begin();
  assert.deepEqual(
    messages.map(({ type }) => type),
    ["frame"],
  );
  const [frame] = messages.slice(-1);
  assert.equal(frame.codes.length, 2 * N);
  assert.equal(frame.manifold.length, 400 * PIXELS);
  assert.equal(frame.heldOut.n, 20);
  assert.equal(frame.train, null);
  assert.equal(frame.epochs, 0);
  assert.equal(frame.run, 7);
});

test("a step is one batch, and the frame's codes are of the new weights", async () => {
  const { session, frames } = await begin();
  await session.receive({ type: "step" });
  const frame = frames().at(-1);
  assert.equal(frame.steps, 1);
  assert.equal(frame.epochs, 64 / N);
  const heads = session.trainer.encode(images, N);
  assert.equal(frame.codes[3], heads[5]);
  assert.equal(frame.running, false);
});

test("it runs to the epoch asked for, and stops there with a frame", async () => {
  const { session, turn, frames, timers } = await begin();
  await session.receive({ type: "start", epochs: 3 });
  for (let i = 0; i < 100 && timers.length; i++) {
    turn();
    await session.receive({ type: "drawn" });
  }
  assert.equal(session.trainer.epochs, 3);
  assert.equal(frames().at(-1).epochs, 3);
  assert.equal(frames().at(-1).running, false);
  assert.equal(frames().at(-1).train.n, N); // of the last epoch, all of it
});

test("no frame is sent while the page draws, and training goes on", async () => {
  const { session, turn, frames } = await begin();
  await session.receive({ type: "set", pace: "slow" });
  await session.receive({ type: "start" });
  for (let i = 0; i < 5; i++) turn();
  assert.equal(frames().length, 1); // the first is not drawn yet
  assert.equal(session.steps, 5);
  await session.receive({ type: "drawn" });
  assert.equal(frames().length, 2);
});

test("pause stops the clock, start goes on from there", async () => {
  const { session, turn, timers } = await begin();
  await session.receive({ type: "start" });
  turn();
  await session.receive({ type: "pause" });
  while (timers.length) turn();
  const { steps } = session;
  await session.receive({ type: "start" });
  turn();
  assert.ok(session.steps > steps);
});

test("what is seen does not change what is learned", async () => {
  const often = await begin();
  for (let i = 0; i < 6; i++) await often.session.receive({ type: "step" });
  const once = await begin();
  for (let i = 0; i < 6; i++) once.session.trainer.step();
  assert.deepEqual(often.session.trainer.weights(), once.session.trainer.weights());
});

test("the variance can be set while it runs, and bad numbers are reported", async () => {
  const { session, messages } = await begin();
  await session.receive({ type: "set", variance: 3.4 });
  await session.receive({ type: "step" });
  assert.ok(Math.abs(messages.at(-1).variance - 3.4) < 1e-6);
  await session.receive({ type: "set", variance: -1 });
  assert.equal(messages.at(-1).type, "failed");
  assert.match(messages.at(-1).message, /variance must be a positive number/);
});

test("the manifold's codes are the book's", () => {
  const codes = manifoldCodes();
  assert.equal(codes.length, 800);
  assert.ok(Math.abs(codes[0] + 1.959964) < 1e-6 && Math.abs(codes[1] - 1.959964) < 1e-6);
  assert.ok(codes[2] > codes[0] && codes[3] === codes[1]);
});

test("with the leak the held-out digits are trained on, and codes are of the others", async () => {
  const { session, frames } = await begin({ bug: "leak" });
  assert.equal(session.trainer.n, N + 20);
  await session.receive({ type: "step" });
  assert.equal(frames().at(-1).codes.length, 2 * N);
  assert.equal(frames().at(-1).epochs, 64 / (N + 20));
  const plain = await begin({ bug: "leak", kl: false });
  assert.equal(plain.session.trainer.n, N);
});
