// Assembles kernel.wat into src/kernel.js: npm run kernel.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const SOURCE = new URL("kernel.wat", import.meta.url);
const TARGET = new URL("src/kernel.js", import.meta.url);

/** The module's bytes in base64, assembled anew by wabt. */
export async function assemble() {
  const { default: start } = await import("wabt");
  const wabt = await start();
  const text = await readFile(SOURCE, "utf8");
  const module = wabt.parseWat("kernel.wat", text, { simd: true });
  const { buffer } = module.toBinary({});
  module.destroy();
  return Buffer.from(buffer).toString("base64");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bytes = await assemble();
  const lines = bytes.match(/.{1,80}/g).map((line) => `  "${line}"`);
  await writeFile(
    TARGET,
    "// Made by `npm run kernel` from kernel.wat; do not edit.\n\n" +
      "/** The WebAssembly module of kernel.wat, in base64. */\n" +
      `export const KERNEL =\n${lines.join(" +\n")};\n`,
  );
  console.log(`src/kernel.js: ${Buffer.from(bytes, "base64").length} bytes of WebAssembly`);
}
