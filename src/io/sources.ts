import { readParts } from '../delivery/document.ts';
import type { Part } from '../delivery/entry.ts';
import { isLines } from '../delivery/lines.ts';
import type { Stored } from '../delivery/stored.ts';
import { EXIT, type ExitCode, reason, UserError } from '../errors.ts';
import { readJson } from '../event/json.ts';
import { CATEGORIES, EVENT_NAMES, isEventName, nameEvent } from '../event/name.ts';
import type { Runtime } from '../runtime.ts';
import { nearest } from '../schema/keywords.ts';
import { join, kindOf, readChunks, resolve, shown, sizeOf, walk } from './files.ts';
import type { Filter } from './filter.ts';
import { isYaml, mayBeScenario, mayBeScenarioText, scenariosIn } from './scenario-look.ts';
import type { ScenarioChoice } from './scenario-source.ts';

export interface DocumentSource {
  readonly kind: 'document';
  /** Its name, as a person typed it. */
  readonly file: string;
  /** Where all of it is read. */
  readonly path?: string;
  /** true where no word of a command names it. */
  readonly unnamed?: boolean;
  /** Bytes of the file; 0 where that is not known. */
  readonly size: number;
  /** All of a small JSON document, as it stands in its file. */
  readonly whole?: Uint8Array | undefined;
  /** Read as they are asked for; once. */
  readonly parts: Iterable<Part>;
  /** For whoever does not read all parts; it may be closed already. */
  close(): void;
}

/** What a source turned out to be. */
export type Source =
  /** A file that is read while its parts are asked for. */
  | DocumentSource
  /** Something worth telling that keeps nothing from going on. */
  | { readonly kind: 'note'; readonly message: string }
  /** A source, or a part of one, that could not be used; the others go on. */
  | { readonly kind: 'trouble'; readonly message: string; readonly hint?: string; readonly exitCode: ExitCode };

const trouble = (exitCode: ExitCode, message: string, hint?: string): Source => ({
  kind: 'trouble',
  message,
  exitCode,
  ...(hint === undefined ? {} : { hint }),
});

const readFile = (path: string, name: string, regular = false): Source => {
  try {
    const chunks = readChunks(path, regular);
    return {
      ...{ kind: 'document', file: name, path, size: chunks.size, close: chunks.close },
      whole: isLines(name) ? undefined : chunks.whole,
      get parts() {
        return readParts(name, chunks);
      },
    };
  } catch (error) {
    return trouble(EXIT.environment, `${name} cannot be read: ${reason(error)}.`);
  }
};

function* readFolder(path: string, cwd: string): Generator<Source> {
  let files = 0;
  let unreadable = 0;
  const name = shown(path, cwd);
  const start = name === '.' ? '' : `${name}/`;
  for (const found of walk(path)) {
    if ('file' in found) {
      files++;
      yield readFile(found.file, start + found.below, found.regular);
    } else if ('loop' in found) yield { kind: 'note', message: `${shown(found.loop, cwd)} is passed over: its links go in a circle.` };
    else {
      unreadable++;
      yield trouble(EXIT.environment, `${shown(found.unreadable, cwd)} cannot be read: ${reason(found.error)}.`);
    }
  }
  if (files === 0 && unreadable === 0) {
    yield trouble(
      EXIT.usage,
      `${shown(path, cwd)} holds no .json, .jsonl or .ndjson file.`,
      'Name a folder of payloads, or copy samples into it: whapi-hooks samples copy.',
    );
  }
}

const isGlob = (text: string): boolean => /[*?[\]{}]/.test(text);

const globbed = async (pattern: string, cwd: string): Promise<readonly string[]> => {
  const { glob } = await import('tinyglobby');
  const files = await glob(pattern, { cwd, absolute: true, ignore: ['**/node_modules/**'], expandDirectories: false });
  return files.sort();
};

function* readFiles(files: readonly string[], pattern: string, cwd: string, isKnown: boolean): Generator<Source> {
  if (!isKnown) yield trouble(EXIT.usage, `No file fits ${pattern}.`);
  for (const file of files) yield readFile(file, shown(file, cwd));
}

/** Only the payloads of one event. */
function* ofEvent(parts: Iterable<Part>, name: string): Generator<Part> {
  for (const part of parts) {
    const read = 'entry' in part ? readJson(part.entry.body) : undefined;
    if (read === undefined || (read.ok && nameEvent(read.payload, undefined, undefined).name === name)) yield part;
  }
}

/** Names of payloads that are offered where one is not found. */
const MOST_NAMES = 2000;

/** The place of the # in `file#payload`; undefined where the text names no file that way. */
const choosingAt = (text: string, runtime: Runtime): number | undefined => {
  for (let at = text.indexOf('#', 1); at !== -1; at = text.indexOf('#', at + 1)) {
    const file = text.slice(0, at);
    if (kindOf(resolve(runtime.cwd, file)) === 'file' || ofPackage(runtime, file) !== undefined) return at;
  }
  return undefined;
};

/** Only one payload of a file: by its name, its line or its place from 1. */
const onlyPayload = (source: Source, wanted: string): Source => {
  if (source.kind !== 'document') return source;
  const place = /^[1-9]\d*$/.test(wanted) ? Number(wanted) : undefined;
  const names: string[] = [];
  const problems: Part[] = [];
  let count = 0;
  let placed: Part | undefined;
  const found = (part: Part): Source => withoutPath({ ...source, parts: [part] });
  for (const part of source.parts) {
    if ('problem' in part) {
      problems.push(part);
      continue;
    }
    const { name } = part.entry;
    if (name === wanted) return found(part);
    if (++count === place) placed = part;
    if (name !== null && names.length < MOST_NAMES) names.push(name);
  }
  if (placed !== undefined) return found(placed);
  if (count === 0 && problems.length > 0) return withoutPath({ ...source, parts: problems });
  const near = nearest(wanted, names);
  const hint = near === undefined ? undefined : `Did you mean ${source.file}#${near}?`;
  return trouble(EXIT.usage, `${source.file} has no payload ${JSON.stringify(wanted)}; it has ${count}.`, hint);
};

const withoutPath = ({ path: _, whole: __, ...source }: DocumentSource): DocumentSource => source;

/** Paths of the installed package that sources may name. */
const ofPackage = (runtime: Runtime, text: string): string | undefined => {
  const parts = text
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '.' && part !== '');
  if (parts[0] !== 'samples' || parts.includes('..')) return undefined;
  const path = join(runtime.packageRoot, ...parts);
  return kindOf(path) === undefined ? undefined : path;
};

/** The samples of a category that come with the package. */
export const readSampleFile = (category: string, runtime: Runtime): Source =>
  readFile(join(runtime.packageRoot, 'samples', `${category}.json`), `samples/${category}.json`);

/** Bytes of the files and folders among sources, for a progress; what else there is counts nothing. */
export const sizeOfSources = (sources: readonly string[], cwd: string): number => {
  const sizes = sources.flatMap((text) => {
    const path = resolve(cwd, text);
    return kindOf(path) === 'folder' ? [...walk(path)].map((found) => ('file' in found ? sizeOf(found.file) : 0)) : [sizeOf(path)];
  });
  return sizes.reduce((sum, size) => sum + size, 0);
};

/** Where the source `history:` reads, and what it chooses. */
export interface HistoryChoice {
  readonly file: string | undefined;
  readonly filter: Filter;
  /** Only the newest so many. */
  readonly limit?: number | undefined;
}

export const HISTORY = 'history:';

/** Deliveries of the history as payloads of a file, the oldest first: bytes and request lines are as they came. */
function* historyParts(deliveries: Iterable<Stored>): Generator<Part> {
  let line = 0;
  for (const { delivery, reading, base } of deliveries) {
    const recorded = { type: 'delivery' as const, delivery, mode: reading.mode, event: reading.name };
    yield { entry: { name: delivery.id, body: delivery.body, line: ++line, column: 1, recorded, ...(base === undefined ? {} : { base }) } };
  }
}

async function* readHistory(text: string, choice: HistoryChoice | undefined, runtime: Runtime): AsyncGenerator<Iterable<Source>> {
  const { openArchive } = await import('./archive.ts');
  try {
    const archive = await openArchive({ file: choice?.file, runtime });
    try {
      const reference = text.slice(HISTORY.length);
      const deliveries = reference === '' ? archive.find(choice?.filter ?? {}, choice?.limit).deliveries : [archive.one(reference)];
      // It is open until the next source is asked for.
      yield [{ kind: 'document', file: 'history', size: 0, parts: historyParts(deliveries), close: () => {} }];
      if (reference === '' && archive.remark !== undefined) yield [trouble(EXIT.wanting, archive.remark)];
    } finally {
      archive.close();
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    yield [trouble(error.exitCode, error.message, error.hint)];
  }
}

/**
 * Reads sources one after the other: `-` (standard input), a file, a folder, a glob, a path of the installed
 * package (`samples/groups.json`), one payload of a file (`samples/groups.json#participant added`, `today.jsonl#3`), a category (`groups`), an event (`groups.put`), a delivery of the history
 * (`history:k3f9a2bc`, `history:latest~2`), what of it was chosen (`history:`), or a scenario (`story.yaml`, `scenarios/poll`, a folder of them).
 * What cannot be read is told in its place; nothing is thrown.
 * @returns what each source turned out to be: files are opened as they are asked for, without a turn of the event loop for each
 */
export async function* readSources(
  sources: readonly string[],
  runtime: Runtime,
  history?: HistoryChoice,
  scenario?: ScenarioChoice,
): AsyncGenerator<Iterable<Source>> {
  const { cwd } = runtime;
  for (const text of sources) {
    if (text === '-') {
      const bytes = await runtime.readStdin();
      if (mayBeScenarioText(bytes)) {
        const { readScenarioSource } = await import('./scenario-source.ts');
        const found = await readScenarioSource(text, scenario, runtime, bytes);
        if (found !== undefined) {
          yield found;
          continue;
        }
      }
      yield [{ kind: 'document', file: '-', path: '-', size: 0, parts: readParts('-', [bytes]), close: () => {} }];
      continue;
    }
    if (text.startsWith(HISTORY)) {
      yield* readHistory(text, history, runtime);
      continue;
    }
    const path = resolve(cwd, text);
    const kind = kindOf(path);
    if (mayBeScenario(text, path, kind)) {
      const { readScenarioSource } = await import('./scenario-source.ts');
      const found = await readScenarioSource(text, scenario, runtime);
      if (found !== undefined) {
        yield found;
        continue;
      }
    }
    const stories = scenariosIn(kind === undefined ? (ofPackage(runtime, text) ?? path) : path);
    if (stories.length > 0) {
      const folder = text.replace(/[/\\]+$/, '');
      yield* readSources(
        stories.map((name) => `${folder}/${name}`),
        runtime,
        history,
        scenario,
      );
    } else if (kind === 'folder') yield readFolder(path, cwd);
    else if (kind === 'file') yield [readFile(path, text)];
    else if (choosingAt(text, runtime) !== undefined) {
      const at = choosingAt(text, runtime) ?? 0;
      for await (const some of readSources([text.slice(0, at)], runtime, history, scenario))
        yield [...some].map((source) => onlyPayload(source, text.slice(at + 1)));
    } else if (isGlob(text)) {
      const files = await globbed(text, cwd);
      yield readFiles(
        files.filter((file) => !isYaml(file)),
        text,
        cwd,
        files.length > 0,
      );
      // Scenarios are told behind the files of payloads.
      const told = files.filter(isYaml).map((file) => shown(file, cwd));
      if (told.length > 0) yield* readSources(told, runtime, history, scenario);
    } else {
      const packaged = ofPackage(runtime, text);
      const category = text.split('.')[0] ?? '';
      if (packaged !== undefined) {
        yield [{ kind: 'note', message: `${text} is not in this folder; it is taken from the installed whapi-hooks.` }];
        yield kindOf(packaged) === 'folder' ? readFolder(packaged, runtime.packageRoot) : [readFile(packaged, text)];
      } else if ((CATEGORIES as readonly string[]).includes(text)) yield [readSampleFile(text, runtime)];
      else if (isEventName(text)) {
        const source = readSampleFile(category, runtime);
        yield [source.kind === 'document' ? withoutPath({ ...source, parts: ofEvent(source.parts, text) }) : source];
      } else {
        const near = nearest(text, [...CATEGORIES, ...EVENT_NAMES]);
        const hint =
          near === undefined
            ? 'A source is a file, a folder, a glob, a category such as groups or an event such as groups.put.'
            : `Did you mean ${near}? A source is a file, a folder, a glob, a category or an event.`;
        yield [trouble(EXIT.usage, `There is no ${text}.`, hint)];
      }
    }
  }
}
