import { ConfigError } from "../../errors.ts";

/** Where a program runs: see `docs/tensor.md` for what each needs. */
export type Device = "cpu" | "webgpu" | "cuda" | "tfjs";

/** A device, or the choice left to a measurement. */
export type DeviceChoice = Device | "auto";

/** All devices, in the order in which they are described. */
export const devices = ["cpu", "webgpu", "cuda", "tfjs"] as const satisfies readonly Device[];

/** All choices. */
export const deviceChoices: readonly DeviceChoice[] = [...devices, "auto"];

/** Environment variable that chooses the device where no flag does. */
export const DEVICE_VARIABLE = "SENSORIUM_DEVICE";

/**
 * The device a flag asks for, or else the environment, or else the CPU.
 *
 * @param flag What the user wrote, if anything.
 * @param environment Variables of the process.
 * @throws {ConfigError} If neither is one of `deviceChoices`.
 */
export function chooseDevice(
  flag: string | undefined,
  environment: { readonly [name: string]: string | undefined } = {},
): DeviceChoice {
  const wanted = flag ?? environment[DEVICE_VARIABLE] ?? "cpu";
  const choice = deviceChoices.find((candidate) => candidate === wanted);
  if (choice === undefined)
    throw new ConfigError(
      flag === undefined ? DEVICE_VARIABLE : "device",
      `expected one of ${deviceChoices.join(", ")}, got ${wanted}`,
    );
  return choice;
}
