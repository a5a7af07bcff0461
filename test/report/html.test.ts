import { describe, expect, it } from 'vitest';
import { html } from '../../src/report/html.ts';
import { expectHarmless, NASTY } from '../support/harmless.ts';

describe('markup of a template', () => {
  it.each([
    ['<script>x</script>', '&lt;script&gt;x&lt;/script&gt;'],
    ['" onload="x', '&quot; onload=&quot;x'],
    ["' onload='x", '&#39; onload=&#39;x'],
    ['&lt;', '&amp;lt;'],
    ['a\u0000b\u001b[31m', 'a\\x00b\\x1b[31m'],
    ['a\nb', 'a⏎b'],
    ['abc\u202egpj\u2066', 'abc\\u202egpj\\u2066'],
    ['\ud800', '\\ud800'],
    [7, '7'],
    [0, '0'],
    ['', ''],
    [undefined, ''],
  ])('%j between elements and in an attribute: %s', (part, text) => {
    expect(String(html`<p title="${part}">${part}</p>`)).toBe(`<p title="${text}">${text}</p>`);
  });

  it('takes markup and lists of it as they are, with what was put into them escaped', () => {
    const items = ['<a>', '<b>'].map((name) => html`<li>${name}</li>`);
    expect(String(html`<ul>${items}${html`<li>${1}</li>`}${[]}</ul>`)).toBe('<ul><li>&lt;a&gt;</li><li>&lt;b&gt;</li><li>1</li></ul>');
  });

  it('keeps nothing that acts on a reader', () => {
    expectHarmless(String(html`<p>${NASTY}</p>`));
  });
});
