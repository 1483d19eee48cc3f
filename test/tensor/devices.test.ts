import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { DeviceError } from "../../src/errors.ts";
import { compile } from "../../src/tensor/compile.ts";
import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { chooseDevice } from "../../src/tensor/device/Device.ts";
import { float32 } from "../../src/tensor/TensorSpec.ts";
import { tf } from "../../src/tensor/tf.ts";

const square = defineProgram({
  name: "square",
  inputs: { x: float32([3]) },
  body: ({ x }) => ({ y: tf.square(x) }),
});
const x = Float32Array.of(1, 2, 3);

/** SwiftShader, the software Vulkan beside a Chromium binary. */
const swiftShader = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
].find((path) => existsSync(path));

describe("chooseDevice", () => {
  it("takes the flag, else the environment, else the CPU", () => {
    expect(chooseDevice("webgpu", { SENSORIUM_DEVICE: "cuda" })).toBe("webgpu");
    expect(chooseDevice(undefined, { SENSORIUM_DEVICE: "cuda" })).toBe("cuda");
    expect(chooseDevice(undefined, {})).toBe("cpu");
  });

  it("refuses what is no device and says who asked for it", () => {
    expect(() => chooseDevice("gpu")).toThrow(
      "device: expected one of cpu, webgpu, cuda, tfjs, auto, got gpu",
    );
    expect(() => chooseDevice(undefined, { SENSORIUM_DEVICE: "gpu" })).toThrow(
      /^SENSORIUM_DEVICE: /,
    );
  });
});

describe("devices", () => {
  it.each(["cpu", "tfjs", "auto"] as const)("%s computes", async (device) => {
    await using compiled = await compile(square, { device });
    expect([...(await compiled.run({ x })).y]).toEqual([1, 4, 9]);
  });

  it("auto says in one line what it measured and what it chose", async () => {
    const notices: string[] = [];
    await using compiled = await compile(square, {
      device: "auto",
      onNotice: (line) => notices.push(line),
    });
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      new RegExp(`^square: runs on ${compiled.device} \\(cuda .*, webgpu .*, cpu [0-9.]+ ms\\)$`),
    );
  });

  it("a device that does not open says why and what to do", async () => {
    // CUDA's libraries are never bundled; where a user installed them, there is nothing to see here.
    const failure = await compile(square, { device: "cuda" }).then(
      (compiled) => compiled.dispose(),
      (error: unknown) => error,
    );
    if (failure === undefined) return;
    expect(failure).toBeInstanceOf(DeviceError);
    expect(String(failure)).toMatch(
      /square: expected the cuda device to open, got: .+; run `npm rebuild/,
    );
  });

  // Its own process: the driver is chosen by environment, before the first session.
  it.skipIf(swiftShader === undefined)(
    "webgpu agrees with the CPU in value, gradient and training, state kept in its buffers (skipped without Chromium's SwiftShader)",
    () => {
      const script = fileURLToPath(new URL("./support/webgpuCheck.ts", import.meta.url));
      const { stdout, stderr, status } = spawnSync(process.execPath, ["--import", "tsx", script], {
        encoding: "utf8",
        env: { ...process.env, VK_ICD_FILENAMES: swiftShader, XDG_RUNTIME_DIR: tmpdir() },
      });
      expect(status, stderr).toBe(0);
      const report = JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}");
      // No adapter after all (no Vulkan loader): the check says so instead of failing.
      if (report.unavailable !== undefined) return;
      expect(report.kernels).toBe(23);
      expect(report.worstKernel, report.worstName).toBeLessThan(1e-4);
      expect(report.worstTraining).toBeLessThan(1e-4);
      expect(report.steps).toBe(3);
    },
    120_000,
  );
});
