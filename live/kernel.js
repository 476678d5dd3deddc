// Assembles the WebAssembly modules into scripts that hold them in base64: npm run kernel.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Each source, and the script that holds it. */
export const MODULES = {
  "kernel.wat": "src/kernel.js",
  "adam.wat": "src/trainer/adam_kernel.js",
};

/** The module's bytes in base64, assembled anew by wabt. */
export async function assemble(name = "kernel.wat") {
  const { default: start } = await import("wabt");
  const wabt = await start();
  const text = await readFile(new URL(name, import.meta.url), "utf8");
  const module = wabt.parseWat(name, text, { simd: true });
  const { buffer } = module.toBinary({});
  module.destroy();
  return Buffer.from(buffer).toString("base64");
}

async function write(name, target) {
  const bytes = await assemble(name);
  const lines = bytes.match(/.{1,80}/g).map((line) => `  "${line}"`);
  await writeFile(
    new URL(target, import.meta.url),
    `// Made by \`npm run kernel\` from ${name}; do not edit.\n\n` +
      `/** The WebAssembly module of ${name}, in base64. */\n` +
      `export const KERNEL =\n${lines.join(" +\n")};\n`,
  );
  console.log(`${target}: ${Buffer.from(bytes, "base64").length} bytes of WebAssembly`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, target] of Object.entries(MODULES)) await write(name, target);
}
