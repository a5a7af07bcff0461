import { closeSync, openSync, readSync } from 'node:fs';

/** Processors by the number that an ELF file gives them (e_machine of the System V ABI), in Node's words. */
const ELF_MACHINES: Readonly<Record<number, string>> = {
  3: 'ia32',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

/** Beginnings of programs of macOS, for one processor or several, in hexadecimal. */
const MACH_O = ['cffaedfe', 'cefaedfe', 'cafebabe'];

/**
 * For which kind of machine a program was made, by how its file begins: `linux-arm64`, `darwin`, `win32`; undefined
 * where that cannot be told, for instance of a script.
 */
export const madeFor = (head: Uint8Array): string | undefined => {
  const bytes = Buffer.from(head);
  const magic = bytes.toString('hex', 0, 4);
  if (magic === '7f454c46' && bytes.length >= 20) {
    const number = bytes[5] === 2 ? bytes.readUInt16BE(18) : bytes.readUInt16LE(18);
    return `linux-${ELF_MACHINES[number] ?? `machine ${number}`}`;
  }
  if (MACH_O.includes(magic)) return 'darwin';
  return magic.startsWith('4d5a') ? 'win32' : undefined;
};

const headOf = (path: string): Buffer => {
  const head = Buffer.alloc(20);
  try {
    const file = openSync(path, 'r');
    try {
      return head.subarray(0, readSync(file, head, 0, head.length, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return head.subarray(0, 0); // it may be run, and not read
  }
};

/** What is known of a program before it is run. */
export interface Made {
  /** As `madeFor` tells it. */
  readonly kind: string | undefined;
  /** Whether that is another kind of machine than this one. */
  readonly isForeign: boolean;
  /** Whether it is a program of any kind, or a script that names its interpreter, or could not be read. */
  readonly isProgram: boolean;
}

/**
 * Reads how the file of a program begins. The C library hands what the system cannot run to a shell, which takes its
 * bytes for commands and says no error: what is foreign is not to be run at all.
 */
export const madeOf = (path: string, { platform, arch }: { readonly platform: string; readonly arch: string }): Made => {
  const head = headOf(path);
  const kind = madeFor(head);
  const isKnown = Object.values(ELF_MACHINES).includes(arch);
  const isForeign = kind !== undefined && kind !== platform && kind !== `${platform}-${arch}` && (isKnown || !kind.startsWith(platform));
  return { kind, isForeign, isProgram: kind !== undefined || head.length === 0 || head.toString('latin1', 0, 2) === '#!' };
};
