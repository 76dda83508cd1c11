// The families of object detectors, by the names that manifests give. A name that is not here is no family.
import { family as fastestdet } from './fastestdet.js';
import type { ObjectDecoder } from './object-family.js';
import { family as yolov10 } from './yolov10.js';
import { family as yolov5 } from './yolov5.js';
import { family as yolov8 } from './yolov8.js';
import { family as yolox } from './yolox.js';

const FAMILIES: Readonly<Record<string, ObjectDecoder>> = {
  yolox,
  fastestdet,
  yolov5,
  yolov6: yolov5,
  yolov7: yolov5,
  yolov8,
  yolov9: yolov8,
  yolov10,
  yolov11: yolov8,
};

export const OBJECT_FAMILIES: readonly string[] = Object.keys(FAMILIES);

export function objectFamily(name: string): ObjectDecoder | undefined {
  return Object.hasOwn(FAMILIES, name) ? FAMILIES[name] : undefined;
}
