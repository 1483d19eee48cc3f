import { createRequire } from "node:module";
import type * as tfjs from "@tensorflow/tfjs";

import { registerGradients } from "./autodiff/registerGradients.ts";

// Required, not imported: to import CommonJS, Node first looks through two megabytes for the names that it
// exports, and every process and every worker would start 0.3 s later.
const tf = createRequire(import.meta.url)("@tensorflow/tfjs") as typeof tfjs;

// Production mode before the first op: it silences the banner and skips the per-op NaN scans.
tf.enableProdMode();
registerGradients(tf);

export type {
  DataType,
  Scalar,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  Tensor4D,
  Tensor5D,
  TensorInfo,
} from "@tensorflow/tfjs";
/** Keeps tensors of a custom gradient's forward pass for its backward pass. */
export type GradSaveFunc = (saved: tfjs.Tensor[]) => void;

/** TensorFlow.js with its gradients registered; the only place in this project that imports it. */
export { tf };
