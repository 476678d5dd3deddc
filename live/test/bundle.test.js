import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { TARGET, bundle } from "../build.js";

test("book/_static/live/live.js is what npm run build makes", async (t) => {
  const text = await bundle().catch((error) => {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    return null;
  });
  if (text === null) return t.skip("esbuild is not installed: npm ci");
  assert.ok(text === readFileSync(TARGET, "utf8"), "stale: npm run build");
});
