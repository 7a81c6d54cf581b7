import { describe, expect, it } from 'vitest';
import { html } from '../../src/report/html.ts';
import { parsePage } from '../parse-page.ts';

describe('html', () => {
  it('escapes what is interpolated, in elements and in attributes', () => {
    const nasty = `<script>alert("1")</script> & 'it' </td>`;
    const { markup } = html`<p title="${nasty}" lang="${nasty}">${nasty}</p>`;
    expect(markup).not.toMatch(/<script|<\/td/);
    const page = parsePage(`<html><body>${markup}</body></html>`);
    expect(page.querySelector('body')?.children).toHaveLength(1);
    const paragraph = page.querySelector('p');
    expect(paragraph?.textContent).toBe(nasty);
    expect(paragraph?.getAttribute('title')).toBe(nasty);
    expect(paragraph?.getAttribute('lang')).toBe(nasty);
  });

  it('takes markup, lists and nothing as they are', () => {
    const items = ['a', '<b>'].map((text) => html`<i>${text}</i>`);
    expect(html`<b class="${1}">${items}${undefined}</b>`.markup).toBe('<b class="1"><i>a</i><i>&#60;b&#62;</i></b>');
  });
});
