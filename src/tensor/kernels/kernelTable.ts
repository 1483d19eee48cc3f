import type { KernelTable } from "../trace/KernelCall.ts";
import { arrayKernels } from "./arrays.ts";
import { convolutionKernels } from "./convolution.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { fusedKernels } from "./fused.ts";
import { indexingKernels } from "./indexing.ts";
import { poolingKernels } from "./pooling.ts";
import { productKernels } from "./products.ts";
import { reductionKernels } from "./reductions.ts";
import { resizingKernels } from "./resizing.ts";

/** Every tfjs kernel that has a mapping to ONNX, by its tfjs name. */
export const kernelTable: KernelTable = {
  ...arrayKernels,
  ...convolutionKernels,
  ...elementwiseKernels,
  ...fusedKernels,
  ...indexingKernels,
  ...poolingKernels,
  ...productKernels,
  ...reductionKernels,
  ...resizingKernels,
};
