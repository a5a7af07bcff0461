// Where things lie in the memory of the module. src/io/quick.ts is told the places of lines, tables and bytes.

/** Bytes of the tables that scripts/sound.js makes of the schemas, and room for what wasm/sound.ts makes of them. */
export const TABLES = 1 << 17;
export const ROOM = 1 << 18;
/** Of each line found, four bytes. */
export const FOUND = TABLES + ROOM;
export const MOST_FOUND = 1 << 17;
/** The bytes looked at; line ends stand behind them. */
export const BYTES = FOUND + 4 * MOST_FOUND;

/** Hashes of the members of objects that are being looked at. */
export const HASHES = 8192;
/** Levels and members that are kept an eye on; what has more is looked at closer. */
export const DEEPEST = 200;
export const MOST_MEMBERS = 64;

/** First eight letters of keys that reach into the prototype: __proto__, prototype, constructor. */
export const PROTO: u64 = 0x5f6f746f72705f5f;
export const PROTOTYPE: u64 = 0x7079746f746f7270;
export const CONSTRUCTOR: u64 = 0x63757274736e6f63;

/** The letters before the eighth, and all eight of a longer name. */
export function headOf(from: i32, size: i32): u64 {
  const head = load<u64>(from);
  return size < 8 ? head & (((<u64>1) << ((<u64>size) << 3)) - 1) : head;
}

export function tailOf(from: i32, size: i32): u64 {
  return size < 9 ? 0 : load<u64>(from + size - 8);
}

/** Names that differ between their ends only have the same. */
export function hashOf(head: u64, tail: u64, size: i32): u64 {
  return (head + <u64>size) * 0x9e3779b97f4a7c15 + tail * 0xc2b2ae3d27d4eb4f;
}

export function isUnsafe(head: u64, size: i32): bool {
  return size === 9 ? head === PROTO || head === PROTOTYPE : size === 11 && head === CONSTRUCTOR;
}
