/** A place on a sheet: right and down, 0 to 1. */
type Place = readonly [x: number, y: number];

/** A part of an ellipse, in degrees clockwise from the right. */
function arc(centre: Place, radii: Place, from: number, to: number): Place[] {
  return Array.from({ length: 10 }, (_, i): Place => {
    const angle = ((from + ((to - from) * i) / 9) * Math.PI) / 180;
    return [centre[0] + radii[0] * Math.cos(angle), centre[1] + radii[1] * Math.sin(angle)];
  });
}

/**
 * How one writes the ten digits with a pointer: strokes in the order in which they are drawn.
 *
 * Written down for the tests; the model has seen other people's digits and those of
 * `pipelines/digits/generate/`, not these.
 */
export const DIGIT_STROKES: readonly (readonly (readonly Place[])[])[] = [
  [arc([0.5, 0.5], [0.24, 0.36], -80, -430)],
  [
    [
      [0.42, 0.28],
      [0.54, 0.14],
      [0.54, 0.86],
    ],
  ],
  [[...arc([0.48, 0.33], [0.2, 0.19], 200, 385), [0.5, 0.66], [0.26, 0.85], [0.76, 0.85]]],
  [[...arc([0.46, 0.31], [0.19, 0.17], 215, 440), ...arc([0.46, 0.67], [0.22, 0.19], -85, 150)]],
  [
    [
      [0.4, 0.14],
      [0.24, 0.58],
      [0.76, 0.58],
    ],
    [
      [0.62, 0.36],
      [0.6, 0.86],
    ],
  ],
  [
    [[0.34, 0.16], [0.3, 0.46], ...arc([0.46, 0.64], [0.22, 0.2], -110, 140)],
    [
      [0.34, 0.16],
      [0.7, 0.15],
    ],
  ],
  [[[0.6, 0.13], [0.42, 0.36], ...arc([0.48, 0.66], [0.18, 0.19], 180, -190)]],
  [
    [
      [0.26, 0.17],
      [0.74, 0.17],
      [0.56, 0.5],
      [0.44, 0.86],
    ],
  ],
  [
    [
      ...arc([0.5, 0.31], [0.17, 0.16], -30, -270),
      ...arc([0.5, 0.67], [0.2, 0.19], -90, 270),
      ...arc([0.5, 0.31], [0.17, 0.16], 90, -30),
    ],
  ],
  [[...arc([0.48, 0.33], [0.19, 0.18], -20, -350), [0.66, 0.36], [0.62, 0.6], [0.54, 0.87]]],
];
