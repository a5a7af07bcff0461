import { html } from '../html.ts';

/** Names this style in the page's Content-Security-Policy, so that no other one counts. A test says what it has to be. */
export const STYLE_HASH = 'sha256-+RYqKyGylAu4nXYmCBnlsaNX0Lfi7q1t+lX0ZiNKlQc=';

/** Colours have a contrast of 4.5 and more on what they stand on, in light and dark. */
export const STYLE = html`
:root {
  color-scheme: light dark;
  --ground: #f5f6f8; --card: #ffffff; --text: #1a1f26; --soft: #57606c; --line: #dde1e7; --code: #f0f2f5;
  --bar: #3b74d1; --fine: #17703a; --fine-ground: #e3f4e9; --wrong: #b42318; --wrong-ground: #fdecea;
  --wrong-line: #f0a9a2; --open: #8a5300; --open-ground: #fdf1dc; --focus: #1f5fd0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1216; --card: #171b21; --text: #e7ebf0; --soft: #a2acb8; --line: #2c333c; --code: #20262e;
    --bar: #6fa3f5; --fine: #5fd38a; --fine-ground: #12301f; --wrong: #ff8f84; --wrong-ground: #3a1a18;
    --wrong-line: #8f352d; --open: #f0b95a; --open-ground: #35270f; --focus: #8db8ff;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 32px 24px 48px; max-width: 1120px; background: var(--ground); color: var(--text);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif;
  overflow-wrap: anywhere;
}
header, section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 24px; margin: 0 0 20px; min-width: 0; }
header { padding: 28px 24px 8px; }
header.fine { box-shadow: inset 0 4px var(--fine); }
header.wrong { box-shadow: inset 0 4px var(--wrong); }
header.open { box-shadow: inset 0 4px var(--open); }
.tool { margin: 0; color: var(--soft); font-size: 13px; letter-spacing: 0.02em; }
h1 { display: flex; align-items: center; gap: 14px; margin: 6px 0 18px; font-size: 26px; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; }
.sign { flex: none; width: 36px; height: 36px; border-radius: 50%; font-size: 19px; line-height: 36px; text-align: center; background: var(--fine-ground); color: var(--fine); }
.wrong .sign { background: var(--wrong-ground); color: var(--wrong); }
.open .sign { background: var(--open-ground); color: var(--open); }
h2 { margin: 0 0 14px; font-size: 17px; line-height: 1.3; font-weight: 650; }
h3 { margin: 0 0 4px; font-size: 15px; font-weight: 650; color: var(--wrong); }
.how-many { color: var(--soft); font-weight: 400; margin-left: 6px; }
p { margin: 0 0 8px; }
dl, dd { margin: 0; }
dt { color: var(--soft); font-size: 13px; }
.facts { display: flex; flex-wrap: wrap; gap: 10px 32px; margin: 0 0 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(96px, 1fr)); margin: 0 -24px; padding: 0 12px; border-top: 1px solid var(--line); }
.tile { padding: 16px 12px; }
.tile dd { font-size: 22px; line-height: 1.3; font-weight: 600; letter-spacing: -0.01em; white-space: nowrap; }
.tile.wrong dd, .wrong-text { color: var(--wrong); }
.tile.open dd { color: var(--open); }
dd, td, th, .mark, .value { font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: 3fr 2fr; gap: 0 20px; }
.chart { display: block; overflow: visible; font-size: 12px; }
.over-time { margin-left: 46px; width: calc(100% - 68px); }
.by-time { margin-left: 66px; width: calc(100% - 66px); }
.bar { fill: var(--bar); }
.wrong-ground { fill: var(--wrong); }
.wrong-line { fill: var(--wrong-line); }
rect.wrong { fill: url(#hatch); }
.grid { stroke: var(--line); }
.mark { fill: var(--soft); }
.value { fill: var(--text); font-weight: 600; }
tspan.mark { font-weight: 400; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0 0 12px; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.swatch { width: 14px; height: 12px; margin-right: 7px; border-radius: 2px; vertical-align: -1px; }
.under { margin: 12px 0 0; font-size: 13px; color: var(--soft); }
details { margin-top: 12px; font-size: 14px; }
summary { cursor: pointer; color: var(--soft); font-size: 13px; width: fit-content; }
.scroll { overflow-x: auto; margin: 0 -24px; padding: 0 24px; }
details .scroll { max-height: 320px; overflow-y: auto; margin-top: 8px; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
.scroll:focus-visible { outline-offset: -2px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
caption { text-align: left; color: var(--soft); font-size: 13px; padding-bottom: 8px; }
th, td { padding: 6px 20px 6px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--soft); font-size: 13px; font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 500; white-space: nowrap; }
.name { overflow-wrap: anywhere; }
td.number, .figures td, details td { white-space: nowrap; }
.figures td, .figures th:not(:first-child), details td, details th:not(:first-child) { text-align: right; }
tbody .name { min-width: 160px; white-space: normal; }
article { padding: 16px 0; border-top: 1px solid var(--line); }
h2 + article { border-top: 0; padding-top: 0; }
article:last-child { padding-bottom: 0; }
article p:last-child { margin-bottom: 0; }
code { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; }
.command { display: block; padding: 10px 14px; background: var(--code); border-radius: 8px; white-space: pre-wrap; }
.command, .select { -webkit-user-select: all; user-select: all; }
.select { background: var(--code); padding: 2px 6px; border-radius: 4px; }
ul.notes { margin: 0; padding-left: 20px; }
ul.inline { display: flex; flex-wrap: wrap; gap: 0 16px; margin: 0; padding: 0; list-style: none; }
footer { color: var(--soft); font-size: 13px; padding: 0 24px; }
@media (max-width: 860px) { .charts { display: block; } }
@media (max-width: 520px) {
  body { padding: 12px 12px 32px; }
  header, section { padding: 18px 16px; }
  header { padding-bottom: 4px; }
  h1 { font-size: 21px; gap: 10px; }
  .tiles { margin: 0 -16px; padding: 0 6px; grid-template-columns: repeat(auto-fit, minmax(86px, 1fr)); }
  .tile { padding: 12px 10px; }
  .tile dd { font-size: 19px; }
  .scroll { margin: 0 -16px; padding: 0 16px; }
  footer { padding: 0 16px; }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #ffffff; --card: #ffffff; --text: #000000; --soft: #4a4f57; --line: #c9ced6; --code: #f3f4f6;
    --bar: #3b74d1; --fine: #17703a; --fine-ground: #ffffff; --wrong: #a01c12; --wrong-ground: #ffffff;
    --wrong-line: #f0a9a2; --open: #7a4900; --open-ground: #ffffff;
  }
  body { padding: 0; max-width: none; font-size: 10pt; }
  header, section { border-radius: 0; border-width: 1px 0 0; padding: 12pt 0; margin: 0; }
  .tiles, .scroll { margin: 0; padding: 0; }
  .tile { padding-left: 0; }
  .sign { width: auto; }
  .scroll { overflow: visible; }
  .charts { display: block; }
  details { display: none; }
  h2, h3, thead { break-after: avoid; }
  article, tr, .chart { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
