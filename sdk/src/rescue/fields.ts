/** A field whose content may be kept. */
export type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
/** What is in a field: its text, whether it is checked, or the values of the chosen options, one a line. */
export type Value = string | boolean;

const noDraft = /^(password|file|hidden|submit|reset|button|image)$/;
const noDraftEither = /(^|\s)(cc-\S+|one-time-code|\S+-password)(\s|$)/i;

/** Once secret, always secret: "show password" makes a text field of it. */
const secrets = new WeakSet<Element>();

const isCheckable = (field: Field): field is HTMLInputElement => /^(checkbox|radio)$/.test(field.type);
const isSelect = (field: Field): field is HTMLSelectElement => field.localName === 'select';
const valuesOf = (options: Iterable<HTMLOptionElement>) => Array.from(options, (option) => option.value);

function isKept(field: Element): field is Field {
  if (!/^(input|textarea|select)$/.test(field.localName)) return false;
  if (noDraft.test((field as Field).type) || noDraftEither.test(field.getAttribute('autocomplete') ?? '')) secrets.add(field);
  return !secrets.has(field) && !field.closest('[data-nightlatch-rescue=off]');
}

/** The fields of a form that may be kept, each under a name that is the same when the page is opened again. */
export function fieldsOf(form: HTMLFormElement): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const field of form.elements) {
    if (!isKept(field)) continue;
    let name = field.name || field.id;
    if (!name) continue;
    if (isCheckable(field)) name += `=${field.value}`;
    // One of several with the same name: their order tells them apart.
    while (fields.has(name)) name += '+';
    fields.set(name, field);
  }
  return fields;
}

export const read = (field: Field): Value =>
  isCheckable(field) ? field.checked : isSelect(field) ? valuesOf(field.selectedOptions).join('\n') : field.value;

/** What the page's HTML says is in it; a select has no one answer. */
export const standard = (field: Field): Value | undefined =>
  isCheckable(field) ? field.defaultChecked : isSelect(field) ? undefined : field.defaultValue;

/** Whether this is a content for the field. The options of a select may not be there yet. */
export function canHold(field: Field, value: Value): boolean {
  if (typeof value !== typeof read(field)) return false;
  if (!isSelect(field)) return true;
  const offered = valuesOf(field.options);
  return (value as string).split('\n').every((one) => offered.includes(one));
}

/** Fills the field as if somebody had, so that frameworks notice. */
export function write(field: Field, value: Value): void {
  if (isCheckable(field)) {
    // Frameworks listen to the click. The one that is chosen unchecks the others of its group.
    if (value || field.type !== 'radio') field.click();
    return;
  }
  if (isSelect(field)) {
    const chosen = (value as string).split('\n');
    for (const option of field.options) option.selected = chosen.includes(option.value);
  } else {
    // Past a setter that a framework has put on the field to tell its own changes from a person's.
    Reflect.set(Object.getPrototypeOf(field) as object, 'value', value, field);
  }
  for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true, composed: true }));
}
