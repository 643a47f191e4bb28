import { expect, test } from 'vitest';
import { keepPlace } from './place.js';

function way(href: string, page: string, hash: string): string {
  const link = { href, dataset: { page } };
  keepPlace(link, { hash });
  return link.href;
}

test('The place within the page comes along, in the parameter or in the address itself', () => {
  const back = (page: string) => new URL(page).searchParams.get('return_to');
  expect(back(way('https://id.example/in?a=b&return_to=https://app.example/x%3Fy%3Dz#/door', 'parameter', '#p=1&q'))).toBe('https://app.example/x?y=z#p=1&q');
  expect(back(way('https://id.example/in?return_to=https://app.example/x%23old', 'parameter', '#new'))).toBe('https://app.example/x#new');
  expect(way('https://app.example/x?y=z', 'address', '#p')).toBe('https://app.example/x?y=z#p');
});

test('An address without a page, and a page without a place, stay as they are', () => {
  expect(way('https://id.example/in', '', '#p')).toBe('https://id.example/in');
  expect(way('https://id.example/in#/door', 'parameter', '#p')).toBe('https://id.example/in#/door');
  expect(way('https://app.example/x', 'address', '')).toBe('https://app.example/x');
  expect(() => keepPlace(null, { hash: '#p' })).not.toThrow();
});
