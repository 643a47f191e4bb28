/** The configuration of the application, read by dotted keys. Values that come from the environment are text. */
export class ConfigReader {
  readonly #data: object;

  constructor(data: object) {
    this.#data = data;
  }

  getOptional(key: string): unknown {
    return key.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], this.#data);
  }

  getOptionalString(key: string): string | undefined {
    const value = this.getOptional(key);
    return value === undefined ? undefined : String(value);
  }

  getOptionalNumber(key: string): number | undefined {
    const value = this.getOptional(key);
    return value === undefined ? undefined : Number(value);
  }

  getOptionalBoolean(key: string): boolean | undefined {
    const value = this.getOptional(key);
    return value === undefined ? undefined : value === true || value === 'true';
  }
}
