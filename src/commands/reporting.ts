import { InvalidArgumentError } from 'commander';
import { usageError } from '../errors.ts';
import { oneOf } from './flags.ts';

/** A report that is asked for: its format, and its file where it does not go to standard output. */
export interface ReporterChoice<Format extends string> {
  readonly format: Format;
  readonly file: string | undefined;
}

/** Reads --reporter: `junit=out.xml`, or a format alone for standard output. */
export const reporterOf =
  <Format extends string>(formats: readonly Format[]) =>
  (text: string, before: readonly ReporterChoice<Format>[] | undefined): ReporterChoice<Format>[] => {
    const at = text.indexOf('=');
    const format = oneOf(formats)(at === -1 ? text : text.slice(0, at));
    const file = at === -1 ? undefined : text.slice(at + 1);
    if (file === '') throw new InvalidArgumentError(`The file is missing: write ${format}=out.`);
    return [...(before ?? []), { format, file }];
  };

/** Whether one of them goes to standard output. @throws UserError (2) where several do */
export const takesStdout = (chosen: readonly ReporterChoice<string>[]): boolean => {
  const onStdout = chosen.filter(({ file }) => file === undefined);
  if (onStdout.length > 1) {
    throw usageError(
      `Two reports cannot both go to standard output: ${onStdout.map(({ format }) => format).join(', ')}.`,
      'Write all but one into files: --reporter junit=out.xml.',
    );
  }
  return onStdout.length === 1;
};
