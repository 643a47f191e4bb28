// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, renderHook } from '@testing-library/react';
import { Component, createElement, createRef, StrictMode, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  createMocks,
  IdleTimerComponent,
  IdleTimerConsumer,
  IdleTimerContext,
  IdleTimerProvider,
  useIdleTimer,
  useIdleTimerContext,
  withIdleTimer,
  workerTimers,
  type IIdleTimer,
  type IIdleTimerProps,
} from '../react-idle-timer.js';
import { timers } from './timers.js';

beforeEach(() => {
  vi.useFakeTimers();
  createMocks();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));
const hook = (initialProps: IIdleTimerProps = {}) =>
  renderHook((props: IIdleTimerProps) => useIdleTimer({ timeout: 60_000, ...props }), { initialProps });

test('Works without properties', () => {
  const { result } = renderHook(() => useIdleTimer());
  expect([result.current.getRemainingTime(), result.current.isIdle()]).toEqual([1_200_000, false]);
});

test('Gives the same object with every rendering, and its methods work on their own', () => {
  const { result, rerender } = hook();
  const before = result.current;
  rerender({ onIdle: () => {} });
  expect(result.current).toBe(before);
  const { pause, getRemainingTime } = before;
  pause();
  expect(getRemainingTime()).toBe(60_000);
});

test('Calls what was given last, with the timer', () => {
  const [first, second] = [vi.fn(), vi.fn()];
  const { result, rerender } = hook({ onIdle: first });
  rerender({ onIdle: second });
  pass(60_000);
  expect(first).not.toHaveBeenCalled();
  expect(second.mock.calls).toEqual([[undefined, result.current]]);
});

test('In tests that called createMocks, events that are fired count', () => {
  const onAction = vi.fn();
  const { result } = hook({ onAction });
  pass(30_000);
  fireEvent.mouseDown(document);
  expect(onAction).toHaveBeenCalledWith(expect.any(Event), result.current);
  expect(result.current.getRemainingTime()).toBe(60_000);
  expect(timers.setTimeout).toBe(setTimeout);
  expect(workerTimers.setTimeout).toBe(setTimeout);
});

test('Listens to the element that there is, once there is one', () => {
  const onAction = vi.fn();
  const { rerender } = hook({ element: null, onAction, eventsThrottle: 0 });
  fireEvent.mouseDown(document);
  expect(onAction).not.toHaveBeenCalled();
  rerender({ element: window, onAction, eventsThrottle: 0 });
  fireEvent.mouseDown(document.body);
  expect(onAction).toHaveBeenCalledTimes(1);
});

test('Says so while rendering when properties contradict each other', () => {
  vi.spyOn(console, 'error').mockReturnValue();
  expect(() => hook({ throttle: 1, debounce: 1 })).toThrow('not both');
  const { rerender } = hook();
  expect(() => rerender({ promptBeforeIdle: 60_000 })).toThrow('less than timeout');
});

test('Under StrictMode there is one timer, and nothing left when it is gone', () => {
  const onIdle = vi.fn();
  const App = () => {
    useIdleTimer({ timeout: 60_000, onIdle, crossTab: true });
    return null;
  };
  for (let i = 0; i < 20; i += 1) {
    const { unmount } = render(createElement(StrictMode, null, createElement(App)));
    pass(60_000);
    expect(onIdle).toHaveBeenCalledTimes(i + 1);
    unmount();
    expect(vi.getTimerCount()).toBe(0);
  }
});

test('Under StrictMode what was started by hand goes on', () => {
  const seen: IIdleTimer[] = [];
  const App = () => {
    const timer = useIdleTimer({ timeout: 60_000, startManually: true });
    seen.push(timer);
    return null;
  };
  render(createElement(StrictMode, null, createElement(App)));
  seen.at(-1)!.start();
  pass(60_000);
  expect(seen.at(-1)!.isIdle()).toBe(true);
});

test('Renders on a server, where nothing is started', () => {
  vi.stubGlobal('window', undefined);
  vi.stubGlobal('document', undefined);
  const App = () => {
    const timer = useIdleTimer({ timeout: 60_000, crossTab: true });
    timer.start();
    return createElement('p', null, timer.getRemainingTime(), String(timer.isIdle()));
  };
  expect(renderToString(createElement(App))).toContain('false');
  expect(vi.getTimerCount()).toBe(0);
  vi.unstubAllGlobals();
});

test('A provider gives its timer to hooks, consumers and classes', () => {
  const found: IIdleTimer[] = [];
  const Hook = () => {
    found.push(useIdleTimerContext());
    return null;
  };
  class Old extends Component {
    static override contextType = IdleTimerContext;
    override render() {
      found.push(this.context as IIdleTimer);
      return null;
    }
  }
  const consume = (timer: IIdleTimer): ReactNode => {
    found.push(timer);
    return null;
  };
  render(
    createElement(
      IdleTimerProvider,
      { timeout: 60_000 },
      createElement(Hook),
      createElement(Old),
      createElement(IdleTimerConsumer, { children: consume }),
    ),
  );
  expect(new Set(found).size).toBe(1);
  pass(60_000);
  expect(found[0]!.isIdle()).toBe(true);
});

test('A wrapped component has the methods as properties, beside its own, and a ref to the timer', () => {
  const Shown = ({ title, isIdle }: IIdleTimer & { title: string }) => createElement('p', null, title, String(isIdle()));
  const Wrapped = withIdleTimer(Shown);
  const ref = createRef<IIdleTimer>();
  const { container } = render(createElement(Wrapped, { ref, title: 'idle: ', timeout: 60_000 }));
  expect(container.textContent).toBe('idle: false');
  pass(60_000);
  expect(ref.current!.isIdle()).toBe(true);
});

test("A wrapped component's own methods are its callbacks, with itself as this", () => {
  const told: unknown[] = [];
  class Page extends IdleTimerComponent<IIdleTimer> {
    name = 'page';
    override onIdle() {
      told.push(this.name, 'idle');
    }
    override onActive = (event?: Event) => void told.push(event!.type);
    override onMessage(data: unknown) {
      told.push(data);
    }
    override componentDidMount() {
      this.props.start();
      this.props.message('hello', true);
    }
    override render() {
      return null;
    }
  }
  render(createElement(withIdleTimer(Page), { timeout: 60_000, startManually: true }));
  pass(60_000);
  fireEvent.mouseDown(document);
  expect(told).toEqual(['hello', 'page', 'idle', 'mousedown']);
});
