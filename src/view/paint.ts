/** Puts colour on text. The view is given one; with colour off every function returns its text. */
export interface Painter {
  dim(text: string): string;
  bold(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
  blue(text: string): string;
  cyan(text: string): string;
  magenta(text: string): string;
}

const same = (text: string): string => text;

export const plain: Painter = { dim: same, bold: same, red: same, yellow: same, green: same, blue: same, cyan: same, magenta: same };
