import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { kindsIn, loadSensorKind } from "../pipeline/loadSensorKind.ts";
import { compile } from "../tensor/compile.ts";
import { defineProgram } from "../tensor/defineProgram.ts";
import { type Device, devices } from "../tensor/device/Device.ts";
import { float32 } from "../tensor/TensorSpec.ts";
import { tf } from "../tensor/tf.ts";
import { transportFacts } from "../wire/transportFacts.ts";
import { findProgram } from "./findProgram.ts";
import { loadPipeline, pipelineNames } from "./loadPipeline.ts";
import { codeRoot, packageRoot } from "./packageRoot.ts";

/** One thing that `doctor` looked at. */
export interface Finding {
  readonly what: string;
  /** `broken` is what a run needs and does not have; `absent` is what would be nice to have. */
  readonly state: "works" | "absent" | "broken";
  readonly detail: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Looks at everything a run may need, most needed first. */
export async function* examine(): AsyncGenerator<Finding> {
  yield node();
  yield transport();
  yield dashboard();
  for (const name of pipelineNames()) yield await weights(name);
  for (const device of devices) yield await computes(device);
  yield await nodeGpu();
  yield* sensors();
  yield* programs();
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  return {
    what: "Node.js",
    state: fits ? "works" : "broken",
    detail: process.versions.node,
    ...(!fits && { fix: "install Node.js 20.19 or newer" }),
  };
}

function transport(): Finding {
  const { version, encrypts } = transportFacts();
  return {
    what: "ZeroMQ",
    state: encrypts ? "works" : "absent",
    detail: `${version}, ${encrypts ? "can encrypt" : "cannot encrypt"}`,
    ...(!encrypts && { fix: "sensors on other machines need a ZeroMQ with CURVE: npm ci" }),
  };
}

function dashboard(): Finding {
  const isBuilt = existsSync(join(packageRoot(), "dist/dashboards/live/index.html"));
  return {
    what: "dashboard",
    state: isBuilt ? "works" : "broken",
    detail: isBuilt ? "built" : "not built",
    ...(!isBuilt && { fix: "npm run build" }),
  };
}

async function weights(name: string): Promise<Finding> {
  const what = `pipeline ${name}`;
  try {
    const { model, streams } = await loadPipeline(name);
    const path = fileURLToPath(model.weights);
    if (existsSync(path))
      return { what, state: "works", detail: `trained; ${Object.keys(streams).join(", ")}` };
    return {
      what,
      state: "broken",
      detail: "no weights",
      fix: `npm run train -- ${name} --data DIR`,
    };
  } catch (cause) {
    return { what, state: "broken", detail: textOf(cause) };
  }
}

/** Compiles and runs a small program, and looks at what comes out. */
async function computes(device: Device): Promise<Finding> {
  const what = `device ${device}`;
  const program = defineProgram({
    name: "doctor",
    inputs: { x: float32([2, 2]) },
    body: ({ x }) => ({ y: tf.matMul(x, x) }),
  });
  try {
    await using compiled = await compile(program, { device });
    const { y } = await compiled.run({ x: Float32Array.of(1, 2, 3, 4) });
    if (String(y) === "7,10,15,22") return { what, state: "works", detail: "computes" };
    return { what, state: "broken", detail: `computes wrongly: expected 7,10,15,22, got ${y}` };
  } catch (cause) {
    // A device's error reads "doctor: expected …, got: WHY; WHAT TO DO".
    const [, why, fix] = /got: (.*?)(?:; (.*))?$/s.exec(textOf(cause)) ?? [];
    return {
      what,
      state: device === "cpu" ? "broken" : "absent",
      detail: why ?? textOf(cause),
      ...(fix !== undefined && { fix }),
    };
  }
}

/** TensorFlow's own CUDA backend: an optional peer that npm installs, or silently does not. */
async function nodeGpu(): Promise<Finding> {
  const what = "tfjs-node-gpu";
  try {
    // A name the type checker does not resolve: the package is there only where a user put it.
    const name: string = "@tensorflow/tfjs-node-gpu";
    await import(name);
    return { what, state: "works", detail: "installed; --device tfjs uses it" };
  } catch (cause) {
    const problem = textOf(cause);
    const fix = problem.includes("tfjs_binding.node")
      ? "npm rebuild @tensorflow/tfjs-node-gpu: its install script has not run"
      : "npm install --no-save @tensorflow/tfjs-node-gpu@4.22.0 (Node.js 22 or older, CUDA 11.2)";
    return { what, state: "absent", detail: "not installed", fix };
  }
}

async function* sensors(): AsyncGenerator<Finding> {
  const folder = join(codeRoot(), "sensors");
  for (const name of kindsIn(folder)) {
    const what = `sensor ${name}`;
    try {
      const probe = await (await loadSensorKind(name, folder)).probe();
      yield {
        what,
        state: probe.works ? "works" : "absent",
        detail: probe.detail,
        ...(!probe.works && { fix: probe.fix }),
      };
    } catch (cause) {
      yield { what, state: "broken", detail: textOf(cause) };
    }
  }
}

function* programs(): Generator<Finding> {
  const wanted = [
    { what: "ffmpeg", names: ["ffmpeg"], use: "cameras, microphones and media files" },
    {
      what: "Chromium",
      names: ["chromium", "chromium-browser", "google-chrome"],
      use: "browser tests; without it they use the one from npm",
    },
    { what: "flite", names: ["flite"], use: "making speech to train on" },
    { what: "espeak-ng", names: ["espeak-ng"], use: "making voices to train on" },
  ];
  for (const { what, names, use } of wanted) {
    const path = findProgram(...names);
    yield path === undefined
      ? { what, state: "absent", detail: `not found; for ${use}`, fix: `install ${names[0]}` }
      : { what, state: "works", detail: path };
  }
  // Debian's packages belong to its own Python, which another one may hide.
  const canPublish = ["python3", "/usr/bin/python3"].some(
    (python) => spawnSync(python, ["-c", "import zmq, msgpack"]).status === 0,
  );
  yield canPublish
    ? { what: "Python publisher", state: "works", detail: "python3 with zmq and msgpack" }
    : {
        what: "Python publisher",
        state: "absent",
        detail: "python3 has no zmq or msgpack; for sensors written in Python",
        fix: "install python3-zmq and python3-msgpack",
      };
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
