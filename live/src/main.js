// What the pages load: the engine, as window.vaeLive.
export * from "./engine.js";
