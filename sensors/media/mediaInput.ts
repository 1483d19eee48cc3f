import { ConfigError, type SensorSettings } from "../../src/sensing.ts";

/** Where ffmpeg takes its input from. */
export interface MediaInput {
  /** ffmpeg's input device: `alsa`, `pulse`, `v4l2`, `lavfi`...; absent for a file or an address. */
  readonly format?: string;
  /** The device, file or address. */
  readonly source: string;
  /** Further options of the input, before it. */
  readonly options?: readonly string[];
}

/**
 * The input that a microphone's or camera's options name.
 *
 * @throws {ConfigError} If they name none and this platform has no usual one.
 */
export function mediaInput(settings: SensorSettings, usual: MediaInput | undefined): MediaInput {
  if (settings.has("input")) return { source: settings.text("input") };
  const format = settings.text("format", usual?.format ?? "none");
  const source = settings.text("device", usual?.source ?? "none");
  if (format === "none" || source === "none")
    throw new ConfigError(
      "media input",
      `expected format and device, or input, on ${process.platform}, got neither`,
    );
  return { format, source };
}
