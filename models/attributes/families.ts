// The families of attribute heads, by the names that manifests give. A name that is not here is no family.
import type { AttributeFamily } from './attribute-family.js';
import { expression } from './expression-7.js';
import { pose } from './hopenet.js';
import { liveness } from './minifasnet.js';
import { age, gender } from './ssr-net.js';

const FAMILIES: Readonly<Record<string, AttributeFamily>> = {
  'ssr-net-age': age,
  'ssr-net-gender': gender,
  'expression-7': expression,
  hopenet: pose,
  'minifasnet-v2-se': liveness,
};

export function attributeFamily(name: string): AttributeFamily | undefined {
  return Object.hasOwn(FAMILIES, name) ? FAMILIES[name] : undefined;
}
