import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";

import { refuseTelemetry } from "../../src/tensor/device/refuseTelemetry.ts";

const script = fileURLToPath(new URL("support/openInThread.ts", import.meta.url));
const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx/esm")).href;

/** Opens a model in a process of its own. @returns What that says. */
async function open(thread: "main" | "worker") {
  const { ORT_DISABLE_TELEMETRY: _, ...inherited } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", loader, script, thread],
    { env: inherited },
  );
  return JSON.parse(stdout) as { readonly left: readonly string[]; readonly telemetry: string };
}

describe("ONNX Runtime's telemetry", { timeout: 60_000 }, () => {
  it.each(["main", "worker"] as const)(
    "is off and leaves no log behind where a model is opened on a %s thread",
    async (thread) => {
      expect(await open(thread)).toEqual({ left: [], telemetry: "1" });
    },
  );

  it("is left as it is told to be", () => {
    vi.stubEnv("ORT_DISABLE_TELEMETRY", "0");
    refuseTelemetry();
    expect(process.env["ORT_DISABLE_TELEMETRY"]).toBe("0");
    vi.unstubAllEnvs();
  });
});
