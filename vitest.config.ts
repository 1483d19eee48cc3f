import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Small files that take long, which by their size would come last and run alone. */
const LONG = ["test/e2e/drawnDigits.test.ts", "test/cli/crash.test.ts"];

/** The larger a file the sooner it runs, as usual, but what is known to take long begins. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): number =>
      Number(LONG.some((file) => moduleId.endsWith(file)));
    return (await super.sort(files)).sort((a, b) => isLong(b) - isLong(a));
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Native addons (ZeroMQ, ONNX Runtime) keep one context per process: forks isolate them per file.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    sequence: { sequencer: LongestFirst },
  },
});
