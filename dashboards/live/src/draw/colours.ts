/** Everything painted, in one place; the style sheet has the same values under the same names. */
export const COLOURS = {
  lane: "#0e131d",
  grid: "rgba(140, 152, 178, 0.10)",
  text: "#eaeef7",
  dim: "#97a1b6",
  faint: "#667085",
  hatch: "rgba(140, 152, 178, 0.20)",
  wrong: "#ff7a7a",
  taught: "#7fe0c8",
  taughtFill: "rgba(127, 224, 200, 0.14)",
} as const;

/** Of each modality, for its first stream, its second and so on. */
const ACCENTS: Readonly<Record<string, readonly string[]>> = {
  audio: ["#ffb65c", "#f2926f", "#ffe08a"],
  video: ["#62c4ff", "#9aa7ff", "#6be0e0"],
  text: ["#c9adff", "#f0a6e0"],
  sensor: ["#82dca0", "#d6d66e", "#e3a7c8"],
};
const NO_MODALITY = [COLOURS.dim, "#c3cad9"];

/** The colour of one of `streams`: that of its modality, another one for each further stream of it. */
export function accentOf(
  streams: readonly { readonly stream: string; readonly modality: string }[],
  stream: string,
): string {
  const modality = streams.find((each) => each.stream === stream)?.modality ?? "";
  const accents = ACCENTS[modality] ?? NO_MODALITY;
  const alike = streams.filter((each) => each.modality === modality);
  const at = Math.max(
    0,
    alike.findIndex((each) => each.stream === stream),
  );
  return accents[at % accents.length] ?? COLOURS.dim;
}

/** `count` colours around one, from its own dark to near white, so that neighbours can be told apart. */
export function shadesOf(colour: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const share = count === 1 ? 0 : (at / (count - 1)) * 0.9 - 0.4;
    const [other, part] = share < 0 ? [COLOURS.lane, -share] : [COLOURS.text, share];
    return `color-mix(in oklab, ${colour} ${Math.round(100 * (1 - part))}%, ${other})`;
  });
}

/**
 * A colour for each code, the same in every lane.
 *
 * Hues step by the golden angle and lightness by thirds, so that codes next to each other in the
 * codebook look unlike. OKLCH keeps them about equally strong.
 */
export function codeColour(code: number): string {
  const hue = (code * 137.508) % 360;
  const lightness = 0.66 + 0.09 * (code % 3);
  const chroma = 0.1 + 0.05 * (Math.floor(code / 3) % 2);
  return `oklch(${lightness} ${chroma} ${hue.toFixed(1)})`;
}

type Rgb = readonly [red: number, green: number, blue: number];

/** 256 RGBA colours through the given ones, evenly spaced, as a flat table. */
export function colourTable(anchors: readonly Rgb[], gamma = 1): Uint8ClampedArray {
  const table = new Uint8ClampedArray(1_024);
  for (let value = 0; value < 256; value += 1) {
    const at = (value / 255) ** gamma * (anchors.length - 1);
    const below = anchors[Math.floor(at)] ?? [0, 0, 0];
    const above = anchors[Math.ceil(at)] ?? below;
    const share = at - Math.floor(at);
    for (let channel = 0; channel < 3; channel += 1)
      table[value * 4 + channel] =
        (below[channel] ?? 0) * (1 - share) + (above[channel] ?? 0) * share;
    table[value * 4 + 3] = 255;
  }
  return table;
}

/** Sound: rises evenly in lightness, from the lane's own dark through violet and amber to white. */
export const SOUND_TABLE = colourTable(
  [
    [14, 19, 29],
    [26, 20, 48],
    [84, 26, 109],
    [149, 44, 112],
    [214, 74, 88],
    [250, 135, 74],
    [255, 199, 120],
    [255, 248, 222],
  ],
  1.25,
);

/** Pictures: grey with a breath of blue. */
export const PICTURE_TABLE = colourTable([
  [8, 12, 19],
  [52, 66, 84],
  [128, 146, 166],
  [236, 243, 250],
]);
