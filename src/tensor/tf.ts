import * as tf from "@tensorflow/tfjs";

import { registerGradients } from "./autodiff/registerGradients.ts";

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
export type GradSaveFunc = (saved: tf.Tensor[]) => void;

/** TensorFlow.js with its gradients registered; the only place in this project that imports it. */
export { tf };
