/** Version of the package, written in by the build. */
declare const __VERSION__: string;
/** What every Node has and neither its types nor the language's tell: as much of it as is used. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module);
    readonly exports: unknown;
  }
}
