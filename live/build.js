// Bundles src/main.js into the one classic script that the pages load: npm run build.
//
// Pages opened from disk may load neither modules nor worker files. So the bundle is a
// plain script, and `import text from "worker:./path.js"` gives the text of a bundled
// worker, to be started from a Blob.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.dirname(fileURLToPath(import.meta.url));
export const TARGET = path.join(ROOT, "../book/_static/live/live.js");

const SHARED = {
  absWorkingDir: ROOT, // so that no machine's path gets into the bundle
  bundle: true,
  charset: "utf8",
  format: "iife",
  legalComments: "none",
  target: "es2022",
  write: false,
};

function workersAsText(esbuild) {
  return {
    name: "workers as text",
    setup(build) {
      build.onResolve({ filter: /^worker:/ }, ({ path: name, resolveDir }) => ({
        path: path.relative(ROOT, path.resolve(resolveDir, name.slice("worker:".length))),
        namespace: "worker",
      }));
      build.onLoad({ filter: /.*/, namespace: "worker" }, async ({ path: name }) => {
        const worker = await esbuild.build({ ...SHARED, entryPoints: [name] });
        return { contents: worker.outputFiles[0].text, loader: "text" };
      });
    },
  };
}

/** The text of book/_static/live/live.js, made anew. */
export async function bundle() {
  const esbuild = await import("esbuild");
  const result = await esbuild.build({
    ...SHARED,
    entryPoints: ["src/main.js"],
    globalName: "vaeLive",
    banner: { js: "// Made by `npm run build` in live/; do not edit." },
    plugins: [workersAsText(esbuild)],
  });
  return result.outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await bundle();
  await writeFile(TARGET, text);
  console.log(`${path.relative(ROOT, TARGET)}: ${text.length} characters`);
}
