import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folder.ts';
import { packageRoot } from './runtime.ts';

const XSD = join(packageRoot, '../shared/formats/junit.xsd');

/** Why documents cannot be checked here; undefined where they can. */
export const missing = !existsSync(XSD)
  ? `there is no ${XSD}`
  : spawnSync('xmllint', ['--version']).error !== undefined
    ? 'there is no xmllint (Debian: libxml2-utils)'
    : undefined;
if (missing !== undefined) process.stderr.write(`JUnit is not checked against its schema: ${missing}.\n`);

/** What xmllint says against a document; '' where it is valid. */
export const complaint = (xml: string): string => {
  const file = join(temporaryFolder({}), 'junit.xml');
  writeFileSync(file, xml);
  const { status, stderr } = spawnSync('xmllint', ['--noout', '--huge', '--schema', XSD, file], { encoding: 'utf8' });
  return status === 0 ? '' : stderr;
};
