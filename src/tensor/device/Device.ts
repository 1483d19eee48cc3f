/** Where a program runs: see `docs/tensor.md` for what each needs. */
export type Device = "cpu" | "webgpu" | "cuda" | "tfjs";

/** A device, or the choice left to `chooseDevice`. */
export type DeviceChoice = Device | "auto";

/** All devices, in the order in which they are described. */
export const devices = ["cpu", "webgpu", "cuda", "tfjs"] as const satisfies readonly Device[];
