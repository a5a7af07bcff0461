/** One file of a release: the executable for one kind of machine. */
export interface Asset {
  readonly name: string;
  /** SHA-256 of its bytes, in hexadecimal. */
  readonly sha256: string;
}

/** The version of cloudflared that is installed where there is none. */
export interface Release {
  readonly version: string;
  /** Where the files lie; their names follow. https, but for tests. */
  readonly base: string;
  /** By Node's names of platform and processor: `linux-x64`. */
  readonly assets: Readonly<Record<string, Asset>>;
  /** Bytes: a file that is smaller or larger is none of them, whatever its checksum. */
  readonly least: number;
  readonly most: number;
  /** Bytes that a person is told before the download: the server says how many they are in truth. */
  readonly about: number;
}

/**
 * Each checksum was found alike in at least three independent public sources. There is none for macOS, where sources
 * disagree: Homebrew installs it there.
 */
export const PINNED: Release = {
  version: '2026.5.1',
  base: 'https://github.com/cloudflare/cloudflared/releases/download/2026.5.1/',
  assets: {
    'linux-x64': { name: 'cloudflared-linux-amd64', sha256: '3c6a5ba995a258dbe90f98e5fdb2c2620b7be72c3ca761614f6eb52aee252cea' },
    'linux-arm64': { name: 'cloudflared-linux-arm64', sha256: '7b7a8b9a2764acab0fecda633cb54a6c0df42d7f8ca1ec45c78333c2227d8d91' },
    'win32-x64': { name: 'cloudflared-windows-amd64.exe', sha256: '8b97b5af442651e07c52caa9c79c6f60032bc10b675c2b36dd11c7690d9942e3' },
  },
  least: 5_000_000,
  most: 200_000_000,
  about: 40_000_000,
};
