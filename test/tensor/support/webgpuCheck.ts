/**
 * Run in a process of its own by `devices.test.ts`: compares kernels and a training session on the
 * WebGPU device with the CPU's, and prints one JSON line.
 */
import { DeviceError } from "../../../src/errors.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { TrainingSession } from "../../../src/tensor/TrainingSession.ts";
import { arrayCases } from "./arrayCases.ts";
import { compareWithTfjs } from "./compareWithTfjs.ts";
import { elementwiseCases } from "./elementwiseCases.ts";
import { fusedCases } from "./fusedCases.ts";
import { productCases } from "./productCases.ts";
import { mlpOf } from "./trainables.ts";

/** A sample of every family; software rendering is slow and compiles a shader per kernel. */
const wanted = new Set([
  ...[
    "RealDiv",
    "Exp",
    "Sigmoid",
    "Relu",
    "Select",
    "Maximum",
    "Sum",
    "Max",
    "ArgMax",
    "LogSoftmax",
  ],
  ...["Concat", "SplitV", "Slice", "PadV2", "Transpose", "OneHot", "BatchMatMul", "GatherV2"],
  ...["gelu", "layerNorm", "Conv2D with its gradients", "DepthwiseConv2dNative with its gradients"],
  "AvgPool and AvgPoolGrad",
]);

let report: object;
try {
  report = await check();
} catch (cause) {
  if (!(cause instanceof DeviceError)) throw cause;
  report = { unavailable: cause.message };
}
process.stdout.write(`${JSON.stringify(report)}\n`);

async function check(): Promise<object> {
  const cases = [...elementwiseCases, ...arrayCases, ...productCases, ...fusedCases].filter(
    ({ name }) => wanted.has(name),
  );
  let worstKernel = 0;
  let worstName = "";
  for (const kernel of cases) {
    const rng = Rng.fromSeed(17).fork(kernel.name);
    const draws = [kernel.draw(rng)];
    const { error, worst } = await compareWithTfjs(kernel.name, draws, rng.fork("weights"), {
      device: "webgpu",
      gradients: kernel.valueOnly !== true,
    });
    if (error > worstKernel) {
      worstKernel = error;
      worstName = `${kernel.name}: ${worst}`;
    }
  }
  const curves: number[][] = [];
  let steps = 0;
  for (const device of ["webgpu", "cpu"] as const) {
    const { program, state, feeds } = mlpOf(Rng.fromSeed(3));
    await using session = await TrainingSession.open(program, { state, device });
    const curve: number[] = [];
    for (let step = 0; step < 3; step += 1)
      curve.push((await session.step(feeds)).loss[0] ?? Number.NaN);
    curves.push(curve);
    if (device === "webgpu") steps = (await session.readState()).adam.step.data[0] ?? 0;
  }
  const [gpu = [], cpu = []] = curves;
  const worstTraining = Math.max(...gpu.map((loss, i) => Math.abs(loss / (cpu[i] ?? 0) - 1)));
  return { kernels: cases.length, worstKernel, worstName, worstTraining, steps };
}
