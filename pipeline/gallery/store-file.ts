// Looks at an LMDB file before LMDB maps it. LMDB trusts every page: a truncated or overwritten file makes it read
// outside of the map, which ends the process. So the trees are walked here first, headers and offsets alone, and read
// only. The layout is that of mdb.c in lmdb 3.5.6 (format 2); the walk knows what this store uses: no named databases.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const MAGIC = 0xbeefc0de;
const FORMAT = 2;
const PAGE_HEADER_BYTES = 24;
const META_BYTES = 168;
const BRANCH = 0x01;
const LEAF = 0x02;
const OVERFLOW = 0x04;
const META = 0x08;
/** The kinds of page; the other bits of the flags are LMDB's own housekeeping. */
const KIND_MASK = 0x6f;
const NODE_HEADER_BYTES = 8;
/** Flag of a node whose data lies on overflow pages. */
const BIG_DATA = 0x01;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

class Damage extends Error {}

interface MetaPage {
  readonly pageBytes: number;
  readonly transaction: bigint;
  /** Of the tree of free pages and of the tree of records. */
  readonly roots: readonly [bigint, bigint];
}

/** @returns what is wrong with the file, in a few words; undefined when LMDB can open it (also when it is not there or empty) */
export function damageOf(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = fstatSync(fd).size;
    if (bytes > 0) checkFile(fd, bytes);
    return undefined;
  } catch (error) {
    if (error instanceof Damage) return error.message;
    throw error;
  } finally {
    closeSync(fd);
  }
}

function checkFile(fd: number, bytes: number): void {
  const first = readMeta(fd, 0);
  const second = readMeta(fd, first.pageBytes);
  const meta = second.transaction > first.transaction ? second : first;
  const seen = new Uint8Array(Math.floor(bytes / meta.pageBytes));
  for (const root of meta.roots) if (root !== NO_PAGE) checkTree(fd, root, meta.pageBytes, seen);
}

function readMeta(fd: number, at: number): MetaPage {
  const page = read(fd, at, META_BYTES);
  if ((page.readUInt16LE(18) & META) === 0 || page.readUInt32LE(24) !== MAGIC) throw new Damage('it is not a gallery');
  if ((page.readUInt32LE(28) & 0xffff) !== FORMAT) throw new Damage('its format is another version of LMDB');
  const pageBytes = page.readUInt32LE(48);
  if (pageBytes < 256 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) throw new Damage('its page size is wrong');
  return { pageBytes, roots: [page.readBigUInt64LE(88), page.readBigUInt64LE(136)], transaction: page.readBigUInt64LE(152) };
}

/** Visits every page of a tree once; `seen` marks the pages that some tree has used. */
function checkTree(fd: number, root: bigint, pageBytes: number, seen: Uint8Array): void {
  const waiting = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const number = take(next, 1, seen);
    const page = read(fd, number * pageBytes, pageBytes);
    const kind = page.readUInt16LE(18) & KIND_MASK;
    if (page.readBigUInt64LE(0) !== next || (kind !== BRANCH && kind !== LEAF))
      throw new Damage(`page ${number} is not what it should be`);
    const lower = page.readUInt16LE(20);
    if (PAGE_HEADER_BYTES + lower > pageBytes) throw new Damage(`page ${number} has a wrong length`);
    for (let slot = PAGE_HEADER_BYTES; slot < PAGE_HEADER_BYTES + lower; slot += 2) {
      const node = PAGE_HEADER_BYTES + page.readUInt16LE(slot);
      if (node + NODE_HEADER_BYTES > pageBytes) throw new Damage(`page ${number} points outside of itself`);
      const low = page.readUInt32LE(node);
      const flags = page.readUInt16LE(node + 4);
      const data = node + NODE_HEADER_BYTES + page.readUInt16LE(node + 6);
      const inPage = kind === BRANCH ? 0 : flags === BIG_DATA ? 24 : low;
      if (data + inPage > pageBytes) throw new Damage(`page ${number} points outside of itself`);
      if (kind === BRANCH) waiting.push(BigInt(low) + (BigInt(flags) << 32n));
      else if (flags === BIG_DATA) checkOverflow(fd, page.readBigUInt64LE(data), low, pageBytes, seen);
      else if (flags !== 0) throw new Damage(`page ${number} holds something unknown`);
    }
  }
}

function checkOverflow(fd: number, first: bigint, dataBytes: number, pageBytes: number, seen: Uint8Array): void {
  const pages = Math.floor((PAGE_HEADER_BYTES - 1 + dataBytes) / pageBytes) + 1;
  const number = take(first, pages, seen);
  const header = read(fd, number * pageBytes, PAGE_HEADER_BYTES);
  const right =
    header.readBigUInt64LE(0) === first && (header.readUInt16LE(18) & KIND_MASK) === OVERFLOW && header.readUInt32LE(20) >= pages;
  if (!right) throw new Damage(`page ${number} is not what it should be`);
}

/** Marks pages as used. @throws Damage where they lie outside of the file or are used twice (which could go round for ever) */
function take(first: bigint, pages: number, seen: Uint8Array): number {
  if (first < 2n || first + BigInt(pages) > BigInt(seen.length)) throw new Damage('it ends too early');
  const number = Number(first);
  if (seen.subarray(number, number + pages).includes(1)) throw new Damage(`page ${number} is used twice`);
  seen.fill(1, number, number + pages);
  return number;
}

function read(fd: number, at: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (readSync(fd, buffer, 0, bytes, at) !== bytes) throw new Damage('it ends too early');
  return buffer;
}
