/** What is used of node:sqlite, which the types of Node 20 do not have. */
declare module 'node:sqlite' {
  type Value = string | number | null | Uint8Array;
  export class DatabaseSync {
    constructor(path: string);
    exec(sql: string): void;
    prepare(sql: string): {
      run(...values: readonly Value[]): { changes: number | bigint; lastInsertRowid: number | bigint };
      get(...values: readonly Value[]): unknown;
      all(...values: readonly Value[]): unknown[];
    };
    close(): void;
  }
}
