import { DeviceError } from "../../errors.ts";

const cures = {
  cpu: "report this with the program's name: the CPU device opens every graph it knows the operations of",
  webgpu:
    "install a Vulkan driver (the GPU vendor's, or mesa-vulkan-drivers on Linux) and libvulkan1, or choose the cpu device",
  cuda: "run `npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12` on a machine with CUDA 12 and cuDNN 9, or choose the webgpu or cpu device",
} as const;

/** A `DeviceError` that says what went wrong in ORT's words and what to do about it. */
export function explainOpenFailure(
  where: string,
  provider: keyof typeof cures,
  cause: unknown,
): DeviceError {
  const raw = cause instanceof Error ? cause.message : String(cause);
  // ORT puts its source file and the failed check in front of the sentence a user can read.
  const problem = raw.replaceAll(/\s+/g, " ").replace(/^\S*onnxruntime_src.*was false\.\s*/, "");
  return new DeviceError(
    where,
    `expected the ${provider} device to open, got: ${problem.trim()}; ${cures[provider]}`,
    { cause },
  );
}
