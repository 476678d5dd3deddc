// node build.js FOLDER PEER...: bundles peers of the benchmark into a folder of a page each.
import { cp, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";

const ROOT = path.dirname(fileURLToPath(import.meta.url));
const STATIC = path.join(ROOT, "../../book/_static/live");
const BINARIES = { tfjs: ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"] };
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Benchmark</title>
<link rel="icon" href="data:,"><script src="peer.js"></script></html>`;

const [target, ...peers] = process.argv.slice(2);
for (const peer of peers) {
  const folder = path.join(target, peer);
  await mkdir(folder, { recursive: true });
  await esbuild.build({
    absWorkingDir: ROOT,
    bundle: true,
    entryPoints: [`${peer}.js`],
    format: "iife",
    globalName: "vaeLive",
    logLevel: "error",
    minify: true,
    outfile: path.join(folder, "peer.js"),
    target: "es2022",
  });
  await writeFile(path.join(folder, "index.html"), PAGE);
  const files =
    peer === "ours" ? ["digits_train.js", "digits.js", "weights"] : ["digits_train.js"];
  for (const name of files) {
    await cp(path.join(STATIC, name), path.join(folder, name), { recursive: true });
  }
  for (const name of BINARIES[peer] ?? []) {
    const from = createRequire(import.meta.url).resolve(
      `@tensorflow/tfjs-backend-wasm/dist/${name}`,
    );
    await cp(from, path.join(folder, name));
  }
}
