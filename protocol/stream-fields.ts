// Fields that messages and registered streams share, each with its rule.
import { z } from 'zod';
import { ATTRIBUTES } from './payloads.js';

export const streamIdSchema = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -');

const unit = z.number().min(0).max(1);
/** `[x, y, w, h]` in 0..1 of the frame, with an area, inside the frame. */
export const regionSchema = z
  .tuple([unit, unit, unit, unit])
  .refine(([x, y, w, h]) => w > 0 && h > 0 && x + w <= 1 + 1e-9 && y + h <= 1 + 1e-9, 'must lie in 0..1 and have an area');

/** What is asked of each frame; of `open` and of registered streams. */
export const askingSchemas = {
  model: z.string().min(1).max(128),
  region: regionSchema,
  /** Longer side of a face in frame pixels. */
  min_face: z.number().min(0).max(100_000),
  top_n: z.int().min(1).max(1000),
  threshold: z.number().min(0).max(1),
  /** Parts of one frame that are classified side by side. */
  regions: z.array(regionSchema).min(1).max(64),
  /** Labels of objects that are wanted. */
  labels: z.array(z.string().min(1).max(200)).min(1).max(200),
  /** What is to be told of faces beside who they are. */
  attributes: z.array(z.enum(ATTRIBUTES)).min(1).max(ATTRIBUTES.length),
};

/** When, and how thoroughly, frames of a stream are looked at; of `open` and of registered streams. */
export const schedulingSchemas = {
  /** With faces followed: at least every so many frames is searched for faces; 1 searches every frame. */
  detect_every: z.int().min(1).max(10),
  /** A frame that cannot be answered within this time is answered `dropped`/`deadline`. */
  deadline_ms: z.number().min(50).max(600_000),
  /** Turns beside a stream of weight 1 where there are not enough for all. */
  weight: z.number().min(0.1).max(100),
};
