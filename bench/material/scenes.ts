// Which parts of which public photographs make the frames that every benchmark runs on. Parts of 1920-pixel photographs
// are cut out or made smaller, never larger, so that the pictures keep the detail, and the JPEG bytes, of a camera's.

/** A 16:9 part of a photograph; `faces` is how many people can be seen in it from the front. */
export interface Scene {
  readonly file: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly faces: number;
}

const scene = (photo: number, left: number, top: number, width: number, faces: number): Scene => ({
  file: `sample${photo}.jpg`,
  left,
  top,
  width,
  faces,
});

/** 20 frames with 28 faces: 1.4 a frame, in an order in which crowded and empty ones take turns. */
export const SCENES: readonly Scene[] = [
  scene(2, 0, 324, 1280, 1),
  scene(1, 0, 0, 1280, 2),
  scene(3, 0, 630, 1280, 0),
  scene(4, 640, 0, 1280, 3),
  scene(5, 0, 339, 1280, 1),
  scene(2, 0, 467, 1600, 0),
  scene(1, 640, 280, 1280, 2),
  scene(3, 320, 450, 1600, 1),
  scene(2, 320, 0, 1600, 3),
  scene(1, 320, 560, 1280, 0),
  scene(5, 320, 678, 1280, 1),
  scene(3, 0, 315, 1280, 2),
  scene(4, 0, 728, 1280, 0),
  scene(2, 640, 324, 1280, 1),
  scene(1, 0, 100, 1920, 3),
  scene(2, 0, 0, 1280, 2),
  scene(5, 640, 678, 1280, 0),
  scene(4, 320, 274, 1600, 1),
  scene(1, 320, 190, 1600, 3),
  scene(5, 640, 339, 1280, 2),
];
