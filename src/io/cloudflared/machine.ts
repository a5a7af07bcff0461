import { closeSync, openSync, readSync } from 'node:fs';

/** `e_machine` of an ELF file (System V ABI) for Node's names of processors. */
const ELF_MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183, ia32: 3, arm: 40, riscv64: 243, loong64: 258, s390x: 22 };

/**
 * Whether a file cannot run on this machine, by its first bytes. The C library hands what the system cannot run to a
 * shell, which takes its bytes for commands: no error says so.
 * @param platform Node's name; only Linux is looked at, other systems say it themselves
 */
export const isForeign = (path: string, platform: string, arch: string): boolean => {
  if (platform !== 'linux') return false;
  const head = Buffer.alloc(20);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, head, 0, head.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return false; // it may be run, and not read
  }
  if (head.toString('latin1', 0, 2) === '#!') return false;
  if (head.toString('latin1', 0, 4) !== '\u007fELF') return true;
  const machine = ELF_MACHINES[arch];
  const found = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
  return machine !== undefined && found !== machine;
};
