/** Frames of a video, taken by the browser: whatever it plays. */

/** Of a session. */
export const MOST_FRAMES = 600;
/** Pixels of a frame's longer side. */
const MOST_SIDE = 768;
/** Where a file does not say how long it is, its end is looked for here: seconds. */
const FAR = 1e7;

/**
 * @param fps frames taken of each second
 * @param onFrame told of each, with how many there will be
 * @throws Error in words when the browser cannot play it
 */
export async function framesOf(
  file: File,
  fps: number,
  onFrame: (number: number, count: number) => void,
): Promise<File[]> {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.preload = "auto";
  const address = URL.createObjectURL(file);
  try {
    await reached(video, "loadeddata", () => {
      video.src = address;
    });
    if (!Number.isFinite(video.duration)) await seek(video, FAR);
    const count = Math.min(MOST_FRAMES, Math.max(1, Math.floor(video.duration * fps)));
    const scale = Math.min(1, MOST_SIDE / Math.max(video.videoWidth, video.videoHeight));
    const side = (pixels: number) => Math.max(16, Math.round(pixels * scale));
    const canvas = new OffscreenCanvas(side(video.videoWidth), side(video.videoHeight));
    const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
    const frames: File[] = [];
    for (let i = 0; i < count; i++) {
      await seek(video, Math.min((i + 0.5) / fps, video.duration));
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      const picture = await canvas.convertToBlob({ type: "image/webp", quality: 0.95 });
      frames.push(new File([picture], `frame-${i + 1}`, { type: picture.type }));
      onFrame(i + 1, count);
    }
    return frames;
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(address);
  }
}

function seek(video: HTMLVideoElement, seconds: number): Promise<void> {
  return reached(video, "seeked", () => {
    video.currentTime = seconds;
  });
}

function reached(video: HTMLVideoElement, event: "loadeddata" | "seeked", begin: () => void): Promise<void> {
  return new Promise((done, failed) => {
    const end = new AbortController();
    const { signal } = end;
    video.addEventListener(event, () => [end.abort(), done()], { signal });
    video.addEventListener("error", () => [end.abort(), failed(new Error("This browser cannot play it."))], { signal });
    begin();
  });
}
