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
/** Its node holds their number and count instead. */
const BIG_DATA_BYTES = 24;
/** The keys of the tree of free pages are integers. */
const INTEGER_KEY = 0x08;
/** More than any machine can map. */
const MAP_BYTES_MAX = 2n ** 46n;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

class Damage extends Error {}

interface Tree {
  /** The tree of free pages, whose records are lists of page numbers. */
  readonly isFreeList: boolean;
  readonly depth: number;
  readonly root: bigint;
}
interface MetaPage {
  readonly pageBytes: number;
  readonly transaction: bigint;
  readonly lastPage: bigint;
  readonly trees: readonly Tree[];
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
  // The pages that some tree has used: none may be used twice, which could also go round for ever.
  const used = new Uint8Array(Math.floor(bytes / meta.pageBytes));
  for (const tree of meta.trees) if (tree.root !== NO_PAGE) checkTree(fd, tree, meta.pageBytes, used);
  if (meta.lastPage < BigInt(used.lastIndexOf(1))) throw new Damage('it uses more pages than it says');
}

function readMeta(fd: number, at: number): MetaPage {
  const page = read(fd, at, META_BYTES);
  if ((page.readUInt16LE(18) & META) === 0 || page.readUInt32LE(24) !== MAGIC) throw new Damage('it is not an LMDB file');
  if ((page.readUInt32LE(28) & 0xffff) !== FORMAT) throw new Damage('its format is another version of LMDB');
  const pageBytes = page.readUInt32LE(48);
  if (pageBytes < 256 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) throw new Damage('its page size is wrong');
  if (page.readBigUInt64LE(40) > MAP_BYTES_MAX) throw new Damage('its map size is wrong');
  // The low byte alone: the other bits of the first are flags of the file.
  if (page.readUInt8(52) !== INTEGER_KEY || page.readUInt16LE(100) !== 0) throw new Damage('its trees are of a wrong kind');
  const trees = [
    { isFreeList: true, depth: page.readUInt16LE(54), root: page.readBigUInt64LE(88) },
    { isFreeList: false, depth: page.readUInt16LE(102), root: page.readBigUInt64LE(136) },
  ];
  return { pageBytes, trees, lastPage: page.readBigUInt64LE(144), transaction: page.readBigUInt64LE(152) };
}

/** Visits every page of a tree once. */
function checkTree(fd: number, tree: Tree, pageBytes: number, used: Uint8Array): void {
  const waiting = [{ address: tree.root, level: 1 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { address, level } = next;
    const number = take(address, 1, used);
    const page = read(fd, number * pageBytes, pageBytes);
    const kind = level < tree.depth ? BRANCH : LEAF;
    const lower = page.readUInt16LE(20);
    const right = page.readBigUInt64LE(0) === address && (page.readUInt16LE(18) & KIND_MASK) === kind;
    if (!right || lower === 0 || lower % 2 !== 0 || PAGE_HEADER_BYTES + lower > pageBytes) throw wrongPage(number);
    for (let slot = PAGE_HEADER_BYTES; slot < PAGE_HEADER_BYTES + lower; slot += 2) {
      const node = PAGE_HEADER_BYTES + page.readUInt16LE(slot);
      if (node + NODE_HEADER_BYTES > pageBytes) throw wrongPage(number);
      // Length of the data, or the low 32 bits of a page's number with the high 16 in the place of the flags.
      const low = page.readUInt32LE(node);
      const flags = page.readUInt16LE(node + 4);
      const data = node + NODE_HEADER_BYTES + page.readUInt16LE(node + 6);
      if (kind === BRANCH) {
        if (data > pageBytes) throw wrongPage(number);
        waiting.push({ address: BigInt(low) + (BigInt(flags) << 32n), level: level + 1 });
        continue;
      }
      const isBig = flags === BIG_DATA;
      if ((flags !== 0 && !isBig) || data + (isBig ? BIG_DATA_BYTES : low) > pageBytes) throw wrongPage(number);
      const start = isBig ? bigData(fd, page.readBigUInt64LE(data), low, pageBytes, used) : page.subarray(data, data + low);
      // A list of free pages begins with its length.
      if (tree.isFreeList && (low < 8 || (start.readBigUInt64LE(0) + 1n) * 8n > BigInt(low))) throw wrongPage(number);
    }
  }
}

/** Checks the overflow pages of a record that is too long for a leaf. @returns its first bytes */
function bigData(fd: number, address: bigint, bytes: number, pageBytes: number, used: Uint8Array): Buffer {
  const pages = Math.floor((PAGE_HEADER_BYTES - 1 + bytes) / pageBytes) + 1;
  const number = take(address, pages, used);
  const page = read(fd, number * pageBytes, PAGE_HEADER_BYTES + 8);
  const right = page.readBigUInt64LE(0) === address && (page.readUInt16LE(18) & KIND_MASK) === OVERFLOW;
  if (!right || page.readUInt32LE(20) < pages) throw wrongPage(number);
  return page.subarray(PAGE_HEADER_BYTES);
}

/** Marks pages as used. */
function take(address: bigint, pages: number, used: Uint8Array): number {
  if (address < 2n || address + BigInt(pages) > BigInt(used.length)) throw new Damage('it ends too early');
  const number = Number(address);
  if (used.subarray(number, number + pages).includes(1)) throw wrongPage(number);
  used.fill(1, number, number + pages);
  return number;
}

function wrongPage(number: number): Damage {
  return new Damage(`page ${number} is not what it should be`);
}

function read(fd: number, at: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (readSync(fd, buffer, 0, bytes, at) !== bytes) throw new Damage('it ends too early');
  return buffer;
}
