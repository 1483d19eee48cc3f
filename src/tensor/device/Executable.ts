import type { TensorData } from "../HostTensor.ts";
import type { Port } from "../trace/traceProgram.ts";
import type { Device } from "./Device.ts";

/** What compiling cost and gave. */
export interface CompileStats {
  /** Nodes of the graph that was handed to the runtime; 0 when the program runs eagerly. */
  readonly nodes: number;
  /** Bytes of the model, baked constants included; 0 when the program runs eagerly. */
  readonly bytes: number;
  readonly traceMs: number;
  readonly sessionMs: number;
}

/** State that stays where the device wants it between the steps of a training session. */
export interface ResidentState {
  /** One step: state goes in and comes out; gives the outputs that are not state, in port order. */
  step(data: readonly TensorData[]): Promise<TensorData[]>;
  /** Downloads the state, in the order of its ports. */
  read(): Promise<TensorData[]>;
  /** Replaces the state, in the order of its ports. */
  write(data: readonly TensorData[]): void;
}

/** A program opened on one device, with inputs and outputs by position. */
export interface Executable {
  readonly device: Device;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly stats: CompileStats;
  /** Runs once: elements in the order of `inputs`, results in the order of `outputs`. */
  run(data: readonly TensorData[]): Promise<TensorData[]>;
  /** Keeps the inputs and outputs under `prefix` on the device between steps. */
  keepState(prefix: string, initial: readonly TensorData[]): ResidentState;
  dispose(): Promise<void>;
}
