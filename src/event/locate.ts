import { findNodeAtLocation, type JSONPath, type Node, parseTree } from 'jsonc-parser';
import type { Finding } from './finding.ts';

const pathOfPointer = (pointer: string, root: Node): JSONPath => {
  const path: JSONPath = [];
  let node: Node | undefined = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const step: string | number = node?.type === 'array' ? Number(key) : key;
    path.push(step);
    node = node === undefined ? undefined : findNodeAtLocation(node, [step]);
  }
  return path;
};

/** Findings that are about a key, not about its value. */
const ABOUT_KEYS: ReadonlySet<string> = new Set(['unknown-member', 'payload-extra', 'foreign-content', 'reply-branch']);

/**
 * Where findings stand in the text of their payload.
 * @param text one JSON document, at most 200 levels deep
 * @returns an offset in UTF-16 units for each finding; of a missing member that of the object it is missing from
 */
export const locate = (text: string, findings: readonly Finding[]): number[] => {
  let root: Node | undefined;
  return findings.map((finding) => {
    if (finding.offset !== undefined) return finding.offset;
    root ??= parseTree(text);
    if (root === undefined) return 0;
    let path = pathOfPointer(finding.pointer, root);
    for (;;) {
      const node = findNodeAtLocation(root, path);
      if (node !== undefined) {
        const key = node.parent?.type === 'property' && ABOUT_KEYS.has(finding.rule) ? node.parent.children?.[0] : undefined;
        return (key ?? node).offset;
      }
      if (path.length === 0) return root.offset;
      path = path.slice(0, -1);
    }
  });
};
