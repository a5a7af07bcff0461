/** Quick looks at whether a source may be a scenario, which is then read as one; what reads them is loaded only then. */
import { join, kindOf, namesIn, readBytes, sizeOf, walk } from './files.ts';

const YAML = /\.ya?ml$/i;
/** What is larger is no scenario. */
const LARGEST = 5_000_000;

export const isYaml = (file: string): boolean => YAML.test(file);

/** Whether a source may be one, by what a person typed and the path of it. */
export const mayBeScenario = (text: string, path: string, kind: 'file' | 'folder' | undefined): boolean => {
  if (kind === undefined) return /^(?:samples[/\\])?scenarios[/\\][^#]+$/.test(text);
  if (kind === 'folder' || !/\.(?:ya?ml|json)$/i.test(text)) return false;
  try {
    return isYaml(text) || (sizeOf(path) <= LARGEST && Buffer.from(readBytes(path)).includes('"steps"'));
  } catch {
    return false; // reading it tells why
  }
};

/** Whether what came by standard input may be one: an object with steps, or YAML that has them. */
export const mayBeScenarioText = (bytes: Uint8Array): boolean => {
  if (bytes.byteLength > LARGEST) return false;
  const text = Buffer.from(bytes).toString('latin1');
  return /^\s*\{/.test(text) ? text.includes('"steps"') : /^["']?steps["']?\s*:/m.test(text);
};

/** Names of the scenarios in a folder that holds no payloads; none for any other folder. */
export const scenariosIn = (path: string): string[] => {
  if (kindOf(path) !== 'folder') return [];
  let names: string[];
  try {
    names = namesIn(path).filter((name) => isYaml(name) && kindOf(join(path, name)) === 'file');
  } catch {
    return []; // reading it tells why
  }
  if (names.length === 0) return [];
  for (const found of walk(path)) if ('file' in found) return [];
  return names.sort();
};
