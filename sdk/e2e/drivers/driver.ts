// What the scenarios ask of a browser, whichever it is. Everything that can be done inside a page is done there; a driver
// adds real input, tabs, and what only the browser's own remote control can do.

export const browserNames = ['chromium', 'firefox', 'webkit'] as const;
export type BrowserName = (typeof browserNames)[number];

/** A browser program that runs. */
export interface Browser {
  readonly name: BrowserName;
  /** Cookies and storage of their own, like another person's browser. Closed with the browser at the latest. */
  profile(): Promise<Profile>;
  close(): Promise<void>;
}

export interface Profile {
  /** A tab in front; in a window of its own if asked. */
  newTab(place?: 'tab' | 'window'): Promise<Tab>;
  /** The window that a page opens by itself. */
  newTabBy(open: () => Promise<unknown>): Promise<Tab>;
  addCookies(cookies: Cookie[]): Promise<void>;
  clearCookies(): Promise<void>;
  /** Cuts the browser off from the network, so that it knows. */
  setOffline(offline: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface Cookie {
  name: string;
  value: string;
  /** A page that gets the cookie. */
  url: string;
  httpOnly?: boolean;
  sameSite?: 'Lax';
}

export interface Tab {
  goto(url: string): Promise<void>;
  /** One step back in the history; what comes then may not be there yet. */
  back(): Promise<void>;
  /** Runs in the page and gives what it returns, awaited. Everything passes through JSON. */
  evaluate<A extends unknown[], R>(run: (...args: A) => R | Promise<R>, ...args: A): Promise<R>;
  /** Real pointer and keys, trusted by the page; points are in the page's own pixels. */
  move(x: number, y: number): Promise<void>;
  click(x: number, y: number): Promise<void>;
  /** Presses the button of the pointer and keeps it down; `move` drags then. */
  grab(x: number, y: number): Promise<void>;
  drop(): Promise<void>;
  press(key: Key): Promise<void>;
  type(text: string): Promise<void>;
  bringToFront(): Promise<void>;
  /** What a person sees of the page, as PNG. */
  picture(): Promise<Uint8Array>;
  /** The process that runs the page dies. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

export type Key = 'Tab' | 'Escape' | 'Enter';
