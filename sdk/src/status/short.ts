/** Milliseconds as few words: seconds in the last minute, else minutes, and hours where there are some. */
export function short(left: number, language: string): string {
  const unit = (n: number, name: string) =>
    new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short' }).format(n);
  const seconds = Math.round(left / 1000);
  if (seconds < 60) return unit(seconds, 'second');
  const minutes = Math.floor(seconds / 60);
  const parts = minutes < 60 ? [] : [unit(Math.floor(minutes / 60), 'hour')];
  if (minutes % 60) parts.push(unit(minutes % 60, 'minute'));
  return parts.join(' ');
}
