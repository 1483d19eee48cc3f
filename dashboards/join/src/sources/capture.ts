/** What of a `MediaStream` is needed to give its device back. */
interface Captured {
  getTracks(): readonly { stop(): void }[];
}

/**
 * Uses what a device captures until that is ended.
 *
 * @param asked What the browser was asked for: `getUserMedia`.
 * @param begin Uses it. @returns What ends that.
 * @returns What ends the use and gives the device back; it is given back too where its use could not begin.
 * @throws What the browser says, where it is not allowed, and whatever `begin` throws.
 */
export async function capture<Media extends Captured>(
  asked: Promise<Media>,
  begin: (media: Media) => Promise<() => void>,
): Promise<() => void> {
  const media = await asked;
  const giveBack = (): void => {
    for (const track of media.getTracks()) track.stop();
  };
  try {
    const end = await begin(media);
    return () => {
      end();
      giveBack();
    };
  } catch (cause) {
    giveBack();
    throw cause;
  }
}
