import type { InferenceSession } from "onnxruntime-node";

import { encodeOnnx } from "../graph/encodeOnnx.ts";
import { GraphBuilder } from "../graph/GraphBuilder.ts";
import type { GraphValue } from "../graph/GraphValue.ts";
import { pruneGraph } from "../graph/pruneGraph.ts";
import type { TensorData } from "../HostTensor.ts";
import type { Port } from "../trace/traceProgram.ts";
import { fromOrtTensor, type OrtTensor, openOrtSession } from "./OrtSession.ts";

/**
 * Reads tensors that live in WebGPU buffers, by a session that copies its inputs to host outputs.
 *
 * `Tensor.getData` of onnxruntime-node 1.30 ends the process when it is called on such a tensor.
 */
export class ResidentReader {
  readonly #session: InferenceSession;
  readonly #count: number;

  private constructor(session: InferenceSession, count: number) {
    this.#session = session;
    this.#count = count;
  }

  /** Opens a reader for tensors of the ports' shapes, in their order. */
  static async open(ports: readonly Port[]): Promise<ResidentReader> {
    const builder = new GraphBuilder();
    const outputs = ports.map(({ spec }, i): GraphValue => {
      const input = builder.input(`in${i}`, spec.dtype, spec.shape);
      const output = builder.node("Identity", [input], input);
      output.name = `out${i}`;
      return output;
    });
    const model = encodeOnnx(pruneGraph("resident-reader", outputs));
    const session = await openOrtSession("ResidentReader", model, {
      provider: "webgpu",
      threads: 1,
    });
    return new ResidentReader(session, ports.length);
  }

  /** Downloads tensors, in the order of the ports. */
  async read(tensors: readonly OrtTensor[]): Promise<TensorData[]> {
    const feeds = Object.fromEntries(tensors.map((tensor, i) => [`in${i}`, tensor]));
    const results = await this.#session.run(feeds);
    return Array.from({ length: this.#count }, (_, i) => {
      const tensor = results[`out${i}`];
      return tensor === undefined
        ? new Float32Array(0)
        : fromOrtTensor("ResidentReader", tensor).slice();
    });
  }

  /** Closes the session. */
  async dispose(): Promise<void> {
    await this.#session.release();
  }
}
