/** The text of a scenario, JSON or YAML: its value, and where in the text each part of it stands; and back. */
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, stringify } from 'yaml';
import type { Path } from './paths.ts';

/** A place in a text: line and column from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A text that was read, or the first thing that keeps it from being read. */
export type ReadText =
  | { readonly value: unknown; readonly placeOf: (path: Path, key?: boolean) => Place }
  | { readonly problem: string; readonly place: Place };

const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key);

/** The deepest node on a path; with `key`, the name of the last part. */
const nodeAt = (root: Node | null, path: Path, key: boolean): Node | null => {
  let node = root;
  for (const [index, part] of path.entries()) {
    let next: unknown;
    if (isSeq(node) && typeof part === 'number') next = node.items[part];
    else if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && keyText(item.key) === String(part));
      next = key && index === path.length - 1 ? pair?.key : (pair?.value ?? pair?.key);
    }
    if (!isNode(next)) return node;
    node = next;
  }
  return node;
};

/**
 * Reads JSON or YAML 1.2, of which JSON is a part. Aliases are followed only so far that a small text stays small.
 * @param text without a byte order mark
 */
export const readText = (text: string): ReadText => {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    const [error] = document.errors;
    if (error !== undefined) return { problem: `it is neither JSON nor YAML: ${error.message}`, place: at(error.pos[0]) };
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    const root = document.contents as Node | null; // what parseDocument makes of a text
    return { value, placeOf: (path, key = false) => at(nodeAt(root, path, key)?.range?.[0] ?? 0) };
  } catch (error) {
    // Too many aliases, or too deep for the parser's stack.
    const why = error instanceof RangeError ? 'it is nested too deeply' : error instanceof Error ? error.message : String(error);
    return { problem: `it cannot be read: ${why}`, place: { line: 1, column: 1 } };
  }
};

/** Where editors find the schema (docs/editors.md). */
const SCHEMA = 'https://unpkg.com/whapi-hooks@1/schemas/scenario.schema.json';

/** A scenario as YAML, which `readText` reads as the same value. */
export const writeText = (scenario: unknown): string =>
  `# yaml-language-server: $schema=${SCHEMA}\n${stringify(scenario, { lineWidth: 0, aliasDuplicateObjects: false })}`;
