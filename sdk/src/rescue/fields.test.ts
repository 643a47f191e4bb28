// @vitest-environment jsdom
import { act, createElement, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { expect, test } from 'vitest';
import { canHold, fieldsOf, read, write, type Field } from './fields.js';

function formOf(html: string): HTMLFormElement {
  document.body.innerHTML = `<form>${html}</form>`;
  return document.querySelector('form')!;
}
const namesIn = (html: string) => [...fieldsOf(formOf(html)).keys()];

test('Keeps text, choices and checks, each under a name of its own', () => {
  const html = `<input name="a"><textarea name="b"></textarea><select name="c"><option>1</option></select>
    <input type="checkbox" name="d" value="1"><input type="checkbox" name="d" value="2">
    <input type="radio" name="e" value="1"><input type="radio" name="e" value="2">
    <input name="list"><input name="list"><input id="only-id"><input type="email" name="f"><input type="range" name="g">`;
  expect(namesIn(html)).toEqual(['a', 'b', 'c', 'd=1', 'd=2', 'e=1', 'e=2', 'list', 'list+', 'only-id', 'f', 'g']);
});

test.each([
  ['a password', '<input type="password" name="a">'],
  ['a file', '<input type="file" name="a">'],
  ['what is hidden', '<input type="hidden" name="a" value="csrf">'],
  ['a button', '<input type="submit" name="a"><input type="image" name="b"><button name="c">x</button>'],
  ['the number of a card', '<input name="a" autocomplete="section-pay billing cc-number">'],
  ['the code of a card', '<input name="a" autocomplete="CC-CSC">'],
  ['a code', '<input name="a" autocomplete="one-time-code">'],
  ['a password as text', '<input name="a" autocomplete="new-password"><input name="b" autocomplete="current-password webauthn">'],
  ['what is left out', '<input name="a" data-nightlatch-rescue="off">'],
  ['what is in a part that is left out', '<fieldset data-nightlatch-rescue="off"><textarea name="a"></textarea></fieldset>'],
  ['what has no name', '<input>'],
  ['what is not a field', '<output name="a">1</output><object name="b"></object><fieldset name="c"></fieldset>'],
])('Never keeps %s', (_, html) => {
  expect(namesIn(`${html}<input name="other" autocomplete="name">`)).toEqual(['other']);
});

test('A password that is shown as text stays secret', () => {
  const form = formOf('<input type="password" name="a">');
  fieldsOf(form);
  form.querySelector('input')!.type = 'text';
  expect(fieldsOf(form).size).toBe(0);
});

test('Writes what it read, and the page hears of each', () => {
  const html = `<input name="a"><textarea name="b"></textarea><input type="checkbox" name="c"><input type="radio" name="d" value="1" checked>
    <input type="radio" name="d" value="2"><select name="e"><option>1</option><option>2</option></select>
    <select name="f" multiple><option>1</option><option>2</option><option>3</option></select>`;
  const source = formOf(html);
  const fill = { a: 'x', b: 'two\nlines' } as Record<string, string>;
  for (const [name, text] of Object.entries(fill)) (source.elements.namedItem(name) as HTMLInputElement).value = text;
  source.querySelector<HTMLInputElement>('[name=c]')!.checked = true;
  source.querySelector<HTMLInputElement>('[name=d][value="2"]')!.checked = true;
  source.querySelector<HTMLSelectElement>('[name=e]')!.value = '2';
  for (const option of source.querySelectorAll<HTMLOptionElement>('[name=f] option')) option.selected = option.value !== '2';
  const content = [...fieldsOf(source)].map(([name, field]) => [name, read(field)] as const);
  expect(content).toEqual([
    ['a', 'x'],
    ['b', 'two\nlines'],
    ['c=on', true],
    ['d=1', false],
    ['d=2', true],
    ['e', '2'],
    ['f', '1\n3'],
  ]);

  const target = formOf(html);
  const heard: string[] = [];
  for (const type of ['input', 'change']) {
    target.addEventListener(type, ({ target }) => heard.push(`${type} ${(target as Field).name}`));
  }
  const fields = fieldsOf(target);
  for (const [name, value] of content) write(fields.get(name)!, value);
  expect([...fieldsOf(target)].map(([name, field]) => [name, read(field)])).toEqual(content);
  for (const name of 'abcdef') expect(heard.filter((event) => event.endsWith(name)).sort()).toEqual([`change ${name}`, `input ${name}`]);
});

test('Does not put into a field what cannot be in it', () => {
  const form = formOf('<input name="a"><select name="b"><option>1</option></select><input type="checkbox" name="c">');
  const [text, select, check] = [...fieldsOf(form).values()] as [Field, Field, Field];
  expect([canHold(text, 'x'), canHold(text, true)]).toEqual([true, false]);
  expect([canHold(select, '1'), canHold(select, '2'), canHold(select, '1\n2')]).toEqual([true, false, false]);
  expect([canHold(check, false), canHold(check, 'on')]).toEqual([true, false]);
});

interface Changed {
  target: HTMLInputElement;
}

test('React notices', async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const seen: unknown[] = [];
  function Form() {
    const [text, setText] = useState('');
    const [agreed, setAgreed] = useState(false);
    const [color, setColor] = useState('red');
    seen.push([text, agreed, color]);
    return createElement(
      'form',
      null,
      createElement('input', { name: 'a', value: text, onChange: ({ target }: Changed) => setText(target.value) }),
      createElement('input', { type: 'checkbox', name: 'b', checked: agreed, onChange: ({ target }: Changed) => setAgreed(target.checked) }),
      createElement(
        'select',
        { name: 'c', value: color, onChange: ({ target }: Changed) => setColor(target.value) },
        ...['red', 'blue'].map((name) => createElement('option', { key: name }, name)),
      ),
    );
  }
  document.body.innerHTML = '<div></div>';
  const root = createRoot(document.querySelector('div')!);
  await act(() => root.render(createElement(Form)));
  const [a, b, c] = [...fieldsOf(document.querySelector('form')!).values()] as [Field, Field, Field];
  await act(() => {
    write(a, 'typed');
    write(b, true);
    write(c, 'blue');
  });
  expect(seen.at(-1)).toEqual(['typed', true, 'blue']);
  expect([read(a), read(b), read(c)]).toEqual(['typed', true, 'blue']);
  await act(() => root.unmount());
});
