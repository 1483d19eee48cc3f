/** A picture as a stream has it: grey by ITU-R BT.601's weights, or red, green, blue; row by row. */
export function pixelsOf({ data }: ImageData, isColour: boolean): Uint8Array {
  const count = data.length / 4;
  const pixels = new Uint8Array(isColour ? 3 * count : count);
  for (let i = 0; i < count; i++) {
    const [red = 0, green = 0, blue = 0] = data.subarray(4 * i, 4 * i + 3);
    if (isColour) pixels.set([red, green, blue], 3 * i);
    else pixels[i] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
  }
  return pixels;
}

/** Pixels of a stream as a picture to show: what the pipeline sees, not what the camera does. */
export function pictureOf(pixels: Uint8Array, width: number, height: number): ImageData {
  const picture = new ImageData(width, height);
  const channels = pixels.length / (width * height);
  for (let i = 0; i < width * height; i++)
    for (let channel = 0; channel < 4; channel++)
      picture.data[4 * i + channel] =
        channel === 3 ? 255 : (pixels[channels === 3 ? 3 * i + channel : i] ?? 0);
  return picture;
}
