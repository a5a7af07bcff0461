import { type DocumentSource, type HistoryChoice, readSources, type Source } from '../io/sources.ts';
import { complain, type Terminal } from '../io/terminal.ts';
import type { Checks } from '../report/checks.ts';
import type { Runtime } from '../runtime.ts';
import { clean } from '../view/text.ts';

/**
 * The files of many sources, each once. What cannot be used is told on standard error and to `checks`; what is read
 * ends when the reader of standard output has gone away.
 * @param verb what is done with a file, for the sentence about one that is named again: `checked`
 * @returns the files of one source after the other: a turn of the event loop for each of many files would cost more than reading it
 */
export async function* documentsOf(
  sources: readonly string[],
  runtime: Runtime,
  terminal: Terminal,
  checks: Checks,
  verb: string,
  history?: HistoryChoice,
): AsyncGenerator<Iterable<DocumentSource>> {
  const { out, err } = terminal;
  const seen = new Set<string>();
  const documents = function* (some: Iterable<Source>): Generator<DocumentSource> {
    for (const source of some) {
      if (out.closed.aborted) return;
      if (source.kind === 'note') err.lines(err.paint.dim(clean(source.message)));
      else if (source.kind === 'trouble') {
        checks.trouble(source.exitCode);
        complain(terminal, source.message, source.hint);
      } else if (source.path !== undefined && seen.has(source.path)) {
        err.lines(err.paint.dim(`${clean(source.file)} is named more than once; it is ${verb} once.`));
      } else {
        if (source.path !== undefined) seen.add(source.path);
        yield source;
      }
    }
  };
  for await (const some of readSources(sources, runtime, history)) {
    if (out.closed.aborted) return;
    yield documents(some);
  }
}
