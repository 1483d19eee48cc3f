import type { StreamDescription } from "../frames/StreamDescription.ts";
import { parseStream } from "./parseStream.ts";

/**
 * A stream that is like what is offered, but for what somebody says.
 *
 * Some things follow what is said, unless they are said too: blocks that last (`span`) last as long as their
 * new rate has it, the unit of pictures follows their new shape, [rows, columns] or [rows, columns, 3], and
 * numbers of another shape have no names.
 *
 * @param offered What is offered, with the stream's site and name.
 * @param said As a person writes it (docs/wire.md).
 * @throws {ConfigError} If the two make no description; the message names each field that is wrong.
 */
export function wantedStream(
  offered: Partial<StreamDescription>,
  said: Readonly<Record<string, unknown>>,
): StreamDescription {
  const { rate, shape } = said;
  const lasts = offered.span !== undefined && typeof rate === "number" && rate > 0;
  const { channels, ...unnamed } = offered;
  // Names of other numbers than there will be say nothing.
  const isNamed =
    channels !== undefined && (shape === undefined || `${shape}` === `${offered.shape}`);
  const isPicture = offered.modality === "video" && Array.isArray(shape);
  return parseStream({
    ...unnamed,
    ...(isNamed && { channels }),
    ...(lasts && { span: Math.round(1e6 / rate) }),
    ...(isPicture && { unit: shape.length === 2 ? "grey level" : "RGB" }),
    ...said,
  });
}
