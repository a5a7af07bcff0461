import { harmlessJson } from '../delivery/recording.ts';
import { RULES, type Rule } from '../event/finding.ts';
import { EXPLANATIONS } from './explain.ts';
import type { CreateReporter, ReportedRow } from './reporter.ts';
import { rowSentence } from './row.ts';

/*
 * SARIF 2.1.0 (OASIS). node-sarif-builder holds every result and brings fs-extra; members of JSON have no order, so
 * the results leave as they come and the rules that were met stand behind them.
 */

const HELP = 'https://www.npmjs.com/package/whapi-hooks#reference';

/** Half of a character has no UTF-8 and so no escape in a URI. */
const part = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));

/**
 * A path as a URI (RFC 3986): relative ones stay relative, each name percent-encoded.
 * @param file as it was named; backslashes separate names only behind a drive letter
 */
export const fileUri = (file: string): string => {
  const drive = /^([A-Za-z]):[\\/]/.exec(file)?.[1];
  if (drive !== undefined) return `file:///${drive}:/${file.slice(3).split(/[\\/]/).map(part).join('/')}`;
  const path = file.split('/').map(part).join('/');
  return file.startsWith('/') ? `file://${path}` : path;
};

/** Two 32-bit FNV-1a hashes of a text, in hex. Tells findings apart; keeps no secrets. */
const hash = (text: string): string => {
  let [one, two] = [0x811c9dc5, 0x01000193];
  for (let i = 0; i < text.length; i++) {
    one = Math.imul(one ^ text.charCodeAt(i), 0x01000193);
    two = Math.imul(two ^ text.charCodeAt(text.length - 1 - i), 0x01000193);
  }
  return [one, two].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
};

/** The same for the same finding in every run, wherever its line has moved to. */
const fingerprint = ({ file, payload, event, finding }: ReportedRow): string =>
  hash([file, payload ?? '', event ?? '', finding.rule, finding.pointer].join('\n'));

const descriptor = (rule: Rule): unknown => {
  const { severity, means } = RULES[rule];
  const { why } = EXPLANATIONS[rule];
  return {
    id: rule,
    shortDescription: { text: means },
    fullDescription: { text: `${means} ${why}` },
    help: { text: `${why} More: whapi-hooks explain ${rule}` },
    helpUri: HELP,
    defaultConfiguration: { level: severity },
  };
};

/** A SARIF log with one run. */
export const sarifReporter: CreateReporter = ({ version, fromRoot }) => {
  /** The rules that were met, with their place in the list. */
  const rules = new Map<Rule, number>();
  let first = true;
  const result = (row: ReportedRow): unknown => {
    const { file, line, column, event, payload, finding } = row;
    const ruleIndex = rules.get(finding.rule) ?? rules.size;
    rules.set(finding.rule, ruleIndex);
    const uri = fileUri(fromRoot(file));
    return {
      ruleId: finding.rule,
      ruleIndex,
      level: finding.severity,
      // `[words](place)` would be a link (SARIF 2.1.0, 3.11.6); payloads of strangers make none.
      message: { text: rowSentence(row).replaceAll('](', '] (') },
      locations: [
        {
          physicalLocation: {
            artifactLocation: uri.startsWith('file:') ? { uri } : { uri, uriBaseId: '%SRCROOT%' },
            region: { startLine: line, startColumn: column },
          },
        },
      ],
      partialFingerprints: { 'whapiHooksFinding/v1': fingerprint(row) },
      properties: { event, payload, pointer: finding.pointer },
    };
  };
  return {
    begin: () =>
      '{\n  "version": "2.1.0",\n  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",\n  "runs": [\n    {\n      "columnKind": "utf16CodeUnits",\n      "results": [',
    row(row) {
      const before = first ? '\n        ' : ',\n        ';
      first = false;
      return before + harmlessJson(result(row));
    },
    file: () => '',
    end() {
      const driver = { name: 'whapi-hooks', version, informationUri: HELP, rules: [...rules.keys()].map(descriptor) };
      return `${first ? '' : '\n      '}],\n      "tool": ${harmlessJson({ driver })}\n    }\n  ]\n}\n`;
    },
  };
};
